import Autodiff
import Tensors

/// Tells a hypergradient that happens to be zero from one that cannot be anything else.
///
/// Zeros are looked at only where a whole tensor of them comes out, and then by what the computation records, not by numbers: a zero residual,
/// a dead unit or a frozen variable is no error.
struct Connection<Problem: BilevelProblem> {
  let problem: Problem
  let loop: InnerLoop
  let outer: [Tensor]

  /// - Parameters:
  ///   - gradient: what the estimator found.
  ///   - remedy: what to do where the estimator sees nothing of ω.
  ///   - sees: a function of ω that depends on the tensors that the estimator can see; `nil` where it leaves out no way.
  /// - Throws: ``BilevelError/disconnected(parameter:)`` where the outer loss does not depend on a tensor of ω, and
  ///   ``BilevelError/unseen(estimator:parameter:remedy:)`` where the estimator can see none of them.
  func check(
    _ gradient: [Tensor], estimator: String, remedy: String = "", sees: (([Tensor]) throws -> [Tensor])? = nil
  ) throws {
    let zeros = gradient.indices.filter { dot(gradient[$0], gradient[$0]).item == 0 }
    guard let first = zeros.first else { return }
    // Some rounds reach everything that many do, but for rates of later rounds.
    var short = loop
    short.rounds = min(loop.rounds, 16)
    short.stopping = nil
    short.lossWeights = Array(loop.lossWeights.prefix(short.rounds))
    let reached = try reached { [try short.outerObjective(problem, $0).loss] }
    let rates = loop.learnedRates.map { $0.first..<outer.count } ?? 0..<0
    // The number of steps that starting moments come from is no variable: nothing is differentiated with respect to it.
    let stepCount = loop.startingMoments.map { $0.first + problem.initialInner(outer).count }
    for index in zeros
    where !reached[index] && index != stepCount && !(rates.contains(index) && loop.rounds > short.rounds) {
      throw BilevelError.disconnected(parameter: problem.outerName(index))
    }
    guard let sees, zeros.count == outer.count else { return }
    if try !self.reached(sees).contains(true) {
      throw BilevelError.unseen(estimator: estimator, parameter: problem.outerName(first), remedy: remedy)
    }
  }

  /// Which tensors of ω the outputs of a function depend on.
  private func reached(_ function: ([Tensor]) throws -> [Tensor]) throws -> [Bool] {
    let (outputs, pullback) = try vjp(at: outer, of: function)
    return pullback(outputs.map { .ones($0.shape, $0.elementType) }).map { $0 != nil }
  }
}
