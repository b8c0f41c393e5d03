import Foundation

/// What a progress line shows.
public struct ProgressState: Sendable, Equatable {
  /// The share that is done, in 0...1.
  public var fraction: Double
  /// Tasks seen.
  public var tasks: Int
  /// Tasks in all; `nil` where a time is the limit.
  public var totalTasks: Int?
  /// The query loss, an average over the latest tasks.
  public var loss: Double?
  /// The query accuracy, an average over the latest tasks, in 0...1.
  public var accuracy: Double?
  /// Seconds since the start.
  public var elapsed: Double
  /// Tasks a second.
  public var rate: Double?

  /// A state; what is `nil` is left out of the line.
  ///
  /// - Parameters:
  ///   - fraction: the share that is done, in 0...1.
  ///   - tasks: how many are done.
  ///   - totalTasks: how many there are in all; `nil` where a time is the limit.
  ///   - loss: the query loss, an average over the latest tasks.
  ///   - accuracy: in 0...1.
  ///   - elapsed: seconds since the start.
  ///   - rate: tasks a second.
  public init(
    fraction: Double, tasks: Int, totalTasks: Int? = nil, loss: Double? = nil, accuracy: Double? = nil, elapsed: Double = 0,
    rate: Double? = nil
  ) {
    self.fraction = fraction
    self.tasks = tasks
    self.totalTasks = totalTasks
    self.loss = loss
    self.accuracy = accuracy
    self.elapsed = elapsed
    self.rate = rate
  }

  /// Seconds until the end at the present speed; `nil` before anything is done.
  public var remaining: Double? { fraction > 0 && fraction <= 1 ? elapsed / fraction * (1 - fraction) : nil }

  /// The line, such as `T-NAS  [#####.....]  50%  500/1000 tasks  loss 1.234  acc 67.8%  12.3 tasks/s  0:40 left`.
  ///
  /// - Parameters:
  ///   - label: what the line begins with.
  ///   - unit: what the counted things are called.
  ///   - barWidth: the width of the bar, in characters.
  public func line(label: String, unit: String = "tasks", barWidth: Int = 20) -> String {
    let share = min(1, max(0, fraction.isFinite ? fraction : 0))
    let filled = Int(share * Double(barWidth))
    let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: barWidth - filled)
    var parts = ["\(label)  [\(bar)] \(String(format: "%3d", Int(share * 100)))%"]
    parts.append(totalTasks.map { "\(tasks)/\($0) \(unit)" } ?? "\(tasks) \(unit)")
    if let loss { parts.append(String(format: "loss %.3f", loss)) }
    if let accuracy { parts.append(String(format: "acc %.1f%%", accuracy * 100)) }
    if let rate { parts.append(String(format: rate < 10 ? "%.2f" : "%.0f", rate) + " \(unit)/s") }
    if let remaining, share < 1 { parts.append("\(Self.duration(remaining)) left") }
    return parts.joined(separator: "  ")
  }

  /// A time as `m:ss` or `h:mm:ss`.
  public static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 3.6e8 else { return "?" }
    let whole = Int(seconds.rounded())
    let (hours, minutes) = (whole / 3600, whole / 60 % 60)
    return hours > 0
      ? String(format: "%d:%02d:%02d", hours, minutes, whole % 60) : String(format: "%d:%02d", minutes, whole % 60)
  }
}
