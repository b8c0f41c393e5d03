import Basics
import Foundation
import SearchSpaces
import Testing

@Suite struct GenotypeDecodeTests {
  static func space(
    nodes: Int = 4, operations: [CellOperation] = CellOperation.allCases, cells: [CellKind] = [.normal, .reduction]
  )
    throws
    -> DARTSSpace
  {
    try DARTSSpace(
      cell: CellSpace(nodes: nodes, operations: operations), cells: cells, stem: .flat, inputHeight: 28, inputWidth: 28,
      inputChannels: 1,
      way: 5)
  }

  /// Tables whose strongest entries are the genotype's edges.
  static func tables(of genotype: Genotype, in space: DARTSSpace) -> [[[Double]]] {
    space.cellKinds.map { kind in
      var table = [[Double]](repeating: [Double](repeating: 0, count: space.operations.count), count: space.cell.edgeCount)
      for (node, edges) in (genotype[kind]?.nodes ?? []).enumerated() {
        for edge in edges {
          guard let column = space.operations.firstIndex(of: edge.operation) else { continue }
          table[space.cell.edgeIndex(node: node, input: edge.input)][column] = 1
        }
      }
      return table
    }
  }

  @Test(arguments: [Genotype.dartsV2, .autoMAML1Shot, .autoMAML5Shot]) func publishedCellsDecode(_ genotype: Genotype) throws {
    let space = try Self.space()
    #expect(try Genotype.decode(logits: Self.tables(of: genotype, in: space), space: space) == genotype)
  }

  @Test func randomGenotypesDecodeFromTheirTables() throws {
    let space = try Self.space(nodes: 6)
    var generator = Philox(seed: 5, stream: "genotypes")
    for _ in 0..<50 {
      let genotype = Genotype.random(in: space, using: &generator)
      try genotype.validate(in: space)
      #expect(try Genotype.decode(logits: Self.tables(of: genotype, in: space), space: space) == genotype)
    }
  }

  @Test func tiesGoToTheLowerInputAndTheFirstOperation() throws {
    let space = try Self.space(nodes: 2, cells: [.normal])
    let table = [[Double]](repeating: [Double](repeating: 0.25, count: 8), count: 5)
    let genotype = try Genotype.decode(logits: [table], space: space)
    #expect(genotype.text == "normal[(max_pool_3x3,0)(max_pool_3x3,1)|(max_pool_3x3,0)(max_pool_3x3,1)]")
  }

  /// The weight of `none` takes its share of the softmax, but `none` itself is never chosen.
  @Test func noneWeakensAnEdge() throws {
    let space = try Self.space(nodes: 2, operations: [.none, .skipConnect, .maxPool3x3], cells: [.normal])
    // Into node 1: input 0 has the largest logit (3) but a larger none (5): softmax weight 0.12; input 1: 0.58, input 2: 0.39.
    let table: [[Double]] = [[9, 0, 1], [0, 1, 0], [5, 3, 0], [0, 1, 0], [0, 0, 0.2]]
    let genotype = try Genotype.decode(logits: [table], space: space)
    #expect(genotype.text == "normal[(max_pool_3x3,0)(skip_connect,1)|(skip_connect,1)(max_pool_3x3,2)]")
  }

  @Test func hugeLogitsDoNotOverflow() throws {
    let space = try Self.space(nodes: 1, operations: [.none, .skipConnect, .maxPool3x3], cells: [.normal])
    let genotype = try Genotype.decode(logits: [[[0, 1e300, -1e300], [-1e300, -1e300, 5e4]]], space: space)
    #expect(genotype.text == "normal[(skip_connect,0)(max_pool_3x3,1)]")
  }

  @Test func tablesOfAnotherShapeAreRefused() throws {
    let space = try Self.space(nodes: 1, operations: [.none, .skipConnect], cells: [.normal])
    #expect(throws: GenotypeError.logitShape(part: "tables", found: 0, expected: 1)) {
      try Genotype.decode(logits: [], space: space)
    }
    #expect(throws: GenotypeError.logitShape(part: "edges in the normal table", found: 1, expected: 2)) {
      try Genotype.decode(logits: [[[0, 0]]], space: space)
    }
    #expect(throws: GenotypeError.logitShape(part: "operations in the normal table's edge 1", found: 1, expected: 2)) {
      try Genotype.decode(logits: [[[0, 0], [0]]], space: space)
    }
    #expect(throws: GenotypeError.nonFiniteLogit(.normal, edge: 1, operation: .skipConnect)) {
      try Genotype.decode(logits: [[[0, 0], [0, .nan]]], space: space)
    }
  }

  /// Node 1 of 3 inputs and 7 operations: every pair of inputs and every operation is drawn equally often.
  @Test func randomGenotypesAreUniform() throws {
    let space = try Self.space(nodes: 2, cells: [.normal])
    var generator = Philox(seed: 6)
    var pairs = [[Int]: Int]()
    var operations = [CellOperation: Int]()
    let n = 21_000
    for _ in 0..<n {
      let edges = try #require(Genotype.random(in: space, using: &generator)[.normal]).nodes[1]
      pairs[edges.map(\.input), default: 0] += 1
      for edge in edges { operations[edge.operation, default: 0] += 1 }
    }
    #expect(pairs.count == 3)
    #expect(operations.count == 7)
    // Five standard errors of a binomial count.
    for count in pairs.values { #expect(abs(Double(count - n / 3)) < 5 * (Double(n) * 2 / 9).squareRoot()) }
    for count in operations.values { #expect(abs(Double(count - 2 * n / 7)) < 5 * (Double(2 * n) * 6 / 49).squareRoot()) }
  }
}
