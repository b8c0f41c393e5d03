import ArchPrior
import ArgumentParser
import Foundation
import Messages

struct AdaptCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "adapt",
    abstract: "Adapt a prior to your own images, and classify others.",
    discussion: """
      The task's folder holds a few examples a class, and what is to be classified:
        support/CLASS/*.png
        query/*.png            labels unknown, or
        query/CLASS/*.png      labels known, for an accuracy
      Pictures are PNG or JPEG files, read as those of the run's data were unless an option says otherwise.
      """)

  @Argument(help: ArgumentHelp("The folder of a run.", valueName: "run"))
  var folder: String

  @Option(help: "The task's folder.")
  var task: String

  @Option(help: "A file for the result as JSON; RUN/results/adaptation-FOLDER.json where it is left out.")
  var output: String?

  @OptionGroup var reading: ReadingOptions
  @OptionGroup var dry: DryRunOption
  @OptionGroup var json: JSONOption

  /// What is in the folder and would be done with it.
  struct Plan: Codable {
    var classes: [String]
    var supportImages: [String: Int]
    var queryImages: Int
    var labelledQueryImages: Int
    var inverted: Bool
    /// How the pictures were read, and the data sets that were read so.
    var reading: PictureReading
    var readAs: [String]
    /// Inner steps of the adaptation.
    var steps: Int
    /// Where the result would be written.
    var output: String
  }

  struct Result: Codable {
    struct Prediction: Codable {
      var file: String
      var predicted: String
      var probability: Double
      /// The class where the folder tells it.
      var label: String?
    }

    var classes: [String]
    var predictions: [Prediction]
    /// The share of labelled query images classified rightly.
    var accuracy: Double?
    var genotype: String?
    var seconds: Double
    var supportLosses: [Double]
    var inverted: Bool
    /// How the pictures were read, and the data sets that were read so.
    var reading: PictureReading
    var readAs: [String]
    /// Pictures of the query that cannot be read.
    var leftOut: [String]
    var batchNorm: String
  }

  func run() throws {
    let directory = try RunDirectory.read(folder)
    let prior = try TrainedPrior(run: directory)
    let choice = try reading.choice(for: prior, task: task)
    let images = try FolderTask(folder: task, reading: choice.reading)
    let way = directory.configuration.task.way
    guard images.way == way else {
      throw CommandError(
        "\(task) has \(images.way) classes, but the run in \(folder) learned tasks of \(way)",
        help: "give \(way) classes, or meta-train with task.way: \(images.way)")
    }
    for file in images.unlikeTheOthers {
      Output.note("note: \(file) is light where the other images are dark, or the other way round; see --ink")
    }
    for error in images.leftOut { Output.note("left out: \(error)") }
    for note in choice.notes { Output.note("note: \(note)") }
    if !json.json { print(choice.line(images)) }
    if dry.dryRun { return try printPlan(images, choice, directory.configuration) }
    // One task, and a person who waits: all cores work on it.
    let (adapted, genotype) = try TaskTeam.withThreads(ProcessInfo.processInfo.activeProcessorCount) {
      try Heartbeat.during("adapting") { try prior.adapt(to: FewShotTask(images)) }
    }
    let result = self.result(images, choice, adapted, genotype, directory.configuration)
    if let output {
      do {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(result).write(to: URL(fileURLWithPath: output), options: .atomic)
      } catch {
        throw CommandError(
          "cannot write \(output): \(FailureText.of(error))", help: "check that its folder exists and may be written",
          code: 1)
      }
    }
    if output == nil { try directory.writeResult(result, named: resultName) }
    if json.json { return try Output.json(result) }
    let rows = result.predictions.map { prediction in
      [
        prediction.file, prediction.predicted, String(format: "%.1f %%", 100 * prediction.probability),
        prediction.label.map { $0 == prediction.predicted ? "right" : "is \($0)" } ?? "",
      ]
    }
    print(Output.table(["image", "class", "probability", ""], rows))
    if let accuracy = result.accuracy { print("\naccuracy: \(Output.percent(accuracy))") }
    if let genotype = result.genotype { print("genotype: \(genotype)") }
    print(String(format: "adapted in %.3f s", result.seconds))
    print("saved: \(outputPath)")
  }

  private func printPlan(_ images: FolderTask, _ choice: ReadingOptions.Choice, _ configuration: Configuration) throws {
    let counts = Dictionary(images.supportLabels.map { (images.classNames[$0], 1) }, uniquingKeysWith: +)
    let plan = Plan(
      classes: images.classNames, supportImages: counts, queryImages: images.queryFiles.count,
      labelledQueryImages: images.queryLabels.count { $0 != nil }, inverted: images.inverted,
      reading: images.reading, readAs: choice.datasets, steps: configuration.inner.testSteps, output: outputPath)
    if json.json { return try Output.json(plan) }
    print(Output.table(["class", "support images"], plan.classes.map { [$0, "\(counts[$0] ?? 0)"] }))
    print("\n\(plan.queryImages) images to classify, \(plan.labelledQueryImages) of them with a label; \(plan.steps) inner steps")
    print("would write \(plan.output); nothing was written")
  }

  private var outputPath: String { output ?? "\(folder)/results/\(resultName).json" }

  /// Under which name the run keeps the result where no file is given.
  private var resultName: String { "adaptation-" + URL(fileURLWithPath: task).lastPathComponent }

  private func result(
    _ folder: FolderTask, _ choice: ReadingOptions.Choice, _ adapted: AdaptationResult, _ genotype: Genotype?,
    _ configuration: Configuration
  ) -> Result {
    let probabilities = adapted.probabilities.doubles
    let chosen = adapted.probabilities.rowArgmax
    let labelled = zip(folder.queryLabels, chosen).compactMap { label, choice in label.map { $0 == choice } }
    return Result(
      classes: folder.classNames,
      predictions: chosen.enumerated().map { index, choice in
        .init(
          file: folder.queryFiles[index], predicted: folder.classNames[choice],
          probability: probabilities[index * folder.way + choice],
          label: folder.queryLabels[index].map { folder.classNames[$0] })
      },
      accuracy: labelled.isEmpty ? nil : Double(labelled.count { $0 }) / Double(labelled.count), genotype: genotype?.text,
      seconds: adapted.seconds, supportLosses: adapted.supportLosses, inverted: folder.inverted,
      reading: folder.reading, readAs: choice.datasets, leftOut: folder.leftOut.map(\.description),
      batchNorm: configuration.batchNorm.rawValue)
  }
}
