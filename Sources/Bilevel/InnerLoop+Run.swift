import Autodiff
import NeuralNetworks
import Tensors

/// Where an inner loop stands.
struct InnerState: Sendable {
  /// s
  var inner: [Tensor]
  /// What the optimiser remembers of every inner variable.
  var moments: [[Tensor]]
}

/// A step of an inner loop in its place.
struct InnerStep: Sendable {
  /// Counted from 0 over all rounds.
  var number: Int
  var round: Int
  var step: GradientStep
  /// The inner variables that move.
  var moving: [Int]
  /// How often every inner variable has moved before.
  var stepsDone: [Int]
  /// Whether it is the last step of its round.
  var endsRound: Bool
}

/// What an inner loop did.
struct InnerRun: Sendable {
  var state: InnerState
  /// The inner loss, with the proximal term, before every step.
  var losses: [Double]
  /// The rounds done.
  var rounds: Int

  /// The round that the outer loss at the end belongs to.
  var lastRound: Int { max(0, rounds - 1) }
}

extension InnerLoop {
  /// Runs the loop on plain values.
  ///
  /// - Parameters:
  ///   - problem: gives the inner loss and its own start.
  ///   - start: where to start; the proximal term draws to the problem's own start all the same.
  ///   - outer: the outer variables, which stay as they are.
  ///   - observe: gets the inner variables before every step and after the last.
  /// - Returns: the inner variables at the end, and the inner loss before every step.
  /// - Throws: ``BilevelError`` where rates or shapes do not fit, and as soon as a loss is not finite.
  /// - Complexity: a gradient of the inner loss a step; memory for one of them.
  public func run<Problem: BilevelProblem>(
    _ problem: Problem, from start: [Tensor], outer: [Tensor], observe: ([Tensor]) throws -> Void = { _ in }
  ) throws -> (inner: [Tensor], losses: [Double]) {
    try checkStart(problem, start, outer: outer)
    let run = try unroll(problem, from: start, outer: outer) { _, state, _ in try observe(state.inner) }
    try observe(run.state.inner)
    return (run.state.inner, run.losses)
  }

  /// Runs the loop on plain values from the problem's own start, and returns what the optimiser remembers as well.
  ///
  /// - Returns: the inner variables at the end, the optimiser's moments of each of them, and the inner loss before every step.
  /// - Throws: as ``run(_:from:outer:observe:)``.
  /// - Complexity: a gradient of the inner loss a step; memory for one of them.
  public func runWithMoments<Problem: BilevelProblem>(
    _ problem: Problem, outer: [Tensor]
  ) throws -> (inner: [Tensor], moments: [[Tensor]], losses: [Double]) {
    let run = try unroll(problem, from: problem.checkedStart(outer), outer: outer)
    return (run.state.inner, run.state.moments, run.losses)
  }

  /// Runs the loop; the result is differentiable with respect to all that the arguments depend on.
  ///
  /// - Parameters:
  ///   - visit: gets every step with the state before it and the gradient of the variables that move.
  ///   - roundEnd: gets the number of every round that is done, and the inner variables after it.
  func unroll<Problem: BilevelProblem>(
    _ problem: Problem, from start: [Tensor], outer: [Tensor],
    visit: (InnerStep, InnerState, [Tensor]) throws -> Void = { _, _, _ in },
    roundEnd: (Int, [Tensor]) throws -> Void = { _, _ in }
  ) throws -> InnerRun {
    try validate(problem, inner: start, outer: outer)
    let remembered: (moments: [[Tensor]], stepsDone: Int) =
      try startingMoments?.state(problem, inner: start, outer: outer, momentCount: optimizer.momentCount)
      ?? (start.map { variable in (0..<optimizer.momentCount).map { _ in Tensor.zeros(like: variable) } }, 0)
    var run = InnerRun(state: InnerState(inner: start, moments: remembered.moments), losses: [], rounds: 0)
    var stepsDone = [Int](repeating: remembered.stepsDone, count: start.count)
    for number in 0..<max(0, rounds) {
      var largest = 0.0
      for (position, step) in round.enumerated() {
        let place = InnerStep(
          number: run.losses.count, round: number, step: step, moving: step.moving(of: start.count), stepsDone: stepsDone,
          endsRound: position == round.count - 1)
        let (loss, gradient) = try valueAndGradient(at: picking(place.moving, of: run.state.inner)) { variables in
          try objective(
            problem, substituting(variables, at: place.moving, in: run.state.inner), outer: outer, round: number)
        }
        guard loss.item.isFinite else { throw divergence(problem, run.state.inner, of: "the inner loss", step: place.number) }
        run.losses.append(loss.item)
        try visit(place, run.state, gradient)
        if case .gradientNorm = stopping {
          largest = max(largest, stationarity(gradient, at: picking(place.moving, of: run.state.inner)))
        }
        run.state = update(place, run.state, gradient: gradient, outer: outer)
        for index in place.moving { stepsDone[index] += 1 }
      }
      run.rounds += 1
      try roundEnd(number, run.state.inner)
      if case .gradientNorm(let bound) = stopping, largest <= bound { break }
    }
    if !lossWeights.isEmpty && lossWeights.count != run.rounds {
      throw BilevelError.lossWeightCount(weights: lossWeights.count, rounds: run.rounds)
    }
    return run
  }

  /// How far from standing still the loop is: the norm of the gradient with the optimiser's weight decay.
  private func stationarity(_ gradient: [Tensor], at variables: [Tensor]) -> Double {
    var whole = gradient
    if case .stationary(let decay) = optimizer.fixedPoint, decay != 0 {
      whole = zip(gradient, variables).map { addScaled($0, $1, scale: decay) }
    }
    return whole.reduce(0) { $0 + dot($1, $1).item }.squareRoot()
  }

  /// What the inner loop makes small: the inner loss with the proximal term.
  func objective<Problem: BilevelProblem>(
    _ problem: Problem, _ inner: [Tensor], outer: [Tensor], round: Int
  ) throws -> Tensor {
    let loss = try problem.innerLoss(inner, outer: outer, round: round)
    guard loss.count == 1 else { throw BilevelError.notScalar(loss: "the inner loss", shape: loss.shape.array) }
    guard proximal != 0 else { return loss }
    let distances = zip(inner, problem.initialInner(outer)).map { ($0 - $1).squared().sum() }
    guard let first = distances.first else { return loss }
    return loss + distances.dropFirst().reduce(first) { $0 + $1 } * (proximal / 2)
  }

  /// The state after a step, differentiable in everything.
  ///
  /// - Parameter gradient: one tensor for each variable that moves.
  func update(_ place: InnerStep, _ state: InnerState, gradient: [Tensor], outer: [Tensor]) -> InnerState {
    var next = state
    if isPlain {
      let moved = addScaled(
        picking(place.moving, of: state.inner), gradient,
        scales: place.moving.map { -(optimizer.learningRate * place.step.rate($0)) })
      next.inner = substituting(moved, at: place.moving, in: state.inner)
      return next
    }
    for (position, index) in place.moving.enumerated() {
      let variable = state.inner[index]
      var (direction, moments) = optimizer.direction(
        gradient[position], at: variable, moments: state.moments[index], stepsDone: place.stepsDone[index])
      if let learnedRates { direction = learnedRates.rate(of: index, round: place.round, outer: outer) * direction }
      next.inner[index] = addScaled(variable, direction, scale: -(optimizer.learningRate * place.step.rate(index)))
      next.moments[index] = moments
    }
    guard let projection else { return next }
    let projected = projection.project(picking(place.moving, of: next.inner))
    next.inner = substituting(projected, at: place.moving, in: next.inner)
    return next
  }

  /// Whether a step is `s − ρ ∘ gradient` with constant rates.
  var isPlain: Bool {
    guard let sgd = optimizer as? SGD, sgd.isPlain else { return false }
    return learnedRates == nil && projection == nil
  }

  /// - Throws: ``BilevelError`` where counts or shapes do not fit together.
  private func validate<Problem: BilevelProblem>(_ problem: Problem, inner: [Tensor], outer: [Tensor]) throws {
    for step in round where !step.rates.isEmpty && step.rates.count != inner.count {
      throw BilevelError.rateCount(rates: step.rates.count, variables: inner.count)
    }
    if let learnedRates {
      let moving = Set(round.flatMap { $0.moving(of: inner.count) }).sorted()
      try learnedRates.validate(problem, inner: inner, outer: outer, moving: moving)
    }
    if proximal != 0 { try checkStart(problem, inner, outer: outer) }
    // One of another type fits nowhere: tensors are computed with in their own.
    guard let type = inner.first?.elementType else { return }
    func check(_ tensors: [Tensor], _ name: (Int) -> String) throws {
      guard let index = tensors.firstIndex(where: { $0.elementType != type }) else { return }
      throw BilevelError.elementType(
        parameter: name(index), type: tensors[index].elementType, other: problem.innerName(0), otherType: type)
    }
    try check(inner, problem.innerName)
    try check(outer, problem.outerName)
  }

  /// - Throws: ``BilevelError/shape(parameter:shape:expected:)`` where a list of inner variables is not like the problem's own start.
  private func checkStart<Problem: BilevelProblem>(_ problem: Problem, _ inner: [Tensor], outer: [Tensor]) throws {
    let start = try problem.checkedStart(outer)
    for index in 0..<max(start.count, inner.count) {
      let (shape, expected) = (index < inner.count ? inner[index].shape : nil, index < start.count ? start[index].shape : nil)
      if shape != expected {
        throw BilevelError.shape(parameter: problem.innerName(index), shape: shape?.array, expected: expected?.array ?? [])
      }
    }
  }

  /// The error for a loss that is not finite, naming the variable at fault.
  func divergence<Problem: BilevelProblem>(_ problem: Problem, _ inner: [Tensor], of loss: String, step: Int) -> BilevelError {
    if let index = inner.firstIndex(where: { !$0.isFinite }) {
      return .diverged(what: "\(loss) (of the parameter \(problem.innerName(index)))", step: step)
    }
    let largest = inner.map { $0.doubles.reduce(0) { max($0, abs($1)) } }
    guard let index = largest.indices.max(by: { largest[$0] < largest[$1] }) else { return .diverged(what: loss, step: step) }
    return .diverged(
      what: "\(loss) (with \(largest[index]) in the parameter \(problem.innerName(index)))", step: step)
  }
}

/// A list with some of its tensors replaced.
///
/// - Parameter indices: distinct and ascending.
func substituting(_ tensors: [Tensor], at indices: [Int], in list: [Tensor]) -> [Tensor] {
  if indices.count == list.count { return tensors }
  var result = list
  for (tensor, index) in zip(tensors, indices) { result[index] = tensor }
  return result
}

/// The tensors at some places of a list.
///
/// - Parameter indices: distinct and ascending.
func picking(_ indices: [Int], of list: [Tensor]) -> [Tensor] {
  indices.count == list.count ? list : indices.map { list[$0] }
}
