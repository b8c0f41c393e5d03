import ArchPrior
import ArgumentParser
import Basics
import Foundation

extension EvaluateCommand {
  /// Tasks of one kind, and how a learner is evaluated on some of them.
  struct Source {
    var name: String
    var datasets: [ImageDataset]
    /// How many classes of the data set were left out because the run has seen their pictures.
    var classesLeftOut: Int?
    var evaluate: (TrainedPrior.Learner, Int, @escaping @Sendable (Int) -> Void) throws -> FewShotEvaluation
  }

  /// The kinds of tasks that were asked for.
  ///
  /// - Parameter data: the run's own, with the tasks that it was trained on.
  func sources(_ prior: TrainedPrior, _ data: StudyData) throws -> [Source] {
    let task = prior.configuration.task
    let shape = try TaskShape(way: task.way, shot: task.shot, queriesPerClass: task.query)
    let seed = prior.configuration.seed
    switch split {
    case .validation:
      let (tasks, leftOut) = try data.validation(shape: shape, seed: seed)
      say(leftOut)
      return [source(prior, "meta-validation", tasks, data.maker)]
    case .test where dataset.isEmpty:
      let (tests, leftOut) = try data.tests(shape: shape, seed: seed)
      say(leftOut)
      return tests.map { source(prior, $0.name, $0.tasks, data.maker) }
    case .test: return try dataset.map { try source(prior, on: $0, data, shape) }
    }
  }

  private func say(_ leftOut: [String]) {
    for line in leftOut { Output.note("left out: \(line)") }
  }

  /// On the meta-test classes of one data set: those held back of a training set, all of any other.
  private func source(_ prior: TrainedPrior, on name: String, _ data: StudyData, _ task: TaskShape) throws -> Source {
    var pools = data.datasets.pools(MetaTest.self).filter { $0.dataset.name == name }
    var maker = data.maker
    var leftOut: Int?
    if pools.isEmpty {
      guard !data.datasets.members.contains(where: { $0.dataset.name == name }) else {
        throw CommandError("the run holds no classes of \(name) back for testing", help: "name another data set")
      }
      let pack = try NamedDataset.load(name, folder: prior.configuration.data.path)
      let shape = prior.imageShape
      let fitting = pack.uniform(
        height: shape[0], width: shape[1], channels: shape[2], fit: prior.configuration.data.fit)
      if let note = Self.paperNote(fitting.named(name), data) { Output.note("note: \(note)") }
      let unseen = try data.datasets.unseen(of: fitting.named(name))
      if let leak = unseen.leak {
        let count = unseen.leftOut.count
        let classes = "\(count) of \(fitting.classes.count) classes of \(name)"
        guard dropShared else {
          throw CommandError(
            leak.description.components(separatedBy: "; ")[0],
            help: "--drop-shared leaves \(classes) out, whose pictures the run has seen", code: 1)
        }
        guard count < fitting.classes.count else {
          throw CommandError(
            "\(leak.description.components(separatedBy: "; ")[0]), and so is every class", help: "name another data set", code: 1)
        }
        Output.note(
          "note: \(classes) are left out: the run has seen their pictures (\(unseen.leftOut.prefix(5).joined(separator: ", "))"
            + (count > 5 ? ", …)" : ")"))
        leftOut = count
      }
      pools = unseen.datasets.pools(MetaTest.self)
      maker = try unseen.datasets.episodeMaker()
    }
    let large = pools.map { $0.droppingClasses(withFewerImagesThan: task.imagesPerClass) }
    // With too few left, the error names what there is.
    if large.allSatisfy({ $0.distinguishableClasses >= task.way }) { pools = large }
    let tasks: TaskDistribution<MetaTest>
    do {
      tasks = try TaskDistribution(sources: pools, shape: task, seed: prior.configuration.seed)
    } catch {
      throw Self.explained(error, pools, task)
    }
    var source = source(prior, name, tasks, maker)
    source.classesLeftOut = leftOut
    return source
  }

  /// Leaks are looked for in the data sets as they are now: where they are no longer those of the run, that proves nothing.
  ///
  /// - Throws: `CommandError` where its own tasks are drawn from them, which would be of pictures that it has seen.
  func checkData(_ directory: RunDirectory, _ data: StudyData) throws {
    guard let kept = try? directory.provenance().datasets else { return }
    let now = data.provenance
    for entry in kept where now.contains(where: { $0.name == entry.name && $0.sha256 != entry.sha256 }) {
      guard !dataset.isEmpty else {
        throw CommandError(
          "data set \(entry.name) is no longer the one that the run was trained on: its images differ, and classes that were unseen may be others",
          help: "restore it, or give it another name and evaluate on it by --dataset", code: 1)
      }
      Output.note(
        "note: data set \(entry.name) is no longer the one that the run was trained on (its images differ), "
          + "so that pictures which the run has seen are not found")
    }
  }

  private func source<S: SplitTag>(
    _ prior: TrainedPrior, _ name: String, _ tasks: TaskDistribution<S>, _ maker: EpisodeMaker
  ) -> Source {
    let threads = threads.resolved(prior.configuration.threads)
    return Source(name: name, datasets: tasks.sources.map(\.dataset)) { learner, count, progress in
      try prior.evaluate(learner, on: tasks, maker: maker, count: count, threads: threads, progress: progress)
    }
  }

  /// What an evaluation on some tasks is of.
  func conditions(
    _ source: Source, _ learner: TrainedPrior.Learner, _ prior: TrainedPrior, _ run: RunDirectory
  ) -> EvaluationConditions {
    let task = prior.configuration.task
    return EvaluationConditions(
      tasks: .init(
        way: task.way, shot: task.shot, queriesPerClass: task.query, split: split.rawValue,
        datasets: source.datasets.map { .init(name: $0.name, sha256: SHA256.hex($0.pixels)) }, seed: prior.configuration.seed),
      learner: .init(
        trainedWay: prior.trainedWay, steps: learner.steps, batchNorm: prior.configuration.batchNorm.rawValue,
        overrides: prior.configuration.overrides(of: run.configuration), tasksSeen: prior.tasksSeen,
        configurationDigest: run.configuration.digest))
  }
}
