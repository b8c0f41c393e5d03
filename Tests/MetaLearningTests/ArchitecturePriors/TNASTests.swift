import ArchPrior
import TestSupport
import Testing

/// The meta-gradient of T-NAS: against PyTorch, against central differences, and exact against first order.
@Suite struct TNASTests {
  static func fixture() throws -> MetaGradientFixture {
    try FixtureFile.decode(MetaGradientFixture.self, from: "tnas-meta-gradient")
  }

  struct Setting {
    let model: SupernetModel
    let start: ParameterTree
    let problem: FewShotProblem<SupernetModel>
    let loop: InnerLoop

    init(_ fixture: MetaGradientFixture, _ entry: MetaGradientFixture.Case) throws {
      let size = try #require(entry.size)
      let space = try DARTSSpace(
        nodes: 2, channels: 2, stem: .flat, inputHeight: size, inputWidth: size, inputChannels: 1, way: fixture.way)
      model = SupernetModel(Supernet(space))
      start = model.layout.fixtureParameters()
      problem = FewShotProblem(model, task: fixture.task(size: size), batchNorm: .transductive)
      let variant = try #require(TNAS.Variant(rawValue: entry.variant ?? ""))
      loop = TNAS(
        variant: variant, steps: entry.innerSteps, weightRate: entry.alphaIn, architectureRate: try #require(entry.betaIn)
      ).loop(for: model)
    }

    func gradient(_ estimator: any HypergradientEstimator) throws -> (ParameterTree, Double, [Double], ParameterTree) {
      let result = try estimator.hypergradient(of: problem, loop: loop, at: start.tensors)
      return (start.with(result.gradient), result.outerLoss, result.innerLosses, start.with(result.inner))
    }
  }

  @Test(arguments: try fixture().cases)
  func agreesWithPyTorch(_ entry: MetaGradientFixture.Case) throws {
    let setting = try Setting(Self.fixture(), entry)
    for (estimator, expected) in [
      (UnrolledRematerialized() as any HypergradientEstimator, entry.exact), (UnrolledGraph(), entry.exact),
      (FirstOrder(), entry.firstOrder),
    ] {
      let (gradient, loss, losses, adapted) = try setting.gradient(estimator)
      #expect(abs(loss - entry.queryLoss) <= 1e-9 * abs(entry.queryLoss))
      let stride = setting.loop.round.count
      for (index, expectedLoss) in entry.supportLosses.enumerated() {
        #expect(abs(losses[index * stride] - expectedLoss) <= 1e-9 * max(1, abs(expectedLoss)))
      }
      let error = try relativeError(gradient, expected)
      #expect(error <= 1e-8, "\(estimator.name): \(error)")
      for (name, theta) in try #require(entry.adaptedTheta) {
        let adaptedTheta = try #require(adapted[name])
        #expect(relativeError(adaptedTheta, try theta.tensor()) <= 1e-8)
      }
    }
  }

  /// What the fixture must hold: both variants, 1, 3 and 5 steps, a moderate β_in and the paper's 30.
  @Test func fixtureCoversVariantsStepsAndRates() throws {
    let cases = Set(try Self.fixture().cases.map { "\($0.variant ?? "") \($0.innerSteps) \($0.betaIn ?? 0)" })
    for variant in TNAS.Variant.allCases {
      for steps in [1, 3, 5] {
        for rate in [0.5, 30.0] { #expect(cases.contains("\(variant.rawValue) \(steps) \(rate)")) }
      }
    }
  }

  /// First order drops what the curvature adds; the test pins down that the two differ, and that they coincide as the rates vanish.
  @Test(arguments: try fixture().cases)
  func firstOrderDiffersFromExact(_ entry: MetaGradientFixture.Case) throws {
    let setting = try Setting(Self.fixture(), entry)
    let exact = try setting.gradient(UnrolledRematerialized()).0
    let difference = (try setting.gradient(FirstOrder()).0 - exact).norm / exact.norm
    #expect(difference > 0.02, "relative distance \(difference)")

    var slow = setting.loop
    slow.round = slow.round.map { GradientStep(rates: $0.rates.map { $0 * 1e-6 }) }
    let slowExact = try UnrolledRematerialized().hypergradient(
      of: setting.problem, loop: slow, at: setting.start.tensors)
    let slowFirst = try FirstOrder().hypergradient(of: setting.problem, loop: slow, at: setting.start.tensors)
    let gap = setting.start.with(slowExact.gradient) - setting.start.with(slowFirst.gradient)
    #expect(gap.norm / setting.start.with(slowExact.gradient).norm < 1e-3 * difference)
  }

  @Test(arguments: try fixture().cases)
  func exactAgreesWithCentralDifferences(_ entry: MetaGradientFixture.Case) throws {
    let setting = try Setting(Self.fixture(), entry)
    let gradient = try setting.gradient(UnrolledRematerialized()).0
    let directions = [
      direction(like: setting.start, number: 1) { !$0.hasPrefix("theta.") },
      direction(like: setting.start, number: 2) { $0.hasPrefix("theta.") },
      direction(like: setting.start, number: 3),
    ]
    for (number, direction) in directions.enumerated() {
      let errors = try centralDifferenceErrors(
        setting.problem, loop: setting.loop, at: setting.start, gradient: gradient, direction: direction,
        steps: [1e-5, 3e-6, 1e-6, 3e-7, 1e-7])
      // On the plateau neighbouring step lengths agree: no lucky cancellation, and no kink between the two points.
      let plateau = zip(errors, errors.dropFirst()).contains { max($0, $1) <= 1e-6 }
      #expect(plateau, "direction \(number): \(errors)")
    }
  }
}
