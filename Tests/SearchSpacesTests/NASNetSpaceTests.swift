import Basics
import Foundation
import SearchSpaces
import Testing

@Suite struct NASNetSpaceTests {
  private struct Row: Decodable {
    let tokens: String
    let parameters, multiplyAdds: Int
  }

  /// `Fixtures/nasnet_costs.py` builds the networks in PyTorch.
  @Test func costsAgreeWithPyTorchModules() throws {
    let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/nasnet_costs.json")
    let space = NASNetSpace.cifar10
    for row in try JSONDecoder().decode([Row].self, from: Data(contentsOf: url)) {
      let cost = try #require(space.networkCost(of: try space.architecture(parsing: row.tokens)))
      #expect(cost.parameters == row.parameters)
      #expect(cost.multiplyAdds == row.multiplyAdds)
    }
  }

  @Test func theStringIsTheControllers() throws {
    let space = NASNetSpace.cifar10
    var generator = Philox(seed: 1, stream: "nasnet")
    let architecture = space.sample(using: &generator)
    let tokens = space.text(of: architecture).split(separator: ",").compactMap { Int($0) }
    #expect(tokens.count == 50)
    let block = architecture.reduction.blocks[3]
    #expect(Array(tokens[40..<42]) == [block.first.state, block.second.state])
    #expect(tokens[44] == (block.combination == .add ? 0 : 1))
  }

  @Test func exchangedOperandsAreTheSameArchitecture() throws {
    let space = try NASNetSpace(blocks: 1)
    let one = try space.architecture(parsing: "0,1,2,3,0,0,0,0,0,1")
    let other = try space.architecture(parsing: "1,0,3,2,0,0,0,0,0,1")
    #expect(one != other && space.canonicalHash(of: one) == space.canonicalHash(of: other))
    #expect(space.canonicalHash(of: one) != space.canonicalHash(of: try space.architecture(parsing: "0,1,3,2,0,0,0,0,0,1")))
  }

  @Test(arguments: [("0,1,2", 5), ("0,1,2,3,0,0,0,0,0,2", 18), ("2,1,2,3,0,0,0,0,0,1", 0), ("0,1,2,3,0,0,0,0,0,1,0", 20)])
  func mistakesHaveAPlace(text: String, place: Int) throws {
    let space = try NASNetSpace(blocks: 1)
    #expect { try space.architecture(parsing: text) } throws: { error in
      guard case ArchitectureError.syntax(_, place, _, _) = error else { return false }
      return true
    }
  }

  @Test func unusedStatesAreConcatenated() throws {
    let space = try NASNetSpace(blocks: 2)
    let architecture = try space.architecture(parsing: "0,0,0,0,0,2,0,0,0,0,0,1,0,0,0,0,1,0,0,0")
    #expect(architecture.normal.unusedStates == [1, 3])
    #expect(architecture.reduction.unusedStates == [2, 3])
  }

  @Test func dartsGenotypesJoinTheProtocol() throws {
    let space = DARTSSpace.cifar10
    let text = Genotype.dartsV2.text
    #expect(try space.architecture(parsing: text) == Genotype.dartsV2)
    #expect(space.networkCost(of: .dartsV2) == (try space.cost(of: .dartsV2)))
    // BASE's kind of cell, two edges from one input, is a genotype but not of this space.
    #expect(throws: ArchitectureError.self) {
      try space.architecture(
        parsing: "normal[(skip_connect,0)(max_pool_3x3,0)|(skip_connect,0)(skip_connect,1)|(skip_connect,0)(skip_connect,1)"
          + "|(skip_connect,0)(skip_connect,1)] reduction[(skip_connect,0)(skip_connect,1)|(skip_connect,0)(skip_connect,1)"
          + "|(skip_connect,0)(skip_connect,1)|(skip_connect,0)(skip_connect,1)]")
    }
  }
}
