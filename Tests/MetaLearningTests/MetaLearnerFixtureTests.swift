import ArchPrior
import TestSupport
import Testing

/// Meta-gradients of the methods beyond MAML on a four-layer network with batch norm, against PyTorch (`TestSupport/Fixtures/meta_learners.py`).
@Suite struct MetaLearnerFixtureTests {
  struct Fixture: Decodable {
    struct Case: Decodable {
      let queryLoss: Double
      let exact: [String: FixtureArray]
      let difference: [String: FixtureArray]?
      let rate: Double?
      let proximal: Double?
      let steps: Int?
      let smallestEigenvalue: Double?
    }
    let way: Int
    let shot: Int
    let queryPerClass: Int
    let steps: Int
    let multiStepWeights: [Double]
    let cases: [String: Case]
  }

  let fixture: Fixture
  let network = Conv4(filters: 4, inputHeight: 28, inputWidth: 28, inputChannels: 1, way: 5)
  let task: FewShotTask

  init() throws {
    fixture = try FixtureFile.decode(Fixture.self, from: "meta-learners")
    task = MetaGradientFixture(way: fixture.way, shot: fixture.shot, queryPerClass: fixture.queryPerClass, cases: [])
      .task(size: 28)
  }

  /// The relative error of a trainer's meta-gradient, and that of its outer loss.
  private func errors<Model: AdaptableModel>(
    _ trainer: MetaTrainer<Model>, _ entry: Fixture.Case, estimator: (any HypergradientEstimator)? = nil
  ) throws -> (gradient: Double, loss: Double, report: LinearSolution.Report?) {
    let problem = FewShotProblem(trainer.model, task: task, batchNorm: .transductive)
    let point = trainer.model.layout.fixtureParameters()
    let result = try (estimator ?? trainer.estimator).hypergradient(of: problem, loop: trainer.loop, at: point.tensors)
    return (
      try relativeError(point.with(result.gradient), entry.exact), abs(result.outerLoss / entry.queryLoss - 1), result.linearSolve
    )
  }

  @Test func metaSGDAgreesWithPyTorch() throws {
    let entry = try #require(fixture.cases["meta-sgd"])
    let trainer = MetaTrainer.metaSGD(network, innerSteps: fixture.steps)
    for estimator in [UnrolledRematerialized(), UnrolledGraph()] as [any HypergradientEstimator] {
      let errors = try errors(trainer, entry, estimator: estimator)
      #expect(errors.gradient <= 1e-8 && errors.loss <= 1e-9, "\(estimator.name): \(errors)")
    }
  }

  @Test func mamlPlusPlusAgreesWithPyTorch() throws {
    let entry = try #require(fixture.cases["maml++"])
    var trainer = MetaTrainer.mamlPlusPlus(network, innerSteps: fixture.steps)
    trainer.loop.lossWeights = fixture.multiStepWeights
    for estimator in [UnrolledRematerialized(), UnrolledGraph()] as [any HypergradientEstimator] {
      let errors = try errors(trainer, entry, estimator: estimator)
      #expect(errors.gradient <= 1e-8 && errors.loss <= 1e-9, "\(estimator.name): \(errors)")
    }
  }

  @Test func imamlAgreesWithPyTorch() throws {
    let entry = try #require(fixture.cases["imaml"])
    let trainer = MetaTrainer.imaml(
      network, innerRate: try #require(entry.rate), innerSteps: try #require(entry.steps),
      implicit: IMAML(proximal: try #require(entry.proximal)))
    for solver in [ConjugateGradient(tolerance: 1e-13), NormalConjugateGradient(tolerance: 1e-13), GMRES(tolerance: 1e-13)]
      as [any LinearSolver]
    {
      let errors = try errors(trainer, entry, estimator: ImplicitDifferentiation(solver))
      #expect(errors.gradient <= 1e-8 && errors.loss <= 1e-9, "\(solver.name): \(errors)")
    }
  }

  /// The paper's own settings end where the Hessian is far from positive definite: GMRES solves the system all the same, conjugate
  /// gradients say so.
  @Test func imamlAfterThePapersStepsIsIndefinite() throws {
    let entry = try #require(fixture.cases["imaml-16"])
    #expect(try #require(entry.smallestEigenvalue) < -2)
    let trainer = MetaTrainer.imaml(network)
    #expect(trainer.loop.rounds == entry.steps && trainer.loop.proximal == entry.proximal)
    let solver = GMRES(iterations: 600, restart: 600, tolerance: 1e-13)
    let errors = try errors(trainer, entry, estimator: ImplicitDifferentiation(solver))
    #expect(errors.gradient <= 1e-8 && errors.loss <= 1e-9, "\(errors)")
    #expect {
      _ = try self.errors(trainer, entry, estimator: ImplicitDifferentiation(ConjugateGradient(iterations: 600)))
    } throws: {
      guard case BilevelError.indefinite = $0 else { return false }
      return true
    }
  }

  /// Example weights and weight decay of the network as outer variables.
  struct Reweighted: BilevelProblem {
    let network: Conv4
    let task: FewShotTask

    func initialInner(_ outer: [Tensor]) -> [Tensor] { network.layout.fixtureParameters().tensors }

    func innerLoss(_ inner: [Tensor], outer: [Tensor]) -> Tensor {
      let logits = network.logits(inner, images: task.supportImages, context: .batch)
      let each = -(logits.logSoftmax() * task.supportTargets).sum([1])
      let squares = inner.map { $0.squared().sum() }
      return (outer[0].softmax() * each).sum() + outer[1].exp() * 0.5 * squares.dropFirst().reduce(squares[0]) { $0 + $1 }
    }

    func outerLoss(_ inner: [Tensor], outer: [Tensor]) -> (loss: Tensor, report: Void) {
      (softmaxCrossEntropy(network.logits(inner, images: task.queryImages, context: .batch), targets: task.queryTargets), ())
    }
  }

  @Test(arguments: ["darts", "sama"])
  func oneStepEstimatorsAgreeWithPyTorch(_ name: String) throws {
    let entry = try #require(fixture.cases[name])
    let optimizer: any InnerOptimizer = name == "darts" ? SGD(learningRate: 0.1, momentum: 0.9) : Adam(learningRate: 0.01)
    let estimator: any HypergradientEstimator = name == "darts" ? FiniteDifference() : SAMA()
    let problem = Reweighted(network: network, task: task)
    let point = ParameterTree(
      names: ["logits", "decay"],
      tensors: [Tensor(shape: [5], FixtureValues.values("logits", count: 5)), Tensor(shape: [1], [-4.0])])
    let loop = InnerLoop(optimizer, rounds: 3)

    let exact = try Truncated(steps: 1).hypergradient(of: problem, loop: loop, at: point.tensors)
    let exactError = try relativeError(point.with(exact.gradient), entry.exact)
    #expect(exactError <= 1e-8, "exact: \(exactError)")
    #expect(abs(exact.outerLoss / entry.queryLoss - 1) <= 1e-9)

    let result = try estimator.hypergradient(of: problem, loop: loop, at: point.tensors)
    let error = try relativeError(point.with(result.gradient), try #require(entry.difference))
    #expect(error <= 1e-8, "\(estimator.name): \(error)")

    // With a small difference the formula is the exact derivative of the last step.
    let small: any HypergradientEstimator = name == "darts" ? FiniteDifference(size: 1e-5) : SAMA(size: 1e-5)
    let fine = try small.hypergradient(of: problem, loop: loop, at: point.tensors)
    let fineError = try relativeError(point.with(fine.gradient), entry.exact)
    #expect(fineError <= 1e-5, "small: \(fineError)")
  }
}
