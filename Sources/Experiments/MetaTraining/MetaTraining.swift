import Autodiff
import Basics
import Bilevel
import Datasets
import Foundation
import MetaLearning
import NeuralNetworks
import Tensors

/// When meta-training ends: after a number of tasks or of seconds, whichever comes first.
public struct TrainingBudget: Sendable, Hashable, Codable, CustomStringConvertible {
  /// Tasks in all; `nil` for no limit.
  public var tasks: Int?
  /// Seconds; `nil` for no limit. A run with a time limit is not reproducible bit for bit, one with a task limit is.
  public var seconds: Double?

  /// A budget; training ends with the first limit that is reached.
  public init(tasks: Int? = nil, seconds: Double? = nil) {
    self.tasks = tasks
    self.seconds = seconds
  }

  /// `3000 tasks`, `165 s`.
  public var description: String {
    let texts = [tasks.map { counted($0, "task") }, seconds.map { String(format: "%g s", $0) }].compactMap(\.self)
    return texts.isEmpty ? "no limit" : texts.joined(separator: " or ")
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

/// What keeps, shows and judges a meta-training while it goes on.
///
/// Everything but ``isInterrupted`` is called between outer steps, on the thread that trains; the time that it takes is no time of
/// training.
public protocol TrainingRecorder: AnyObject {
  /// Asked before every step whether to stop.
  var isInterrupted: Bool { get }
  /// Measures a state at a point of the learning curve, on meta-validation tasks; `nil` where that is not wanted there.
  func validationAccuracy(of state: MetaState) throws -> Double?
  /// Gets the state at every point of the curve.
  func record(_ point: CurvePoint, _ state: MetaState) throws
  /// Gets the state between two points, with the seconds so far, where the training is interrupted there.
  func suspend(_ state: MetaState, sums: CurveSums, seconds: Double) throws
  /// Gets how far the training is, after every step.
  func show(_ progress: TrainingProgress)
}

extension TrainingRecorder {
  /// Training is not interrupted.
  public var isInterrupted: Bool { false }
  /// Nothing is measured.
  public func validationAccuracy(of state: MetaState) throws -> Double? { nil }
  /// Nothing is kept.
  public func record(_ point: CurvePoint, _ state: MetaState) throws {}
  /// Nothing is kept.
  public func suspend(_ state: MetaState, sums: CurveSums, seconds: Double) throws {}
  /// Nothing is shown.
  public func show(_ progress: TrainingProgress) {}
}

/// A recorder that keeps and shows nothing.
public final class SilentRecorder: TrainingRecorder {
  /// The recorder.
  public init() {}
}

/// The outer loop until a budget is used up.
public struct MetaTraining<Model: AdaptableModel>: Sendable {
  /// Makes outer steps.
  public var trainer: MetaTrainer<Model>
  /// The tasks.
  public var data: StudyData
  /// When it ends.
  public var budget: TrainingBudget
  /// Tasks an outer step.
  public var metaBatch: Int
  /// Tasks at a time; no result depends on it.
  public var threads: Int
  /// How the outer learning rates change while the budget is used up.
  public var schedule = RateSchedule.constant
  /// Tasks from one point of the learning curve to the next.
  public var pointEvery = Int.max
  /// Points at equal parts of the budget, beside those of ``pointEvery``; `nil` for none.
  public var points: Int?
  /// Seconds that earlier sessions of this training took.
  public var elapsed = 0.0
  /// What an earlier session summed up since its last point, where it was stopped between two.
  public var sums = CurveSums()

  /// A training with a constant rate, whose curve has one point, at its end.
  public init(_ trainer: MetaTrainer<Model>, data: StudyData, budget: TrainingBudget, metaBatch: Int, threads: Int) {
    self.trainer = trainer
    self.data = data
    self.budget = budget
    self.metaBatch = metaBatch
    self.threads = threads
  }

  /// Trains.
  ///
  /// - Parameters:
  ///   - state: the start; holds the newest complete state whenever this function returns or throws.
  ///   - recorder: gets every point of the learning curve, measures validation accuracy, and says whether to stop.
  /// - Returns: the points of the learning curve, and why it stopped.
  /// - Throws: `BilevelError` where training diverges, naming what and after which task; the state is then the last finite one. What the
  ///   recorder throws.
  public func run(
    _ state: inout MetaState, recorder: any TrainingRecorder
  ) throws -> (curve: [CurvePoint], end: TrainingEnd) {
    var clock = Stopwatch(seconds: elapsed)
    let (firstTask, start) = (state.tasksSeen, elapsed)
    var curve: [CurvePoint] = []
    var sums = sums
    var (smoothLoss, smoothAccuracy) = (Double.nan, Double.nan)

    func closePoint() throws {
      guard sums.steps > 0 else { return }
      clock.isRunning = false
      defer { clock.isRunning = true }
      let point = CurvePoint(
        tasks: state.tasksSeen, seconds: clock.seconds, queryLoss: sums.loss / Double(sums.steps),
        queryAccuracy: sums.accuracy / Double(sums.steps), validationAccuracy: try recorder.validationAccuracy(of: state))
      curve.append(point)
      sums = CurveSums()
      try recorder.record(point, state)
    }

    while true {
      let remaining = budget.tasks.map { $0 - state.tasksSeen } ?? metaBatch
      if remaining <= 0 || clock.seconds >= budget.seconds ?? .infinity { break }
      if recorder.isInterrupted {
        if sums.steps > 0 { try recorder.suspend(state, sums: sums, seconds: clock.seconds) }
        return (curve, .interrupted)
      }
      let share = used(tasks: state.tasksSeen, seconds: clock.seconds)
      let count = min(metaBatch, remaining)
      let report = try trainer.step(
        &state, count: count, threads: threads, rateScale: schedule.scale(at: share), progress: share
      ) { index in
        try data.trainingTask(index, for: trainer.model)
      }
      sums.add(report)
      smoothLoss = smoothLoss.isNaN ? report.queryLoss : 0.95 * smoothLoss + 0.05 * report.queryLoss
      smoothAccuracy = smoothAccuracy.isNaN ? report.queryAccuracy : 0.95 * smoothAccuracy + 0.05 * report.queryAccuracy
      let now = used(tasks: state.tasksSeen, seconds: clock.seconds)
      recorder.show(
        TrainingProgress(
          tasks: state.tasksSeen, seconds: clock.seconds, fraction: min(1, now), queryLoss: smoothLoss,
          queryAccuracy: smoothAccuracy,
          tasksPerSecond: Double(state.tasksSeen - firstTask) / max(1e-9, clock.seconds - start)))
      let isPoint = state.tasksSeen / pointEvery > (state.tasksSeen - count) / pointEvery
      if isPoint || part(now) > part(share) { try closePoint() }
    }
    try closePoint()
    return (curve, .budget)
  }

  /// The share of the budget that is used up.
  func used(tasks: Int, seconds: Double) -> Double {
    max(
      budget.tasks.map { Double(tasks) / Double(max(1, $0)) } ?? 0, budget.seconds.map { seconds / max(1e-9, $0) } ?? 0)
  }

  /// Which of the equal parts of the budget a share is in.
  private func part(_ share: Double) -> Int { points.map { Int(min(1, share) * Double($0)) } ?? 0 }
}

extension CurveSums {
  fileprivate mutating func add(_ report: MetaStepReport) {
    loss += report.queryLoss
    accuracy += report.queryAccuracy
    steps += 1
  }
}

/// Seconds while it runs.
struct Stopwatch {
  private var start = DispatchTime.now().uptimeNanoseconds
  private var before: Double

  /// A watch that runs.
  ///
  /// - Parameter seconds: what it shows at first.
  init(seconds: Double = 0) { before = seconds }

  /// What it shows.
  var seconds: Double { before + (isRunning ? Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9 : 0) }

  /// Whether it goes on.
  var isRunning = true {
    willSet { if isRunning && !newValue { before = seconds } }
    didSet { if isRunning && !oldValue { start = DispatchTime.now().uptimeNanoseconds } }
  }
}
