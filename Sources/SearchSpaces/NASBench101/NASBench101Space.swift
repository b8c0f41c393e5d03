import Basics

/// NAS-Bench-101's space: cells of at most seven vertices and nine edges, 423,624 different ones, stacked nine times.
///
/// Decisions are the 21 possible edges of seven vertices and the five operations between input and output; vertices on no path
/// are pruned, so that smaller cells are among them. A vector exists if input and output are connected and at most nine edges
/// remain.
///
/// Source: Ying et al., ICML 2019, section 2; `nasbench/api.py` and `nasbench/lib/model_spec.py` of google-research/nasbench.
public struct NASBench101Space: SearchSpace, Hashable {
  static let name = "nas-bench-101"

  /// Outputs of the linear layer.
  public let classes: Int
  /// Side of the (square) images in pixels.
  public let imageSize: Int
  /// Channels of the first of the three stacks, doubled in each further one.
  public let channels: Int
  /// Cells a stack.
  public let cellsPerStack: Int

  /// The space with the benchmark's network for CIFAR-10.
  public init() { (classes, imageSize, channels, cellsPerStack) = (10, 32, 128, 3) }

  /// The space with another network.
  ///
  /// - Throws: `SearchSpaceError.outOfRange`.
  public init(
    classes: Int, imageSize: Int = 32, channels: Int = 128, cellsPerStack: Int = 3
  ) throws(SearchSpaceError) {
    // Five vertices may share the channels; resolution is halved twice.
    for (key, value, least) in [
      ("classes", classes, 2), ("imageSize", imageSize, 4), ("channels", channels, 5), ("cellsPerStack", cellsPerStack, 1),
    ] where value < least {
      throw .outOfRange(key: key, value: value, allowed: "\(least) or more")
    }
    (self.classes, self.imageSize, self.channels, self.cellsPerStack) = (classes, imageSize, channels, cellsPerStack)
  }

  /// The space's name: `nas-bench-101`.
  public var name: String { Self.name }

  static let pairs = (0..<7).flatMap { from in ((from + 1)..<7).map { (from, $0) } }
  private static let allDecisions =
    pairs.map { Decision("edge \($0)→\($1)", choices: ["absent", "present"]) }
    + (1...5).map { Decision("operation \($0)", choices: NASBench101Operation.allCases.map(\.rawValue)) }

  /// The 26 decisions: the edges 0→1, 0→2, …, 5→6, then the operations of the vertices 1 to 5.
  public var decisions: [Decision] { Self.allDecisions }

  /// The cell of seven vertices with these choices; `nil` unless there are 26, each in the range of its decision, and the cell exists in
  /// the space.
  public func architecture(choices: [Int]) -> NASBench101Cell? {
    guard choices.count == 26, choices[..<21].allSatisfy((0...1).contains), choices[21...].allSatisfy((0...2).contains) else {
      return nil
    }
    var rows = [UInt8](repeating: 0, count: 7)
    for (pair, choice) in zip(Self.pairs, choices) where choice == 1 { rows[pair.0] |= UInt8(1 << pair.1) }
    let cell = NASBench101Cell(unchecked: rows, choices[21...].map { NASBench101Operation.allCases[$0] })
    return Self.exists(cell) ? cell : nil
  }

  /// Whether input and output are connected and no more than nine edges are left after pruning.
  static func exists(_ cell: NASBench101Cell) -> Bool {
    cell.pruned.map { $0.edgeCount <= NASBench101Cell.maximumEdges } ?? false
  }

  /// The choices of the cell; a cell of fewer than seven vertices gets unconnected 3×3 convolutions before its output.
  public func choices(of architecture: NASBench101Cell) throws(ArchitectureError) -> [Int] {
    guard Self.exists(architecture) else {
      throw .notInSpace(
        space: name, reason: "the cell \(architecture.text) has no path from input to output or more than nine edges")
    }
    let count = architecture.vertices
    func place(_ vertex: Int) -> Int { vertex == count - 1 ? 6 : vertex }
    var choices = [Int](repeating: 0, count: 26)
    for from in 0..<count {
      for to in 0..<count where architecture.hasEdge(from, to) {
        choices[Self.pairs.firstIndex { $0 == (place(from), place(to)) } ?? 0] = 1
      }
    }
    for (vertex, operation) in architecture.operations.enumerated() { choices[21 + vertex] = operation.number }
    return choices
  }

  /// Whether the cell is one of the space, of any number of vertices.
  public func contains(_ architecture: NASBench101Cell) -> Bool { Self.exists(architecture) }

  /// Each of the 21 edges is flipped with probability 1/7 and each of the 5 operations replaced with probability 1/5, until the
  /// result exists and differs.
  ///
  /// Source: Ying et al., ICML 2019, section 4.2; `NASBench.ipynb` of google-research/nasbench.
  public func mutate(_ architecture: NASBench101Cell, using generator: inout Philox) -> NASBench101Cell {
    guard let choices = try? choices(of: architecture) else { return sample(using: &generator) }
    for _ in 0..<100_000 {
      var changed = choices
      for edge in 0..<21 where generator.nextBool(probability: 1.0 / 7) { changed[edge] = 1 - changed[edge] }
      for vertex in 21..<26 where generator.nextBool(probability: 1.0 / 5) {
        changed[vertex] = (changed[vertex] + 1 + generator.nextInt(below: 2)) % 3
      }
      if changed != choices, let found = self.architecture(choices: changed) { return found }
    }
    return architecture
  }

  /// The cell's matrix and operations, see ``NASBench101Cell/text``.
  public func text(of architecture: NASBench101Cell) -> String { architecture.text }

  /// Reads a cell's text.
  ///
  /// - Throws: `ArchitectureError.syntax` with the place of the first mistake, `.notInSpace` for a cell that the space does not have.
  public func architecture(parsing text: String) throws(ArchitectureError) -> NASBench101Cell {
    let cell = try NASBench101Cell(parsing: text)
    guard Self.exists(cell) else {
      throw .notInSpace(space: name, reason: "the cell has no path from input to output or more than nine edges")
    }
    return cell
  }

  /// The benchmark's hash of the pruned cell, see ``NASBench101Hasher``.
  public func canonicalHash(of architecture: NASBench101Cell) -> String {
    architecture.pruned.map { NASBench101Hasher().hex(of: $0) } ?? ""
  }

  /// Adjacency: 21 edges and 5 × 3 operations. Path: 364 = 3⁰ + … + 3⁵ bits, one for every sequence of operations on a path, the
  /// shorter first.
  public func encode(_ architecture: NASBench101Cell, as encoding: ArchitectureEncoding) -> [Double]? {
    switch encoding {
    case .oneHot: return oneHot(architecture)
    case .adjacency:
      guard let choices = try? choices(of: architecture) else { return nil }
      return choices[..<21].map(Double.init)
        + choices[21...].flatMap { choice in (0..<3).map { $0 == choice ? 1.0 : 0.0 } }
    case .path:
      var bits = [Double](repeating: 0, count: 364)
      // (3ⁿ − 1) / 2 shorter sequences come before those of length n.
      func walk(_ vertex: Int, number: Int, offset: Int, power: Int) {
        for next in (vertex + 1)..<architecture.vertices where architecture.hasEdge(vertex, next) {
          if next == architecture.vertices - 1 {
            bits[offset + number] = 1
          } else {
            walk(
              next, number: number * 3 + architecture.operations[next - 1].number, offset: offset + power,
              power: power * 3)
          }
        }
      }
      walk(0, number: 0, offset: 0, power: 1)
      return bits
    }
  }

  /// One picture, of the pruned cell; none where input and output are not connected.
  public func drawings(of architecture: NASBench101Cell) -> [ArchitectureDrawing] {
    guard let cell = architecture.pruned else { return [] }
    let graph = ArchitectureGraph(
      nodes: ["in"] + cell.operations.map(\.displayName) + ["out"],
      edges: NASBench101Space.pairs.compactMap { from, to in
        to < cell.vertices && cell.hasEdge(from, to) ? ArchitectureGraph.Edge(from: from, to: to) : nil
      })
    return [ArchitectureDrawing(title: "cell", svg: GraphDrawing.svg(of: graph, title: "NAS-Bench-101 cell"))]
  }

  /// Parameters and multiply-adds of the network: a stem, of 128 channels in the benchmark's for CIFAR-10, and three stacks of cells,
  /// three per stack. Between stacks channels are doubled and the resolution is halved; odd sides round up, as with the "same" padding
  /// of the benchmark's poolings.
  public func networkCost(of architecture: NASBench101Cell) -> NetworkCost? {
    guard let cell = architecture.pruned else { return nil }
    func block(_ kernel: Int, _ input: Int, _ output: Int, _ pixels: Int) -> NetworkCost {
      .convolution(kernel: kernel, from: input, to: output, pixels: pixels) + .batchNorm(channels: output, affine: true)
    }
    var (side, channels) = (imageSize, self.channels)
    var cost = block(3, 3, channels, side * side)
    var input = channels
    for stack in 0..<3 {
      if stack > 0 { (side, channels) = ((side + 1) / 2, channels * 2) }
      for _ in 0..<cellsPerStack {
        let widths = Self.vertexChannels(cell, input: input, output: channels)
        let last = cell.vertices - 1
        for vertex in 1...last where cell.hasEdge(0, vertex) { cost += block(1, input, widths[vertex], side * side) }
        for vertex in 1..<last where cell.operations[vertex - 1] != .maxPool3x3 {
          let kernel = cell.operations[vertex - 1] == .convolution3x3 ? 3 : 1
          cost += block(kernel, widths[vertex], widths[vertex], side * side)
        }
        input = channels
      }
    }
    return cost + NetworkCost(parameters: channels * classes + classes, multiplyAdds: channels * classes)
  }

  /// How many channels each vertex of a pruned cell has: those that feed the output share its channels, others have as many as the
  /// widest that they feed.
  ///
  /// Source: `compute_vertex_channels` in `nasbench/lib/model_builder.py`.
  public static func vertexChannels(_ cell: NASBench101Cell, input: Int, output: Int) -> [Int] {
    let last = cell.vertices - 1
    var widths = [Int](repeating: 0, count: cell.vertices)
    (widths[0], widths[last]) = (input, output)
    let feeding = (1..<last).filter { cell.hasEdge($0, last) }
    guard !feeding.isEmpty else { return widths }
    for (place, vertex) in feeding.enumerated() {
      widths[vertex] = output / feeding.count + (place < output % feeding.count ? 1 : 0)
    }
    for vertex in stride(from: last - 2, to: 0, by: -1) where !cell.hasEdge(vertex, last) {
      widths[vertex] = ((vertex + 1)..<last).filter { cell.hasEdge(vertex, $0) }.map { widths[$0] }.max() ?? 0
    }
    return widths
  }
}

extension NASBench101Space {
  /// All graphs of `vertices` vertices and at most nine edges in which every vertex lies on a path from input to output, each as its
  /// rows: 1, 2, 10, 121, 1,545 and 4,793 for 2 to 7 vertices.
  public static func graphs(vertices: Int) -> [[UInt8]] {
    precondition((2...NASBench101Cell.maximumVertices).contains(vertices), "cells have 2 to 7 vertices")
    let pairs = (0..<vertices).flatMap { from in ((from + 1)..<vertices).map { (from, $0) } }
    var found = [[UInt8]]()
    for bits in 0..<(1 << pairs.count) where bits.nonzeroBitCount <= NASBench101Cell.maximumEdges {
      var rows = [UInt8](repeating: 0, count: vertices)
      var reached: UInt8 = 0
      for (place, pair) in pairs.enumerated() where bits >> place & 1 == 1 {
        rows[pair.0] |= UInt8(1 << pair.1)
        reached |= UInt8(1 << pair.1)
      }
      // Every vertex but the output feeds one, and every one but the input is fed.
      if rows.dropLast().allSatisfy({ $0 != 0 }), reached.nonzeroBitCount == vertices - 1 { found.append(rows) }
    }
    return found
  }

  /// All ways to give the vertices of a graph their operations: 3ⁿ⁻² labelled cells.
  public static func labelled(_ rows: [UInt8]) -> some Sequence<NASBench101Cell> {
    let inner = rows.count - 2
    let count = (0..<inner).reduce(1) { product, _ in product * 3 }
    return (0..<count).lazy.map { number in
      var rest = number
      return NASBench101Cell(
        unchecked: rows,
        (0..<inner).map { _ in
          defer { rest /= 3 }
          return NASBench101Operation.allCases[rest % 3]
        })
    }
  }
}
