import Autodiff
import Tensors

/// What all estimators by reverse accumulation share: the inner loop forwards on plain values, then backwards step by step with one
/// matrix product a step, so that no graph ever spans two steps.
///
/// A step `s' = U(s, ∇g(s, ω), m, ω)` takes a cotangent λ' of (s', m') back by the cheap Jacobians of U, which give a cotangent c of the
/// gradient; `∂²g/∂(s, ω)∂s · c` then completes those of s and of ω.
struct ReverseSweep {
  /// How the second derivatives of the inner loss enter.
  enum Curvature {
    /// By forward over reverse differentiation.
    case exact
    /// By a central difference of two gradients, `size` apart in the norm of the inner variables.
    case difference(size: Double)
    /// Not at all.
    case none
  }

  var curvature: Curvature
  /// Only this many of the last steps are gone through; earlier ones count as the identity. `nil` for all.
  var lastSteps: Int?
  /// Whether a step's Jacobian `∂s'/∂s` counts as the identity.
  var keepsInner = false

  private struct Record {
    var place: InnerStep
    /// `nil` for a step that counts as the identity.
    var before: (state: InnerState, gradient: [Tensor])?
  }

  private struct Cotangent {
    var inner: [Tensor]
    var moments: [[Tensor]]
    var outer: [Tensor]
  }

  func hypergradient<Problem: BilevelProblem>(
    of problem: Problem, loop: InnerLoop, at outer: [Tensor]
  ) throws -> Hypergradient<Problem.Report> {
    var records: [Record] = []
    var roundEnds: [Int: [Tensor]] = [:]
    let needsSteps = needsSteps(of: loop)
    let run = try loop.unroll(problem, from: problem.checkedStart(outer), outer: outer) { place, state, gradient in
      // A plain step's pullback does not read the gradient.
      records.append(Record(place: place, before: needsSteps ? (state, loop.isPlain ? [] : gradient) : nil))
      if let lastSteps, records.count > lastSteps { records[records.count - 1 - lastSteps].before = nil }
    } roundEnd: { round, inner in
      if loop.lossWeights.indices.contains(round) && loop.lossWeights[round] != 0 { roundEnds[round] = inner }
    }
    roundEnds[run.lastRound] = nil

    let weight = loop.lossWeights.last ?? 1
    let end = try OuterGradient(
      problem, loop: loop, inner: run.state.inner, outer: outer, round: run.lastRound, step: run.losses.count)
    var outerLoss = loop.lossWeights.isEmpty ? end.loss : end.loss * weight
    var cotangent = Cotangent(
      inner: weight == 1 ? end.inner : end.inner.map { $0 * weight },
      moments: run.state.moments.map { $0.map { .zeros(like: $0) } },
      outer: weight == 1 ? end.outer : end.outer.map { $0 * weight })
    while let record = records.popLast() {
      let place = record.place
      if place.endsRound, let inner = roundEnds[place.round] {
        let part = try OuterGradient(
          problem, loop: loop, inner: inner, outer: outer, round: place.round, step: place.number + 1)
        let weight = loop.lossWeights[place.round]
        outerLoss += part.loss * weight
        cotangent.inner = zip(cotangent.inner, part.inner).map { addScaled($0, $1, scale: weight) }
        cotangent.outer = zip(cotangent.outer, part.outer).map { addScaled($0, $1, scale: weight) }
      }
      guard let before = record.before else { continue }
      try pullBack(&cotangent, through: place, before.state, before.gradient, problem, loop, outer)
      if let index = cotangent.inner.firstIndex(where: { !$0.isFinite }) {
        throw BilevelError.diverged(what: "the meta-gradient of \(problem.innerName(index))", step: place.number)
      }
    }
    var gradient = problem.addStart(cotangent.inner, at: outer, to: cotangent.outer)
    if let kept = loop.startingMoments {
      for (index, own) in cotangent.moments.enumerated() {
        gradient[kept.first + index] = gradient[kept.first + index] + own[kept.moment]
      }
    }
    return Hypergradient(
      outerLoss: outerLoss, report: end.report, gradient: gradient, innerLosses: run.losses, inner: run.state.inner)
  }

  /// Whether going backwards reads anything of the steps.
  private func needsSteps(of loop: InnerLoop) -> Bool {
    if case .none = curvature { return loop.learnedRates != nil || loop.startingMoments != nil }
    return true
  }

  private func pullBack<Problem: BilevelProblem>(
    _ cotangent: inout Cotangent, through place: InnerStep, _ state: InnerState, _ gradient: [Tensor], _ problem: Problem,
    _ loop: InnerLoop, _ outer: [Tensor]
  ) throws {
    // Minus the cotangent of the gradient.
    let directions: [Tensor]
    if loop.isPlain {
      directions = place.moving.map { cotangent.inner[$0] * (loop.optimizer.learningRate * place.step.rate($0)) }
    } else {
      directions = pullBackUpdate(&cotangent, through: place, state, gradient, loop, outer)
    }
    switch curvature {
    case .none: return
    case .exact:
      let product = try loop.secondDerivatives(problem, state.inner, outer, along: directions, place)
      subtract(product.inner, product.outer, from: &cotangent)
    case .difference(let size):
      let product = try loop.secondDifferences(
        problem, state.inner, outer, along: directions, place, size: size, outerOnly: keepsInner)
      subtract(product.inner, product.outer, from: &cotangent)
    }
  }

  private func subtract(_ inner: [Tensor], _ outer: [Tensor], from cotangent: inout Cotangent) {
    if !keepsInner { cotangent.inner = zip(cotangent.inner, inner).map { addScaled($0, $1, scale: -1) } }
    cotangent.outer = zip(cotangent.outer, outer).map { addScaled($0, $1, scale: -1) }
  }

  /// Takes the cotangent through the update rule, with the gradient as one more input.
  ///
  /// - Returns: minus the cotangent of the gradient.
  private func pullBackUpdate(
    _ cotangent: inout Cotangent, through place: InnerStep, _ state: InnerState, _ gradient: [Tensor], _ loop: InnerLoop,
    _ outer: [Tensor]
  ) -> [Tensor] {
    let moving = place.moving
    let count = moving.count
    let moments = loop.optimizer.momentCount
    func grouped(_ flat: ArraySlice<Tensor>) -> [[Tensor]] {
      (0..<count).map { Array(flat.dropFirst($0 * moments).prefix(moments)) }
    }
    func flat(_ list: [[Tensor]]) -> [Tensor] { moving.flatMap { list[$0] } }
    let points = picking(moving, of: state.inner) + gradient + flat(state.moments) + outer
    let (_, pullback) = vjp(at: points) { variables -> [Tensor] in
      var moved = state
      moved.inner = substituting(Array(variables[..<count]), at: moving, in: state.inner)
      for (index, own) in zip(moving, grouped(variables[(2 * count)...])) { moved.moments[index] = own }
      let next = loop.update(
        place, moved, gradient: Array(variables[count..<2 * count]),
        outer: Array(variables[(count * (2 + moments))...]))
      return picking(moving, of: next.inner) + flat(next.moments)
    }
    let pulled = pullback(picking(moving, of: cotangent.inner) + flat(cotangent.moments))
    for (position, index) in moving.enumerated() {
      if !keepsInner { cotangent.inner[index] = pulled[position] ?? .zeros(like: state.inner[index]) }
      for moment in 0..<moments {
        cotangent.moments[index][moment] =
          pulled[2 * count + position * moments + moment] ?? .zeros(like: state.inner[index])
      }
    }
    cotangent.outer = zip(cotangent.outer, pulled.suffix(outer.count)).map { sum, term in term.map { sum + $0 } ?? sum }
    return (0..<count).map { position in
      pulled[count + position].map { -$0 } ?? .zeros(like: gradient[position])
    }
  }
}

extension InnerLoop {
  /// The second derivatives of the inner objective with respect to everything and the variables that move, along a direction of those.
  func secondDerivatives<Problem: BilevelProblem>(
    _ problem: Problem, _ inner: [Tensor], _ outer: [Tensor], along directions: [Tensor], _ place: InnerStep
  ) throws -> (inner: [Tensor], outer: [Tensor]) {
    var all = [Tensor?](repeating: nil, count: inner.count + outer.count)
    for (direction, index) in zip(directions, place.moving) { all[index] = direction }
    let product = try hessianVectorProduct(at: inner + outer, along: all) { variables in
      try objective(
        problem, Array(variables[..<inner.count]), outer: Array(variables[inner.count...]), round: place.round)
    }
    return (Array(product[..<inner.count]), Array(product[inner.count...]))
  }

  /// The same by a central difference of two gradients at `s ± size/‖d‖ d`; exact zeros where d is zero.
  ///
  /// - Parameter outerOnly: whether the part of the inner variables is not wanted; it is then empty.
  func secondDifferences<Problem: BilevelProblem>(
    _ problem: Problem, _ inner: [Tensor], _ outer: [Tensor], along directions: [Tensor], _ place: InnerStep, size: Double,
    outerOnly: Bool
  ) throws -> (inner: [Tensor], outer: [Tensor]) {
    let norm = directions.reduce(0) { $0 + dot($1, $1).item }.squareRoot()
    guard norm.isFinite else { throw divergence(problem, inner, of: "the outer gradient", step: place.number) }
    guard norm > 0 else { return (outerOnly ? [] : inner.map { .zeros(like: $0) }, outer.map { .zeros(like: $0) }) }
    let epsilon = size / norm
    func gradients(_ sign: Double) throws -> [Tensor] {
      var moved = inner
      for (direction, index) in zip(directions, place.moving) {
        moved[index] = addScaled(inner[index], direction, scale: sign * epsilon)
      }
      return try gradient(at: (outerOnly ? [] : moved) + outer) { variables in
        try objective(
          problem, outerOnly ? moved : Array(variables[..<inner.count]), outer: Array(variables.suffix(outer.count)),
          round: place.round)
      }
    }
    let product = zip(try gradients(1), try gradients(-1)).map { ($0 - $1) * (1 / (2 * epsilon)) }
    return (outerOnly ? [] : Array(product[..<inner.count]), Array(product.suffix(outer.count)))
  }
}
