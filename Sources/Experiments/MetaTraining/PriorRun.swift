import ArchitecturePriors
import Basics
import Bilevel
import Datasets
import Foundation
import MetaLearning
import NeuralNetworks
import Runs
import SearchSpaces
import Tensors

/// A meta-training run in its folder: trains, saves, goes on where it stopped.
///
/// A T-NAS run has two stages: the supernet's prior, then the network that is decoded from it, meta-trained by MAML. A checkpoint
/// holds the complete state of both, so that a run which was stopped and resumed ends in the same bytes.
public struct PriorRun: Sendable {
  /// What a finished run says of itself; `results/meta-training.json`. Where budgets are numbers of tasks it is a function of
  /// configuration and seed. A run that was stopped or killed on the way ends in the same bytes.
  public struct Outcome: Codable, Sendable {
    /// A point of a learning curve.
    public struct Point: Codable, Sendable, Hashable {
      /// Tasks of the stage so far.
      public var tasks: Int
      /// Seconds so far, under a budget of time only.
      public var seconds: Double?
      /// The mean query loss of the tasks since the last point.
      public var queryLoss: Double
      /// The mean query accuracy of the tasks since the last point, in 0...1.
      public var queryAccuracy: Double
      /// The mean accuracy on meta-validation tasks, where it was measured.
      public var validationAccuracy: Double?
    }

    /// Whether the budget was used up; otherwise the run can be resumed.
    public var finished: Bool
    /// The learning curve of the prior.
    public var prior: [Point]
    /// The learning curve of the decoded network.
    public var decoded: [Point]
    /// The text of the decoded genotype.
    public var genotype: String?
    /// The batch norm policy of all accuracies.
    public var batchNorm: String
  }

  /// Seconds of meta-training by stage, over all sessions; `results/timing.json`.
  public typealias Timing = [String: Double]

  /// A line of the journal.
  struct Record: Codable {
    var event: String
    var stage: String
    var tasks: Int
    var seconds: Double
    var queryLoss: Double?
    var queryAccuracy: Double?
    var validationAccuracy: Double?
    var genotype: String?
  }

  /// What to do.
  public let configuration: Configuration
  /// The tasks to do it on.
  public let data: StudyData
  /// Where to keep what comes of it.
  public let run: RunDirectory
  /// Tasks at a time, each on a thread of its own.
  public let threads: Int
  /// Gets the progress of a stage, with its name and its budget.
  public var progress: @Sendable (String, TrainingBudget, TrainingProgress) -> Void = { _, _, _ in }
  /// Asked between outer steps whether to stop, behind a checkpoint; gets lines for people. While it waits for space, the run's state is
  /// in memory, and its last checkpoint, if there is one yet, on the disk.
  public var observer = RunObserver()

  /// A run that says nothing and cannot be interrupted, until its observer is set.
  ///
  /// - Parameters:
  ///   - configuration: what to do.
  ///   - data: the tasks to do it on.
  ///   - run: the folder of checkpoints, journal and results.
  ///   - threads: tasks at a time.
  public init(configuration: Configuration, data: StudyData, run: RunDirectory, threads: Int) {
    self.configuration = configuration
    self.data = data
    self.run = run
    self.threads = threads
  }

  /// Trains from the newest checkpoint, or from the start where there is none.
  ///
  /// - Throws: `BilevelError` where training diverges (the last checkpoint is kept), ``BudgetFailure``, `CheckpointError` and `RunError`.
  public func train() throws -> Outcome {
    var checkpoint =
      try run.checkpoints().isEmpty
      ? Checkpoint(configuration: configuration, tasksSeen: 0) : run.latestCheckpoint(for: configuration)
    try Self.checkBudget(of: configuration, for: run, at: checkpoint)
    let journal = try persist { try run.journal() }
    // What was journalled after the checkpoint will happen again.
    let tasks = checkpoint.tasksSeen
    try persist { try journal.drop { Self.flaw(ofLine: $0) } }
    try persist { try journal.rewind(toTasks: tasks) }
    for note in journal.notes { observer.say("note: \(note)") }
    if let note = try gap(in: journal, before: tasks) { observer.say("note: \(note)") }
    try persist { try journal.append(Record(event: "session", stage: "", tasks: tasks, seconds: 0)) }
    let board = try persist { try run.tensorBoard() }
    try persist { try board.rewind(toStep: Int64(tasks)) }
    let plan = try configuration.stagePlan(imageShape: data.imageShape)
    let books = RunBooks(journal: journal, board: board)
    let outcome = try train(plan, &checkpoint, books)
    try persist { try run.writeResult(outcome, named: "meta-training") }
    let timing = try timing(journal)
    try persist { try run.writeResult(timing, named: "timing") }
    return outcome
  }

  /// Goes through the stages.
  private func train(_ plan: StagePlan, _ checkpoint: inout Checkpoint, _ books: RunBooks) throws -> Outcome {
    let first = plan.first
    guard let decoding = plan.decoding else {
      let (_, end) = try train(first, &checkpoint, books)
      return try result(finished: end, stages: [first.name], genotype: nil, books.journal)
    }
    // What was decoded has come of the prior as it was then: it is not trained any further, not even for the rounding of a time.
    let decoded = try Self.genotype(in: checkpoint) == nil ? nil : first.load(from: checkpoint, seed: configuration.seed)
    let (state, end) = try decoded.map { ($0, true) } ?? train(first, &checkpoint, books)
    guard end else { return try result(finished: end, stages: [first.name], genotype: nil, books.journal) }
    let genotype = try decodedGenotype(first, decoding, state, &checkpoint, books.journal)
    let network = try configuration.decodedStage(genotype, imageShape: data.imageShape)
    let (_, decodedEnd) = try train(network, &checkpoint, books)
    return try result(finished: decodedEnd, stages: [first.name, network.name], genotype: genotype, books.journal)
  }

  /// Writes something, waiting where the disk is full for as long as the observer says.
  func persist<Value>(_ work: () throws -> Value) throws -> Value {
    try observer.persist(work)
  }

  private func timing(_ journal: Journal) throws -> Timing {
    var timing: Timing = [:]
    for record in try records(of: journal) where record.event == "point" || record.event == "stopped" {
      timing[record.stage] = record.seconds
    }
    return timing
  }

  private func result(
    finished: Bool, stages: [String], genotype: Genotype?, _ journal: Journal
  ) throws -> Outcome {
    let isTimed = [configuration.budget.seconds, configuration.decoded.seconds].contains { $0 != nil }
    let curves = try stages.map { stage in
      try curve(of: stage, in: journal).map { point in
        Outcome.Point(
          tasks: point.tasks, seconds: isTimed ? point.seconds : nil, queryLoss: point.queryLoss,
          queryAccuracy: point.queryAccuracy, validationAccuracy: point.validationAccuracy)
      }
    }
    return Outcome(
      finished: finished, prior: curves[0], decoded: curves.count > 1 ? curves[1] : [], genotype: genotype?.text,
      batchNorm: configuration.batchNorm.rawValue)
  }

  /// The learning curves of the run's stages over all sessions, by the stages' names.
  ///
  /// - Throws: `RunError` where the journal cannot be read.
  func learningCurves() throws -> [String: [CurvePoint]] {
    let journal = try run.journal()
    let stages = Set(try records(of: journal).filter { $0.event == "point" }.map(\.stage))
    return Dictionary(uniqueKeysWithValues: try stages.map { ($0, try curve(of: $0, in: journal)) })
  }

  /// The learning curve of a stage over all sessions. The journal counts the tasks of all stages together, a curve its own.
  private func curve(of stage: String, in journal: Journal) throws -> [CurvePoint] {
    let points = try records(of: journal).filter { $0.event == "point" }
    let before = points.prefix { $0.stage != stage }.last?.tasks ?? 0
    return points.filter { $0.stage == stage }.map { record in
      CurvePoint(
        tasks: record.tasks - before, seconds: record.seconds, queryLoss: record.queryLoss ?? .nan,
        queryAccuracy: record.queryAccuracy ?? .nan, validationAccuracy: record.validationAccuracy)
    }
  }

  /// Runs one stage to the end of its budget.
  private func train(
    _ stage: PriorStage, _ checkpoint: inout Checkpoint, _ books: RunBooks
  ) throws -> (state: MetaState, finished: Bool) {
    var state =
      try stage.load(from: checkpoint, seed: configuration.seed) ?? stage.trainer.initialState(seed: configuration.seed)
    let partial = try stage.partialPoint(in: checkpoint)
    var training = MetaTraining(
      stage.trainer, data: data, budget: stage.budget, metaBatch: stage.metaBatch, threads: threads)
    training.schedule = configuration.outer.schedule
    training.pointEvery = configuration.checkpointEvery
    training.points = configuration.evaluation.validationPoints
    training.elapsed =
      try checkpoint.counters["\(stage.name).milliseconds"].map { Double($0) / 1000 }
      ?? timing(books.journal)[stage.name] ?? 0
    training.sums = partial?.sums ?? CurveSums()
    let recorder = StageRecorder(
      self, stage, books, checkpoint, state, lastPoint: partial?.point,
      share: min(1, training.used(tasks: state.tasksSeen, seconds: training.elapsed)))
    let (_, end) = try training.run(&state, recorder: recorder)
    checkpoint = recorder.newest
    if case .interrupted = end { return (state, false) }
    return (state, true)
  }

  /// The genotype of the prior: θ averaged over adaptations to meta-validation tasks, decoded; kept in the checkpoint.
  private func decodedGenotype(
    _ stage: PriorStage, _ decoding: StagePlan.Decoding, _ state: MetaState, _ checkpoint: inout Checkpoint, _ journal: Journal
  ) throws -> Genotype {
    func journalled(_ genotype: Genotype) throws {
      // Killed between checkpoint and journal, a run finds the line missing.
      guard try !records(of: journal).contains(where: { $0.event == "decoded" }) else { return }
      let record = Record(event: "decoded", stage: stage.name, tasks: state.tasksSeen, seconds: 0, genotype: genotype.text)
      try persist { try journal.append(record) }
    }
    if let known = try Self.genotype(in: checkpoint) {
      try journalled(known)
      return known
    }
    let genotype = try decoding.genotype(state.parameters, data, threads)
    checkpoint.arrays.append(StoredArray(name: "genotype", bytes: Array(genotype.text.utf8)))
    let decoded = checkpoint
    try persist { try run.save(decoded) }
    try journalled(genotype)
    observer.say("decoded: \(genotype.text)")
    return genotype
  }

  /// The genotype that a checkpoint holds.
  ///
  /// - Throws: `GenotypeError` where its text is not a genotype.
  static func genotype(in checkpoint: Checkpoint) throws -> Genotype? {
    try checkpoint["genotype"].map { try Genotype(parsing: String(decoding: $0.bytes, as: UTF8.self)) }
  }
}
