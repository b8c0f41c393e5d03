import Autodiff
import Basics
import NeuralNetworks
import SearchSpaces
import Tensors

/// The network that contains all cells of NAS-Bench-201: every edge carries all five operations. One table θ `[6, 5]` is shared by all
/// cells; batch norms inside of cells have no scale and bias, and poolings none at all. With partial channels, operations are built for a
/// K-th of the channels.
///
/// Source: Dong, Yang, ICLR 2020, section 3; `NAS201SearchCell` of the authors' code.
public struct NASBench201Supernet: MixtureNetwork {
  /// The search space.
  public let space: NASBench201Space
  /// The weights w of all operations on all edges.
  public let weightLayout: ParameterLayout
  /// The architecture parameters θ: one table `theta`, `[6, 5]`.
  public let architectureLayout: ParameterLayout

  /// Edge by edge, operation by operation.
  private struct Layers: Sendable {
    let edges: [[NASBench201Layer]]
  }

  /// K of PC-DARTS: operations see the first K-th of the channels; 1 for all.
  public let channelDivisor: Int

  private let skeleton: NASBench201Skeleton<Layers>

  /// Lays out weights and architecture parameters for all five operations on every edge.
  ///
  /// - Parameters:
  ///   - space: gives cells per stage, channels, classes and image size.
  ///   - channelDivisor: K of PC-DARTS: operations see a K-th of the channels.
  /// - Throws: ``NetworkError/badSize(space:reason:)`` if the space's images are not a multiple of 4 pixels high, or its channels none
  ///   of `channelDivisor`.
  public init(_ space: NASBench201Space, channelDivisor: Int = 1) throws(NetworkError) {
    guard channelDivisor >= 1, space.channels.isMultiple(of: channelDivisor) else {
      throw .badSize(
        space: space.name,
        reason: Fault(
          "\(space.channels) channels cannot be divided by \(channelDivisor) for partial channel connections",
          help: "take a multiple of \(max(1, channelDivisor))"))
    }
    var builder = ParameterBuilder()
    skeleton = try NASBench201Skeleton(space, in: &builder) { channels, builder in
      Layers(
        edges: NASBench201Cell.edges.map { edge in
          builder.scoped("edges.\(edge.from).\(edge.to)") { builder in
            NASBench201Operation.allCases.map { operation in
              NASBench201Layer(operation, channels: channels / channelDivisor, affine: false, in: &builder)
            }
          }
        })
    }
    self.space = space
    self.channelDivisor = channelDivisor
    weightLayout = builder.layout
    architectureLayout = ParameterLayout(entries: [
      // 1e-3 times a standard normal, as in the authors' code.
      .init(
        name: "theta", shape: [NASBench201Cell.edges.count, NASBench201Operation.allCases.count],
        initializer: .normal(standardDeviation: 1e-3))
    ])
  }

  /// The node that each of the six edges leads to, for the only table.
  public var edgeTargets: [[Int]] { [NASBench201Cell.edges.map(\.to)] }

  /// Class scores `[n, classes]` of images `[n, side, side, 3]`; `mixtures` holds one mixture, for the only table.
  public func logits(
    weights: [Tensor], mixtures: [EdgeMixture], images: Tensor, context: ForwardContext = .batch
  ) -> Tensor {
    skeleton(images, weights, context) { layers, input in
      var nodes = [PartialInput(input, divisor: channelDivisor)]
      for node in 1...3 {
        let edges = NASBench201Cell.edges.indices.filter { NASBench201Cell.edges[$0].to == node }
        let sum = mix(layers, mixtures[0], edges, nodes, weights, context)
        let passing = edges.compactMap { nodes[NASBench201Cell.edges[$0].from].passing }.map(MixedOperand.plain)
        guard !passing.isEmpty else {
          nodes.append(PartialInput(CellInput(sum), divisor: 1))
          continue
        }
        var strengths: Tensor?
        if case .normalized(_, let all) = mixtures[0] {
          strengths = concatenate(edges.map { all.slice(axis: 0, from: $0, count: 1) }, axis: 0)
        }
        let whole = concatenate([sum, mixedSum(passing, weights: strengths)], axis: 3)
        nodes.append(PartialInput(CellInput(PartialInput.shuffled(whole, groups: channelDivisor)), divisor: channelDivisor))
      }
      return nodes[3].whole.value
    }
  }

  /// The sum of what the edges into a node make of their inputs.
  private func mix(
    _ layers: Layers, _ mixture: EdgeMixture, _ edges: [Int], _ nodes: [PartialInput], _ weights: [Tensor],
    _ context: ForwardContext
  ) -> Tensor {
    let table: Tensor
    switch mixture {
    case .weighted(let all): table = all
    case .normalized(let all, let edges): table = all * edges.reshaped(to: [edges.count, 1])
    case .chosen(_, let weights, _): table = weights
    }
    var terms: [MixedOperand] = []
    var strengths: [Tensor] = []
    for edge in edges {
      let input = nodes[NASBench201Cell.edges[edge].from].treated
      var operations = Array(layers.edges[edge].indices)
      if case .chosen(let chosen, _, _) = mixture { operations = [chosen[edge]] }
      for operation in operations {
        var term = layers.edges[edge][operation].operand(input, weights, context)
        // A zero that was drawn stays a term: its strength has a gradient, which is zero.
        if case .chosen = mixture { term = term ?? .plain(.zeros(like: input.value)) }
        guard let term else { continue }
        let row = table.slice(axis: 0, from: edge, count: 1)
        terms.append(term)
        strengths.append(table.rank == 1 ? row : row.slice(axis: 1, from: operation, count: 1).reshaped(to: [1]))
      }
    }
    guard !terms.isEmpty else { return .zeros(like: nodes[0].treated.value) }
    let sum = mixedSum(terms, weights: concatenate(strengths, axis: 0))
    guard case .chosen(_, _, let offsets?) = mixture else { return sum }
    return sum + offsets.slice(axis: 0, from: edges[0], count: edges.count).sum()
  }

  /// The strongest operation of every edge, `none` among them.
  ///
  /// - Throws: ``NetworkError/badSize(space:reason:)`` if a parameter is not a finite number.
  public func architecture(_ parameters: ParameterTree) throws -> NASBench201Cell {
    guard let table = parameters.tensors.first, table.isFinite, let cell = space.architecture(choices: table.rowArgmax) else {
      throw NetworkError.badSize(space: space.name, reason: "the architecture parameters are not 6 × 5 finite numbers")
    }
    return cell
  }

  /// The cell's operations, each with weight 1.
  public func mixtures(of architecture: NASBench201Cell) -> [EdgeMixture] {
    [.chosen(architecture.digits, weights: .ones([NASBench201Cell.edges.count]))]
  }

  /// The benchmark's names of the five operations, in the order of the columns.
  public var operationNames: [String] { NASBench201Operation.allCases.map(\.rawValue) }

  /// The column of `skip_connect`.
  public var skipColumns: [Int] {
    NASBench201Operation.allCases.enumerated().filter { $0.element == .skipConnect }.map(\.offset)
  }

  /// The skip connections among the six edges.
  public func skips(in architecture: NASBench201Cell) -> (count: Int, of: Int) {
    (architecture.operations.count { $0 == .skipConnect }, NASBench201Cell.edges.count)
  }
}
