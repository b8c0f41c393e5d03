import ArchPrior
import TestSupport
import Testing

/// Estimates against what is measured, and against the formula of checkpoints.
@Suite struct MemoryEstimateTests {
  /// A linear regression whose buffers are large and few, so that their number can be told from the bytes: `[512, 64]` weights of 128 KiB.
  struct Regression: BilevelProblem {
    let x = FixtureValues.tensor("memory x", [128, 512], .float32)
    let y = FixtureValues.tensor("memory y", [128, 64], .float32)

    func initialInner(_ outer: [Tensor]) -> [Tensor] { outer }
    func innerLoss(_ w: [Tensor], outer: [Tensor]) -> Tensor { (matmul(x, w[0]).tanh() - y).squared().mean() }
    func outerLoss(_ w: [Tensor], outer: [Tensor]) -> (loss: Tensor, report: Void) {
      ((matmul(x, w[0]) - y).squared().mean(), ())
    }
  }

  private let start = [FixtureValues.tensor("memory w", [512, 64], .float32)]

  private func measured(_ estimator: any HypergradientEstimator, _ loop: InnerLoop) throws -> Int {
    // Made before: the data of the problem are not a part of what its hypergradient takes.
    let (problem, start) = (Regression(), start)
    return try MeasuredPool.bytes { _ = try estimator.hypergradient(of: problem, loop: loop, at: start) }
  }

  /// Buffers of a step that stay: the weights; with momentum their gradient and the velocity; with Adam a second moment.
  @Test(arguments: [(0, 1), (1, 3), (2, 4)])
  func checkpointsAreTheStateOfEveryStep(_ optimizer: Int, _ buffers: Int) throws {
    let optimizers: [any InnerOptimizer] = [SGD(learningRate: 0.1), SGD(learningRate: 0.1, momentum: 0.9), Adam()]
    func loop(_ rounds: Int) -> InnerLoop { InnerLoop(optimizers[optimizer], rounds: rounds) }
    let estimator = UnrolledRematerialized()
    let estimate = try estimator.memoryEstimate(of: Regression(), loop: loop(30), at: start)
    // 512 × 64 floats; a block wastes at most 1,087 bytes.
    let state = 512 * 64 * 4 * buffers
    #expect((30 * state...30 * (state + 1087 * buffers)).contains(estimate.kept), "\(estimate.kept)")
    let actual = try measured(estimator, loop(30))
    #expect(abs(Double(estimate.task) / Double(actual) - 1) < 0.1, "\(estimate.task), \(actual)")
    let truncated = try Truncated(steps: 4).memoryEstimate(of: Regression(), loop: loop(30), at: start)
    let few = try measured(Truncated(steps: 4), loop(30))
    #expect(abs(Double(truncated.task) / Double(few) - 1) < 0.1, "\(truncated.task), \(few)")
  }

  @Test func aGraphGrowsByTheSameForEveryStep() throws {
    let loop = InnerLoop(SGD(learningRate: 0.1), rounds: 20)
    let estimate = try UnrolledGraph().memoryEstimate(of: Regression(), loop: loop, at: start)
    let actual = try measured(UnrolledGraph(), loop)
    #expect(abs(Double(estimate.task) / Double(actual) - 1) < 0.1, "\(estimate.task), \(actual)")
    // The graph keeps activations besides the weights.
    #expect(estimate.kept > 20 * 512 * 64 * 4)
  }

  /// Those that say so do not grow.
  @Test func flatEstimatorsAreFlat() throws {
    func loop(_ rounds: Int) -> InnerLoop { InnerLoop(SGD(learningRate: 0.1), rounds: rounds, proximal: 1) }
    for estimator in HypergradientRegistry.all
    where estimator.memoryGrowth(in: loop(2)) == .flat(after: 0) && !(estimator is ForwardMode) {
      let (short, long) = try (measured(estimator, loop(3)), measured(estimator, loop(24)))
      #expect(Double(long) < 1.1 * Double(short), "\(estimator.name): \(short) → \(long)")
    }
  }

  /// With an outer loss after several rounds, the ends of those rounds are kept, and no others.
  @Test(arguments: [Truncated(steps: 4), FiniteDifference(), T1T2(), SAMA()] as [any HypergradientEstimator])
  func endsOfRoundsThatCountAreKept(_ estimator: any HypergradientEstimator) throws {
    // The start is of weight 0: 15 of 30 rounds count, the last among them.
    let loop = InnerLoop(
      SGD(learningRate: 0.1), rounds: 30, proximal: 1, lossWeights: (0..<30).map { $0 < 15 ? 0 : 1.0 / 15 })
    let estimate = try estimator.memoryEstimate(of: Regression(), loop: loop, at: start)
    let actual = try measured(estimator, loop)
    #expect(abs(Double(estimate.task) / Double(actual) - 1) < 0.1, "\(estimator.name): \(estimate.task), \(actual)")
    let weights = 512 * 64 * 4
    #expect((14 * weights...14 * (weights + 1087)).contains(estimate.kept), "\(estimate.kept)")
    // Without the weights it would be too little by far.
    let single = try estimator.memoryEstimate(
      of: Regression(), loop: InnerLoop(SGD(learningRate: 0.1), rounds: 30, proximal: 1), at: start)
    #expect(single.kept == 0 && Double(single.task) < 0.9 * Double(actual))
  }

  /// A result that is kept takes room, and at least its own bytes.
  @Test func resultsOfABatchTakeRoom() throws {
    let loop = InnerLoop(SGD(learningRate: 0.1), rounds: 4)
    for estimator in [UnrolledRematerialized(), UnrolledGraph()] as [any HypergradientEstimator] {
      let (problem, start) = (Regression(), start)
      let alone = try estimator.memoryEstimate(of: problem, loop: loop, at: start)
      let inBatch = try estimator.memoryEstimate(of: problem, loop: loop, at: start, inBatch: true)
      #expect(inBatch.task >= alone.task + 512 * 64 * 4, "\(estimator.name)")
      let actual = try MeasuredPool.bytes {
        var gradients: [[Tensor]] = []
        for _ in 0..<8 { gradients.append(try estimator.hypergradient(of: problem, loop: loop, at: start).gradient) }
      }
      // Seven results more than one; the estimate knows of one.
      let batch = inBatch.task + 6 * Tensor.occupiedBytes([512, 64], .float32)
      #expect(abs(Double(batch) / Double(actual) - 1) < 0.1, "\(estimator.name): \(batch), \(actual)")
    }
  }

  @Test func peaksCountTasksAtOnce() {
    var estimate = MemoryEstimate(resident: 10, task: 5, kept: 1)
    estimate.shared = 2
    #expect(estimate.peak() == 17 && estimate.peak(tasks: 3) == 27)
  }

  /// What is measured leaves nothing behind.
  @Test func measuringGivesTheMemoryBack() async {
    await #expect(processExitsWith: .success) {
      let before = BufferPool.systemBytes
      let bytes = try MeasuredPool.bytes { _ = Tensor.zeros([1 << 20]) + Tensor.zeros([1 << 20]) }
      #expect((3 << 22...(3 << 22) + 4096).contains(bytes), "\(bytes)")
      #expect(BufferPool.systemBytes == before)
    }
  }
}
