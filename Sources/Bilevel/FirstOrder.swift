import Autodiff
import Tensors

/// The outer gradient at the adapted variables, as if the inner loop only shifted its start: `∂s/∂s₀ ≈ I`.
///
/// Rates that are part of ω do get their gradient `−⟨λ, d⟩`, and so do moments, because that needs no second derivative.
///
/// - Cost: one gradient of the outer loss besides the inner loop. Memory: one gradient; with learned rates or moments, the variables of
///   every step.
/// - Bias: drops every term with a second derivative, of order (rate × curvature × steps). It cannot see a hyperparameter that acts only
///   through the inner loss: an error rather than zeros, even where other parts of ω have a gradient.
/// - Source: first-order MAML (Finn et al. 2017, §5.2); T-NAS (Lian et al. 2020, eq. 6); first-order DARTS (Liu et al. 2019, ξ = 0).
public struct FirstOrder: HypergradientEstimator {
  /// The estimator; it has no settings.
  public init() {}

  /// `first-order`.
  public var name: String { "first-order" }

  /// Runs the loop and takes the gradient of the outer loss where it ends.
  ///
  /// - Throws: ``BilevelError/unseen(estimator:parameter:remedy:)`` where the outer loss depends on a tensor of ω only through the inner
  ///   loss, other ``BilevelError`` as all estimators, and what the losses throw.
  public func hypergradient<Problem: BilevelProblem>(
    of problem: Problem, loop: InnerLoop, at outer: [Tensor]
  ) throws -> Hypergradient<Problem.Report> {
    let result = try ReverseSweep(curvature: .none, keepsInner: true).hypergradient(of: problem, loop: loop, at: outer)
    // What it sees: the start, as if no step had been made after it, the outer losses directly, rates and moments.
    try Connection(problem: problem, loop: loop, outer: outer).check(
      result.gradient, estimator: name, remedy: "use an estimator with second derivatives, such as exact or truncated",
      seesEach: true
    ) { outer in
      let start = problem.initialInner(outer)
      let shifted = zip(result.inner, start).map { $0.stopGradient() + ($1 - $1.stopGradient()) }
      let weighted = loop.lossWeights.indices.filter { loop.lossWeights[$0] != 0 }
      let rounds = loop.lossWeights.isEmpty ? [max(0, loop.rounds - 1)] : weighted
      let losses = try rounds.map { try problem.outerLoss(shifted, outer: outer, round: $0).loss }
      let rates = loop.learnedRates.map { outer[$0.first..<min(outer.count, $0.first + start.count)] } ?? []
      let moments = loop.startingMoments.map { outer[$0.first..<min(outer.count, $0.first + start.count)] } ?? []
      return losses + rates + moments
    }
    return result
  }
}
