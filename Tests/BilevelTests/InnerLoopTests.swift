import ArchPrior
import TestSupport
import Testing

/// A small network with tanh, whose second derivatives are all there: two inner tensors, and an outer list of start, weight decay and rates.
struct TanhProblem: BilevelProblem {
  let x = FixtureValues.tensor("tanh x", [6, 3])
  let y = FixtureValues.tensor("tanh y", [6, 2])
  let queryX = FixtureValues.tensor("tanh query x", [5, 3])
  let queryY = FixtureValues.tensor("tanh query y", [5, 2])

  /// Start of both weights, log weight decay of the first, and rates: either per parameter or per round.
  static func outer(_ kind: LearnedRates.Kind?, moments: Bool = false) -> [Tensor] {
    if moments {
      // Second moments of both weights after seven steps.
      let squares = outer(nil).prefix(2).map { ($0 * 0.3).squared() + 0.01 }
      return outer(nil) + squares + [Tensor(shape: [1], [7.0])]
    }
    let start = [FixtureValues.tensor("tanh w1", [3, 4]), FixtureValues.tensor("tanh w2", [4, 2])]
    let decay = Tensor(shape: [1], [-1.0])
    switch kind {
    case nil: return start + [decay]
    case .perParameter:
      return start + [decay]
        + start.enumerated().map { FixtureValues.tensor("tanh rates \($0.offset)", $0.element.shape) * 0.1 + 0.3 }
    case .perRound: return start + [decay] + (0..<2).map { FixtureValues.tensor("tanh round rates \($0)", [4]) * 0.1 + 0.3 }
    }
  }

  func initialInner(_ outer: [Tensor]) -> [Tensor] { Array(outer[..<2]) }

  private func loss(_ w: [Tensor], _ x: Tensor, _ y: Tensor) -> Tensor {
    (matmul(matmul(x, w[0]).tanh(), w[1]) - y).squared().mean()
  }

  func innerLoss(_ inner: [Tensor], outer: [Tensor]) -> Tensor {
    loss(inner, x, y) + (outer[2].exp() * inner[0].squared().sum()).sum() * 0.1
  }

  func outerLoss(_ inner: [Tensor], outer: [Tensor]) -> (loss: Tensor, report: Void) { (loss(inner, queryX, queryY), ()) }
}

/// Inner loops of every make: three exact estimators that share no code but the step agree with each other and with central differences.
@Suite struct InnerLoopTests {
  struct Case: Sendable, CustomStringConvertible {
    let description: String
    let loop: InnerLoop
    var rates: LearnedRates.Kind?

    var outer: [Tensor] { TanhProblem.outer(rates, moments: loop.startingMoments != nil) }
  }

  static let cases: [Case] = [
    Case(description: "SGD", loop: InnerLoop(SGD(learningRate: 0.3), rounds: 4)),
    Case(description: "momentum", loop: InnerLoop(SGD(learningRate: 0.2, momentum: 0.9), rounds: 4)),
    Case(
      description: "Nesterov, weight decay",
      loop: InnerLoop(SGD(learningRate: 0.2, momentum: 0.8, nesterov: true, weightDecay: 0.05), rounds: 4)),
    Case(description: "Adam", loop: InnerLoop(Adam(learningRate: 0.05), rounds: 4)),
    Case(
      description: "Adam, weight decay",
      loop: InnerLoop(Adam(learningRate: 0.05, beta1: 0.5, beta2: 0.9, epsilon: 1e-3, weightDecay: 0.1), rounds: 4)),
    Case(
      description: "rates per parameter",
      loop: InnerLoop(rounds: 4, learnedRates: LearnedRates(.perParameter, first: 3)), rates: .perParameter),
    Case(
      description: "rates per round, momentum",
      loop: InnerLoop(
        SGD(learningRate: 0.7, momentum: 0.5), rounds: 4, learnedRates: LearnedRates(.perRound, first: 3)),
      rates: .perRound),
    Case(
      description: "Adam, second moments kept",
      loop: InnerLoop(
        Adam(learningRate: 0.05, beta1: 0.3), rounds: 4
      ).starting(with: StartingMoments(first: 3, moment: 1))),
    Case(description: "proximal", loop: InnerLoop(SGD(learningRate: 0.3), rounds: 4, proximal: 0.5)),
    Case(
      description: "box", loop: InnerLoop(SGD(learningRate: 0.3), rounds: 4, projection: BoxProjection(from: -0.55, to: 0.6))),
    Case(description: "ball", loop: InnerLoop(Adam(learningRate: 0.05), rounds: 4, projection: BallProjection(radius: 1.4))),
    Case(
      description: "multi-step loss",
      loop: InnerLoop(SGD(learningRate: 0.3), rounds: 4, lossWeights: [0.1, 0, 0.3, 0.6])),
    Case(
      description: "alternating, momentum",
      loop: InnerLoop(
        SGD(learningRate: 0.2, momentum: 0.9), round: [GradientStep(rates: [1, 0]), GradientStep(rates: [0, 0.5])], rounds: 3)),
    Case(
      description: "alternating, Adam, a part frozen",
      loop: InnerLoop(Adam(learningRate: 0.05), round: [GradientStep(rates: [1, 0]), GradientStep(rates: [2, 0])], rounds: 2)),
    Case(
      description: "stopping rule",
      loop: InnerLoop(SGD(learningRate: 0.3), rounds: 1000, stopping: .gradientNorm(0.12))),
  ]

  @Test(arguments: cases)
  func exactEstimatorsAgree(_ setting: Case) throws {
    let (problem, outer) = (TanhProblem(), setting.outer)
    let reverse = try UnrolledRematerialized().hypergradient(of: problem, loop: setting.loop, at: outer)
    let graph = try UnrolledGraph().hypergradient(of: problem, loop: setting.loop, at: outer)
    let forward = try ForwardMode().hypergradient(of: problem, loop: setting.loop, at: outer)
    for (name, other) in [("graph", graph), ("forward", forward)] {
      let error = relativeDistance(reverse.gradient.flat, other.gradient.flat)
      #expect(error <= 1e-10, "\(setting), reverse against \(name): \(error)")
      #expect(abs(reverse.outerLoss - other.outerLoss) <= 1e-13)
      #expect(reverse.innerLosses == other.innerLosses)
    }
    // Truncation after all steps there are is no truncation.
    let all = try Truncated(steps: reverse.innerLosses.count).hypergradient(of: problem, loop: setting.loop, at: outer)
    #expect(relativeDistance(all.gradient.flat, reverse.gradient.flat) <= 1e-14)
  }

  @Test(arguments: cases)
  func exactAgreesWithCentralDifferences(_ setting: Case) throws {
    let (problem, outer) = (TanhProblem(), setting.outer)
    func value(_ point: [Tensor]) throws -> Double {
      try UnrolledGraph().hypergradient(of: problem, loop: setting.loop, at: point).outerLoss
    }
    let gradient = try UnrolledRematerialized().hypergradient(of: problem, loop: setting.loop, at: outer).gradient
    // Every tensor by itself, so that no large one hides a small one.
    for (index, tensor) in outer.enumerated() {
      let direction = FixtureValues.tensor("direction \(index)", tensor.shape)
      let errors = try [1e-4, 1e-5, 1e-6].map { step -> Double in
        func moved(_ sign: Double) -> [Tensor] {
          var point = outer
          point[index] = tensor + direction * (sign * step)
          return point
        }
        let difference = (try value(moved(1)) - value(moved(-1))) / (2 * step)
        let slope = dot(gradient[index], direction).item
        return abs(difference - slope) / max(abs(slope), 1e-9)
      }
      #expect(errors.min() ?? 1 <= 1e-6, "\(setting), tensor \(index): \(errors)")
    }
  }

  @Test func anOptimiserWithoutTheMomentIsAnError() {
    let loop = InnerLoop(SGD(learningRate: 0.1, momentum: 0.9), rounds: 2).starting(with: StartingMoments(first: 3, moment: 1))
    let error = #expect(throws: BilevelError.self) {
      try UnrolledRematerialized().hypergradient(of: TanhProblem(), loop: loop, at: TanhProblem.outer(nil, moments: true))
    }
    #expect(error?.description.contains("starting from moment 1: its optimiser remembers 1") == true, "\(error as Any)")
  }

  /// Optimisers in a loop take the same steps as outside of it, where PyTorch's trajectories stand for them (`OptimizerTests`).
  @Test func innerStepsAreTheOptimizersSteps() throws {
    let (problem, outer) = (TanhProblem(), TanhProblem.outer(nil))
    for optimizer in [
      SGD(learningRate: 0.2), SGD(learningRate: 0.2, momentum: 0.9, weightDecay: 0.1),
      SGD(learningRate: 0.2, momentum: 0.9, nesterov: true), Adam(learningRate: 0.05, weightDecay: 0.1), Adam(learningRate: 0.1),
    ] as [any Optimizer & InnerOptimizer] {
      let (inner, _) = try InnerLoop(optimizer, rounds: 6).run(problem, from: problem.initialInner(outer), outer: outer)
      var parameters = ParameterTree(names: ["w1", "w2"], tensors: problem.initialInner(outer))
      var state = optimizer.initialState(for: parameters)
      for _ in 0..<6 {
        let slopes = gradient(at: parameters.tensors) { problem.innerLoss($0, outer: outer) }
        (parameters, state) = optimizer.step(parameters, gradient: parameters.with(slopes), state: state)
      }
      #expect(relativeDistance(inner.flat, parameters.tensors.flat) <= 1e-13, "\(optimizer)")
    }
  }

  @Test func projectionsAreKept() throws {
    let (problem, outer) = (TanhProblem(), TanhProblem.outer(nil))
    let start = problem.initialInner(outer)
    let box = try InnerLoop(SGD(learningRate: 1), rounds: 5, projection: BoxProjection(from: -0.2, to: 0.3))
      .run(problem, from: start, outer: outer).inner
    #expect(box.flat.allSatisfy { $0 >= -0.2 && $0 <= 0.3 } && box.flat.contains(0.3) && box.flat.contains(-0.2))
    let ball = try InnerLoop(SGD(learningRate: 1), rounds: 5, projection: BallProjection(radius: 0.5))
      .run(problem, from: start, outer: outer).inner
    #expect(norm(ball.flat) <= 0.5 + 1e-12)
  }

  @Test func theStoppingRuleStops() throws {
    let (problem, outer) = (Proximal(), Proximal.outer)
    let loop = InnerLoop(SGD(learningRate: 0.5), rounds: 10_000, proximal: 0.5, stopping: .gradientNorm(1e-9))
    let result = try UnrolledRematerialized().hypergradient(of: problem, loop: loop, at: outer)
    #expect((10..<200).contains(result.innerLosses.count))
    let expected = problem.system(0.5).solve(0.5 * outer.flat + problem.b)
    #expect(norm(result.inner.flat - expected) <= 1e-8)
  }

  /// A gradient of exactly 0 in Adam's root is not the end of the meta-gradient.
  @Test func adamSurvivesAZeroGradient() throws {
    struct Dead: BilevelProblem {
      func initialInner(_ outer: [Tensor]) -> [Tensor] { outer }
      func innerLoss(_ inner: [Tensor], outer: [Tensor]) -> Tensor { inner[0].relu().squared().sum() }
      func outerLoss(_ inner: [Tensor], outer: [Tensor]) -> (loss: Tensor, report: Void) { (inner[0].squared().sum(), ()) }
    }
    for type in ElementType.allCases {
      let outer = [Tensor(shape: [2], converting: [-1, 2], to: type)]
      for estimator in [UnrolledRematerialized(), UnrolledGraph(), ForwardMode(), SAMA()] as [any HypergradientEstimator] {
        let result = try estimator.hypergradient(of: Dead(), loop: InnerLoop(Adam(learningRate: 0.1), rounds: 3), at: outer)
        #expect(result.gradient.flat.allSatisfy { $0.isFinite }, "\(estimator.name), \(type)")
        #expect(abs(result.gradient.flat[0] + 2) <= 1e-6, "the dead one does not move")
      }
    }
  }
}
