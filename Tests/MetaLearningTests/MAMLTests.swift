import ArchPrior
import TestSupport
import Testing

/// MAML's meta-gradient on the four-layer network against PyTorch (`TestSupport/Fixtures/maml_conv4.py`).
@Suite struct MAMLTests {
  static func fixture() throws -> MetaGradientFixture {
    try FixtureFile.decode(MetaGradientFixture.self, from: "maml-conv4")
  }

  @Test(arguments: try fixture().cases)
  func agreesWithPyTorch(_ entry: MetaGradientFixture.Case) throws {
    let fixture = try Self.fixture()
    let network = Conv4(filters: 4, inputHeight: 28, inputWidth: 28, inputChannels: 1, way: fixture.way)
    let start = network.layout.fixtureParameters()
    for (estimator, expected) in [
      (UnrolledRematerialized() as any HypergradientEstimator, entry.exact), (UnrolledGraph(), entry.exact),
      (FirstOrder(), entry.firstOrder),
    ] {
      let trainer = MetaTrainer.maml(
        network, innerRate: entry.alphaIn, innerSteps: entry.innerSteps, estimator: estimator)
      let problem = FewShotProblem(trainer.model, task: fixture.task(size: 28), batchNorm: .transductive)
      let result = try estimator.hypergradient(of: problem, loop: trainer.loop, at: start.tensors)
      #expect(abs(result.outerLoss - entry.queryLoss) <= 1e-9 * entry.queryLoss)
      let error = try relativeError(start.with(result.gradient), expected)
      #expect(error <= 1e-8, "\(estimator.name): \(error)")
    }
  }

  /// A wrong estimator name finds nothing, a right one finds itself.
  @Test func registryFindsByName() {
    for estimator in HypergradientRegistry.all {
      #expect(HypergradientRegistry.estimator(named: estimator.name)?.name == estimator.name)
    }
    #expect(HypergradientRegistry.estimator(named: "second-order") == nil)
  }
}
