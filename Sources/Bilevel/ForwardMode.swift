import Autodiff
import Tensors

/// The exact gradient by forward accumulation: the whole problem differentiated along every element of ω, one after the other.
///
/// - Cost: for each element of ω, the inner loop with a Hessian–vector product a step: right for a handful of hyperparameters and any
///   number of steps. Memory: one Hessian–vector product, for any number of steps.
/// - Bias: none; the same number as reverse accumulation.
/// - Source: Franceschi et al. 2017 (§3.2, Alg. 2), with `Z` column by column.
public struct ForwardMode: HypergradientEstimator {
  /// The estimator; it has no settings.
  public init() {}

  /// `forward`.
  public var name: String { "forward" }

  /// Runs the loop once for its values, and once with tangents for each element of ω.
  ///
  /// - Throws: ``BilevelError`` where something is not finite, does not fit or does not depend on ω, and what the losses throw.
  public func hypergradient<Problem: BilevelProblem>(
    of problem: Problem, loop: InnerLoop, at outer: [Tensor]
  ) throws -> Hypergradient<Problem.Report> {
    let (loss, report, run) = try loop.outerObjective(problem, outer)
    var gradient: [Tensor] = []
    for (index, tensor) in outer.enumerated() {
      var slopes = [Double](repeating: 0, count: tensor.count)
      for element in 0..<tensor.count {
        var unit = [Double](repeating: 0, count: tensor.count)
        unit[element] = 1
        var directions = [Tensor?](repeating: nil, count: outer.count)
        directions[index] = Tensor(shape: tensor.shape, converting: unit, to: tensor.elementType)
        let (_, tangents) = try jvp(at: outer, along: directions) { [try loop.outerObjective(problem, $0).loss] }
        slopes[element] = tangents[0].item
      }
      gradient.append(Tensor(shape: tensor.shape, converting: slopes, to: tensor.elementType))
    }
    if let index = gradient.firstIndex(where: { !$0.isFinite }) {
      throw BilevelError.diverged(what: "the meta-gradient of \(problem.outerName(index))", step: run.losses.count)
    }
    try Connection(problem: problem, loop: loop, outer: outer).check(gradient, estimator: name)
    return Hypergradient(
      outerLoss: loss.item, report: report, gradient: gradient, innerLosses: run.losses, inner: run.state.inner)
  }
}
