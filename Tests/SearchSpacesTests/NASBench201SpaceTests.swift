import Basics
import Foundation
import SearchSpaces
import Testing

@Suite struct NASBench201SpaceTests {
  /// The authors' count of cells that are not isomorphic.
  @Test func thereAre6466DifferentCells() {
    let space = NASBench201Space.cifar10
    #expect(Set(space.enumerated().map { space.canonicalHash(of: $0) }).count == 6_466)
  }

  /// Published sizes of the network for each data set, and the formula that was read off the table.
  @Test(arguments: [(10, 73_306), (100, 73_306 + 5_850), (120, 73_306 + 7_150)])
  func parametersFollowTheFormula(classes: Int, base: Int) throws {
    let space = try NASBench201Space(classes: classes)
    for cell in space.enumerated() {
      let threes = cell.operations.count { $0 == .convolution3x3 }
      let ones = cell.operations.count { $0 == .convolution1x1 }
      #expect(space.networkCost(of: cell)?.parameters == base + 243_040 * threes + 28_000 * ones)
    }
  }

  @Test func multiplyAddsFollowTheFormula() throws {
    let space = NASBench201Space.cifar10
    let cell = try space.architecture(parsing: "334131")
    // The benchmark's cell 1: 113.951 M.
    #expect(space.networkCost(of: cell)?.multiplyAdds == 113_951_360)
    #expect(space.networkCost(of: try space.architecture(parsing: "000000"))?.multiplyAdds == 7_783_040)
  }

  @Test func textIsTheBenchmarks() throws {
    let text = "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|"
    let cell = try NASBench201Cell(parsing: text)
    #expect(cell == (try NASBench201Cell(parsing: "421211")))
    #expect(cell.text == text)
  }

  @Test(
    arguments: [
      ("", 0), ("|none~0", 7), ("|none~0|+|none~0|none~0|", 22), ("|nine~0|", 1), ("421215", 0),
      ("|none~0|+|none~0|none~1|+|none~0|none~1|none~2|x", 47),
    ]) func mistakesHaveAPlace(text: String, position: Int)
  {
    #expect { try NASBench201Cell(parsing: text) } throws: { error in
      guard case ArchitectureError.syntax(_, position, _, _) = error else { return false }
      return true
    }
  }

  @Test func pathsAreSequencesOfOperations() throws {
    let space = NASBench201Space.cifar10
    // Edges 0→1 … 2→3 carry 4, 2, 1, 2, 1, 1: paths 2; 4 1; 2 1; 4 1 1.
    let bits = try #require(space.encode(try NASBench201Cell(parsing: "421211"), as: .path))
    #expect(bits.indices.filter { bits[$0] == 1 } == [2, 5 + 2 * 5 + 1, 5 + 4 * 5 + 1, 30 + 4 * 25 + 5 + 1])
  }

  @Test func neighboursChangeOneEdge() throws {
    let cell = try NASBench201Cell(parsing: "421211")
    let neighbours = NASBench201Space.cifar10.neighbours(of: cell)
    #expect(neighbours.count == 24)
    #expect(neighbours.allSatisfy { zip($0.digits, cell.digits).count { $0 != $1 } == 1 })
  }

  @Test func theDrawingNamesEveryOperation() throws {
    let drawing = NASBench201Space.cifar10.drawings(of: try NASBench201Cell(parsing: "421211"))[0].svg
    for name in ["avg pool 3×3", "conv 1×1", "skip"] { #expect(drawing.contains(name)) }
  }

  @Test func spacesOutOfRangeAreRefused() {
    #expect(throws: SearchSpaceError.outOfRange(key: "classes", value: 1, allowed: "2 or more")) {
      try NASBench201Space(classes: 1)
    }
  }
}
