import Autodiff
import Basics
import NeuralNetworks
import SearchSpaces
import Tensors

/// Convolution without bias, batch norm, ReLU: the order of NAS-Bench-101 and -Macro.
struct ConvolutionUnit: Sendable {
  private let convolution: ConvolutionLayer
  private let norm: BatchNormalization
  private let rectifies: Bool

  init(
    _ name: String, from input: Int, to output: Int, _ window: Window, rectifies: Bool = true,
    in builder: inout ParameterBuilder
  ) {
    (convolution, norm) = builder.scoped(name) { builder in
      (
        ConvolutionLayer("conv", from: input, to: output, window, in: &builder),
        BatchNormalization("norm", channels: output, affine: true, in: &builder)
      )
    }
    self.rectifies = rectifies
  }

  func callAsFunction(_ x: Tensor, _ weights: [Tensor], _ context: ForwardContext) -> Tensor {
    let y = norm(context.computed(convolution(x, weights)), weights, context)
    guard rectifies else { return y }
    context.rectifying(y)
    return y.relu()
  }
}

/// The network of a NAS-Bench-101 cell: a stem, three stacks of cells with 2×2 max pooling between them, global average pooling, a
/// linear layer.
///
/// By default the stem has 128 channels and each stack three cells, as in the benchmark.
///
/// Source: Ying et al., ICML 2019, section 2; `nasbench/lib/model_builder.py` of google-research/nasbench for projections, truncation
/// and the order of sums.
public struct NASBench101Network: ObservableNetwork {
  /// The cell without the vertices that are on no path from input to output.
  public let cell: NASBench101Cell
  /// The weights.
  public let layout: ParameterLayout

  private struct Module: Sendable {
    let widths: [Int]
    /// By vertex, where the input feeds it: a 1×1 convolution to its channels.
    let projections: [ConvolutionUnit?]
    /// By vertex, `nil` for a pooling and for input and output.
    let operations: [ConvolutionUnit?]
  }

  private let stem: ConvolutionUnit
  private let stacks: [[Module]]
  private let head: HeadLayer

  /// Lays out the weights of a cell's network, without the vertices that are on no path.
  ///
  /// - Parameters:
  ///   - cell: the cell that is stacked.
  ///   - first: channels of the stem and the first stack; they double in every further stack.
  ///   - cellsPerStack: cells in each of the three stacks.
  ///   - classes: scores of the linear layer.
  /// - Throws: ``NetworkError/badSize(space:reason:)`` if input and output are not connected.
  public init(
    _ cell: NASBench101Cell, channels first: Int = 128, cellsPerStack: Int = 3, classes: Int = 10
  ) throws(NetworkError) {
    guard let cell = cell.pruned else {
      throw .badSize(
        space: "nas-bench-101", reason: Fault("the cell has no path from input to output", help: "give one that has"))
    }
    let last = cell.vertices - 1
    var builder = ParameterBuilder()
    stem = ConvolutionUnit("stem", from: 3, to: first, Window(kernel: 3, padding: 1), in: &builder)
    var (channels, input) = (first, first)
    stacks = (0..<3).map { stack in
      if stack > 0 { channels *= 2 }
      return (0..<cellsPerStack).map { number in
        builder.scoped("stacks.\(stack).\(number)") { builder in
          let widths = NASBench101Space.vertexChannels(cell, input: input, output: channels)
          let projections = (0...last).map { vertex in
            vertex > 0 && cell.hasEdge(0, vertex)
              ? ConvolutionUnit("vertex\(vertex).projection", from: input, to: widths[vertex], Window(kernel: 1), in: &builder)
              : nil
          }
          let operations = (0...last).map { vertex -> ConvolutionUnit? in
            guard vertex > 0, vertex < last, cell.operations[vertex - 1] != .maxPool3x3 else { return nil }
            let large = cell.operations[vertex - 1] == .convolution3x3
            return ConvolutionUnit(
              "vertex\(vertex)", from: widths[vertex], to: widths[vertex],
              large ? Window(kernel: 3, padding: 1) : Window(kernel: 1), in: &builder)
          }
          input = channels
          return Module(widths: widths, projections: projections, operations: operations)
        }
      }
    }
    head = HeadLayer(features: channels, way: classes, in: &builder)
    self.cell = cell
    layout = builder.layout
  }

  /// Class scores `[n, classes]` of images `[n, h, w, 3]`.
  public func logits(_ weights: [Tensor], images: Tensor, context: ForwardContext) -> Tensor {
    var x = stem(images, weights, context)
    for (number, modules) in stacks.enumerated() {
      if number > 0 { x = Self.evened(x).maxPooled(Window(kernel: 2, stride: 2)) }
      for module in modules { x = apply(module, x, weights, context) }
    }
    return head.observed(x, weights, context)
  }

  /// Images with the last row and column once more where there is an odd number of them: a maximum does not change by that, and the pooling
  /// rounds up, as TensorFlow's "same" padding does in the benchmark.
  static func evened(_ x: Tensor) -> Tensor {
    [1, 2].reduce(x) { x, axis in
      let extent = x.shape[axis]
      return extent % 2 == 0 ? x : concatenate([x, x.slice(axis: axis, from: extent - 1, count: 1)], axis: axis)
    }
  }

  private func apply(_ module: Module, _ x: Tensor, _ weights: [Tensor], _ context: ForwardContext) -> Tensor {
    let last = cell.vertices - 1
    var values = [x]
    for vertex in 1..<last {
      var terms = (1..<vertex).filter { cell.hasEdge($0, vertex) }.map { source in
        // A wider vertex gives its first channels.
        module.widths[source] == module.widths[vertex]
          ? values[source] : values[source].slice(axis: 3, from: 0, count: module.widths[vertex])
      }
      if let projection = module.projections[vertex] { terms.append(projection(x, weights, context)) }
      let input = terms.dropFirst().reduce(terms[0]) { $0 + $1 }
      values.append(
        module.operations[vertex].map { $0(input, weights, context) } ?? input.maxPooled(Window(kernel: 3, padding: 1)))
    }
    let joined = (1..<last).filter { cell.hasEdge($0, last) }.map { values[$0] }
    let inner = joined.count > 1 ? concatenate(joined, axis: 3) : joined.first
    guard let direct = module.projections[last]?(x, weights, context) else { return inner ?? x }
    return inner.map { $0 + direct } ?? direct
  }
}

extension NASBench101Space: NetworkSpace {
  /// The network of a cell, in the space's size.
  ///
  /// - Throws: ``NetworkError/badSize(space:reason:)`` if the cell has no path from input to output.
  public func network(of architecture: NASBench101Cell) throws -> any Network {
    try NASBench101Network(architecture, channels: channels, cellsPerStack: cellsPerStack, classes: classes)
  }

  /// Square images of three channels, with the space's side.
  public var imageShape: ImageShape { ImageShape(height: imageSize, width: imageSize, channels: 3) }
  /// The space's number of classes.
  public var classCount: Int { classes }
}
