import ArchPrior
import Foundation

/// What the contest found: a row a data set, number of shots, contestant and multiple of the prior's time.
struct PriorResults: Codable, Sendable {
  /// A mean over tasks with its 95 % interval (Student's t).
  struct Estimate: Codable, Hashable, Sendable {
    var mean: Double
    var lower: Double
    var upper: Double

    /// `nil` for fewer than two values.
    init?(_ values: [Double]) {
      guard values.count > 1, let sample = try? Sample(values), let interval = try? sample.confidenceInterval() else {
        return nil
      }
      (mean, lower, upper) = (sample.mean, interval.lower, interval.upper)
    }
  }

  struct Row: Codable, Hashable, Sendable {
    var dataset: String
    var shot: Int
    var contestant: Contestant
    /// The multiple of the prior's median time that was given; 0 for those that take the time that their steps take.
    var factor: Int
    var tasks: Int
    var accuracy: Estimate
    /// The median seconds that were used, and of them for the search.
    var seconds: Double
    var searchSeconds: Double
    /// Medians of training steps, and of candidates or steps of θ.
    var steps: Double
    var evaluations: Double
    /// The prior's accuracy minus this one's on the same tasks; `nil` for the prior itself. See ``PriorResults/reference(of:shot:among:)``.
    var priorAhead: Estimate?
  }

  var rows: [Row]

  /// - Parameter lines: attempts in any order; of several on the same task, the first counts.
  init(_ lines: [PriorJournal.Line]) {
    var groups: [PriorJournal.Group: [Int: Attempt]] = [:]
    for line in lines where groups[line.group]?[line.task] == nil { groups[line.group, default: [:]][line.task] = line.attempt }
    rows = groups.compactMap { group, attempts -> Row? in
      let ordered = attempts.sorted { $0.key < $1.key }
      guard let accuracy = Estimate(ordered.map(\.value.accuracy)) else { return nil }
      var reference = group
      (reference.contestant, reference.factor) = (Self.reference(of: group.dataset, shot: group.shot, among: groups.keys), 0)
      let differences = ordered.compactMap { task, attempt in
        groups[reference]?[task].map { $0.accuracy - attempt.accuracy }
      }
      func middle(_ value: (Attempt) -> Double) -> Double { median(ordered.map { value($0.value) }) }
      return Row(
        dataset: group.dataset, shot: group.shot, contestant: group.contestant, factor: group.factor, tasks: ordered.count,
        accuracy: accuracy, seconds: middle(\.seconds), searchSeconds: middle(\.searchSeconds),
        steps: middle { Double($0.steps) },
        evaluations: middle { Double($0.evaluations) },
        priorAhead: group == reference ? nil : Estimate(differences))
    }
    let order = Dictionary(uniqueKeysWithValues: Contestant.allCases.enumerated().map { ($1, $0) })
    rows.sort {
      ($1.dataset, $0.shot, order[$0.contestant] ?? 0, $0.factor) < ($0.dataset, $1.shot, order[$1.contestant] ?? 0, $1.factor)
    }
  }

  /// The prior that everybody is held against: that of the data set's own training classes, where there is one.
  private static func reference(
    of dataset: String, shot: Int, among groups: some Sequence<PriorJournal.Group>
  ) -> Contestant {
    groups.contains { $0.dataset == dataset && $0.shot == shot && $0.contestant == .priorOfOmniglot } ? .priorOfOmniglot : .prior
  }

  /// The row of the prior that everybody is held against.
  func reference(_ dataset: String, _ shot: Int) -> Row? { rows(dataset, shot).first { $0.factor == 0 && $0.priorAhead == nil } }

  /// Data sets and shots that there are rows of, in order.
  var places: [(dataset: String, shot: Int)] {
    var seen = Set<String>()
    return rows.filter { seen.insert("\($0.dataset)/\($0.shot)").inserted }.map { ($0.dataset, $0.shot) }
  }

  func rows(_ dataset: String, _ shot: Int) -> [Row] { rows.filter { $0.dataset == dataset && $0.shot == shot } }

  func row(_ dataset: String, _ shot: Int, _ contestant: Contestant, factor: Int = 0) -> Row? {
    rows(dataset, shot).first { $0.contestant == contestant && $0.factor == factor }
  }

  /// The multiples of time that there are rows of.
  var factors: [Int] { Set(rows.map(\.factor)).subtracting([0]).sorted() }

  /// In one sentence, what the searches from scratch came to at each multiple of the time, and whether any came up to the prior.
  func sentence(_ dataset: String, _ shot: Int) -> String? {
    guard let prior = reference(dataset, shot) else { return nil }
    let parts = factors.compactMap { factor -> String? in
      let found = rows(dataset, shot).filter { $0.factor == factor && $0.contestant.searches }
      guard let best = found.max(by: { $0.accuracy.mean < $1.accuracy.mean }), let ahead = best.priorAhead else { return nil }
      let verdict =
        ahead.lower > 0
        ? "\(Self.points(ahead.mean)) points behind it on the same tasks"
        : ahead.upper < 0 ? "\(Self.points(-ahead.mean)) points ahead of it on the same tasks" : "not told apart from it"
      return "\(Self.percent(best.accuracy)) with \(factor)× the time (\(best.contestant.title), \(verdict))"
    }
    guard !parts.isEmpty else { return nil }
    return
      "\(dataset), \(shot)-shot: the prior, adapted in \(Self.time(prior.seconds)), classifies \(Self.percent(prior.accuracy)); "
      + "the best search from scratch reaches \(parts.joined(separator: ", "))."
  }

  /// What the networks that are given come to.
  private func givenSentence(_ dataset: String, _ shot: Int) -> String? {
    let conv4 = factors.compactMap { factor in
      row(dataset, shot, .conv4, factor: factor).map { "\(Self.percent($0.accuracy)) with \(factor)×" }
    }
    guard !conv4.isEmpty else { return nil }
    let ready = [Contestant.decodedMAML, .prior].compactMap { row(dataset, shot, $0) }.filter { $0.priorAhead != nil }.map {
      "; \($0.contestant.title): \(Self.percent($0.accuracy)) in \(Self.time($0.seconds))"
    }
    return
      "without a search, four convolution layers trained from scratch reach \(conv4.joined(separator: ", "))\(ready.joined())."
  }

  /// All that is said of a data set.
  func sentences(_ dataset: String, _ shot: Int) -> [String] {
    [sentence(dataset, shot), givenSentence(dataset, shot)].compactMap(\.self)
  }

  static func percent(_ estimate: Estimate) -> String {
    String(format: "%.1f ± %.1f %%", 100 * estimate.mean, 50 * (estimate.upper - estimate.lower))
  }

  static func points(_ share: Double) -> String { String(format: "%.1f", 100 * share) }

  static func time(_ seconds: Double) -> String {
    seconds < 1 ? String(format: "%.0f ms", 1000 * seconds) : String(format: "%.1f s", seconds)
  }

  /// Tables for people.
  var text: String {
    var parts: [String] = []
    for (dataset, shot) in places {
      var lines = [
        ["\(dataset), \(shot)-shot", "× time", "tasks", "accuracy", "prior ahead by", "median s", "search s", "steps", "judged"]
      ]
      for row in rows(dataset, shot) {
        lines.append([
          row.contestant.title, row.factor == 0 ? "–" : "\(row.factor)", "\(row.tasks)", Self.percent(row.accuracy),
          row.priorAhead.map {
            String(format: "%+.1f [%+.1f, %+.1f]", 100 * $0.mean, 100 * $0.lower, 100 * $0.upper)
          } ?? "–", String(format: "%.4f", row.seconds), String(format: "%.4f", row.searchSeconds),
          String(format: "%.0f", row.steps), String(format: "%.0f", row.evaluations),
        ])
      }
      parts.append(table(lines))
    }
    return (parts + places.map { sentences($0.dataset, $0.shot).joined(separator: "\n") }).joined(separator: "\n\n")
  }

  /// The rows as comma-separated values.
  var csv: String {
    var lines = [
      "dataset,shot,contestant,factor,tasks,accuracy,accuracy_lower,accuracy_upper,median_seconds,median_search_seconds,"
        + "median_steps,median_evaluations,prior_ahead,prior_ahead_lower,prior_ahead_upper"
    ]
    for row in rows {
      let numbers =
        [row.accuracy.mean, row.accuracy.lower, row.accuracy.upper, row.seconds, row.searchSeconds, row.steps, row.evaluations]
        + (row.priorAhead.map { [$0.mean, $0.lower, $0.upper] } ?? [])
      lines.append(
        (["\(row.dataset)", "\(row.shot)", row.contestant.rawValue, "\(row.factor)", "\(row.tasks)"]
          + numbers.map { String(format: "%.6g", $0) } + (row.priorAhead == nil ? ["", "", ""] : [])).joined(separator: ","))
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

/// The lines that a contest keeps.
enum PriorJournal {
  /// What the lines of a file belong to.
  struct Header: Codable, Equatable {
    /// The configuration's name, and the cell decoded from the prior.
    var prior: String
    var cell: String
    var seed: UInt64
    var way: Int
    var queriesPerClass: Int
    /// Of searches from scratch; `nil` where attempts use a prior.
    var settings: ScratchSettings?
  }

  /// What belongs together in a table.
  struct Group: Codable, Hashable, Sendable {
    var dataset: String
    var shot: Int
    var contestant: Contestant
    /// The multiple of the prior's time; 0 for those with a prior.
    var factor: Int
  }

  struct Line: Codable, Sendable {
    var group: Group
    var task: Int
    var attempt: Attempt
  }
}
