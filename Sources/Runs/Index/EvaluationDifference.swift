import Basics
import Foundation

/// The evaluations of two runs side by side: like with like, and what has nothing like it in the other run with a word on why.
enum EvaluationDifference {
  typealias Evaluation = RunSummary.Evaluation

  /// An evaluation, and when it was made where its run has gone on since.
  private struct Row {
    var evaluation: Evaluation
    /// Tasks that its run had seen; `nil` for an evaluation of the newest checkpoint.
    var tasksSeen: Int?

    var conditions: EvaluationConditions? { evaluation.conditions }
  }

  /// Lines where two evaluations of the same learner on the same kind of tasks differ. Where either run has only one learner, the two
  /// are compared under any names: a run's network is its method's. Evaluations of the newest checkpoints are compared with each other,
  /// and an older one with one that was made after the same number of tasks.
  static func lines(_ first: RunSummary, _ second: RunSummary) -> [RunDifference.Line] {
    func rows(_ run: RunSummary) -> [Row] {
      run.evaluations.map { Row(evaluation: $0, tasksSeen: run.tasksSeen(before: $0)) }
    }
    let areSingle = Set(first.evaluations.map(\.learner)).count == 1 && Set(second.evaluations.map(\.learner)).count == 1
    var lines: [RunDifference.Line] = []
    var rest = rows(second)
    var alone: [Row] = []
    for mine in rows(first) {
      let like = rest.indices.filter { isLike(mine, rest[$0], areSingle) }
      // Of several the one that has most in common.
      guard let place = like.min(by: { distance(mine, rest[$0]) < distance(mine, rest[$1]) }) else {
        alone.append(mine)
        continue
      }
      let theirs = rest.remove(at: place)
      if let line = line(mine, theirs) { lines.append(line) }
    }
    // What is left has no partner under the same conditions.
    for mine in alone {
      let near = rest.first { isNear(mine, $0, areSingle) }
      let why = near.map { " (unlike: \(unlike(mine, $0).joined(separator: "; ")))" } ?? age(mine)
      lines.append(.init(key: key(mine.evaluation) + why, first: number(mine.evaluation), second: "–"))
    }
    for theirs in rest {
      let near = alone.first { isNear($0, theirs, areSingle) }
      let why = near.map { " (unlike: \(unlike($0, theirs).joined(separator: "; ")))" } ?? age(theirs)
      lines.append(.init(key: key(theirs.evaluation) + why, first: "–", second: number(theirs.evaluation)))
    }
    return lines
  }

  /// Whether two evaluations are of the same learner on the same kind of tasks.
  private static func isNear(_ first: Row, _ second: Row, _ areSingle: Bool) -> Bool {
    (areSingle || first.evaluation.learner == second.evaluation.learner)
      && first.evaluation.tasksFrom == second.evaluation.tasksFrom
  }

  private static func isLike(_ first: Row, _ second: Row, _ areSingle: Bool) -> Bool {
    isNear(first, second, areSingle) && unlike(first, second).isEmpty
  }

  /// In what two evaluations differ so that they cannot be held against each other.
  private static func unlike(_ first: Row, _ second: Row) -> [String] {
    var words = EvaluationConditions.unlike(first.conditions, second.conditions)
    if first.tasksSeen != second.tasksSeen {
      for (name, row) in [("first", first), ("second", second)] {
        if let count = row.tasksSeen { words.append("the \(name) run had seen \(counted(count, "task"))") }
      }
    }
    return words
  }

  private static func age(_ row: Row) -> String { row.tasksSeen.map { " (after \(counted($0, "task")))" } ?? "" }

  /// How far apart the conditions of two comparable evaluations are.
  private static func distance(_ first: Row, _ second: Row) -> Int {
    (first.conditions?.steps == second.conditions?.steps ? 0 : 2) + (first.evaluation.tasks == second.evaluation.tasks ? 0 : 1)
  }

  /// Where two evaluations differ; `nil` where they are the same.
  private static func line(_ mine: Row, _ theirs: Row) -> RunDifference.Line? {
    let (first, second) = (mine.evaluation, theirs.evaluation)
    let learner = first.learner == second.learner ? first.learner : "\(first.learner) and \(second.learner)"
    let counts = [first, second].map { $0.conditions?.steps }
    let steps = counts[0] == counts[1] ? counts.prefix(1) : counts[...]
    let words = steps.map { $0.map(String.init) ?? "?" }.joined(separator: " and ") + " steps"
    let key = "\(learner) on \(first.tasksFrom)" + (first.conditions.map { ", " + $0.text(steps: words) } ?? "") + age(mine)
    let isSame =
      first.mean == second.mean && first.lower == second.lower && first.upper == second.upper && first.tasks == second.tasks
    let areSameTasks = first.accuracies == nil || second.accuracies == nil || first.accuracies == second.accuracies
    guard !isSame || !areSameTasks || counts[0] != counts[1] || first.learner != second.learner else {
      return nil
    }
    let texts = (number(first), number(second))
    guard texts.0 == texts.1, !isSame || !areSameTasks else { return .init(key: key, first: texts.0, second: texts.1) }
    // The same in two digits.
    let exact = RunStages.texts(first.mean, second.mean)
    return exact.0 == exact.1
      ? .init(key: key, first: texts.0, second: "\(texts.1), not task by task") : .init(key: key, first: exact.0, second: exact.1)
  }

  private static func key(_ evaluation: Evaluation) -> String {
    "\(evaluation.learner) on \(evaluation.tasksFrom)" + (evaluation.conditions.map { ", \($0.text)" } ?? "")
  }

  private static func number(_ evaluation: Evaluation) -> String {
    String(
      format: "%.2f ± %.2f %% (95 %%, %d tasks)", 100 * evaluation.mean, 50 * (evaluation.upper - evaluation.lower),
      evaluation.tasks)
  }
}
