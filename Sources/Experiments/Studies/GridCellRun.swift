import ArchitecturePriors
import Autodiff
import Bilevel
import CellNetworks
import Datasets
import Foundation
import MetaLearning
import NeuralNetworks
import Reports
import Runs
import Tensors

/// One cell of a study's grid: a run that is trained, then tested; every step is kept, so that it can be killed at any moment.
struct GridCellRun: Sendable {
  let cell: StudyGrid.Cell
  let study: StudyConfiguration
  let data: GridData
  let folder: String
  let observer: RunObserver

  /// Trains and tests what is not done yet.
  ///
  /// - Returns: `nil` where the user stopped it.
  /// - Throws: what training and testing throw.
  func work() throws -> (records: [StudyResults.Record], architectures: [StudyResults.Architecture])? {
    let run = try persist { try open() }
    for note in run.notes { observer.say("\(name): \(note)") }
    let training = try data.part(of: cell, study: study, shot: cell.configuration.task.shot)
    if try !isTrained(run) {
      var prior = PriorRun(configuration: cell.configuration, data: training, run: run, threads: 1)
      prior.observer = observer
      // A study says what a cell found, not how far it is.
      prior.observer.say = { [say = observer.say, name] in if $0.hasPrefix("note: ") { say("\(name): \($0.dropFirst(6))") } }
      guard try prior.train().finished else { return nil }
    }
    let trained = try TrainedPrior(run: run, imageShape: training.imageShape)
    let learner = try trained.learner(named: cell.method.learner)
    var records: [StudyResults.Record] = []
    var architectures: [StudyResults.Architecture] = []
    for shot in study.shots {
      let part = try data.part(of: cell, study: study, shot: shot)
      for test in part.metaTest {
        if observer.isInterrupted() { return nil }
        let record = try record(of: run, learner, test, shot) { seconds in
          try tested(learner.model, trained, learner, test, part.maker, shot: shot, seconds: seconds)
        }
        records.append(record)
        guard shot == study.shots.first, learner.model is SupernetModel else { continue }
        if let known = try kept(StudyResults.Architecture.self, of: run, "architecture-\(test.name)", test, fits: fits) {
          architectures.append(known)
        } else if let fresh = try architecture(trained, learner, test, part.maker) {
          try write(fresh, of: run, "architecture-\(test.name)", test)
          architectures.append(fresh)
        }
      }
    }
    try keepTimes(records, of: run)
    let evaluations = try records.map { record in
      let sample = try MeanWithInterval(record.accuracies)
      let task = cell.configuration.task
      return RunSummary.Evaluation(
        learner: learner.name, tasksFrom: "\(record.test), \(record.shot)-shot", tasks: record.accuracies.count,
        mean: sample.mean, lower: sample.lower, upper: sample.upper,
        conditions: EvaluationConditions(
          tasks: .init(
            way: task.way, shot: record.shot, queriesPerClass: task.query, split: "test",
            datasets: data.provenance.filter { $0.name == record.test }.map { .init(name: $0.name, sha256: $0.sha256) },
            seed: study.splitSeed),
          learner: .init(
            trainedWay: task.way, steps: learner.steps, batchNorm: trained.configuration.batchNorm.rawValue, overrides: [],
            tasksSeen: trained.tasksSeen, configurationDigest: run.configuration.digest)))
    }
    try persist { _ = try run.writeEvaluation(evaluations) }
    return (records, architectures)
  }

  /// Writes something, waiting where the disk is full.
  func persist<Value>(_ work: () throws -> Value) throws -> Value {
    try observer.persist(work)
  }

  private func open() throws -> RunDirectory {
    func papers() -> Provenance {
      Provenance(
        configuration: cell.configuration, datasets: data.provenance.filter { cell.sources.contains($0.name) },
        machine: Machine.current(kernels: KernelLevel.name))
    }
    guard try RunDirectory.isThere(folder) else {
      return try RunDirectory.create(at: folder, configuration: cell.configuration, provenance: papers(), keptCheckpoints: 1)
    }
    let run = try RunDirectory.resume(folder, keptCheckpoints: 1, beginsAgain: true)
    _ = try run.provenance(mendedBy: papers)
    var differences = cell.configuration.differences(from: run.configuration)
    let (here, there) = (cell.configuration.budget, run.configuration.budget)
    if differences.isEmpty, here != there { differences.append(.init(key: "budget", here: "\(here)", there: "\(there)")) }
    guard differences.isEmpty else { throw CheckpointError(.otherConfiguration(differences), path: folder) }
    return run
  }

  /// Whether the run's budget is used up. A result that is damaged was put aside when the run was opened, and is made again from the
  /// checkpoint.
  private func isTrained(_ run: RunDirectory) throws -> Bool {
    guard try FolderFile.exists("results/meta-training.json", of: run.path) else { return false }
    do {
      let outcome = try run.readResult(PriorRun.Outcome.self, named: "meta-training")
      return try outcome.finished && !run.checkpoints().isEmpty
    } catch let error as RunError where error.isDamage {
      try putAside("meta-training", of: run, error)
      return false
    }
  }

  private func tested(
    _ model: some AdaptableModel, _ trained: TrainedPrior, _ learner: TrainedPrior.Learner, _ test: StudyData.Test,
    _ maker: EpisodeMaker, shot: Int, seconds: Double?
  ) throws -> StudyResults.Record {
    func evaluated(_ count: Int, curve: Bool) throws -> FewShotEvaluation {
      try FewShotLearner(
        model, parameters: learner.parameters, loop: learner.loop, batchNorm: trained.configuration.batchNorm
      ).evaluate(on: test.tasks, maker: maker, count: count, threads: 1, curve: curve)
    }
    let evaluation = try evaluated(study.tasks, curve: false)
    // Measured apart, so that the extra forward passes do not count as adaptation time.
    let curve = shot == study.shots.first ? try evaluated(min(study.curveTasks, study.tasks), curve: true).stepCurve : []
    return StudyResults.Record(
      prior(test: test.name), test: test.name, shot: shot, accuracies: evaluation.accuracies, stepCurve: curve,
      cost: .init(
        secondsPerTask: seconds ?? evaluation.secondsPerTask, parameters: learner.cost.parameters,
        multiplyAdds: learner.cost.multiplyAdds))
  }

  /// What is tested, seen from a test data set.
  private func prior(test: String) -> StudyResults.Prior {
    .init(method: cell.method.name, regime: cell.regime(test: test), training: cell.training, seed: cell.seed)
  }

  /// Operation weights after adaptation, averaged over some test tasks.
  private func architecture(
    _ trained: TrainedPrior, _ learner: TrainedPrior.Learner, _ test: StudyData.Test, _ maker: EpisodeMaker
  ) throws -> StudyResults.Architecture? {
    guard let model = learner.model as? SupernetModel else { return nil }
    let count = min(study.curveTasks, study.tasks)
    var sum: [[[Double]]] = []
    for index in 0..<count {
      let task = FewShotTask(try maker.episode(test.tasks.description(at: index)))
      let adapted = try adapt(
        model, from: learner.parameters, to: task, loop: learner.loop, batchNorm: trained.configuration.batchNorm)
      let weights = model.supernet.tables(model.architecture(adapted.parameters)).map { $0.map(Self.softmax) }
      sum =
        sum.isEmpty ? weights : zip(sum, weights).map { zip($0, $1).map { zip($0, $1).map { $0 + $1 } } }
    }
    return StudyResults.Architecture(
      prior(test: test.name), test: test.name, operations: model.supernet.space.operations.map(\.rawValue),
      weights: sum.map { $0.map { $0.map { $0 / Double(max(1, count)) } } })
  }

  private static func softmax(_ logits: [Double]) -> [Double] {
    let largest = logits.max() ?? 0
    let weights = logits.map { exp($0 - largest) }
    let total = weights.reduce(0, +)
    return weights.map { $0 / total }
  }
}
