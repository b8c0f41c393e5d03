import Basics
import Foundation
import SearchSpaces
import Testing

@Suite struct NASBench101SpaceTests {
  private struct Row: Decodable {
    let adjacency, operations: String
    let pruned, hash: String?
    let parameters: Int?
  }

  /// Choices that the decisions do not have give no architecture.
  @Test func choicesOutOfRangeAreNone() {
    let space = NASBench101Space()
    // The input feeds the output.
    let good = (0..<26).map { $0 == 5 ? 1 : 0 }
    #expect(space.architecture(choices: good) != nil)
    for (place, choice) in [(0, -1), (0, 2), (20, 3), (21, -1), (21, 3), (25, Int.max), (25, .min)] {
      var choices = good
      choices[place] = choice
      #expect(space.architecture(choices: choices) == nil, "\(choice) for decision \(place)")
    }
    #expect(space.architecture(choices: []) == nil && space.architecture(choices: good + [0]) == nil)
  }

  /// `Fixtures/nasbench101.py` writes the file.
  private static func rows() throws -> [Row] {
    let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/nasbench101.json")
    return try JSONDecoder().decode([Row].self, from: Data(contentsOf: url))
  }

  @Test func hashesPruningAndParametersAgreeWithPython() throws {
    let space = NASBench101Space()
    let hasher = NASBench101Hasher()
    for row in try Self.rows() {
      let cell = try NASBench101Cell(adjacency: row.adjacency, operations: row.operations)
      #expect(cell.pruned?.adjacencyText == row.pruned)
      guard let pruned = cell.pruned else { continue }
      #expect(hasher.hex(of: pruned) == row.hash)
      #expect(space.canonicalHash(of: cell) == row.hash)
      #expect(space.networkCost(of: cell)?.parameters == row.parameters)
    }
  }

  /// Published: the hash of the first record of the official file, and that of the cell in the authors' README.
  @Test(
    arguments: [
      (
        "0100110001000000010010000010000001000000010000000", "00005c142e6f48ac74fdcf73e3439874", 8_555_530,
        "input,conv3x3-bn-relu,maxpool3x3,conv3x3-bn-relu,conv3x3-bn-relu,conv1x1-bn-relu,output"
      ),
      (
        "0111010000000100000010000100000000100000010000000", "28cfc7874f6d200472e1a9dcd8650aa0", 2_694_282,
        "input,conv1x1-bn-relu,conv3x3-bn-relu,conv3x3-bn-relu,conv3x3-bn-relu,maxpool3x3,output"
      ),
    ])
  func publishedHashes(adjacency: String, hash: String, parameters: Int, operations: String) throws {
    let cell = try NASBench101Cell(adjacency: adjacency, operations: operations)
    #expect(NASBench101Space().canonicalHash(of: cell) == hash)
    #expect(NASBench101Space().networkCost(of: cell)?.parameters == parameters)
  }

  /// Numbers of graphs, labelled cells and different hashes up to so many vertices; seven are counted by `make bench-nb101`.
  @Test func enumerationUpToFiveVertices() {
    var (hashes, labelled) = (Set<String>(), 0)
    let hasher = NASBench101Hasher()
    for (vertices, graphs, cells, unique) in [(2, 1, 1, 1), (3, 2, 7, 7), (4, 10, 97, 91), (5, 121, 3_364, 2_532)] {
      let found = NASBench101Space.graphs(vertices: vertices)
      #expect(found.count == graphs)
      for rows in found {
        for cell in NASBench101Space.labelled(rows) {
          labelled += 1
          hashes.insert(hasher.hex(of: cell))
        }
      }
      #expect(labelled == cells && hashes.count == unique)
    }
    #expect(NASBench101Space.graphs(vertices: 7).count == 4_793)
  }

  @Test func renumberingKeepsTheHash() throws {
    var generator = Philox(seed: 5, stream: "renumbering")
    let space = NASBench101Space()
    var renumberings = 0
    for _ in 0..<200 {
      guard let cell = space.sample(using: &generator).pruned, cell.vertices > 3 else { continue }
      // Another topological order: swap two neighbours in the order that are not connected.
      let swaps = (1..<(cell.vertices - 2)).filter { !cell.hasEdge($0, $0 + 1) }
      guard let place = swaps.first else { continue }
      var order = Array(0..<cell.vertices)
      order.swapAt(place, place + 1)
      let rows = order.map { from in
        order.enumerated().reduce(UInt8(0)) { cell.hasEdge(from, $1.element) ? $0 | UInt8(1 << $1.offset) : $0 }
      }
      let renumbered = try #require(
        NASBench101Cell(rows: rows, operations: order[1..<(cell.vertices - 1)].map { cell.operations[$0 - 1] }))
      #expect(space.canonicalHash(of: renumbered) == space.canonicalHash(of: cell))
      renumberings += 1
    }
    #expect(renumberings > 50)
  }

  /// Cases of the authors' `model_builder_test.py`.
  @Test func channelsAreShared() throws {
    func cell(_ edges: [(Int, Int)], _ count: Int) throws -> NASBench101Cell {
      var rows = [UInt8](repeating: 0, count: count)
      for (from, to) in edges { rows[from] |= UInt8(1 << to) }
      return try #require(
        NASBench101Cell(rows: rows, operations: [NASBench101Operation](repeating: .convolution3x3, count: count - 2)))
    }
    let diamond = try cell([(0, 1), (0, 2), (1, 3), (2, 3)], 4)
    #expect(NASBench101Space.vertexChannels(diamond, input: 8, output: 15) == [8, 8, 7, 15])
    #expect(NASBench101Space.vertexChannels(try cell([(0, 1)], 2), input: 8, output: 8) == [8, 8])
    #expect(NASBench101Space.vertexChannels(try cell([(0, 1), (1, 2), (2, 3)], 4), input: 8, output: 9) == [8, 9, 9, 9])
  }

  @Test func pathsAreSequencesOfOperations() throws {
    let cell = try NASBench101Cell(
      adjacency: "0111001000010000", operations: "input,maxpool3x3,conv1x1-bn-relu,output")
    // Edges 0→1, 0→2, 0→3, 1→2, 2→3: paths (), 1, 2 1.
    let bits = try #require(NASBench101Space().encode(cell, as: .path))
    #expect(bits.count == 364)
    #expect(bits.indices.filter { bits[$0] == 1 } == [0, 1 + 1, 4 + 2 * 3 + 1])
  }

  @Test(
    arguments: [
      ("01", "input,output"), ("0110", "input,output"), ("0102", "input,output"), ("0100", "input"),
      ("0100", "input,output,output"),
      ("0100", "output,input"), ("010001000", "input,conv5x5,output"),
    ]) func mistakesAreRefused(adjacency: String, operations: String)
  {
    #expect(throws: ArchitectureError.self) { try NASBench101Cell(adjacency: adjacency, operations: operations) }
  }

  @Test func cellsPackIntoANumber() throws {
    for row in try Self.rows() {
      let cell = try NASBench101Cell(adjacency: row.adjacency, operations: row.operations)
      #expect(NASBench101Cell(packed: cell.packed) == cell)
    }
    #expect(NASBench101Cell(packed: .max) == nil && NASBench101Cell(packed: 0) == nil)
  }

  /// All fixtures of `../shared/nasbench`: hashes that occur in lists of the official file's.
  @Test(.enabled(if: SharedTables.has("nb101_hash_fixtures.json"), SharedTables.note))
  func hashesOfTheOfficialFile() throws {
    struct Fixtures: Decodable {
      struct Sample: Decodable { let hash, adjacency, operations: String }
      let sample: [Sample]
    }
    let data = try Data(contentsOf: URL(filePath: SharedTables.path("nb101_hash_fixtures.json")))
    let samples = try JSONDecoder().decode(Fixtures.self, from: data).sample
    #expect(samples.count == 60)
    for sample in samples {
      let cell = try NASBench101Cell(adjacency: sample.adjacency, operations: sample.operations)
      #expect(NASBench101Space().canonicalHash(of: cell) == sample.hash)
    }
  }
}
