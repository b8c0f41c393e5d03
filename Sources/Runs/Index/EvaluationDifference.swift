import Foundation

/// The evaluations of two runs side by side: like with like, and what has nothing like it in the other run with a word on why.
enum EvaluationDifference {
  typealias Evaluation = RunSummary.Evaluation

  /// Lines where two evaluations of the same learner on the same kind of tasks differ.
  static func lines(_ first: [Evaluation], _ second: [Evaluation]) -> [RunDifference.Line] {
    var lines: [RunDifference.Line] = []
    var rest = second
    var alone: [Evaluation] = []
    for mine in first {
      let like = rest.indices.filter { isLike(mine, rest[$0]) }
      guard let place = like.first(where: { rest[$0].tasks == mine.tasks }) ?? like.first else {
        alone.append(mine)
        continue
      }
      let theirs = rest.remove(at: place)
      guard number(mine) != number(theirs) else { continue }
      lines.append(.init(key: key(mine, mine.conditions), first: number(mine), second: number(theirs)))
    }
    // What is left has no partner under the same conditions.
    for mine in alone {
      let near = rest.first { $0.learner == mine.learner && $0.tasksFrom == mine.tasksFrom }
      let why = near.map { " (unlike: \(EvaluationConditions.unlike(mine.conditions, $0.conditions).joined(separator: "; ")))" }
      lines.append(.init(key: key(mine, mine.conditions) + (why ?? ""), first: number(mine), second: "–"))
    }
    for theirs in rest {
      let near = alone.first { $0.learner == theirs.learner && $0.tasksFrom == theirs.tasksFrom }
      let why = near.map { " (unlike: \(EvaluationConditions.unlike($0.conditions, theirs.conditions).joined(separator: "; ")))" }
      lines.append(.init(key: key(theirs, theirs.conditions) + (why ?? ""), first: "–", second: number(theirs)))
    }
    return lines
  }

  private static func isLike(_ first: Evaluation, _ second: Evaluation) -> Bool {
    first.learner == second.learner && first.tasksFrom == second.tasksFrom
      && EvaluationConditions.unlike(first.conditions, second.conditions).isEmpty
  }

  private static func key(_ evaluation: Evaluation, _ conditions: EvaluationConditions?) -> String {
    "\(evaluation.learner) on \(evaluation.tasksFrom)" + (conditions.map { ", \($0.text)" } ?? "")
  }

  private static func number(_ evaluation: Evaluation) -> String {
    String(
      format: "%.2f ± %.2f %% (95 %%, %d tasks)", 100 * evaluation.mean, 50 * (evaluation.upper - evaluation.lower),
      evaluation.tasks)
  }
}
