import ArchPrior
import ArgumentParser
import Basics
import Foundation

struct MetaTrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "meta-train",
    abstract: "Meta-train a prior over many tasks.",
    discussion: """
      Trains what the configuration says and keeps checkpoints in the run's folder. Control-C saves and stops; --resume --output RUN \
      goes on from the newest checkpoint under the run's own configuration, and ends in the same numbers as a run that was never stopped.
      """)

  @Argument(
    help:
      "A YAML file; keys that it leaves out have their defaults (see --print-configuration). With --resume, the run's own where it is left out."
  )
  var config: String?

  @Option(help: "The run's folder; runs/NAME with the configuration's name where it is left out.")
  var output: String?

  @Flag(help: "Go on with the run in the folder.")
  var resume = false

  @Flag(help: "Replace the run in the folder.")
  var overwrite = false

  @Flag(help: "Print the whole configuration, defaults written out, and do nothing else.")
  var printConfiguration = false

  @Flag(help: "Check everything, try a few steps, and print the plan with estimates of time and memory; keep nothing.")
  var dryRun = false

  @OptionGroup var set: SetOption
  @OptionGroup var threads: ThreadOption
  @OptionGroup var json: JSONOption

  func validate() throws {
    guard config != nil || printConfiguration || (resume && output != nil) else {
      throw ValidationError(
        resume
          ? "--resume wants the run's folder (--output), or the configuration that names it"
          : "Missing expected argument '<config>'")
    }
    guard !(resume && overwrite) else { throw ValidationError("--resume and --overwrite exclude each other") }
    guard !(dryRun && (resume || overwrite)) else {
      throw ValidationError("--dry-run goes with neither --resume nor --overwrite")
    }
  }

  func run() throws {
    var settings = try baseConfiguration().setting(set.overrides)
    if let count = threads.threads { settings.threads = count }
    if printConfiguration {
      print(settings.resolved, terminator: "")
      return
    }
    if dryRun { return try printPlan(settings) }
    let folder = output ?? "runs/\(PathName.component(settings.name))"
    var training = try openRun(folder, settings)

    Interruption.watch()
    let display = StageDisplay()
    defer { display.finish() }
    training.progress = { stage, _, progress in display.show(stage, progress) }
    training.observer.say = { display.note($0) }
    training.observer.isInterrupted = { Interruption.isRequested }
    training.observer.waitForSpace = DiskFull.waiting(kept: DiskFull.kept(in: training.run)) { display.note($0) }
    if let process = training.run.abandonedBy {
      display.note("note: \(process) was killed while it worked on \(folder); going on from its last checkpoint")
    }
    for line in training.run.notes { display.note("note: \(line)") }
    if !training.run.isSealed { display.note("note: \(folder) was made before checksums: not checked") }
    for line in training.data.leftOut { display.note("left out: \(line)") }
    for line in training.configuration.warnings(imageShape: training.data.imageShape) { display.note("warning: \(line)") }
    // Where the first steps fail, training says so itself.
    if let peak = try? training.estimatedPeakMemory() {
      display.note("memory: about \(peak >> 20) MiB at most, on \(counted(training.threads, "thread"))")
    }
    // Between the lines of a training that is slow, or ends with a decoding.
    let outcome = try Heartbeat.during("working on \(folder)") { try training.train() }
    display.finish()
    guard outcome.finished else {
      throw CommandError(
        "stopped; everything so far is saved in \(folder)",
        help: "go on with: \(Advice.resume(run: folder))", code: 1)
    }
    if json.json { return try Output.json(outcome) }
    let timing = try training.run.readResult(PriorRun.Timing.self, named: "timing")
    for (name, curve) in [("prior", outcome.prior), ("decoded", outcome.decoded)] {
      guard let last = curve.last else { continue }
      let validated = curve.last { $0.validationAccuracy != nil }?.validationAccuracy
      print(
        "\(name): \(counted(last.tasks, "task")) in \(ProgressState.duration(timing[name] ?? 0)), query accuracy \(Output.percent(last.queryAccuracy))"
          + (validated.map { ", meta-validation \(Output.percent($0))" } ?? ""))
    }
    if let genotype = outcome.genotype { print("genotype: \(genotype)") }
    print("run: \(folder)")
  }

  private func printPlan(_ settings: Configuration) throws {
    let data = try StudyData(settings)
    for line in settings.warnings(imageShape: data.imageShape) { Output.note("warning: \(line)") }
    let plan = try Heartbeat.during("trying some steps") {
      try RunPlan(settings, data: data, threads: threads.resolved(settings.threads))
    }
    if json.json { return try Output.json(plan) }
    print(
      Output.table(
        ["data set", "meta-train", "meta-validation", "meta-test"],
        plan.datasets.map { [$0.name, "\($0.metaTrain)", "\($0.metaValidation)", "\($0.metaTest)"] }))
    for line in plan.leftOut { print("left out: \(line)") }
    print()
    print(
      Output.table(
        ["stage", "tasks", "outer steps", "a step", "validation", "checkpoints", "parameters", "meta-trained", "time"],
        plan.stages.map { stage in
          [
            stage.name, stage.tasks.map { "\($0)" } ?? "–", stage.outerSteps.map { "\($0)" } ?? "–",
            String(format: "%.3f s", stage.secondsPerStep), String(format: "%.1f s", stage.secondsPerValidation),
            stage.checkpoints.map { "\($0)" } ?? "–", "\(stage.parameters)", "\(stage.metaTrained)",
            (stage.isEstimated ? "about " : "") + ProgressState.duration(stage.seconds),
          ]
        }))
    let memory = plan.peakMemory.map { String(format: ", memory about %.0f MiB at most", Double($0) / Double(1 << 20)) } ?? ""
    let disk = String(format: ", checkpoints about %.1f MB", Double(plan.checkpointBytes) / 1e6)
    print(
      "\nabout \(ProgressState.duration(plan.seconds)) on \(counted(plan.threads, "thread"))\(memory)\(disk); nothing was written"
    )
  }

  /// What is asked for before keys are set anew.
  private func baseConfiguration() throws -> Configuration {
    if let config {
      if FileManager.default.fileExists(atPath: "\(config)/configuration.yaml") {
        throw CommandError(
          "\(config) is the folder of a run, not a configuration",
          help: "to go on with it: --resume --output \(ShellCommand.quoted(config))")
      }
      return try Configuration(contentsOf: config)
    }
    if resume, let output { return try RunDirectory.configurationToResume(output) }
    return Configuration()
  }

  private func openRun(_ folder: String, _ settings: Configuration) throws -> PriorRun {
    let threads = threads.resolved(settings.threads)
    guard resume else {
      return try PriorRun(settings, in: folder, existing: overwrite ? .overwrite : .refuse, threads: threads)
    }
    let data = try StudyData(settings)
    let datasets = data.provenance
    let run = try RunDirectory.resume(folder)
    let before = try run.provenance {
      Provenance(configuration: settings, datasets: datasets, machine: Machine.current(kernels: KernelLevel.name))
    }.datasets
    guard before.count == datasets.count, zip(before, datasets).allSatisfy({ $0.isSameData(as: $1) }) else {
      throw otherData(before, datasets, in: folder)
    }
    if !(try run.checkpoints().isEmpty) {
      // Refuses another configuration before the run's own is replaced.
      do {
        try PriorRun.checkBudget(of: settings, for: run, at: run.latestCheckpoint(for: settings))
      } catch let error as CheckpointError {
        guard case .otherConfiguration = error.problem, config != nil else { throw error }
        throw CommandError(
          error.message, help: "to go on under the run's own configuration: \(Advice.resume(run: folder))",
          code: ErrorReport(error).code)
      }
    }
    try run.replaceConfiguration(settings)
    return PriorRun(configuration: settings, data: data, run: run, threads: threads)
  }

  /// The error of data sets that are not those of the run to go on with: other names, or other pictures under the same ones.
  private func otherData(
    _ before: [Provenance.Dataset], _ now: [Provenance.Dataset], in folder: String
  ) -> CommandError {
    let (theirs, ours) = (Set(before.map(\.name)), Set(now.map(\.name)))
    let changed = before.filter { old in ours.contains(old.name) && !now.contains { $0.isSameData(as: old) } }.map(\.name)
    guard changed.isEmpty else {
      return CommandError(
        "the data sets are not those that the run in \(folder) was started with",
        help: "restore them: \(changed.joined(separator: ", "))", code: 1)
    }
    let more = now.map(\.name).filter { !theirs.contains($0) }
    let fewer = before.map(\.name).filter { !ours.contains($0) }
    let parts = [("also", more), ("not", fewer)].filter { !$0.1.isEmpty }.map { "\($0.0) \($0.1.joined(separator: ", "))" }
    let difference = parts.isEmpty ? "in another order" : parts.joined(separator: "; ")
    let isSet = set.sets("data.sources") || set.sets("data.holdout_sources")
    let subject = isSet ? "--set" : config ?? "the run's configuration"
    return CommandError(
      "\(subject) names other data sets than the run in \(folder) was started with (\(difference))",
      help: isSet
        ? "leave --set data.sources and data.holdout_sources out to go on"
        : config == nil
          ? "have the data sets at hand that the run was started with, and no others of such names"
          : "leave the configuration out to go on under the run's own", code: 1)
  }
}
