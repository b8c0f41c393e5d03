import Autodiff
import Tensors

/// Tells a hypergradient that happens to be zero from one that cannot be anything else.
///
/// Zeros are looked at only where a whole tensor of them comes out, and then by what the computation records, not by numbers: a zero
/// residual, a dead unit or a frozen variable is no error.
struct Connection<Problem: BilevelProblem> {
  let problem: Problem
  let loop: InnerLoop
  let outer: [Tensor]

  /// - Parameters:
  ///   - gradient: what the estimator found.
  ///   - remedy: what to do where the estimator sees nothing of ω.
  ///   - seesEach: whether the estimator must see every tensor of ω. One that differentiates the solution need not: what only the start
  ///     depends on has no part in that, and zero is right.
  ///   - sees: a function of ω that depends on the tensors that the estimator can see; `nil` where it leaves out no way.
  /// - Throws: ``BilevelError/disconnected(parameter:)`` where the outer loss does not depend on a tensor of ω, and
  ///   ``BilevelError/unseen(estimator:parameter:remedy:)`` where the estimator can see none of them, or not each.
  func check(
    _ gradient: [Tensor], estimator: String, remedy: String = "", seesEach: Bool = false,
    sees: (([Tensor]) throws -> [Tensor])? = nil
  ) throws {
    let zeros = gradient.indices.filter { dot(gradient[$0], gradient[$0]).item == 0 }
    guard let first = zeros.first else { return }
    // Some rounds reach everything that many do.
    var short = loop
    short.rounds = min(loop.rounds, 16)
    short.stopping = nil
    short.lossWeights = Array(loop.lossWeights.prefix(short.rounds))
    let reached = try reached { [try short.outerObjective(problem, $0).loss] }
    let unread = unread()
    for index in zeros where !reached[index] && !unread.contains(index) {
      throw BilevelError.disconnected(parameter: problem.outerName(index))
    }
    guard let sees, seesEach || zeros.count == outer.count else { return }
    let seen = try self.reached(sees)
    let blind = zeros.filter { reached[$0] && !seen[$0] }
    if let index = seesEach ? blind.first : seen.contains(true) ? nil : first {
      throw BilevelError.unseen(estimator: estimator, parameter: problem.outerName(index), remedy: remedy)
    }
  }

  /// The tensors of ω that are there for their place only: rates of variables that never move, and the number of steps that starting
  /// moments come from, which is no variable. Their derivative is 0, and that is no mistake.
  private func unread() -> Set<Int> {
    let count = problem.initialInner(outer).count
    var places: Set<Int> = []
    if let rates = loop.learnedRates {
      let moving = Set(loop.round.flatMap { $0.moving(of: count) })
      places.formUnion((0..<count).filter { !moving.contains($0) }.map { rates.first + $0 })
    }
    if let moments = loop.startingMoments { places.insert(moments.first + count) }
    return places
  }

  /// Which tensors of ω the outputs of a function depend on.
  private func reached(_ function: ([Tensor]) throws -> [Tensor]) throws -> [Bool] {
    let (outputs, pullback) = try vjp(at: outer, of: function)
    return pullback(outputs.map { .ones($0.shape, $0.elementType) }).map { $0 != nil }
  }
}
