import ArchPrior
import TestSupport
import Testing

/// What a user can get wrong ends in a typed error that names the parameter and says what to do.
@Suite struct MistakeTests {
  /// A problem whose losses are given.
  struct Custom: BilevelProblem {
    var start: @Sendable ([Tensor]) -> [Tensor] = { _ in [Tensor(shape: [2], [1.0, -1])] }
    var inner: @Sendable ([Tensor], [Tensor]) -> Tensor = { s, outer in (s[0] - outer[0]).squared().sum() }
    var outer: @Sendable ([Tensor], [Tensor]) -> Tensor = { s, _ in s[0].squared().sum() }
    var outerShapes: [Shape]?

    func initialInner(_ outer: [Tensor]) -> [Tensor] { start(outer) }
    func innerLoss(_ s: [Tensor], outer: [Tensor]) -> Tensor { inner(s, outer) }
    func outerLoss(_ s: [Tensor], outer: [Tensor]) -> (loss: Tensor, report: Void) { (self.outer(s, outer), ()) }
    func innerName(_ index: Int) -> String { "weights.\(index)" }
    func outerName(_ index: Int) -> String { "hyper.\(index)" }
  }

  private let loop = InnerLoop(SGD(learningRate: 0.1), rounds: 3)
  private let point = [Tensor(shape: [2], [0.5, 0.25])]
  /// Evolution strategies take outer losses that nothing is known of; a zero is none of their business.
  private let differentiating = ClosedFormRow.differentiating
  /// Those that look at the inner loss as well.
  private let seeing = ClosedFormRow.differentiating.filter { ClosedFormRow.row($0)?.kind != .firstOrder }

  private func error(
    _ estimator: any HypergradientEstimator, _ problem: Custom, loop: InnerLoop? = nil, at point: [Tensor]? = nil
  ) -> BilevelError? {
    do {
      _ = try estimator.hypergradient(of: problem, loop: loop ?? self.loop, at: point ?? self.point)
      return nil
    } catch {
      return error as? BilevelError
    }
  }

  @Test func aDisconnectedOuterLossIsAnError() {
    // f is a constant; g does not depend on ω; g holds ω constant.
    let problems = [
      Custom(outer: { _, _ in Tensor(3, .float64) }),
      Custom(inner: { s, _ in s[0].squared().sum() }),
      Custom(inner: { s, outer in (s[0] - outer[0].stopGradient()).squared().sum() }),
    ]
    for (number, problem) in problems.enumerated() {
      for estimator in differentiating {
        let found = error(estimator, problem)
        #expect(
          found == .disconnected(parameter: "hyper.0"), "problem \(number), \(estimator.name): \(String(describing: found))")
      }
    }
    #expect("\(BilevelError.disconnected(parameter: "hyper.0"))".contains("take it out"))
  }

  /// One of several outer variables that is used nowhere.
  @Test func anUnusedOuterVariableIsNamed() {
    let unused = point + [Tensor(shape: [3], [1.0, 2, 3])]
    for estimator in seeing {
      #expect(error(estimator, Custom(), at: unused) == .disconnected(parameter: "hyper.1"), "\(estimator.name)")
    }
  }

  @Test func whatAnEstimatorCannotSeeIsAnError() {
    // Through the inner loss alone.
    guard case .unseen("first-order", "hyper.0", let remedy) = error(FirstOrder(), Custom()) else {
      Issue.record("first order does not see an inner loss")
      return
    }
    #expect(remedy.contains("exact"))
    // Through the start alone: the solution of the inner problem does not depend on it.
    let start = Custom(start: { $0 }, inner: { s, _ in s[0].squared().sum() })
    for estimator in [Neumann(), ImplicitDifferentiation(), ImplicitDifferentiation(GMRES())] as [any HypergradientEstimator] {
      guard case .unseen(estimator.name, "hyper.0", let remedy) = error(estimator, start) else {
        Issue.record("\(estimator.name) does not see a start")
        continue
      }
      #expect(remedy.contains("proximal"))
    }
  }

  /// Zeros that are right: no alarm.
  @Test func genuineZerosAreNoErrors() {
    // The start at the optimum of both levels, a dead unit, a variable that is frozen, a direct part that happens to vanish.
    let zero = [Tensor(shape: [2], [0.0, 0])]
    let cases: [(Custom, InnerLoop, [Tensor], [any HypergradientEstimator])] = [
      (Custom(start: { _ in [.zeros([2], .float64)] }), loop, zero, seeing),
      (Custom(outer: { s, _ in (s[0] - 100).relu().sum() }), loop, point, seeing),
      (
        Custom(start: { $0 }, outer: { s, _ in (s[0] - 100).relu().sum() }),
        InnerLoop(round: [GradientStep(rates: [0])], rounds: 3), point, [FirstOrder(), UnrolledRematerialized(), Truncated()]
      ),
      (Custom(outer: { s, outer in (s[0].stopGradient() * (outer[0] * outer[0])).sum() }), loop, zero, [FirstOrder()]),
      (Custom(start: { $0 }), InnerLoop(rounds: 0), zero, [FirstOrder(), UnrolledRematerialized(), Truncated(), T1T2()]),
    ]
    for (number, (problem, loop, point, estimators)) in cases.enumerated() {
      for estimator in estimators {
        let found = error(estimator, problem, loop: loop, at: point)
        #expect(found == nil, "case \(number), \(estimator.name): \(String(describing: found))")
      }
    }
  }

  @Test func aDivergingInnerLoopIsNamed() {
    let fast = InnerLoop(SGD(learningRate: 1e200), rounds: 5)
    for estimator in HypergradientRegistry.all {
      guard case .diverged(let what, let step) = error(estimator, Custom(), loop: fast) else {
        Issue.record("\(estimator.name) went through")
        continue
      }
      #expect(what.contains("inner loss") && what.contains("weights.0") && (1...2).contains(step), "\(what), \(step)")
    }
    #expect("\(BilevelError.diverged(what: "the inner loss", step: 1))".contains("lower the inner learning rates"))
  }

  @Test func conjugateGradientsOnAnIndefiniteHessianAreNamed() {
    let saddle = Custom(
      start: { _ in [Tensor(shape: [2], [1.0, -1]), Tensor(shape: [2], [0.5, 1])] },
      inner: { s, outer in (s[0] - outer[0]).squared().sum() - 0.5 * s[1].squared().sum() },
      outer: { s, _ in s[0].squared().sum() + s[1].sum() })
    guard case .indefinite("weights.1", let curvature, _) = error(ImplicitDifferentiation(), saddle) else {
      Issue.record("conjugate gradients went through")
      return
    }
    #expect(curvature < 0)
    #expect("\(BilevelError.indefinite(parameter: "weights.1", curvature: curvature, iteration: 0))".contains("damping"))
    // The remedies help.
    for estimator in [
      ImplicitDifferentiation(ConjugateGradient(damping: 2)), ImplicitDifferentiation(GMRES()),
      ImplicitDifferentiation(NormalConjugateGradient()),
    ] {
      #expect(error(estimator, saddle) == nil)
    }
    #expect(error(ImplicitDifferentiation(), saddle, loop: InnerLoop(SGD(learningRate: 0.1), rounds: 3, proximal: 2)) == nil)
  }

  @Test func shapesThatDoNotFitAreNamed() {
    for estimator in HypergradientRegistry.all {
      // Rates: wrong count, wrong shape, not there.
      let counts = InnerLoop(round: [GradientStep(rates: [1, 1])], rounds: 1)
      #expect(error(estimator, Custom(), loop: counts) == .rateCount(rates: 2, variables: 1), "\(estimator.name)")
      let rates = InnerLoop(rounds: 1, learnedRates: LearnedRates(.perParameter, first: 1))
      #expect(
        error(estimator, Custom(), loop: rates, at: point + [Tensor(shape: [3], [1.0, 1, 1])])
          == .shape(parameter: "hyper.1", shape: [3], expected: [2]), "\(estimator.name)")
      #expect(
        error(estimator, Custom(), loop: rates)
          == .shape(parameter: "rate of weights.0", shape: nil, expected: [2]), "\(estimator.name)")
      // A loss that is no scalar.
      #expect(
        error(estimator, Custom(inner: { s, outer in s[0] - outer[0] })) == .notScalar(loss: "the inner loss", shape: [2]),
        "\(estimator.name)")
      #expect(error(estimator, Custom(outer: { s, _ in s[0] })) == .notScalar(loss: "the outer loss", shape: [2]))
    }
    // Weights of a multi-step loss.
    var weighted = loop
    weighted.lossWeights = [0.5, 0.5]
    #expect(error(UnrolledRematerialized(), Custom(), loop: weighted) == .lossWeightCount(weights: 2, rounds: 3))
  }

  /// Inner and outer variables that do not fit one another, found before a loss is computed with them.
  @Test func innerAndOuterThatDoNotFitAreNamed() throws {
    let stated = Custom(outerShapes: [[2]])
    let single = [Tensor(shape: [2], [Float(0.5), 0.25])]
    for estimator in HypergradientRegistry.all {
      #expect(
        error(estimator, stated, at: [Tensor(shape: [3], [1.0, 2, 3])])
          == .shape(parameter: "hyper.0", shape: [3], expected: [2]), "\(estimator.name)")
      #expect(
        error(estimator, stated, at: []) == .shape(parameter: "hyper.0", shape: nil, expected: [2]), "\(estimator.name)")
      #expect(
        error(estimator, stated, at: single)
          == .elementType(parameter: "hyper.0", type: .float32, other: "weights.0", otherType: .float64), "\(estimator.name)")
    }
    #expect(error(UnrolledRematerialized(), stated) == nil)
    // A start of one's own that is not like the problem's.
    #expect {
      _ = try loop.run(stated, from: [Tensor(shape: [3], [1.0, 2, 3])], outer: point)
    } throws: { $0 as? BilevelError == .shape(parameter: "weights.0", shape: [3], expected: [2]) }
    #expect("\(BilevelError.shape(parameter: "hyper.0", shape: [3], expected: [2]))".contains("give it the shape"))
    let types = BilevelError.elementType(parameter: "hyper.0", type: .float32, other: "weights.0", otherType: .float64)
    #expect("\(types)".contains("converted(to:)"))
  }

  /// A few-shot model with the parameters of another.
  @Test func parametersOfAnotherModelAreNamed() throws {
    let network = Conv4(filters: 2, inputHeight: 16, inputWidth: 16, inputChannels: 1, way: 2)
    let other = Conv4(filters: 3, inputHeight: 16, inputWidth: 16, inputChannels: 1, way: 2)
    let images = FixtureValues.tensor("images", [2, 16, 16, 1], .float32)
    let task = FewShotTask(supportImages: images, supportLabels: [0, 1], queryImages: images, queryLabels: [0, 1], way: 2)
    let trainer = MetaTrainer.maml(network, innerRate: 0.1, innerSteps: 1)
    let problem = FewShotProblem(trainer.model, task: task, batchNorm: .transductive)
    let wrong = other.layout.initialParameters(seed: 1).tensors
    #expect {
      _ = try FirstOrder().hypergradient(of: problem, loop: trainer.loop, at: wrong)
    } throws: { $0 as? BilevelError == .shape(parameter: "conv.0.weight", shape: [3, 3, 1, 3], expected: [3, 3, 1, 2]) }
    #expect {
      _ = try FirstOrder().hypergradient(
        of: problem, loop: trainer.loop, at: Array(network.layout.initialParameters(seed: 1).tensors.dropLast()))
    } throws: { $0 as? BilevelError == .shape(parameter: "head.bias", shape: nil, expected: [2]) }
  }

  /// A deviation of 0 would divide 0 by 0.
  @Test(arguments: [0, Double.nan, .infinity]) func evolutionStrategiesWantADeviation(_ deviation: Double) {
    guard
      case .unsupported("evolution-strategies", let what, let remedy) = error(EvolutionStrategies(deviation: deviation), Custom())
    else {
      Issue.record("a deviation of \(deviation) went through")
      return
    }
    #expect(what.contains("deviation of \(deviation)") && remedy.contains("above 0"))
  }

  @Test func whatDoesNotGoTogetherIsSaid() {
    var projected = loop
    projected.projection = BoxProjection(from: 0)
    var weighted = loop
    weighted.lossWeights = [0, 0, 1]
    for estimator in [Neumann(), ImplicitDifferentiation()] as [any HypergradientEstimator] {
      for loop in [projected, weighted] {
        guard case .unsupported(estimator.name, _, let remedy) = error(estimator, Custom(), loop: loop) else {
          Issue.record("\(estimator.name) went through")
          continue
        }
        #expect(remedy.contains("exact"))
      }
    }
  }
}
