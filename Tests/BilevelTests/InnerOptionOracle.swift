import ArchPrior

/// What every estimator should compute of ``OptionProblem`` under an option, in plain numbers.
///
/// With `ĝ = (A + p + λ) s − w B ω − p s₀` a step is affine, and its Jacobians are written down at once:
/// `∂s'/∂ĝ = −κ R (e + h b)`, `∂s'/∂m = −κ h a R`, `∂m'/∂ĝ = b`, `∂m'/∂m = a`, `∂ĝ/∂s = A + p + λ`, `∂ĝ/∂ω = −w B − p C`, all after P's own. Going through the
/// steps forwards gives s_t, going backwards with the transposed Jacobians the derivative of any weighting of the outer losses. At the fixed
/// point the product of them is `(A + p + λ)⁻¹ (B + p C)`, which the implicit estimators are held against directly.
struct InnerOptionOracle {
  let option: InnerOptionCase
  private let problem: OptionProblem
  private let omega: [Double]
  private let start: [Double]
  /// Before every step: R, the round, the direction, P's Jacobian.
  private var steps: [Step] = []
  /// s after every step; first the start.
  private(set) var path: [[Double]]

  private struct Step {
    var rates: [Double]
    var moves: [Bool]
    var round: Int
    var endsRound: Bool
    var direction: [Double]
    var projection: Dense
  }

  private var loop: InnerLoop { option.loop }
  private var proximal: Double { loop.proximal }
  /// `A + p + λ`, and without λ, which enters by the update rule.
  private func hessian(decay: Bool = true) -> Dense {
    problem.a + Dense.identity(5) * (proximal + (decay ? option.decay : 0))
  }
  /// `w B + p C`
  private func mixed(_ round: Int) -> Dense { problem.b * problem.weights[round % 2] + problem.startSlope * proximal }

  /// The loop at ω, or at another point.
  init(_ given: InnerOptionCase, at outer: [Tensor]? = nil) {
    var option = given
    if let outer { option.extras = Array(outer.dropFirst()) }
    self.option = option
    problem = option.problem
    omega = outer?[0].doubles ?? OptionProblem.point
    start = option.problem.startSlope * omega + option.problem.startOffset
    path = [start]
    var m = [Double](repeating: 0, count: 5)
    if option.loop.startingMoments != nil { m = option.extras.prefix(2).flatMap(\.doubles) }
    for round in 0..<option.loop.rounds {
      var largest = 0.0
      for (position, step) in option.loop.round.enumerated() {
        let s = path[path.count - 1]
        let factors = OptionProblem.parts.indices.flatMap { part in
          OptionProblem.parts[part].map { _ in step.rates.isEmpty ? 1 : step.rates[part] }
        }
        let moves = factors.map { $0 != 0 }
        let g = hessian() * s - mixed(round) * omega - proximal * (start - problem.startSlope * omega)
        largest = max(largest, norm(zip(g, moves).map { $1 ? $0 : 0 }))
        let rule = option.update
        let next = zip(zip(m, g), moves).map { $1 ? rule.keep * $0.0 + rule.take * $0.1 : $0.0 }
        let direction = rule.direct * g + rule.through * next
        let rates = zip(factors, learned(round)).map { rule.rate * $0 * $1 }
        let moved = s - zip(rates, direction).map { $0 * $1 }
        let (projected, jacobian) = Self.project(moved, option.loop.projection)
        m = next
        path.append(projected)
        steps.append(
          Step(
            rates: rates, moves: moves, round: round, endsRound: position == option.loop.round.count - 1, direction: direction,
            projection: jacobian))
      }
      if case .gradientNorm(let bound) = option.loop.stopping, largest <= bound { break }
    }
  }

  /// Steps that were made.
  var count: Int { steps.count }

  /// F(ω)
  var outerLoss: Double {
    func loss(_ s: [Double]) -> Double {
      0.5 * slope(s).reduce(0) { $0 + $1 * $1 } + 0.5 * problem.rho * omega.reduce(0) { $0 + $1 * $1 }
    }
    guard !loop.lossWeights.isEmpty else { return loss(path[path.count - 1]) }
    return steps.indices.filter { steps[$0].endsRound }.reduce(0) {
      $0 + loop.lossWeights[steps[$1].round] * loss(path[$1 + 1])
    }
  }

  private func learned(_ round: Int) -> [Double] {
    guard let rates = loop.learnedRates else { return [Double](repeating: 1, count: 5) }
    return OptionProblem.parts.indices.flatMap { part in
      let values = option.extras[part].doubles
      return rates.kind == .perParameter ? values : OptionProblem.parts[part].map { _ in values[min(round, values.count - 1)] }
    }
  }

  /// The nearest point of the set, and the derivative there: 0 for an element at a bound, the tangent plane's for a ball.
  private static func project(_ s: [Double], _ projection: (any Projection)?) -> ([Double], Dense) {
    if let box = projection as? BoxProjection {
      return (s.map { min(box.upper, max(box.lower, $0)) }, .diagonal(s.map { $0 > box.lower && $0 < box.upper ? 1 : 0 }))
    }
    if let ball = projection as? BallProjection, norm(s) > ball.radius {
      let unit = (1 / norm(s)) * s
      let outer = Dense(unit.map { row in unit.map { row * $0 } })
      return (ball.radius * unit, (Dense.identity(5) - outer) * (ball.radius / norm(s)))
    }
    return (s, .identity(5))
  }

  private func slope(_ s: [Double]) -> [Double] { s - problem.c }

  /// Backwards through the last K steps; earlier ones are the identity.
  ///
  /// - Parameters:
  ///   - keeping: whether `∂s'/∂s` is the identity in all of them.
  ///   - curved: whether second derivatives enter.
  func backwards(last: Int? = nil, keeping: Bool = false, curved: Bool = true) -> [Double] {
    let rule = option.update
    var (lambda, lambdaM) = ([Double](repeating: 0, count: 5), [Double](repeating: 0, count: 5))
    var outer = [Double](repeating: 0, count: 3)
    var extras = option.extras.map { [Double](repeating: 0, count: $0.count) }
    for (index, step) in steps.enumerated().reversed() {
      if step.endsRound {
        let isLast = index == steps.count - 1
        let weight = loop.lossWeights.isEmpty ? (isLast ? 1 : 0) : loop.lossWeights[step.round]
        lambda = lambda + weight * slope(path[index + 1])
        outer = outer + (weight * problem.rho) * omega
      }
      guard index >= steps.count - (last ?? steps.count) else { continue }
      let through = step.projection.transposed * zip(lambda, step.moves).map { $1 ? $0 : 0 }
      let pulled = zip(step.rates, through).map { -$0 * $1 }
      addRates(&extras, step, through)
      let ofNext = lambdaM + rule.through * pulled
      let ofGradient = zip(rule.direct * pulled + rule.take * ofNext, step.moves).map { $1 ? $0 : 0 }
      if !keeping {
        // A variable that does not move is not projected either.
        lambda = zip(zip(lambda, through), step.moves).map { $1 ? $0.1 : $0.0 } + option.decay * ofGradient
        if curved { lambda = lambda + hessian(decay: false).transposed * ofGradient }
      }
      if curved { outer = outer - mixed(step.round).transposed * ofGradient }
      lambdaM = zip(zip(lambdaM, rule.keep * ofNext), step.moves).map { $1 ? $0.1 : $0.0 }
    }
    outer = outer + problem.startSlope.transposed * lambda
    if let moments = loop.startingMoments, moments.moment == 0 {
      extras[0] = Array(lambdaM[..<2])
      extras[1] = Array(lambdaM[2...])
    }
    return [outer, extras.flatMap { $0 }].flatMap { $0 }
  }

  private func addRates(_ extras: inout [[Double]], _ step: Step, _ through: [Double]) {
    guard let rates = loop.learnedRates else { return }
    for (part, elements) in OptionProblem.parts.enumerated() {
      for (place, element) in elements.enumerated() where step.moves[element] {
        let term = -option.update.rate * step.direction[element] * through[element]
        switch rates.kind {
        case .perParameter: extras[part][place] += term
        case .perRound: extras[part][min(step.round, extras[part].count - 1)] += term
        }
      }
    }
  }

  /// The implicit function theorem at the end: `ρ ω + (B + p C)ᵀ x`, `(A + p + λ) x = s − c`, over what moves; what rests is the start's.
  ///
  /// - Parameter terms: of the series `D Σ_{k<K} (I − H D)^k` in place of the inverse, D the loop's rates; `nil` for the inverse.
  func implicit(terms: Int?) -> [Double] {
    let end = path[path.count - 1]
    let moves = (0..<5).map { element in steps.contains { $0.moves[element] } }
    let moving = (0..<5).filter { moves[$0] }
    var (jacobian, cross) = (hessian(), mixed(steps[steps.count - 1].round))
    if let stated = problem.stated { (jacobian, cross) = (stated * jacobian, stated * cross) }
    let transposed = jacobian.transposed
    let block = Dense(moving.map { row in moving.map { transposed.rows[row][$0] } })
    let right = moving.map { slope(end)[$0] }
    let x: [Double]
    if let terms {
      // The first step that moves an element, at the last round's rates.
      let rates = moving.map { element in steps.last { $0.moves[element] }.map { $0.rates[element] } ?? 0 }
      let d = Dense.diagonal(rates)
      x = d * ((Dense.identity(moving.count) - block * d).geometricSum(terms) * right)
    } else {
      x = block.solve(right)
    }
    var all = [Double](repeating: 0, count: 5)
    for (element, value) in zip(moving, x) { all[element] = value }
    var outer = problem.rho * omega + cross.transposed * all
    let rest = zip(slope(end) - transposed * all, moves).map { $1 ? 0 : $0 }
    outer = outer + problem.startSlope.transposed * rest
    // `+` adds vectors here.
    return [outer, option.extras.flatMap { [Double](repeating: 0, count: $0.count) }].flatMap { $0 }
  }
}
