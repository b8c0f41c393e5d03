import ArchPrior
import ArgumentParser
import Basics
import Foundation

struct RunsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "runs", abstract: "List, show, compare or clear away runs.",
    discussion: """
      The runs below a folder are kept in an index, FOLDER/index.sqlite. It is a cache: what changes in the folders is read again, \
      and an index that is missing or damaged is made anew. A file of that name that ArchPrior did not write stays as it is.
      """,
    subcommands: [List.self, Show.self, Diff.self, Prune.self])

  struct RootOption: ParsableArguments {
    @Option(help: "The folder that runs are looked for in.")
    var root = Self.usual

    private static let usual = "runs"

    func runs() throws -> [RunSummary] {
      // Before the first run there is no such folder, and nothing is wrong.
      if root == Self.usual, !FileManager.default.fileExists(atPath: root) {
        Output.note("there are no runs yet: no folder \(root) here; \(Advice.help(command: ["meta-train"])) says how to make one")
        return []
      }
      let index = try RunIndex(root: root)
      let runs = try index.runs()
      if index.rebuilt != nil { Output.note("note: the index of \(root) was damaged and is made anew") }
      if let note = index.note { Output.note("note: \(note)") }
      for folder in index.closed {
        Output.note("note: \(folder.path) may not be looked into (\(folder.reason)): what is in it is not listed")
      }
      return runs
    }
  }

  static func size(_ bytes: Int) -> String { String(format: "%.1f MB", Double(bytes) / 1e6) }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List runs, the oldest first.")

    @OptionGroup var root: RootOption

    @Option(help: "Only runs of this status: running, finished, stopped, killed, new, damaged or unreadable.")
    var status: RunSummary.Status?

    @Option(help: "Only runs of this method, such as t-nas or maml.")
    var method: String?

    @OptionGroup var json: JSONOption

    func run() throws {
      let runs = try root.runs().filter { run in
        (status == nil || run.status == status) && (method == nil || run.method == method)
      }
      if json.json { return try Output.json(runs) }
      guard !runs.isEmpty else {
        if FileManager.default.fileExists(atPath: root.root) { Output.note("no such runs in \(root.root)") }
        return
      }
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
      let old = runs.count { $0.isChecked == false }
      if old > 0 { Output.note("\(old) of these runs \(old == 1 ? "was" : "were") made before checksums: not checked") }
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show what a run is, where it comes from and what came of it.")

    @Argument(help: ArgumentHelp("The folder of a run.", valueName: "run"))
    var folder: String

    @OptionGroup var json: JSONOption

    /// An adaptation that the run keeps.
    struct Adaptation: Encodable {
      /// The result's name, without ending.
      var file: String
      /// The task's folder.
      var task: String
      /// Which of the run's learners adapted.
      var learner: String
      /// Pictures that were classified.
      var pictures: Int
      /// The share of labelled pictures classified rightly; `nil` where none has a label.
      var accuracy: Double?
      /// Tasks of the meta-training up to the checkpoint that was adapted.
      var tasksSeen: Int
    }

    struct Shown: Encodable {
      var summary: RunSummary
      var provenance: Provenance
      var outcome: PriorRun.Outcome?
      var timing: PriorRun.Timing?
      var adaptations: [Adaptation]
    }

    func run() throws {
      let run = try RunDirectory.read(folder)
      var problems: [String] = []
      let shown = Shown(
        summary: RunSummary(folder: folder), provenance: try run.provenance(),
        outcome: RunsCommand.read(PriorRun.Outcome.self, "meta-training", of: run, &problems),
        timing: RunsCommand.read(PriorRun.Timing.self, "timing", of: run, &problems),
        adaptations: Self.adaptations(of: run, &problems))
      if let problem = shown.summary.problem, !problems.contains(problem) { Output.note("\(folder): \(problem)") }
      for problem in problems { Output.note("note: \(problem)") }
      if !run.isSealed { Output.note("\(folder) was made before checksums: not checked") }
      if json.json { return try Output.json(shown) }
      let lines = Self.lines(of: shown)
      let width = lines.map(\.0.count).max() ?? 0
      for (key, value) in lines { print(key + String(repeating: " ", count: width - key.count + 2) + value) }
      if [.stopped, .killed, .damaged].contains(shown.summary.status) { print("\ngo on with: \(Advice.resume(run: folder))") }
    }

    private static func adaptations(of run: RunDirectory, _ problems: inout [String]) -> [Adaptation] {
      /// What is read of a result; those of before there were subjects are passed over.
      struct Kept: Decodable {
        struct Prediction: Decodable {}

        var predictions: [Prediction]
        var accuracy: Double?
        var subject: AdaptCommand.Subject?
      }
      return run.resultNames(beginningWith: "adaptation").compactMap { name in
        guard let kept = RunsCommand.read(Kept.self, name, of: run, &problems), let subject = kept.subject else { return nil }
        return Adaptation(
          file: name, task: subject.task, learner: subject.learner, pictures: kept.predictions.count, accuracy: kept.accuracy,
          tasksSeen: subject.tasksSeen)
      }
    }

    private static func lines(of shown: Shown) -> [(String, String)] {
      let (summary, provenance) = (shown.summary, shown.provenance)
      var lines = [
        ("run", summary.path), ("name", summary.name), ("method", summary.method), ("seed", "\(summary.seed)"),
        ("status", summary.status.rawValue), ("tasks seen", "\(summary.tasksSeen)"),
        ("started", summary.startedAt), ("size", RunsCommand.size(summary.bytes)),
        ("version", provenance.version), ("started by", ShellCommand(provenance.command).description),
        ("configuration", String(summary.configurationDigest.prefix(16))),
        (
          "machine",
          "\(provenance.machine.processor), \(counted(provenance.machine.cores, "core")), \(provenance.machine.kernels) kernels"
        ),
      ]
      lines += provenance.datasets.map { ("data set", "\($0.name) \($0.sha256.prefix(16))") }
      for (stage, seconds) in (shown.timing ?? [:]).sorted(by: { $0.key < $1.key }) {
        lines.append(("time, \(stage)", ProgressState.duration(seconds)))
      }
      if let genotype = shown.outcome?.genotype { lines.append(("genotype", genotype)) }
      if let accuracy = summary.validationAccuracy { lines.append(("meta-validation", Output.percent(accuracy))) }
      func age(_ tasks: Int?) -> String { tasks.map { " (after \(counted($0, "task")))" } ?? "" }
      lines += summary.evaluations.map { item in
        (
          "\(item.learner) on \(item.tasksFrom)",
          Output.percent(item.mean, (item.upper - item.lower) / 2) + ", \(counted(item.tasks, "task"))"
            + (item.conditions.map { ", \($0.text)" } ?? "") + age(summary.tasksSeen(before: item))
        )
      }
      lines += shown.adaptations.map { item in
        (
          "adaptation of \(item.learner)",
          "\(item.task): \(counted(item.pictures, "picture"))" + (item.accuracy.map { ", \(Output.percent($0))" } ?? "")
            + age(item.tasksSeen < summary.tasksSeen ? item.tasksSeen : nil)
        )
      }
      return lines
    }
  }

  /// A result where there is one.
  ///
  /// - Parameter problems: gets what is wrong with it.
  static func read<Value: Decodable>(_ type: Value.Type, _ name: String, of run: RunDirectory, _ problems: inout [String])
    -> Value?
  {
    do {
      return try run.hasResult(named: name) ? run.readResult(type, named: name) : nil
    } catch {
      problems.append(error.message)
      return nil
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
        --status, whole runs of these kinds. A run that a process works on, or that is damaged or cannot be read, is never touched, nor are files that are \
        not the run's, nor what lies behind a symbolic link.
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
      guard !status.contains(.damaged), !status.contains(.unreadable) else {
        throw ValidationError(
          "runs that are damaged or cannot be read are not removed; look at what is left of them, and remove their folders by hand"
        )
      }
      try Bounds.check("older-than", olderThan, from: 0, to: 1e6)
    }

    func run() throws {
      let pruning = RunPruning(
        rule: status.isEmpty ? .olderCheckpoints : .wholeRuns(Set(status)),
        startedBefore: olderThan.map { Date(timeIntervalSinceNow: -86_400 * $0) }, root: root.root)
      let runs = try root.runs()
      var items = pruning.plan(runs)
      for skipped in pruning.skipped(runs) { Output.note("note: \(skipped.path) stays: \(skipped.reason)") }
      for item in items {
        if !item.kept.isEmpty { Output.note("note: not the run's, stays in \(item.path): \(item.kept.joined(separator: ", "))") }
        for link in item.links { Output.note("note: \(item.path)/\(link) is a symbolic link: what it points to stays") }
      }
      var failures: [any Error] = []
      if yes {
        items = items.filter { item in
          do {
            try RunPruning.remove(item)
            return true
          } catch {
            failures.append(error)
            Output.note("note: \(item.path) stays: \(ErrorReport(error).message)")
            return false
          }
        }
      }
      if json.json {
        try Output.json(items)
        return try Self.check(failures)
      }
      for item in items {
        print(
          "\(item.path) (\(item.status.rawValue)): \(counted(item.removed.count, "file or folder", "files or folders")), \(RunsCommand.size(item.bytes))"
        )
      }
      let size = RunsCommand.size(items.reduce(0) { $0 + $1.bytes })
      let count = counted(items.count, "run")
      print(
        (status.isEmpty ? "older checkpoints of \(count), \(size)," : "\(count), \(size),")
          + (yes ? " removed" : " would be removed; --yes removes them"))
      try Self.check(failures)
    }

    private static func check(_ failures: [any Error]) throws {
      guard !failures.isEmpty else { return }
      throw CommandError(
        "\(counted(failures.count, "run")) could not be removed", help: ErrorReport(failures[0]).help,
        code: 1)
    }
  }
}

extension RunSummary.Status: ExpressibleByArgument {}
