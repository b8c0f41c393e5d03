import ArchPrior
import ArgumentParser
import Basics
import Foundation

struct AdaptCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "adapt",
    abstract: "Adapt a prior to your own images, and classify others.",
    discussion: """
      The task's folder holds a few examples a class, and what is to be classified:
        support/CLASS/*.png
        query/*.png            labels unknown, or
        query/CLASS/*.png      labels known, for an accuracy
      Pictures are PNG or JPEG files, read as those of the run's data were unless an option says otherwise. There may be any number \
      of classes. Every picture of the query is classified by itself, unless --batch-norm transductive lets them see each other.
      """)

  @Argument(help: ArgumentHelp("The folder of a run.", valueName: "run"))
  var folder: String

  @Option(help: "The task's folder.")
  var task: String

  @Option(
    help: """
      A file for the result as JSON. Where it is left out: RUN/results/adaptation-FOLDER.json, or adaptation-FOLDER-DIGEST.json where \
      that holds the result of other pictures or settings.
      """)
  var output: String?

  @Option(help: "Which learner of the run adapts: prior, frozen, decoded, conv-4 or network; its first where it is left out.")
  var learner: String?

  @OptionGroup var policy: PolicyOption
  @OptionGroup var set: TrainedSetOption
  @OptionGroup var threads: ThreadOption
  @OptionGroup var reading: ReadingOptions
  @OptionGroup var dry: DryRunOption
  @OptionGroup var json: JSONOption

  /// What is in the folder and would be done with it.
  struct Plan: Codable {
    var classes: [String]
    var supportImages: [String: Int]
    var queryImages: Int
    var labelledQueryImages: Int
    /// Query images that are also support images.
    var repeated: [FolderTask.Repeated]
    var inverted: Bool
    /// How the pictures were read, and the data sets that were read so.
    var reading: PictureReading
    var readAs: [String]
    /// Which of the run's learners would adapt.
    var learner: String
    /// Inner steps of the adaptation.
    var steps: Int
    /// Whose statistics would normalise the query pictures.
    var batchNorm: String
    /// Classes of the tasks that the run was trained on.
    var trainedWay: Int
    /// Where the result would be written.
    var output: String
  }

  struct Result: Codable {
    struct Prediction: Codable {
      var file: String
      var predicted: String
      /// Of the predicted class.
      var probability: Double
      /// Of every class, in the order of `classes`.
      var probabilities: [Double]
      /// The class where the folder tells it.
      var label: String?
    }

    var classes: [String]
    var predictions: [Prediction]
    /// The share of labelled query images classified rightly.
    var accuracy: Double?
    var genotype: String?
    /// Query images that are also support images.
    var repeated: [FolderTask.Repeated]
    var seconds: Double
    var supportLosses: [Double]
    var inverted: Bool
    /// How the pictures were read, and the data sets that were read so.
    var reading: PictureReading
    var readAs: [String]
    /// Pictures of the query that cannot be read.
    var leftOut: [String]
    var batchNorm: String
    /// What it is the result of.
    var subject: Subject
  }

  /// What a result depends on but the program: two results of the same subject are the same.
  struct Subject: Codable, Equatable {
    /// The task's folder.
    var task: String
    /// Of all pictures as they were read, and of their names and labels.
    var pictures: String
    var learner: String
    /// Inner steps of the adaptation.
    var steps: Int
    var batchNorm: String
    /// Classes of the tasks that the run was trained on.
    var trainedWay: Int
    /// Keys of the run's configuration that were set anew, `key=value`.
    var overrides: [String]
    /// Tasks of the meta-training up to the checkpoint that was adapted.
    var tasksSeen: Int
  }

  func validate() throws { _ = try overrides() }

  /// Where nobody says otherwise, an answer about one picture does not depend on which others were asked about.
  private func overrides() throws -> [String] {
    let chosen = policy.batchNorm ?? (set.sets("batch_norm") ? nil : .supportStatistics)
    return try set.with([("batch_norm", "--batch-norm", chosen?.rawValue)])
  }

  func run() throws {
    let directory = try RunDirectory.read(folder)
    // Before anything is read that takes time.
    let file = try OutputFile.output(output, .adaptation, of: directory)
    var settings = try directory.configuration.setting(forAdaptation: try overrides())
    var prior = try TrainedPrior(run: directory, configuration: settings)
    let choice = try reading.choice(for: prior, task: task)
    let images = try FolderTask(folder: task, reading: choice.reading)
    if images.way != prior.trainedWay {
      settings.task.way = images.way
      prior = try TrainedPrior(run: directory, configuration: settings)
    }
    let learner = try prior.learner(named: self.learner)
    for note in images.notes { Output.note("note: \(note)") }
    for error in images.leftOut { Output.note("left out: \(error)") }
    for note in choice.notes { Output.note("note: \(note)") }
    if let line = images.repeatedLine { Output.note("note: \(line)") }
    if let note = prior.note(on: learner) { Output.note("note: \(note)") }
    for note in prior.notes(onIdle: set, [learner]) { Output.note("note: \(note)") }
    if let warning = settings.batchNorm.warning(queries: images.queryFiles.count, way: images.way) {
      Output.note("warning: \(warning)")
    }
    let subject = subject(images, learner, prior, directory)
    let place = ResultPlace(file, in: directory, named: resultName(subject, in: directory), isDryRun: dry.dryRun)
    if !json.json { print(choice.line(images)) }
    if dry.dryRun { return try printPlan(images, choice, subject, place) }
    // One task, and a person who waits: all cores work on it.
    let (adapted, genotype) = try TaskTeam.withThreads(threads.resolved(settings.threads)) {
      try Heartbeat.during("adapting") {
        try prior.adapt(to: FewShotTask(images), learner: learner, batchNorm: settings.batchNorm)
      }
    }
    let result = self.result(images, choice, adapted, genotype, subject)
    // Printed first: keeping it waits where the disk is full.
    if json.json { try Output.json(result) } else { printTable(result, settings.batchNorm) }
    try place.keep(result)
    if !json.json { print("saved: \(place.path)") }
  }

  private func printTable(_ result: Result, _ policy: BatchNormPolicy) {
    let rows = result.predictions.map { prediction in
      [
        prediction.file, prediction.predicted, String(format: "%.1f %%", 100 * prediction.probability),
        prediction.label.map { $0 == prediction.predicted ? "right" : "is \($0)" } ?? "",
      ]
    }
    print(Output.table(["image", "class", "probability", ""], rows))
    if let accuracy = result.accuracy { print("\naccuracy: \(Output.percent(accuracy))") }
    print(policy.line(queries: rows.count))
    if let genotype = result.genotype { print("genotype: \(genotype)") }
    print("learner: \(result.subject.learner)\(Self.steps(result.subject.steps, before: ", "))")
    print(String(format: "adapted in %.3f s", result.seconds))
  }

  private func printPlan(
    _ images: FolderTask, _ choice: ReadingOptions.Choice, _ subject: Subject, _ place: ResultPlace
  ) throws {
    let counts = Dictionary(images.supportLabels.map { (images.classNames[$0], 1) }, uniquingKeysWith: +)
    let plan = Plan(
      classes: images.classNames, supportImages: counts, queryImages: images.queryFiles.count,
      labelledQueryImages: images.queryLabels.count { $0 != nil }, repeated: images.repeated,
      inverted: images.inverted, reading: images.reading, readAs: choice.datasets, learner: subject.learner, steps: subject.steps,
      batchNorm: subject.batchNorm, trainedWay: subject.trainedWay, output: place.path)
    if json.json { return try Output.json(plan) }
    print(Output.table(["class", "support images"], plan.classes.map { [$0, "\(counts[$0] ?? 0)"] }))
    print(
      "\n\(counted(plan.queryImages, "image")) to classify, \(plan.labelledQueryImages) of them with a label; learner: \(plan.learner)"
        + Self.steps(plan.steps, before: ", "))
    print(BatchNormPolicy(rawValue: plan.batchNorm)?.line(queries: plan.queryImages) ?? "")
    print("would write \(plan.output); nothing was written")
  }

  /// The inner steps of an adaptation; nothing where the learner takes none, as prototypical networks do.
  private static func steps(_ count: Int, before: String) -> String { count > 0 ? before + counted(count, "inner step") : "" }
}
