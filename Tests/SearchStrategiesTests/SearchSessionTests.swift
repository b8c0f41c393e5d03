import Foundation
import SearchSpaces
import SearchStrategies
import TestSupport
import Testing

@Suite struct SearchSessionTests {
  @Test(arguments: StrategyRegistry.all.map { $0.name }) func noSearchTouchesTestData(name: String) throws {
    let spy = SpyBenchmark()
    let method = try StrategyRegistry.method(
      parsing: StrategyContractTests.quick(name))
    let view = try SearchView(of: spy, dataset: "cifar10")
    let problem = SearchProblem(view.space, epochs: view.epochs, seed: 1)
    var session = SearchSession(try method.strategy(for: problem))
    session.run(TabularEstimator(view), budget: SearchBudget(evaluations: 60), batch: 3, threads: 2)
    #expect(session.best != nil)
    #expect(spy.questions.withLock { $0.count } >= 60)
    #expect(spy.questions.withLock { $0.contains(true) } == false)
  }

  @Test func aSessionIsSavedAndRestored() throws {
    let view = try SearchView(of: SpyBenchmark(), dataset: "cifar10", epochs: [12])
    func start(_ seed: UInt64) throws -> any SearchStrategy<NASBench201Space> {
      try LocalSearch().strategy(for: SearchProblem(view.space, epochs: [12], seed: seed))
    }
    let budget = SearchBudget(seconds: 12 * 40)
    var whole = SearchSession(try start(1))
    whole.run(TabularEstimator(view), budget: budget, batch: 2)
    var part = SearchSession(try start(1))
    var batches = 0
    part.run(TabularEstimator(view), budget: budget, batch: 2) {
      batches += 1
      return batches > 7
    }
    #expect(part.steps.count == 14 && !part.isFinished)
    var restored = try SearchSession(restoring: part.saved(), into: start(2))
    restored.run(TabularEstimator(view), budget: budget, batch: 2)
    #expect(restored.steps == whole.steps && restored.clock == whole.clock)
    #expect(try restored.strategy.saved() == whole.strategy.saved() && restored.isFinished)
    // Real times are measured, so that they differ; those before the pause are kept.
    #expect(restored.timings.count == restored.steps.count && restored.timings.prefix(14) == part.timings[...])
    #expect(restored.timings.allSatisfy { $0.seconds >= 0 && $0.clock <= restored.wallSeconds })
    #expect(throws: SearchStateError.self) {
      try SearchSession(
        restoring: part.saved(), into: Reinforce().strategy(for: SearchProblem(view.space, epochs: [12], seed: 1)))
    }
  }

  /// Failures in a row are counted across a pause.
  @Test func aPauseForgivesNoFailures() {
    struct Failing: PerformanceEstimator {
      struct Failure: Error {}
      let epochs = [12]
      func estimate(_ architecture: NASBench201Cell, epochs: Int) throws -> PerformanceEstimate { throw Failure() }
    }
    var session = SearchSession(
      RandomSearch().strategy(for: SearchProblem(NASBench201Space.cifar10, epochs: [12], seed: 1)))
    while !session.isFinished, session.steps.count < 5_000 {
      let end = session.steps.count + 300
      var asked = session.steps.count
      session.run(Failing(), budget: SearchBudget()) {
        asked += 1
        return asked > end
      }
    }
    #expect(session.steps.count == SearchSession<NASBench201Space>.failureLimit)
  }

  /// Where seconds are measured, a failure costs what it took; a budget of ten failures ends the search after ten at the most.
  @Test func failuresThatTakeTimeUseUpTheBudget() {
    struct Failing: PerformanceEstimator {
      struct Failure: Error {}
      let epochs = [12]
      let measuresSeconds: Bool
      func estimate(_ architecture: NASBench201Cell, epochs: Int) throws -> PerformanceEstimate {
        Thread.sleep(forTimeInterval: 0.004)
        throw Failure()
      }
    }
    func session(measures: Bool) -> SearchSession<NASBench201Space> {
      var session = SearchSession(
        RandomSearch().strategy(for: SearchProblem(NASBench201Space.cifar10, epochs: [12], seed: 1)))
      session.run(Failing(measuresSeconds: measures), budget: SearchBudget(seconds: 0.04, evaluations: 15))
      return session
    }
    let measured = session(measures: true)
    #expect(measured.isFinished && measured.steps.count <= 10 && measured.clock <= 0.04)
    let simulated = session(measures: false)
    #expect(simulated.steps.count == 15 && simulated.clock == 0)
  }

  @Test func theIncumbentIsOfTheMostEpochs() throws {
    let view = try SearchView(of: SpyBenchmark(), dataset: "cifar10")
    let problem = SearchProblem(view.space, epochs: view.epochs, seed: 1)
    var session = SearchSession(try SuccessiveHalving().strategy(for: problem))
    session.run(TabularEstimator(view), budget: SearchBudget(evaluations: 36))
    #expect(session.steps.contains { $0.proposal.epochs == 200 })
    #expect(session.best?.proposal.epochs == 200)
    let low = session.steps.filter { $0.proposal.epochs == 12 }.compactMap(\.score).max() ?? 0
    #expect(session.incumbents[20]?.score == session.steps[...20].compactMap(\.score).max())
    #expect(low >= session.best?.score ?? .infinity)
  }
}
