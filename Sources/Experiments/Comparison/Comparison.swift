import ArchitecturePriors
import Basics
import Bilevel
import Datasets
import Foundation
import MetaLearning
import NeuralNetworks
import Reports
import Runs
import SearchSpaces

/// A comparison of what runs have learned, on the same tasks: the study behind `make run`.
///
/// Every run is meta-trained on the meta-train classes and watched on the meta-validation classes; every contestant is evaluated once on
/// the meta-test classes, all with the same task descriptions.
public struct Comparison: Sendable {
  /// Something that is evaluated.
  struct Contestant: Sendable {
    var name: String
    var learner: TrainedPrior.Learner
    var trainingSeconds: Double?
    var curve: [CurvePoint] = []
  }

  /// What is meta-trained and evaluated.
  public let configuration: ComparisonConfiguration
  /// The tasks.
  public let data: StudyData
  /// Worker threads.
  public let threads: Int
  /// Where runs are kept.
  public let runs: ComparisonRuns
  /// What to say about the comparison in the report.
  public var information: ComparisonResults.RunInformation
  /// Asked whether to stop, and to wait for space; gets a line for people at every stage.
  public var observer = RunObserver()
  /// Gets the progress of a meta-training, with its name.
  public var progress: @Sendable (String, TrainingProgress) -> Void = { _, _ in }
  /// Gets how many tasks of an evaluation are done, with what is evaluated on what and the number of tasks in all; from several threads.
  public var evaluating: @Sendable (String, Int, Int) -> Void = { _, _, _ in }

  /// A comparison, not yet run.
  public init(
    _ configuration: ComparisonConfiguration, data: StudyData, threads: Int, runs: ComparisonRuns,
    information: ComparisonResults.RunInformation
  ) {
    self.configuration = configuration
    self.data = data
    self.threads = threads
    self.runs = runs
    self.information = information
  }

  /// Why a comparison ended early.
  public enum Failure: ReportableError {
    /// The user asked for it.
    case interrupted(during: String)

    /// What happened and, where something helps, what to do.
    public var fault: Fault {
      switch self {
      case .interrupted(let stage):
        Fault(
          "stopped during \(stage); no results were written, since only a whole comparison is worth something",
          help: "call it again")
      }
    }
  }

  /// What all runs have in common: seed, tasks, evaluation.
  var common: Configuration { configuration.runs[0].configuration }

  /// Meta-trains and evaluates everything.
  ///
  /// - Throws: `BilevelError` where a training diverges, ``Failure`` where the user stops it, ``TrainedPrior/UnknownLearner``, and errors
  ///   of the data.
  public func run() throws -> ComparisonResults {
    var trained: [String: TrainedRun] = [:]
    for run in configuration.runs { trained[run.name] = try train(run) }
    let contestants = try configuration.contestants.compactMap { contestant in
      try trained[contestant.run].map { try $0.contestant(contestant) }
    }
    return try results(contestants, Array(configuration.runs.compactMap { trained[$0.name] }))
  }

  /// Meta-trains one run.
  private func train(_ run: ComparisonConfiguration.Run) throws -> TrainedRun {
    let (directory, note) = try observer.persist { try runs.begin(run, data: data) }
    if let note { observer.say("note: \(note)") }
    let budget = run.configuration.trainingBudget
    observer.say("meta-training: \(run.name) (\(budget))")
    var work = PriorRun(configuration: run.configuration, data: data, run: directory, threads: threads)
    work.observer = observer
    work.observer.say = { [say = observer.say] in say("  \($0)") }
    work.progress = { [progress] stage, _, update in progress(stage == "prior" ? run.name : "\(run.name), \(stage)", update) }
    guard try work.train().finished else { throw Failure.interrupted(during: run.name) }
    observer.say("  kept as the run \(directory.path)")
    return TrainedRun(
      name: run.name, prior: try TrainedPrior(run: directory, imageShape: data.imageShape), curves: try work.learningCurves())
  }
}

/// A run of a comparison that is over.
struct TrainedRun: Sendable {
  var name: String
  var prior: TrainedPrior
  /// Learning curves by stage.
  var curves: [String: [CurvePoint]]

  /// What takes part.
  ///
  /// - Throws: ``TrainedPrior/UnknownLearner``.
  func contestant(_ wanted: ComparisonConfiguration.Contestant) throws -> Comparison.Contestant {
    guard wanted.learner != "untrained" else {
      return .init(name: wanted.name, learner: try prior.untrained(), trainingSeconds: 0)
    }
    let learner = try prior.learner(named: wanted.learner)
    let curve = curves[learner.name == "decoded" ? "decoded" : "prior"] ?? []
    // One curve for all learners of a stage, named after the first.
    let isFirst = learner.name == prior.learners[0].name || learner.name == "decoded"
    return .init(name: wanted.name, learner: learner, trainingSeconds: curve.last?.seconds, curve: isFirst ? curve : [])
  }
}

extension TrainedPrior {
  /// The first learner as it was before its training.
  func untrained() throws -> Learner {
    var learner = learners[0]
    learner.name = "untrained"
    learner.parameters = try configuration.stagePlan(imageShape: imageShape).first.trainer.initialState(
      seed: configuration.seed
    ).parameters
    return learner
  }
}
