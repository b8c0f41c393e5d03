import ArchPrior
import TestSupport
import Testing

@Suite struct DifferentiableSearchTests {
  private static func images(_ fixture: NASBench201Fixture) -> LabelledImages {
    let (images, targets) = fixture.data()
    return LabelledImages(images: images, targets: targets)
  }

  private func problem(_ method: any SupernetMethod, _ fixture: NASBench201Fixture) throws -> SupernetProblem<NASBench201Supernet>
  {
    let (supernet, data) = (try NASBench201Supernet(fixture.space()), Self.images(fixture))
    var noise = Philox(seed: 1)
    return SupernetProblem(
      model: supernet, relaxation: method.relaxation(on: supernet, progress: 0.5, using: &noise),
      weights: supernet.weightLayout.fixtureParameters().tensors, training: data, validation: data)
  }

  private func learning(
    _ method: any SupernetMethod, _ supernet: NASBench201Supernet, rate: Double
  ) throws -> (any HypergradientEstimator, InnerLoop) {
    guard case .hypergradient(let estimator, let loop) = method.learning(on: supernet, rate: rate, weightDecay: 0.01) else {
      throw Unexpected()
    }
    return (estimator, loop)
  }

  private func relaxation(_ method: any SupernetMethod, progress: Double, _ noise: inout Philox) throws -> Relaxation {
    method.relaxation(on: try NASBench201Supernet(.cifar10), progress: progress, using: &noise)
  }

  @Test func firstOrderIsTheGradientAtTheWeights() throws {
    let fixture = try NASBench201Fixture.read()
    let problem = try problem(DARTS(order: .first), fixture)
    let theta = problem.model.architectureLayout.fixtureParameters().tensors
    let (estimator, loop) = try learning(DARTS(order: .first), problem.model, rate: 0.1)
    let found = try estimator.hypergradient(of: problem, loop: loop, at: theta)
    #expect(abs(found.outerLoss - fixture.supernet.loss) <= 1e-9)
    #expect(relativeError(found.gradient[0], try fixture.supernet.theta.tensor()) <= 1e-9)
  }

  /// The method's own loop through a finite difference that is small enough for this network, against the exact gradient.
  @Test func secondOrderGoesThroughAStep() throws {
    let fixture = try NASBench201Fixture.read()
    let problem = try problem(DARTS(order: .second), fixture)
    let theta = problem.model.architectureLayout.fixtureParameters().tensors
    let (estimator, loop) = try learning(DARTS(order: .second), problem.model, rate: 0.01)
    let exact = try UnrolledRematerialized().hypergradient(of: problem, loop: loop, at: theta)
    #expect((estimator as? FiniteDifference)?.size == 0.01)
    let found = try FiniteDifference(size: 1e-6).hypergradient(of: problem, loop: loop, at: theta)
    #expect(abs(found.outerLoss - exact.outerLoss) <= 1e-12)
    #expect(relativeError(found.gradient[0], exact.gradient[0]) <= 1e-4)
    let first = try FirstOrder().hypergradient(of: problem, loop: loop, at: theta)
    #expect(relativeError(first.gradient[0], exact.gradient[0]) > 0.02)
  }

  /// The strength of a chosen operation is 1; its gradient is that of the softmax, divided by the temperature.
  @Test func gdasGoesStraightThrough() throws {
    let theta = Tensor(shape: [2, 3], converting: [0.3, -0.2, 0.1, 0, 1, 2], to: .float64)
    var noise = Philox(seed: 5)
    let relaxation = try relaxation(GDAS(firstTemperature: 2, lastTemperature: 2), progress: 0, &noise)
    guard case .chosen(let chosen, let strengths, _) = relaxation([theta])[0] else { throw Unexpected() }
    #expect(strengths.doubles == [1, 1])
    let slope = gradient(at: [theta]) { tables in
      guard case .chosen(_, let strengths, _) = relaxation(tables)[0] else { return tables[0].sum() }
      return strengths.slice(axis: 0, from: 0, count: 1).sum()
    }[0].doubles
    // Row 0: p_c (δ − p) / τ for some distribution p, so that it sums to zero and is positive at the choice alone; row 1: nothing.
    #expect(abs(slope[0] + slope[1] + slope[2]) <= 1e-12 && slope[3...] == [0, 0, 0])
    let positive = (0..<3).filter { slope[$0] > 0 }
    #expect(positive == [chosen[0]])
    let p = (0..<3).map { $0 == chosen[0] ? 0.0 : -slope[$0] }
    // With s = p_c (1 − p_c) / τ at the choice: p_c solves it, and the others are p_c p_k / τ.
    let s = slope[chosen[0]] * 2
    let roots = [(1 + (1 - 4 * s).squareRoot()) / 2, (1 - (1 - 4 * s).squareRoot()) / 2]
    #expect(roots.contains { root in abs(root + p.reduce(0) { $0 + $1 * 2 / root } - 1) <= 1e-9 })
  }

  /// The weights that are not drawn are zero, and have the opposite gradient of the drawn one.
  @Test func gdasWeighsUndrawnOperationsAsItsAuthors() throws {
    let theta = Tensor(shape: [1, 3], converting: [0.3, -0.2, 0.1], to: .float64)
    var noise = Philox(seed: 5)
    let relaxation = try relaxation(GDAS(weighsUndrawn: true), progress: 0.5, &noise)
    func slope(_ part: @escaping (Tensor, Tensor) -> Tensor) -> [Double] {
      gradient(at: [theta]) { tables in
        guard case .chosen(_, let weights, let offsets?) = relaxation(tables)[0] else { return tables[0].sum() }
        return part(weights, offsets).sum()
      }[0].doubles
    }
    guard case .chosen(_, let weights, let offsets?) = relaxation([theta])[0] else { throw Unexpected() }
    #expect(weights.doubles == [1] && offsets.doubles == [0])
    let (drawn, others) = (slope { weights, _ in weights }, slope { _, offsets in offsets })
    for (drawn, others) in zip(drawn, others) { #expect(drawn == -others && drawn != 0) }
    let named = try SupernetMethodRegistry.method(parsing: "gdas:weighsUndrawn=true,firstTemperature=5")
    #expect((named as? GDAS)?.weighsUndrawn == true && named.label == "gdas:firstTemperature=5,weighsUndrawn=true")
  }

  /// Gumbel's trick draws from the softmax: shares of 4,000 draws within four standard errors.
  @Test func gdasDrawsFromTheSoftmax() throws {
    let theta = Tensor(shape: [1, 3], converting: [0, 1, -1], to: .float64)
    let expected = theta.softmax().doubles
    var noise = Philox(seed: 11)
    var counts = [0, 0, 0]
    for _ in 0..<4000 {
      guard case .chosen(let chosen, _, _) = try relaxation(GDAS(), progress: 0.5, &noise)([theta])[0] else { throw Unexpected() }
      counts[chosen[0]] += 1
    }
    for (count, share) in zip(counts, expected) {
      #expect(abs(Double(count) / 4000 - share) <= 4 * (share * (1 - share) / 4000).squareRoot())
    }
  }

  @Test func curvatureAgreesWithPyTorch() throws {
    let fixture = try NASBench201Fixture.read()
    let supernet = try NASBench201Supernet(fixture.space())
    let state = DifferentiableSearch<NASBench201Supernet>.State(
      weights: supernet.weightLayout.fixtureParameters(), architecture: supernet.architectureLayout.fixtureParameters(),
      weightOptimizer: OptimizerState(), architectureOptimizer: OptimizerState(), epochs: 0)
    let search = try DifferentiableSearch(model: supernet, method: DARTS(order: .first), settings: SearchSettings())
    let found = try SearchDiagnostics(state, of: search, curvature: Self.images(fixture))
    #expect(abs(try #require(found.eigenvalue) - fixture.supernet.largestEigenvalue) <= 1e-3 * fixture.supernet.largestEigenvalue)
    let table = state.architecture.tensors[0].softmax().doubles
    #expect(abs(found.skipProbability - (0..<6).reduce(0) { $0 + table[$1 * 5 + 1] } / 6) <= 1e-12)
  }

  @Test func stopsWhereTheEigenvalueHasGrown() {
    var stopping = EigenvalueStopping()
    // Every second epoch, from 0 on, as in the authors' code.
    func values(_ eigenvalues: [Double]) -> [(epoch: Int, eigenvalue: Double)] {
      eigenvalues.enumerated().map { (2 * $0.offset, $0.element) }
    }
    #expect(stopping.stop(values(Array(repeating: 1, count: 20))) == nil)
    #expect(stopping.stop(values([1, 2])) == nil)
    // Averages of five: 1 up to the window that ends at value 9, then 1.2, 1.4: above 1.3 at the window that ends at value 11, in epoch 22;
    // four averages before it is the one around value 5, in epoch 10.
    let grown = values(Array(repeating: 1.0, count: 10) + [2, 2, 2, 2])
    let found = stopping.stop(grown)
    #expect(found?.at == 22 && found?.keep == 10)
    // What is before the first epoch cannot be taken: the next one is.
    stopping.firstEpoch = 11
    let later = stopping.stop(grown)
    #expect(later?.at == 24 && later?.keep == 12)
  }
}

private struct Unexpected: Error {}
