import Autodiff
import Basics
import Bilevel
import CellNetworks
import NeuralNetworks
import Tensors

/// Signs of a collapsing search: which operations have taken over, above all skip connections, and how sharp the validation loss is in
/// θ.
public struct SearchDiagnostics: Sendable, Hashable, Codable {
  /// The mean strength of every operation over all edges, without noise, in the order of `MixtureNetwork.operationNames`; for a
  /// controller the share of its draws.
  public var operationStrengths: [Double]
  /// The mean strength of skip connections over all edges, summed over the columns of skip connections.
  public var skipProbability: Double
  /// The share of skip connections in the architecture of the strongest operations; `nil` for methods that do not recommend it.
  public var skipShare: Double?
  /// The largest eigenvalue of the validation loss's Hessian in θ; `nil` where it was not computed, or θ has no gradient.
  public var eigenvalue: Double?

  /// Looks at a search.
  ///
  /// The eigenvalue is that with all operations weighted without noise, for every method.
  ///
  /// - Parameters:
  ///   - state: the state of the search that is looked at.
  ///   - search: the search that the state belongs to.
  ///   - curvature: the batch for the eigenvalue, always the same one; `nil` for none.
  ///   - check: called before every Hessian–vector product; ends the work by throwing.
  /// - Throws: what decoding throws where θ is not finite, and what `check` throws.
  /// - Complexity: for the eigenvalue up to 15 Hessian–vector products.
  /// - Source: Zela et al., "Understanding and robustifying differentiable architecture search", ICLR 2020, section 4.
  public init<Model: MixtureNetwork>(
    _ state: DifferentiableSearch<Model>.State, of search: DifferentiableSearch<Model>, curvature: LabelledImages?,
    check: () throws -> Void = {}
  ) throws {
    let model = search.model
    let strengths = search.method.strengths(on: model)
    let tables = strengths(state.architecture.tensors).map(\.table)
    let edges = tables.reduce(0) { $0 + $1.shape[0] }
    operationStrengths = model.operationNames.indices.map { column in
      tables.reduce(0) { total, table in
        let values = table.doubles
        return (0..<table.shape[0]).reduce(total) { $0 + values[$1 * table.shape[1] + column] }
      } / Double(max(1, edges))
    }
    skipProbability = model.skipColumns.reduce(0) { [operationStrengths] in $0 + operationStrengths[$1] }
    if search.method.selection == .strongest {
      let skips = model.skips(in: try search.strongest(state))
      skipShare = Double(skips.count) / Double(max(1, skips.of))
    }
    guard let curvature,
      case .hypergradient = search.method.learning(on: model, rate: 0, weightDecay: 0)
    else { return }
    let problem = SupernetProblem(
      model: model, relaxation: strengths, weights: state.weights.tensors, training: curvature, validation: curvature)
    let weights = state.weights.tensors
    var generator = Philox(seed: 0, stream: "search/curvature")
    let start = state.architecture.tensors.map { table in
      Tensor(shape: table.shape, converting: (0..<table.count).map { _ in generator.nextNormal() }, to: table.elementType)
    }
    eigenvalue = try Lanczos(steps: 15).largestEigenvalue(
      { direction in
        try check()
        return hvp(at: state.architecture.tensors, along: direction) { problem.outerLoss(weights, outer: $0).loss }.product
      }, start: start)
  }
}

extension EdgeMixture {
  /// The strengths as a table `[edges, operations]`, without the weights of edges; for a choice those weights, as a vector.
  var table: Tensor {
    switch self {
    case .weighted(let table), .normalized(let table, _): table
    case .chosen(_, let weights, _): weights
    }
  }
}

/// When to stop a search: the largest eigenvalue, averaged over five values, has grown by a factor within four values. The architecture to
/// take is then the one from before.
///
/// The authors look at the eigenvalue every second epoch; with a longer way from one value to the next the rule looks back further.
///
/// Source: Zela et al., "Understanding and robustifying differentiable architecture search", ICLR 2020, section 4.3; window, distance and
/// first epoch as in the authors' code (`EVLocalAvg`).
public struct EigenvalueStopping: Sendable, Hashable {
  /// The values that are averaged, centred.
  public var window = 5
  /// The distance of the averages that are compared, in values.
  public var distance = 4
  /// The growth that stops.
  public var factor = 1.3
  /// The first epoch whose architecture can be taken.
  public var firstEpoch = 10

  /// The rule with the authors' constants.
  public init() {}

  /// The epoch whose architecture is to be taken, and the epoch at which the search stops; `nil` where it goes on.
  ///
  /// - Parameter values: eigenvalues by epoch, evenly spaced.
  public func stop(_ values: [(epoch: Int, eigenvalue: Double)]) -> (keep: Int, at: Int)? {
    guard window >= 1, distance >= 1, values.count >= window else { return nil }
    let averages = (0...(values.count - window)).map { first in
      values[first..<first + window].reduce(0) { $0 + $1.eigenvalue } / Double(window)
    }
    for place in averages.indices.dropFirst(distance) {
      let (before, kept) = (averages[place - distance], values[place - distance + window / 2].epoch)
      if kept >= firstEpoch, before > 0, averages[place] / before > factor {
        return (keep: kept, at: values[place + window - 1].epoch)
      }
    }
    return nil
  }
}
