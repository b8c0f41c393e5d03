import Foundation

/// The evaluations of two runs side by side: like with like, and what has nothing like it in the other run with a word on why.
enum EvaluationDifference {
  typealias Evaluation = RunSummary.Evaluation

  /// Lines where two evaluations of the same learner on the same kind of tasks differ. Where either run has only one learner, the two
  /// are compared under any names: a run's network is its method's.
  static func lines(_ first: [Evaluation], _ second: [Evaluation]) -> [RunDifference.Line] {
    let areSingle = Set(first.map(\.learner)).count == 1 && Set(second.map(\.learner)).count == 1
    var lines: [RunDifference.Line] = []
    var rest = second
    var alone: [Evaluation] = []
    for mine in first {
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
      let near = rest.first { $0.tasksFrom == mine.tasksFrom && (areSingle || $0.learner == mine.learner) }
      let why = near.map { " (unlike: \(EvaluationConditions.unlike(mine.conditions, $0.conditions).joined(separator: "; ")))" }
      lines.append(.init(key: key(mine) + (why ?? ""), first: number(mine), second: "–"))
    }
    for theirs in rest {
      let near = alone.first { $0.tasksFrom == theirs.tasksFrom && (areSingle || $0.learner == theirs.learner) }
      let why = near.map { " (unlike: \(EvaluationConditions.unlike($0.conditions, theirs.conditions).joined(separator: "; ")))" }
      lines.append(.init(key: key(theirs) + (why ?? ""), first: "–", second: number(theirs)))
    }
    return lines
  }

  private static func isLike(_ first: Evaluation, _ second: Evaluation, _ areSingle: Bool) -> Bool {
    (areSingle || first.learner == second.learner) && first.tasksFrom == second.tasksFrom
      && EvaluationConditions.unlike(first.conditions, second.conditions).isEmpty
  }

  /// How far apart the conditions of two comparable evaluations are.
  private static func distance(_ first: Evaluation, _ second: Evaluation) -> Int {
    (first.conditions?.steps == second.conditions?.steps ? 0 : 2) + (first.tasks == second.tasks ? 0 : 1)
  }

  /// Where two evaluations differ; `nil` where they are the same.
  private static func line(_ first: Evaluation, _ second: Evaluation) -> RunDifference.Line? {
    let learner = first.learner == second.learner ? first.learner : "\(first.learner) and \(second.learner)"
    let counts = [first, second].map { $0.conditions?.steps }
    let steps = counts[0] == counts[1] ? counts.prefix(1) : counts[...]
    let words = steps.map { $0.map(String.init) ?? "?" }.joined(separator: " and ") + " steps"
    let key = "\(learner) on \(first.tasksFrom)" + (first.conditions.map { ", " + $0.text(steps: words) } ?? "")
    let isSame =
      first.mean == second.mean && first.lower == second.lower && first.upper == second.upper && first.tasks == second.tasks
    let areSameTasks = first.accuracies == nil || second.accuracies == nil || first.accuracies == second.accuracies
    guard !isSame || !areSameTasks || counts[0] != counts[1] || first.learner != second.learner else {
      return nil
    }
    let (mine, theirs) = (number(first), number(second))
    guard mine == theirs, !isSame || !areSameTasks else { return .init(key: key, first: mine, second: theirs) }
    // The same in two digits.
    let exact = RunStages.texts(first.mean, second.mean)
    return exact.0 == exact.1
      ? .init(key: key, first: mine, second: "\(theirs), not task by task") : .init(key: key, first: exact.0, second: exact.1)
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
