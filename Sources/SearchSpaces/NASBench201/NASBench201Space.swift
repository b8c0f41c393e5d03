import Basics

/// NAS-Bench-201's topology space: 15,625 cells, stacked fifteen times in a network for small images.
///
/// Source: Dong, Yang, ICLR 2020, section 2.1 and figure 1.
public struct NASBench201Space: SearchSpace, Hashable {
  static let name = "nas-bench-201"

  /// Outputs of the linear layer: 10 for CIFAR-10, 100 for CIFAR-100, 120 for ImageNet16-120.
  public let classes: Int
  /// Side of the (square) images in pixels.
  public let imageSize: Int
  /// Channels of the first of the three stages.
  public let channels: Int
  /// Cells a stage.
  public let cellsPerStage: Int

  /// The space, by default with CIFAR-10's network of full size.
  ///
  /// - Throws: `SearchSpaceError.outOfRange`.
  public init(
    classes: Int = 10, imageSize: Int = 32, channels: Int = 16, cellsPerStage: Int = 5
  ) throws(SearchSpaceError) {
    for (key, value, least) in [
      ("classes", classes, 2), ("imageSize", imageSize, 4), ("channels", channels, 1), ("cellsPerStage", cellsPerStage, 1),
    ] where value < least {
      throw .outOfRange(key: key, value: value, allowed: "\(least) or more")
    }
    self.init(unchecked: classes, imageSize: imageSize, channels: channels, cellsPerStage: cellsPerStage)
  }

  private init(unchecked classes: Int, imageSize: Int, channels: Int, cellsPerStage: Int) {
    self.classes = classes
    self.imageSize = imageSize
    self.channels = channels
    self.cellsPerStage = cellsPerStage
  }

  /// The space with CIFAR-10's network.
  public static let cifar10 = NASBench201Space(unchecked: 10, imageSize: 32, channels: 16, cellsPerStage: 5)

  /// The space's name: `nas-bench-201`.
  public var name: String { Self.name }

  /// The operation of each of the six edges, in the benchmark's order.
  public var decisions: [Decision] { Self.edgeDecisions }

  private static let edgeDecisions = NASBench201Cell.edges.map { from, to in
    Decision("edge \(from)→\(to)", choices: NASBench201Operation.allCases.map(\.rawValue))
  }

  /// The cell with these operations; `nil` unless there are six choices from 0 to 4.
  public func architecture(choices: [Int]) -> NASBench201Cell? {
    guard choices.count == 6, choices.allSatisfy({ (0..<5).contains($0) }) else { return nil }
    return NASBench201Cell(code: choices.reduce(0) { $0 * 5 + $1 })
  }

  /// The number of the operation on each edge.
  public func choices(of architecture: NASBench201Cell) -> [Int] { architecture.digits }

  /// The text of the benchmark's files, see ``NASBench201Cell/text``.
  public func text(of architecture: NASBench201Cell) -> String { architecture.text }

  /// Reads a cell's text, or its six digits.
  ///
  /// - Throws: `ArchitectureError.syntax` with the place of the first mistake.
  public func architecture(parsing text: String) throws(ArchitectureError) -> NASBench201Cell {
    try NASBench201Cell(parsing: text)
  }

  /// The cell up to isomorphism, see ``NASBench201Cell/canonicalText``.
  public func canonicalHash(of architecture: NASBench201Cell) -> String { architecture.canonicalText }

  /// One-hot and adjacency: 6 × 5. Path: 155 = 5 + 5² + 5³ bits, one for every sequence of operations along 0→3, 0→1→3, 0→2→3 and
  /// 0→1→2→3, `none` being an operation like others as in the authors' code of BANANAS.
  public func encode(_ architecture: NASBench201Cell, as encoding: ArchitectureEncoding) -> [Double]? {
    let digits = architecture.digits
    guard encoding == .path else { return oneHot(architecture) }
    var bits = [Double](repeating: 0, count: 155)
    for path in [[3], [0, 4], [1, 5], [0, 2, 5]] {
      let offset = [0, 5, 30][path.count - 1]
      bits[offset + path.reduce(0) { $0 * 5 + digits[$1] }] = 1
    }
    return bits
  }

  /// One picture, of the cell without its `none` edges.
  public func drawings(of architecture: NASBench201Cell) -> [ArchitectureDrawing] {
    let edges = zip(NASBench201Cell.edges, architecture.operations).filter { $1 != .none }
    let graph = ArchitectureGraph(
      nodes: ["in", "1", "2", "out"],
      edges: edges.map { edge, operation in
        ArchitectureGraph.Edge(from: edge.from, to: edge.to, label: operation.displayName, family: operation.family)
      })
    return [ArchitectureDrawing(title: "cell", svg: GraphDrawing.svg(of: graph, title: "NAS-Bench-201 cell"))]
  }

  /// Parameters and multiply-adds of the whole network, walked layer by layer.
  public func networkCost(of architecture: NASBench201Cell) -> NetworkCost? {
    let operations = architecture.operations
    var side = imageSize
    var width = channels
    var cost =
      NetworkCost.convolution(kernel: 3, from: 3, to: width, pixels: side * side) + .batchNorm(channels: width, affine: true)
    for stage in 0..<3 {
      if stage > 0 {
        side = (side + 1) / 2
        let pixels = side * side
        // A basic residual block at stride 2; its short cut is an average pooling and a 1×1 convolution without batch norm.
        cost +=
          .convolution(kernel: 3, from: width, to: 2 * width, pixels: pixels) + .batchNorm(channels: 2 * width, affine: true)
        cost += .convolution(kernel: 3, from: 2 * width, to: 2 * width, pixels: pixels)
        cost +=
          .batchNorm(channels: 2 * width, affine: true) + .convolution(kernel: 1, from: width, to: 2 * width, pixels: pixels)
        width *= 2
      }
      for operation in operations {
        let kernel = operation == .convolution3x3 ? 3 : operation == .convolution1x1 ? 1 : 0
        guard kernel > 0 else { continue }
        let one =
          NetworkCost.convolution(kernel: kernel, from: width, to: width, pixels: side * side)
          + .batchNorm(channels: width, affine: true)
        for _ in 0..<cellsPerStage { cost += one }
      }
    }
    cost += .batchNorm(channels: width, affine: true)
    return cost + NetworkCost(parameters: width * classes + classes, multiplyAdds: width * classes)
  }
}

extension NASBench201Operation {
  var family: ArchitectureGraph.Family {
    switch self {
    case .none: .muted
    case .skipConnect: .skip
    case .convolution1x1, .convolution3x3: .convolution
    case .averagePool3x3: .pooling
    }
  }
}
