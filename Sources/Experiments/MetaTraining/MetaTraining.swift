import Autodiff
import Bilevel
import Datasets
import Foundation
import MetaLearning
import NeuralNetworks
import Tensors

/// When meta-training ends: after a number of tasks or of seconds, whichever comes first.
public struct TrainingBudget: Sendable, Hashable, Codable {
  /// Tasks in all; `nil` for no limit.
  public var tasks: Int?
  /// Seconds; `nil` for no limit. A run with a time limit is not reproducible bit for bit, one with a task limit is.
  public var seconds: Double?

  /// A budget; training ends with the first limit that is reached.
  public init(tasks: Int? = nil, seconds: Double? = nil) {
    self.tasks = tasks
    self.seconds = seconds
  }
}

/// A point of a learning curve.
public struct CurvePoint: Sendable, Hashable, Codable {
  /// Tasks seen so far.
  public var tasks: Int
  /// Seconds of meta-training so far.
  public var seconds: Double
  /// The mean query loss of the tasks since the last point.
  public var queryLoss: Double
  /// The mean query accuracy of the tasks since the last point, in 0...1.
  public var queryAccuracy: Double
  /// The mean accuracy on meta-validation tasks, where it was measured.
  public var validationAccuracy: Double?
}

/// What a meta-training sums up between two points of its learning curve. With the state it is all that a stopped training needs to go
/// on as if nothing had happened.
public struct CurveSums: Sendable, Hashable {
  /// The sum of the outer steps' mean query losses.
  public var loss = 0.0
  /// The sum of the outer steps' mean query accuracies.
  public var accuracy = 0.0
  /// Outer steps.
  public var steps = 0

  /// Sums; by default of no steps.
  public init(loss: Double = 0, accuracy: Double = 0, steps: Int = 0) {
    self.loss = loss
    self.accuracy = accuracy
    self.steps = steps
  }
}

/// How far a meta-training is, for progress displays.
public struct TrainingProgress: Sendable {
  /// Tasks seen.
  public var tasks: Int
  /// Seconds of meta-training.
  public var seconds: Double
  /// The share of the budget that is used up, in 0...1.
  public var fraction: Double
  /// The query loss, an average over the latest tasks.
  public var queryLoss: Double
  /// The query accuracy, an average over the latest tasks.
  public var queryAccuracy: Double
  /// The speed, in tasks a second.
  public var tasksPerSecond: Double
}

/// Why a meta-training stopped.
public enum TrainingEnd: Sendable {
  /// The budget was used up, or the caller stopped it.
  case budget, interrupted
}

/// Runs the outer loop until a budget is used up.
///
/// - Parameters:
///   - state: the start; holds the newest complete state whenever this function returns or throws.
///   - metaBatch: tasks an outer step.
///   - schedule: how the outer learning rates change while the budget is used up.
///   - scheduleBudget: what the schedule spans where this call is only a part of a training; `budget` by default.
///   - pointEvery: tasks from one point of the learning curve to the next.
///   - elapsed: seconds that earlier sessions of this training took.
///   - sums: what an earlier session summed up since its last point, where it was stopped between two.
///   - validate: measures the accuracy of a state, at every point of the curve; `nil` where it is not wanted there.
///   - checkpoint: gets the state at every point of the curve.
///   - suspend: gets the state between two points, with the seconds so far, where the training is interrupted there.
///   - isInterrupted: asked before every step.
/// - Throws: `BilevelError` where training diverges, naming what and after which task; the state is then the last finite one.
public func metaTrain<Model: AdaptableModel>(
  _ trainer: MetaTrainer<Model>, state: inout MetaState, data: StudyData, budget: TrainingBudget, metaBatch: Int,
  schedule: RateSchedule = .constant, scheduleBudget: TrainingBudget? = nil, threads: Int, pointEvery: Int, elapsed: Double = 0,
  sums: CurveSums = CurveSums(), validate: (MetaState) throws -> Double? = { _ in nil },
  checkpoint: (MetaState, CurvePoint) throws -> Void = { _, _ in },
  suspend: (MetaState, CurveSums, Double) throws -> Void = { _, _, _ in }, isInterrupted: () -> Bool = { false },
  progress: (TrainingProgress) -> Void = { _ in }
) throws -> (curve: [CurvePoint], end: TrainingEnd) {
  let clock = Stopwatch()
  let firstTask = state.tasksSeen
  var curve: [CurvePoint] = []
  var sums = sums
  var (smoothLoss, smoothAccuracy) = (Double.nan, Double.nan)

  func used(of budget: TrainingBudget) -> Double {
    max(
      budget.tasks.map { Double(state.tasksSeen) / Double(max(1, $0)) } ?? 0,
      budget.seconds.map { (elapsed + clock.seconds) / max(1e-9, $0) } ?? 0)
  }
  func closePoint() throws {
    guard sums.steps > 0 else { return }
    let point = CurvePoint(
      tasks: state.tasksSeen, seconds: elapsed + clock.seconds, queryLoss: sums.loss / Double(sums.steps),
      queryAccuracy: sums.accuracy / Double(sums.steps), validationAccuracy: try validate(state))
    curve.append(point)
    sums = CurveSums()
    try checkpoint(state, point)
  }

  while true {
    let seconds = elapsed + clock.seconds
    let remaining = budget.tasks.map { $0 - state.tasksSeen } ?? metaBatch
    if remaining <= 0 || seconds >= budget.seconds ?? .infinity { break }
    if isInterrupted() {
      if sums.steps > 0 { try suspend(state, sums, elapsed + clock.seconds) }
      return (curve, .interrupted)
    }
    let share = used(of: scheduleBudget ?? budget)
    let report = try trainer.step(
      &state, count: min(metaBatch, remaining), threads: threads, rateScale: schedule.scale(at: share), progress: share
    ) { index in
      try data.trainingTask(index, for: trainer.model)
    }
    sums.loss += report.queryLoss
    sums.accuracy += report.queryAccuracy
    sums.steps += 1
    smoothLoss = smoothLoss.isNaN ? report.queryLoss : 0.95 * smoothLoss + 0.05 * report.queryLoss
    smoothAccuracy = smoothAccuracy.isNaN ? report.queryAccuracy : 0.95 * smoothAccuracy + 0.05 * report.queryAccuracy
    progress(
      TrainingProgress(
        tasks: state.tasksSeen, seconds: elapsed + clock.seconds, fraction: min(1, used(of: budget)), queryLoss: smoothLoss,
        queryAccuracy: smoothAccuracy, tasksPerSecond: Double(state.tasksSeen - firstTask) / max(1e-9, clock.seconds)))
    if state.tasksSeen / pointEvery > (state.tasksSeen - min(metaBatch, remaining)) / pointEvery { try closePoint() }
  }
  try closePoint()
  return (curve, .budget)
}

/// Seconds since it was made.
struct Stopwatch {
  private let start = DispatchTime.now().uptimeNanoseconds

  var seconds: Double { Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9 }
}
