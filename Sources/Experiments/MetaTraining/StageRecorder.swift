import ArchitecturePriors
import Foundation
import MetaLearning
import Runs
import Tensors

/// What a run writes while it goes on.
struct RunBooks {
  var journal: Journal
  var board: TensorBoardWriter
}

/// Keeps a stage of a run: journal, TensorBoard, checkpoints, meta-validation.
final class StageRecorder: TrainingRecorder {
  private let run: PriorRun
  private let stage: PriorStage
  private let books: RunBooks
  /// What the checkpoint holds of other stages.
  private let others: Checkpoint
  /// Tasks of other stages.
  private let otherTasks: Int
  private var lastPoint: Int
  private var lastValidation: Int
  /// The share of the budget that is used up.
  private var share: Double
  private var lastShare: Double
  /// The newest checkpoint.
  private(set) var newest: Checkpoint

  /// A recorder.
  ///
  /// - Parameters:
  ///   - checkpoint: what there is of all stages.
  ///   - state: where the stage begins or goes on.
  ///   - lastPoint: tasks at the last point of the curve, where the stage was stopped behind it.
  ///   - share: of the budget, that is used up.
  init(
    _ run: PriorRun, _ stage: PriorStage, _ books: RunBooks, _ checkpoint: Checkpoint, _ state: MetaState, lastPoint: Int?,
    share: Double
  ) {
    (self.run, self.stage, self.books) = (run, stage, books)
    (others, newest) = (checkpoint, checkpoint)
    otherTasks = checkpoint.tasksSeen - state.tasksSeen
    self.lastPoint = lastPoint ?? state.tasksSeen
    lastValidation = self.lastPoint
    (self.share, lastShare) = (share, share)
  }

  var isInterrupted: Bool { run.observer.isInterrupted() }

  func validationAccuracy(of state: MetaState) throws -> Double? {
    let (configuration, data) = (run.configuration, run.data)
    let isDue = configuration.evaluation.validationEvery.map { state.tasksSeen / $0 > lastValidation / $0 } ?? false
    func part(_ share: Double) -> Int { configuration.evaluation.validationPoints.map { Int(share * Double($0)) } ?? 0 }
    guard isDue || part(share) > part(lastShare) else { return nil }
    lastShare = share
    lastValidation = state.tasksSeen
    return try FewShotLearner(
      stage.trainer.model, parameters: state.parameters, loop: stage.testLoop, batchNorm: configuration.batchNorm
    ).evaluate(
      on: data.metaValidation, maker: data.maker, count: configuration.evaluation.validationTasks, threads: run.threads
    ).mean
  }

  func record(_ point: CurvePoint, _ state: MetaState) throws {
    let tasks = otherTasks + point.tasks
    // First the journal: where the checkpoint is then not written, resuming takes the line back.
    try run.persist {
      try books.journal.append(
        PriorRun.Record(
          event: "point", stage: stage.name, tasks: tasks, seconds: point.seconds, queryLoss: point.queryLoss,
          queryAccuracy: point.queryAccuracy, validationAccuracy: point.validationAccuracy))
    }
    var events = [PriorRun.event(point, stage: stage.name, step: tasks)]
    if let model = stage.model as? SupernetModel {
      events += try PriorRun.events(model, state, stage: stage.name, step: tasks)
    }
    for event in events { try run.persist { try books.board.append(event) } }
    lastPoint = state.tasksSeen
    try save(state, sums: CurveSums(), seconds: point.seconds)
    if let accuracy = point.validationAccuracy {
      run.observer.say(String(format: "%@: %d tasks, meta-validation %.2f %%", stage.name, point.tasks, 100 * accuracy))
    }
  }

  func suspend(_ state: MetaState, sums: CurveSums, seconds: Double) throws {
    try run.persist {
      try books.journal.append(
        PriorRun.Record(event: "stopped", stage: stage.name, tasks: otherTasks + state.tasksSeen, seconds: seconds))
    }
    try save(state, sums: sums, seconds: seconds)
  }

  func show(_ progress: TrainingProgress) {
    share = progress.fraction
    run.progress(stage.name, stage.budget, progress)
  }

  private func save(_ state: MetaState, sums: CurveSums, seconds: Double) throws {
    var next = Checkpoint(
      configuration: run.configuration, tasksSeen: otherTasks + state.tasksSeen,
      counters: others.counters.filter { !$0.key.hasPrefix(stage.name + ".") },
      arrays: others.arrays.filter { !$0.name.hasPrefix(stage.name + "/") })
    stage.store(state, sums: sums, point: lastPoint, in: &next)
    next.imageShape = run.data.imageShape
    // A time limit needs to know what was used; with a task limit the clock stays out of the file, so that its bytes are a function of
    // configuration and seed.
    if stage.budget.seconds != nil { next.counters["\(stage.name).milliseconds"] = Int(seconds * 1000) }
    // A checkpoint must not outlive the lines of the journal that it stands for.
    try run.persist { try books.journal.sync() }
    try run.persist { try run.run.save(next) }
    newest = next
  }
}
