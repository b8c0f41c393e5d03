import Foundation
import SearchSpaces
import Testing

@Suite struct CellSpaceTests {
  @Test func fourNodesHaveFourteenEdgesInDARTSOrder() throws {
    let space = try CellSpace()
    #expect(space.edgeCount == 14)
    #expect(
      space.edges.map { [$0.node, $0.input] } == [
        [0, 0], [0, 1], [1, 0], [1, 1], [1, 2], [2, 0], [2, 1], [2, 2], [2, 3], [3, 0], [3, 1], [3, 2], [3, 3], [3, 4],
      ])
    #expect(
      space.operations.map(\.rawValue) == [
        "none", "max_pool_3x3", "avg_pool_3x3", "skip_connect", "sep_conv_3x3", "sep_conv_5x5", "dil_conv_3x3", "dil_conv_5x5",
      ])
  }

  @Test(arguments: 1...7) func edgeNumbersAgreeWithTheList(nodes: Int) throws {
    let space = try CellSpace(nodes: nodes)
    #expect(space.edges.count == space.edgeCount)
    for (i, edge) in space.edges.enumerated() {
      #expect(space.edgeIndex(node: edge.node, input: edge.input) == i)
      #expect(space.edgeIndices(intoNode: edge.node).contains(i))
    }
  }

  @Test func badCellsAreRefused() {
    #expect(throws: SearchSpaceError.outOfRange(key: "nodes", value: 0, allowed: "1 or more")) { try CellSpace(nodes: 0) }
    #expect(throws: SearchSpaceError.duplicateOperation(.skipConnect)) {
      try CellSpace(operations: [.skipConnect, .none, .skipConnect])
    }
    #expect(throws: SearchSpaceError.noOperation) { try CellSpace(operations: [.none]) }
    #expect(throws: SearchSpaceError.noOperation) { try CellSpace(operations: []) }
  }

  static func space(
    cells: [CellKind] = [.normal, .reduction], channels: Int = 16, stem: Stem = .flat, height: Int = 28, width: Int = 28,
    way: Int = 5
  ) throws -> DARTSSpace {
    try DARTSSpace(
      cells: cells, channels: channels, stem: stem, inputHeight: height, inputWidth: width, inputChannels: 3, way: way)
  }

  @Test func badNetworksAreRefused() {
    #expect(throws: SearchSpaceError.noCells) { try Self.space(cells: []) }
    #expect(throws: SearchSpaceError.oddChannels(7)) { try Self.space(channels: 7, stem: .pooledTwice) }
    #expect(throws: Never.self) { try Self.space(channels: 7, stem: .pooledOnce) }
    #expect(throws: SearchSpaceError.imageTooSmall(height: 3, width: 28, stem: .pooledTwice)) {
      try Self.space(stem: .pooledTwice, height: 3)
    }
    #expect(throws: SearchSpaceError.outOfRange(key: "way", value: 1, allowed: "2 or more")) { try Self.space(way: 1) }
    #expect(throws: SearchSpaceError.outOfRange(key: "channels", value: 0, allowed: "1 or more")) {
      try Self.space(channels: 0)
    }
  }

  @Test func codingKeepsTheSpaceAndValidates() throws {
    let space = try Self.space(stem: .pooledTwice, height: 84, width: 84)
    let data = try JSONEncoder().encode(space)
    #expect(try JSONDecoder().decode(DARTSSpace.self, from: data) == space)
    let broken = String(decoding: data, as: UTF8.self).replacing("\"channels\":16", with: "\"channels\":15")
    #expect {
      try JSONDecoder().decode(DARTSSpace.self, from: Data(broken.utf8))
    } throws: { error in
      guard case DecodingError.dataCorrupted(let context) = error else { return false }
      return context.underlyingError as? SearchSpaceError == .oddChannels(15)
    }
  }

  /// T-NAS' network: 84×84 → 42 → 21, cells of 16 and 32 channels, 128 features (Lian et al., appendix; NetworkMiniImageNet).
  @Test func planOfTNAS() throws {
    let plan = try Self.space(stem: .pooledTwice, height: 84, width: 84).plan
    #expect(plan.stemChannels == [24, 48])
    #expect(plan.stemInputs.map(\.height) == [84, 42])
    #expect(plan.stemOutput == ImageShape(height: 21, width: 21, channels: 48))
    #expect(plan.cells.map(\.channels) == [16, 32])
    #expect(plan.cells[0].output == ImageShape(height: 21, width: 21, channels: 64))
    #expect(plan.cells[1].input0 == plan.stemOutput)
    #expect(plan.cells[1].input1 == plan.cells[0].output)
    #expect(plan.cells[1].output == ImageShape(height: 11, width: 11, channels: 128))
    #expect(plan.features == 128)
    #expect([0, 1, 2].map { plan.cells[1].stride(ofInput: $0) } == [2, 2, 1])
    #expect([0, 1, 2].map { plan.cells[0].stride(ofInput: $0) } == [1, 1, 1])
  }

  @Test func inputAfterAReductionIsReduced() throws {
    let plan = try Self.space(cells: [.normal, .reduction, .normal, .normal]).plan
    #expect(plan.cells.map(\.reducesInput0) == [false, false, true, false])
    #expect(plan.cells[2].input0.height == 28)
    #expect(plan.cells[2].input1.height == 14)
    #expect(plan.cells[3].output.channels == 4 * 32)
  }
}
