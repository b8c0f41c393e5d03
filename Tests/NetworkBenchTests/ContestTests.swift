import ArchPrior
import Synchronization
import Testing

@testable import ArchPriorNetworkBench

@Suite struct ContestTests {
  private static let scratch = Contestant.allCases.filter { !$0.usesPriorWeights && $0 != .conv4 }

  private func attempt(_ contestant: Contestant, seconds: Double, shot: Int = 1, number: Int = 0) throws -> (
    Attempt, clock: FakeClock, asked: [Int]
  ) {
    let clock = FakeClock()
    let asked = Mutex<[Int]>([])
    let support = madeUpSupport(shot: shot)
    let task = ContestTask(support: support) {
      asked.withLock { $0.append(clock.count) }
      return (support.images.tensor, support.labels)
    }
    let found = try #require(
      try smallContest().attempt(
        contestant, on: task, number: number, stream: "test", settings: .standard(factor: 10), seconds: seconds,
        clock: clock.now))
    return (found, clock, asked.withLock { $0 })
  }

  /// Query images are asked for once, when nothing more is done that takes time.
  @Test(arguments: Contestant.allCases.filter { $0 != .conv4 && $0 != .priorOfOmniglot && $0 != .decodedMAML })
  func queryImagesAreSeenAtTheEndAlone(contestant: Contestant) throws {
    let (_, clock, asked) = try attempt(contestant, seconds: 0.1)
    #expect(asked == [clock.count])
  }

  /// Nobody takes longer than the time and the looks at the clock that end it; a tick is 1 ms, and a step takes a handful of them.
  @Test(arguments: scratch, [0.02, 0.2]) func theTimeIsKept(contestant: Contestant, seconds: Double) throws {
    let (attempt, _, _) = try attempt(contestant, seconds: seconds)
    #expect(attempt.seconds <= seconds + 0.008 + 1e-9, "\(attempt)")
    #expect(attempt.searchSeconds <= attempt.seconds)
    #expect(attempt.steps > 0)
    if seconds > 0.1 { #expect(attempt.seconds >= seconds - 0.02, "\(attempt)") }
  }

  /// With a clock that does not depend on the machine, an attempt is a function of seed, name and number.
  @Test(arguments: scratch) func attemptsAreDetermined(contestant: Contestant) throws {
    let first = try attempt(contestant, seconds: 0.1, shot: 2).0
    #expect(try attempt(contestant, seconds: 0.1, shot: 2).0 == first)
  }

  /// More time goes to more candidates, which are all in the space.
  @Test func searchesUseTheirTime() throws {
    for contestant in Contestant.allCases where contestant.searches {
      let (short, long) = (try attempt(contestant, seconds: 0.1).0, try attempt(contestant, seconds: 0.8).0)
      #expect(long.evaluations > short.evaluations, "\(contestant)")
    }
    let support = madeUpSupport()
    let search = ScratchSearch(space: try smallSpace(), settings: .standard(factor: 10), seed: 3)
    for strategy in [ScratchStrategy.blackBox(RegularizedEvolution(population: 3, tournament: 2)), .supernet(GDAS())] {
      let found = try search.solve(support, by: strategy, until: Deadline(0.3, clock: FakeClock().now))
      #expect(try #require(found.genotype).validate(in: search.space) == ())
    }
  }

  /// Three patterns that are as different as noise are learned by heart from their changed copies.
  @Test func trainingLearns() throws {
    let space = try smallSpace()
    let support = madeUpSupport()
    var generator = Philox(seed: 9)
    let network = try GenotypeNetwork(space.sample(using: &generator), in: space)
    let copies = WarpedCopies(
      of: support, images: [0, 1, 2], warp: Warp(degrees: 2, scale: 0, shift: 0.2), seed: 1, name: "test")
    let training = ScratchTraining(rate: 1e-2, copies: 2)
    let trained = training.train(network, on: copies, steps: 60, until: Deadline(.infinity), seed: 1)
    #expect(trained.isComplete && trained.steps == 60)
    let loss = softmaxCrossEntropy(trained.logits(support.plain.images), targets: support.plain.targets).item
    let before = training.train(network, on: copies, steps: 0, until: Deadline(.infinity), seed: 1)
    let first = softmaxCrossEntropy(before.logits(support.plain.images), targets: support.plain.targets).item
    #expect(loss < 0.5 * first, "\(first) → \(loss)")
  }
}
