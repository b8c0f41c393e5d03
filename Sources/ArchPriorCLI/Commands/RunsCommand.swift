import ArchPrior
import ArgumentParser
import Foundation

struct RunsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "runs", abstract: "List, show, compare or clear away runs.",
    discussion: """
      The runs below a folder are kept in an index, FOLDER/index.sqlite. It is a cache: what changes in the folders is read again, \
      and an index that is missing or damaged is made anew.
      """,
    subcommands: [List.self, Show.self, Diff.self, Prune.self])

  struct RootOption: ParsableArguments {
    @Option(help: "The folder that runs are looked for in.")
    var root = "runs"

    func runs() throws -> [RunSummary] {
      let index = try RunIndex(root: root)
      if let reason = index.rebuilt { Output.note("note: the index of \(root) was damaged and is made anew: \(reason)") }
      return try index.runs()
    }
  }

  static func size(_ bytes: Int) -> String { String(format: "%.1f MB", Double(bytes) / 1e6) }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List runs, the oldest first.")

    @OptionGroup var root: RootOption

    @Option(help: "Only runs of this status: running, finished, stopped, killed, new or damaged.")
    var status: RunSummary.Status?

    @Option(help: "Only runs of this method, such as t-nas or maml.")
    var method: String?

    @OptionGroup var json: JSONOption

    func run() throws {
      let runs = try root.runs().filter { run in
        (status == nil || run.status == status) && (method == nil || run.method == method)
      }
      if json.json { return try Output.json(runs) }
      guard !runs.isEmpty else { return Output.note("no such runs in \(root.root)") }
      print(
        Output.table(
          ["run", "method", "seed", "status", "tasks", "meta-validation", "started", "size"],
          runs.map { run in
            [
              run.path, run.method, "\(run.seed)", run.status.rawValue, "\(run.tasksSeen)",
              run.validationAccuracy.map { Output.percent($0) } ?? "–", run.startedAt, RunsCommand.size(run.bytes),
            ]
          }))
      for run in runs { if let problem = run.problem { Output.note("\(run.path): \(problem)") } }
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show what a run is, where it comes from and what came of it.")

    @Argument(help: ArgumentHelp("The folder of a run.", valueName: "run"))
    var folder: String

    @OptionGroup var json: JSONOption

    struct Shown: Encodable {
      var summary: RunSummary
      var provenance: Provenance
      var outcome: PriorRun.Outcome?
      var timing: PriorRun.Timing?
    }

    func run() throws {
      let run = try RunDirectory.read(folder)
      let shown = Shown(
        summary: RunSummary(folder: folder), provenance: try run.provenance(),
        outcome: try? run.readResult(PriorRun.Outcome.self, named: "meta-training"),
        timing: try? run.readResult(PriorRun.Timing.self, named: "timing"))
      if json.json { return try Output.json(shown) }
      let (summary, provenance) = (shown.summary, shown.provenance)
      var lines = [
        ("run", summary.path), ("name", summary.name), ("method", summary.method), ("seed", "\(summary.seed)"),
        ("status", summary.status.rawValue), ("tasks seen", "\(summary.tasksSeen)"),
        ("started", summary.startedAt), ("size", RunsCommand.size(summary.bytes)),
        ("version", provenance.version), ("command", provenance.command.joined(separator: " ")),
        ("configuration", String(summary.configurationDigest.prefix(16))),
        ("machine", "\(provenance.machine.processor), \(provenance.machine.cores) cores, \(provenance.machine.kernels) kernels"),
      ]
      lines += provenance.datasets.map { ("data set", "\($0.name) \($0.sha256.prefix(16))") }
      for (stage, seconds) in (shown.timing ?? [:]).sorted(by: { $0.key < $1.key }) {
        lines.append(("time, \(stage)", ProgressState.duration(seconds)))
      }
      if let genotype = shown.outcome?.genotype { lines.append(("genotype", genotype)) }
      if let accuracy = summary.validationAccuracy { lines.append(("meta-validation", Output.percent(accuracy))) }
      for item in summary.evaluations {
        lines.append(
          (
            "\(item.learner) on \(item.tasksFrom)",
            Output.percent(item.mean, (item.upper - item.lower) / 2) + ", \(item.tasks) tasks"
              + (item.conditions.map { ", \($0.text)" } ?? "")
          ))
      }
      let width = lines.map(\.0.count).max() ?? 0
      for (key, value) in lines { print(key + String(repeating: " ", count: width - key.count + 2) + value) }
    }
  }

  struct Diff: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Say what two runs differ in.")

    @Argument(help: "The folder of a run.")
    var first: String

    @Argument(help: "The folder of another.")
    var second: String

    @OptionGroup var json: JSONOption

    func run() throws {
      let difference = try RunDifference(first, second)
      if json.json { return try Output.json(difference) }
      for (title, lines) in [
        ("configuration", difference.configuration), ("provenance", difference.provenance), ("results", difference.results),
      ] {
        guard !lines.isEmpty else {
          print("\(title): the same")
          continue
        }
        print(Output.table([title, first, second], lines.map { [$0.key, $0.first, $0.second] }))
      }
    }
  }

  struct Prune: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Remove files of runs that are no longer needed.",
      discussion: """
        Says what it would remove; removes it with --yes. Without --status, all checkpoints of finished runs but the newest go. With \
        --status, whole runs of these kinds. A run that a process works on is never touched, nor are files that are not the run's.
        """)

    @OptionGroup var root: RootOption

    @Option(help: "Remove whole runs of this status; may be repeated.")
    var status: [RunSummary.Status] = []

    @Option(help: "Only runs started more than so many days ago.")
    var olderThan: Double?

    @Flag(help: "Remove, instead of saying what would be removed.")
    var yes = false

    @OptionGroup var json: JSONOption

    func validate() throws {
      guard !status.contains(.running) else { throw ValidationError("runs that a process works on cannot be removed") }
      guard olderThan.map({ $0 >= 0 && $0.isFinite }) ?? true else { throw ValidationError("--older-than must be 0 or more") }
    }

    func run() throws {
      let pruning = RunPruning(
        rule: status.isEmpty ? .olderCheckpoints : .wholeRuns(Set(status)),
        startedBefore: olderThan.map { Date(timeIntervalSinceNow: -86_400 * $0) })
      let items = pruning.plan(try root.runs())
      if yes { for item in items { try RunPruning.remove(item) } }
      if json.json { return try Output.json(items) }
      for item in items {
        print("\(item.path) (\(item.status.rawValue)): \(item.removed.count) files or folders, \(RunsCommand.size(item.bytes))")
      }
      let total = items.reduce(0) { $0 + $1.bytes }
      print("\(RunsCommand.size(total)) of \(items.count) runs \(yes ? "removed" : "would be removed; --yes removes them")")
    }
  }
}

extension RunSummary.Status: ExpressibleByArgument {}
