import Autodiff
import NeuralNetworks
import Tensors

/// The linear system of the implicit function theorem at the end of an inner loop: with `A = ∂F/∂s` for the condition `F(s, ω) = 0` of the
/// loop's fixed point, the hypergradient is `∂f/∂ω − (∂F/∂ω)ᵀ x`, `Aᵀ x = ∂f/∂s`, over the variables that move.
///
/// F is the gradient of the inner loss with everything that moves the fixed point: the proximal term and the optimiser's weight decay.
/// What has no such condition is refused (`ImplicitSystem+Conditions.swift`).
struct ImplicitSystem<Problem: BilevelProblem> {
  let problem: Problem
  let loop: InnerLoop
  let outer: [Tensor]
  /// The variables that move in any step.
  let moving: [Int]
  let run: InnerRun
  let end: OuterGradient<Problem.Report>
  /// λ of the optimiser's weight decay, which is no part of the inner loss.
  let decay: Double
  /// Products with the optimality condition's own Jacobian; `nil` where it is the gradient of the inner loss.
  private let custom: (([Tensor]) -> [Tensor?])?

  var inner: [Tensor] { run.state.inner }

  /// Runs the inner loop.
  ///
  /// - Throws: ``BilevelError/unsupported(estimator:what:remedy:)`` where the loop's fixed point is not that of a condition that can be
  ///   differentiated.
  init(_ problem: Problem, loop: InnerLoop, outer: [Tensor], estimator: String) throws {
    decay = try loop.decayOfFixedPoint(estimator: estimator)
    self.problem = problem
    self.loop = loop
    self.outer = outer
    run = try loop.unroll(problem, from: problem.checkedStart(outer), outer: outer)
    let (inner, round) = (run.state.inner, run.lastRound)
    // Without a rate nothing moves, whatever the steps say.
    moving = loop.optimizer.learningRate == 0 ? [] : Set(loop.round.flatMap { $0.moving(of: inner.count) }).sorted()
    try loop.requireRates(problem, moving: moving, outer: outer, round: round, estimator: estimator)
    end = try OuterGradient(problem, loop: loop, inner: inner, outer: outer, round: round, step: run.losses.count)
    guard let condition = try problem.optimality(inner, outer: outer) else {
      custom = nil
      try loop.requireOneLoss(problem, run, outer: outer, estimator: estimator)
      return
    }
    try loop.requireNothingBeside(conditionOf: estimator, decay: decay)
    for (index, variable) in inner.enumerated() where index >= condition.count || condition[index].shape != variable.shape {
      throw BilevelError.shape(
        parameter: "optimality condition of \(problem.innerName(index))",
        shape: index < condition.count ? condition[index].shape.array : nil, expected: variable.shape.array)
    }
    let count = inner.count
    custom =
      try vjp(at: inner + outer) { variables in
        try problem.optimality(Array(variables[..<count]), outer: Array(variables[count...])) ?? []
      }.pullback
  }

  /// `(∂F/∂s, ∂F/∂ω)ᵀ x` for a vector over the variables that move: one tensor for every inner and outer variable.
  func product(_ x: [Tensor]) throws -> (inner: [Tensor], outer: [Tensor]) {
    if let custom {
      let all = substituting(x, at: moving, in: inner.map { .zeros(like: $0) })
      let pulled = zip(inner + outer, custom(all)).map { $1 ?? .zeros(like: $0) }
      return (Array(pulled[..<inner.count]), Array(pulled[inner.count...]))
    }
    if moving.isEmpty { return (inner.map { .zeros(like: $0) }, outer.map { .zeros(like: $0) }) }
    var product = try loop.secondDerivatives(problem, inner, outer, along: x, place)
    if decay != 0 {
      for (direction, index) in zip(x, moving) {
        product.inner[index] = addScaled(product.inner[index], direction, scale: decay)
      }
    }
    return product
  }

  /// `Aᵀ x`
  func matvec(_ x: [Tensor]) throws -> [Tensor] {
    let product = try product(x).inner
    return moving.map { product[$0] }
  }

  /// `A x`, where it differs from `Aᵀ x`.
  var transposed: LinearMap? {
    guard custom != nil else { return nil }
    return { x in
      var directions = [Tensor?](repeating: nil, count: inner.count)
      for (direction, index) in zip(x, moving) { directions[index] = direction }
      let (_, tangents) = try jvp(at: inner, along: directions) { try problem.optimality($0, outer: outer) ?? [] }
      return moving.map { tangents[$0] }
    }
  }

  /// `∂f/∂s` of the variables that move.
  var rightHandSide: [Tensor] { moving.map { end.inner[$0] } }

  /// The hypergradient for the system's solution. Variables that never move are still those of the start, and pass on what they get.
  func hypergradient(_ x: [Tensor], report: LinearSolution.Report, estimator: String) throws -> Hypergradient<Problem.Report> {
    let product = try product(x)
    var gradient = zip(end.outer, product.outer).map { addScaled($0, $1, scale: -1) }
    let frozen = inner.indices.filter { !moving.contains($0) }
    if !frozen.isEmpty {
      var cotangent = inner.map { Tensor.zeros(like: $0) }
      for index in frozen { cotangent[index] = addScaled(end.inner[index], product.inner[index], scale: -1) }
      gradient = problem.addStart(cotangent, at: outer, to: gradient)
    }
    if let index = gradient.firstIndex(where: { !$0.isFinite }) {
      throw BilevelError.diverged(what: "the meta-gradient of \(problem.outerName(index))", step: run.losses.count)
    }
    try Connection(problem: problem, loop: loop, outer: outer).check(
      gradient, estimator: estimator,
      remedy: "the solution of the inner problem must depend on ω: add a proximal term, or use exact or first-order"
    ) { outer in
      var outputs = [try problem.outerLoss(inner, outer: outer, round: run.lastRound).loss]
      if custom != nil {
        outputs += try problem.optimality(inner, outer: outer) ?? []
      } else if !moving.isEmpty {
        outputs += try Autodiff.gradient(at: moving.map { inner[$0] }) { variables in
          try loop.objective(problem, substituting(variables, at: moving, in: inner), outer: outer, round: run.lastRound)
        }
      }
      let start = problem.initialInner(outer)
      return outputs + frozen.map { start[$0] }
    }
    return Hypergradient(
      outerLoss: end.loss, report: end.report, gradient: gradient, innerLosses: run.losses, inner: inner, linearSolve: report)
  }

  /// The last step with everything moving.
  private var place: InnerStep {
    InnerStep(
      number: run.losses.count, round: run.lastRound, step: .everything, moving: moving,
      stepsDone: inner.map { _ in 0 }, endsRound: true)
  }
}
