import ArchPrior
import Foundation
import Synchronization
import TestSupport
import Testing

/// Meta-training runs: the same bytes for any number of threads and after any interruption.
@Suite struct PriorRunTests {
  private func start(_ configuration: Configuration, in folder: String) throws -> RunDirectory {
    try RunDirectory.create(
      at: folder, configuration: configuration,
      provenance: Provenance(configuration: configuration, datasets: [], machine: .current(kernels: "test")))
  }

  private func finalCheckpoint(_ run: RunDirectory) throws -> [UInt8] {
    let newest = try #require(try run.checkpoints().last)
    return Array(try Data(contentsOf: URL(fileURLWithPath: newest)))
  }

  private func train(
    _ configuration: Configuration, threads: Int, in folder: String
  ) throws -> (bytes: [UInt8], outcome: PriorRun.Outcome) {
    let run = try start(configuration, in: folder)
    let outcome = try PriorRun(
      configuration: configuration, data: syntheticData(configuration), run: run, threads: threads
    ).train()
    return (try finalCheckpoint(run), outcome)
  }

  @Test(arguments: ["t-nas", "maml"] as [Configuration.Method], [Configuration.Outer.Gradient.firstOrder, .exact])
  func sameBytesForAnyNumberOfThreads(method: Configuration.Method, gradient: Configuration.Outer.Gradient) throws {
    var configuration = smallConfiguration()
    configuration.method = method
    configuration.outer.gradient = gradient
    configuration.conv4.filters = 3
    configuration.conv4.downsampling = .stride
    let scratch = try TemporaryFolder()
    let runs = try [1, 2, 3].map { try train(configuration, threads: $0, in: scratch.path + "/\($0)") }
    #expect(runs[0].outcome.finished)
    #expect(runs[0].bytes.count > 1000)
    #expect(runs[0].bytes == runs[1].bytes)
    #expect(runs[0].bytes == runs[2].bytes)
    #expect(runs[0].outcome.prior.map(\.queryLoss) == runs[2].outcome.prior.map(\.queryLoss))

    // The seed matters, so that the comparison above is not one of constants.
    configuration.seed += 1
    #expect(try train(configuration, threads: 2, in: scratch.path + "/other").bytes != runs[0].bytes)
  }

  /// The other methods, on the four-layer network and on a genotype's: the same bytes for any number of threads and after interruptions, and
  /// a prior that evaluates.
  @Test(
    arguments: ["anil", "meta-sgd", "maml++", "imaml", "reptile", "proto-net", "fine-tune"] as [Configuration.Method],
    [false, true])
  func everyMethodRunsFromAConfiguration(method: Configuration.Method, genotype: Bool) throws {
    var configuration = smallConfiguration()
    configuration.method = method
    configuration.outer.gradient = .exact
    configuration.inner.weightRate = method == "reptile" ? 1e-3 : 0.05
    configuration.conv4.filters = 3
    configuration.conv4.downsampling = .stride
    configuration.learner["damping"] = .number(100)
    if genotype {
      configuration.space.nodes = 4
      configuration.space.cells = [.normal, .reduction]
      configuration.genotype = Genotype.dartsV2.text
    }
    let scratch = try TemporaryFolder()
    let whole = try train(configuration, threads: 1, in: scratch.path + "/one")
    #expect(whole.outcome.finished && whole.bytes.count > 1000)
    #expect(try train(configuration, threads: 3, in: scratch.path + "/three").bytes == whole.bytes)
    let folder = scratch.path + "/parts"
    _ = try start(configuration, in: folder)
    var sessions = 0
    while try !session(configuration, in: folder) && sessions < 50 { sessions += 1 }
    #expect(sessions > 1)
    #expect(try finalCheckpoint(RunDirectory.read(folder)) == whole.bytes)

    let data = try syntheticData(configuration)
    let prior = try TrainedPrior(run: RunDirectory.read(folder), imageShape: data.imageShape)
    let evaluation = try prior.evaluate(
      prior.learners[0], on: data.metaTest[0].tasks, maker: data.maker, count: 3, threads: 1)
    #expect(evaluation.accuracies.count == 3 && prior.learners[0].cost.parameters > 0)
  }

  @Test func interruptedAndResumedEndsInTheSameBytes() throws {
    let configuration = smallConfiguration()
    let scratch = try TemporaryFolder()
    let whole = try train(configuration, threads: 2, in: scratch.path + "/whole")

    // Stops after one outer step, again and again; every session opens the folder anew.
    let folder = scratch.path + "/parts"
    _ = try start(configuration, in: folder)
    var sessions = 0
    while try !session(configuration, in: folder) && sessions < 50 { sessions += 1 }
    #expect(sessions > 3)
    #expect(try finalCheckpoint(RunDirectory.read(folder)) == whole.bytes)
  }

  /// Goes on with a run until one outer step is done.
  ///
  /// - Returns: whether the run is finished.
  private func session(_ configuration: Configuration, in folder: String) throws -> Bool {
    let asked = Mutex(0)
    var part = PriorRun(
      configuration: configuration, data: try syntheticData(configuration), run: try RunDirectory.resume(folder), threads: 2)
    part.observer.isInterrupted = {
      asked.withLock {
        $0 += 1
        return $0 > 1
      }
    }
    return try part.train().finished
  }

  @Test func trainedPriorAdaptsAndEvaluates() throws {
    let configuration = smallConfiguration()
    let scratch = try TemporaryFolder()
    let run = try start(configuration, in: scratch.path + "/run")
    let data = try syntheticData(configuration)
    let outcome = try PriorRun(configuration: configuration, data: data, run: run, threads: 2).train()
    let prior = try TrainedPrior(run: run, imageShape: data.imageShape)
    #expect(prior.learners.map(\.name) == ["prior", "prior, θ frozen", "decoded"])
    #expect(prior.genotype?.text == outcome.genotype)
    #expect(prior.tasksSeen == 21)
    for learner in prior.learners {
      let evaluation = try prior.evaluate(
        learner, on: data.metaTest[0].tasks, maker: data.maker, count: 4, threads: 2)
      #expect(evaluation.accuracies.count == 4)
      #expect(evaluation.accuracies.allSatisfy { (0...1).contains($0) })
    }
    let task = FewShotTask(try data.maker.episode(data.metaTest[0].tasks.description(at: 0)))
    let (result, genotype) = try prior.adapt(to: task)
    #expect(result.probabilities.shape == [9, 3])
    #expect(genotype != nil)
  }

  /// What was decoded has come of the prior as it was: another budget of it is refused, and nothing changes.
  @Test(arguments: [15, 9]) func theBudgetOfADecodedRunIsSettled(tasks: Int) throws {
    let configuration = smallConfiguration()
    let scratch = try TemporaryFolder()
    let folder = scratch.path + "/run"
    let whole = try train(configuration, threads: 2, in: folder)
    var other = configuration
    other.budget.tasks = tasks
    let data = try syntheticData(other)
    do {
      let run = try RunDirectory.resume(folder)
      let error = #expect(throws: PriorRun.BudgetFailure.self) {
        try PriorRun(configuration: other, data: data, run: run, threads: 1).train()
      }
      #expect(error?.message.contains("decoded after 12 tasks") == true)
      #expect(error?.help?.contains("archprior meta-train --resume --output") == true)
      #expect(try finalCheckpoint(run) == whole.bytes)
    }
    // Under its own budget it goes on as ever.
    let again = try PriorRun(configuration: configuration, data: data, run: RunDirectory.resume(folder), threads: 1).train()
    #expect(again.finished && again.genotype == whole.outcome.genotype && again.prior == whole.outcome.prior)
  }

  /// A larger budget goes on to what it would have been from the start; one that is used up already is refused.
  @Test func otherBudgetsOfOneStage() throws {
    var configuration = smallConfiguration()
    configuration.method = "maml"
    configuration.conv4.filters = 2
    configuration.conv4.downsampling = .stride
    let scratch = try TemporaryFolder()
    _ = try train(configuration, threads: 1, in: scratch.path + "/run")
    var (more, less) = (configuration, configuration)
    (more.budget.tasks, less.budget.tasks) = (18, 9)
    #expect(throws: PriorRun.BudgetFailure.self) {
      try PriorRun(configuration: less, data: syntheticData(less), run: .resume(scratch.path + "/run"), threads: 1).train()
    }
    let run = try RunDirectory.resume(scratch.path + "/run")
    let longer = try PriorRun(configuration: more, data: syntheticData(more), run: run, threads: 1).train()
    let whole = try train(more, threads: 1, in: scratch.path + "/whole")
    #expect(longer.prior == whole.outcome.prior)
    #expect(try finalCheckpoint(run).count == whole.bytes.count)
  }

  @Test func divergenceIsAnErrorAndKeepsTheLastCheckpoint() throws {
    var configuration = smallConfiguration()
    configuration.outer.weightRate = 1e30
    let scratch = try TemporaryFolder()
    let run = try start(configuration, in: scratch.path + "/run")
    #expect(throws: BilevelError.self) {
      _ = try PriorRun(configuration: configuration, data: syntheticData(configuration), run: run, threads: 1).train()
    }
    // The first outer step is made with what is finite, the second one with what it led to.
    let paths = try run.checkpoints()
    #expect(paths.count == 1)
    for path in paths {
      let kept = try Checkpoint(contentsOf: path, for: configuration)
      #expect(kept.arrays.count > 10)
    }
  }
}
