import Basics
import Foundation
import Runs

extension PriorRun {
  /// A budget that a run cannot go on with.
  public struct BudgetFailure: ReportableError, Equatable {
    /// What is wrong, where, and what to do.
    public let fault: Fault

    init(_ what: String, run: String, help: String) {
      fault = Fault(what, at: .named("run \(run)", file: run), help: help)
    }

    /// A mistake of the caller.
    public var isUsage: Bool { true }
  }

  /// Looks whether a run can go on with another budget than it had: not once the network is decoded, which has come of the prior as it was
  /// then, and not with one that is used up already.
  ///
  /// - Parameters:
  ///   - configuration: the one to go on with; the run still has its old one.
  ///   - run: the folder of the run, with its old configuration.
  ///   - checkpoint: its newest.
  /// - Throws: ``BudgetFailure``.
  public static func checkBudget(of configuration: Configuration, for run: RunDirectory, at checkpoint: Checkpoint)
    throws(BudgetFailure)
  {
    let (now, before) = (configuration.budget, run.configuration.budget)
    guard now != before else { return }
    let own = "go on with the budget that the run has: \(Advice.resume(run: run.path)); or train another run, with --output"
    let tasks = checkpoint.counters["prior.tasks"] ?? 0
    guard checkpoint["genotype"] == nil else {
      throw BudgetFailure(
        "its network was decoded after \(tasks) tasks of the prior, so that the prior's budget is settled: "
          + "it was \(text(before)), not \(text(now))", run: run.path, help: own)
    }
    if let wanted = now.tasks, wanted < tasks {
      throw BudgetFailure(
        "it is trained on \(tasks) tasks already, more than budget.tasks=\(wanted)", run: run.path, help: own)
    }
    if let wanted = now.seconds, let used = checkpoint.counters["prior.milliseconds"], Double(used) / 1000 > wanted {
      throw BudgetFailure(
        String(format: "it is trained for %.1f seconds already, more than budget.seconds=%g", Double(used) / 1000, wanted),
        run: run.path, help: own)
    }
  }

  private static func text(_ budget: Configuration.Budget) -> String {
    [budget.tasks.map { "\($0) tasks" }, budget.seconds.map { "\($0) seconds" }].compactMap(\.self).joined(separator: ", ")
  }
}
