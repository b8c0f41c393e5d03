import ArchPrior
import ArgumentParser
import Foundation

struct SupernetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "supernet",
    abstract: "Search on a supernet: all architectures share weights that are trained on a data set.",
    discussion: """
      Half of the data set's images train the weights, the other half judges architectures. Every search has a folder \
      OUTPUT/METHOD-SEED with log.jsonl (a line an epoch), checkpoint and result.json. Stopped or killed, it goes on after its last \
      complete epoch when it is called again. In the end OUTPUT/epochs.csv and report.html show all of them together.

      A method is a name, with settings after a colon: enas:steps=10,batch=5. Names: \
      \(SupernetMethodRegistry.all.map(\.name).joined(separator: ", ")).

      Data sets: those of `archprior datasets list`, with square images whose side is a multiple of 4; `archprior datasets import` \
      makes them of CIFAR files, NPZ files and folders of pictures. Grey images become three equal channels.
      """)

  @Argument(help: "One method or several, as words or separated by commas; settings after a colon.")
  var methods: [String]

  @Option(help: "The search space.")
  var space = NASBench201Space.cifar10.name

  @Option(help: "The data set: a name of the catalogue, or the path of an .archpack file.")
  var dataset: String

  @Option(help: "Epochs; learning rates and temperatures follow their schedules over all of them.")
  var epochs = 50

  @Option(help: "Seconds after which a search ends early: an epoch that would probably end later is not begun.")
  var seconds: Double?

  @Option(help: "Images of each half; half of the data set where it is left out.")
  var images: Int?

  @Option(help: "Images a batch.")
  var batch = 64

  @Option(help: "Channels of the first stage; 16 in the benchmark.")
  var channels = 16

  @Option(help: "Cells in each of the three stages; 5 in the benchmark.")
  var cells = 1

  @Option(help: "The first learning rate of the weights.")
  var rate = 0.025

  @Option(help: "The learning rate of the architecture parameters, where they follow a gradient.")
  var architectureRate = 3e-4

  @Option(help: "Searches of each method, from different seeds.")
  var seeds = 1

  @Option(help: "The first seed.")
  var seed: UInt64 = 1

  @Option(help: "Epochs from one Hessian eigenvalue to the next; 0 for none.")
  var eigenvalues = 5

  @Option(help: "A table of NAS-Bench-201 in which the cells of all epochs are looked up, once a search has ended.")
  var benchmark: String?

  @Option(help: "The folder of the searches; runs/supernet-DATASET where it is left out.")
  var output: String?

  @OptionGroup var threads: ThreadOption
  @OptionGroup var dry: DryRunOption
  @OptionGroup var json: JSONOption

  /// Which searches would be made.
  struct Plan: Codable {
    struct Search: Codable {
      var method: String
      var seed: UInt64
      /// The weights of its supernet.
      var weights: Int
      var epochsDone: Int
      /// Estimated, for the epochs to come.
      var seconds: Double
    }
    var space, dataset: String
    var classes: Int
    var imagesPerHalf: Int
    var batchesPerEpoch: Int
    var epochs: Int
    var searches: [Search]
    var threads: Int
    var output: String
  }

  func validate() throws {
    for (name, value, range) in [
      ("epochs", epochs, 1...100_000), ("batch", batch, 2...65_536), ("channels", channels, 1...4_096), ("cells", cells, 1...100),
      ("seeds", seeds, 1...10_000), ("eigenvalues", eigenvalues, 0...100_000),
    ] where !range.contains(value) {
      throw ValidationError("--\(name) must be from \(range.lowerBound) to \(range.upperBound)")
    }
    guard images.map({ $0 >= batch }) ?? true else {
      throw ValidationError("--images must be at least --batch, which is \(batch)")
    }
    guard seconds.map({ $0 > 0 && $0 < 1e12 }) ?? true else { throw ValidationError("--seconds must be above 0") }
    for (name, value) in [("rate", rate), ("architecture-rate", architectureRate)] where !(value > 0 && value < 1e6) {
      throw ValidationError("--\(name) must be above 0")
    }
  }

  private typealias Run = SupernetSearchRun<NASBench201Supernet>

  func run() throws {
    let methods = try Self.methods(methods)
    guard SearchSpaceRegistry.space(named: space) != nil else {
      throw CommandError.unknown("search space", space, SearchSpaceRegistry.all.map { $0.name })
    }
    guard space == NASBench201Space.cifar10.name else {
      throw CommandError(
        "there is no supernet of the space \(space) for these searches", help: "spaces with one: \(NASBench201Space.cifar10.name)"
      )
    }
    let table = try benchmark.map { path in
      guard FileManager.default.fileExists(atPath: path) else {
        throw CommandError("\(path): there is no such file", help: "--benchmark wants \(BenchmarkRegistry.all[0].file)")
      }
      return try NASBench201Table(path: path)
    }
    let data = try NamedDataset.load(dataset)
    let runs = try self.runs(methods, data)
    let folder = output ?? "runs/supernet-\(data.name)"
    let settings = SupernetSearchFolder.Settings(
      space: space, dataset: data.name, pixels: SHA256.hex(data.pixels), images: runs[0].images.training.count,
      channels: channels,
      cellsPerStage: cells, search: runs[0].search.settings)
    try TaskTeam.withThreads(threads.resolved()) {
      if dry.dryRun {
        try SupernetSearchFolder.check(folder, settings)
        return try printPlan(runs, data, folder)
      }
      let directory = try SupernetSearchFolder(folder, settings: settings)
      if let process = directory.abandonedBy {
        Output.note("note: \(process) was killed while it worked on \(folder); going on where it was")
      }
      try search(runs, table, folder)
    }
  }

  private static func methods(_ texts: [String]) throws -> [any SupernetMethod] {
    // A piece such as `batch=5` is a setting of the method before it.
    var names: [String] = []
    for piece in texts.flatMap({ $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }) {
      if piece.contains("="), !piece.contains(":"), let last = names.indices.last {
        names[last] += "," + piece
      } else {
        names.append(piece)
      }
    }
    var found: [any SupernetMethod] = []
    for method in try names.map(Self.method) where !found.contains(where: { $0.label == method.label }) {
      found.append(method)
    }
    return found
  }

  private static func method(_ text: String) throws -> any SupernetMethod {
    do {
      return try SupernetMethodRegistry.method(parsing: text)
    } catch {
      guard case .unknown(let name, let known) = error else { throw error }
      guard !SearchMethodRegistry.all.contains(where: { $0.name == name }) else {
        throw CommandError("\(name) searches without a supernet", help: "it is one of `archprior search`")
      }
      throw CommandError.unknown("supernet search", name, known)
    }
  }

  /// All searches; everything that can be wrong with them is found here.
  private func runs(_ methods: [any SupernetMethod], _ data: ImageDataset) throws -> [Run] {
    let folder = output ?? "runs/supernet-\(data.name)"
    let space = try NASBench201Space(
      classes: max(2, data.classes.count), imageSize: max(4, data.height), channels: channels, cellsPerStage: cells)
    return try methods.flatMap { method in
      try (0..<UInt64(seeds)).map { offset in
        var settings = SearchSettings()
        (settings.epochs, settings.batch, settings.seed) = (epochs, batch, seed &+ offset)
        (settings.rate, settings.architectureRate) = (rate, architectureRate)
        settings.lastRate = min(settings.lastRate, rate)
        let images = try SupernetImages(data, count: images, seed: settings.seed)
        guard images.training.count >= batch else {
          throw SupernetSearchError.tooFewImages(count: images.training.count, batch: batch)
        }
        let supernet = try NASBench201Supernet(space, channelDivisor: method.channelDivisor)
        var run = Run(
          try DifferentiableSearch(model: supernet, method: method, settings: settings), images: images,
          path: "\(folder)/\(method.label.replacing(":", with: "-"))-\(settings.seed)", text: { $0.text })
        (run.seconds, run.eigenvalues) = (seconds, eigenvalues)
        run.isInterrupted = { Interruption.isRequested }
        let label = "\(method.label), seed \(settings.seed)"
        run.progress = { [epochs] in Output.note(Self.line(label, $0, epochs)) }
        return run
      }
    }
  }

  private static func line(_ label: String, _ line: Run.Line, _ epochs: Int) -> String {
    var parts = [label, "epoch \(line.epoch)/\(epochs)", String(format: "loss %.3f", line.search.trainingLoss)]
    if let accuracy = line.search.validationAccuracy { parts.append("validation \(Output.percent(accuracy))") }
    if let eigenvalue = line.diagnostics.eigenvalue { parts.append(String(format: "λ %.4f", eigenvalue)) }
    if let architecture = line.architecture { parts.append(architecture) }
    return (parts + [String(format: "%.1f s", line.seconds)]).joined(separator: "  ")
  }

  private func search(_ runs: [Run], _ table: NASBench201Table?, _ folder: String) throws {
    Interruption.watch()
    // Test accuracies: read when a search has ended, and not before.
    func lookUp(_ text: String) throws -> [String: Double]? {
      guard let table else { return nil }
      let cell = try NASBench201Cell(parsing: text)
      return try Dictionary(
        uniqueKeysWithValues: table.datasets.map { dataset in
          (dataset.name, try table.test(of: cell, TestMetric(dataset: dataset.name, epochs: 200)))
        })
    }
    var results: [Run.Result] = []
    var curves: [SupernetSearchCurve] = []
    for run in runs {
      guard let (found, _) = try run.run() else {
        throw CommandError(
          "stopped after \(results.count) of \(runs.count) searches; everything so far is saved in \(folder)",
          help: "call it again to go on", code: 1)
      }
      var result = found
      result.table = try lookUp(result.architecture)
      if table != nil { try run.write(result) }
      results.append(result)
      curves.append(try run.curve(lookup: lookUp))
    }
    let datasets = table?.datasets.map(\.name) ?? []
    try write(results, curves, datasets, runs[0], folder)
    if json.json { return try Output.json(results) }
    print(
      Output.table(
        ["method", "seed", "epochs", "s", "p(skip)", "λ", "shared weights"] + datasets,
        results.map { result in
          [
            result.method, "\(result.seed)", "\(result.epochs)", String(format: "%.1f", result.seconds),
            result.diagnostics.map { String(format: "%.3f", $0.skipProbability) } ?? "–",
            result.diagnostics?.eigenvalue.map { String(format: "%.4f", $0) } ?? "–",
            result.sharedAccuracy.map { Output.percent($0) } ?? "–",
          ] + datasets.map { String(format: "%.2f", result.table?[$0] ?? .nan) }
        }))
    print("")
    for result in results { print("\(result.method), seed \(result.seed): \(result.architecture)") }
    for result in results {
      if let stopping = result.stopping {
        print(
          "\(result.method), seed \(result.seed): the eigenvalue's growth would have stopped it at epoch \(stopping.epoch), with "
            + "the architecture of epoch \(stopping.keptEpoch)")
      }
    }
    print("\nresults: \(folder)/METHOD-SEED/result.json, log.jsonl; \(folder)/epochs.csv\nreport:  \(folder)/report.html")
  }

  /// What all searches of this call show together.
  private func write(
    _ results: [Run.Result], _ curves: [SupernetSearchCurve], _ datasets: [String], _ run: Run, _ folder: String
  ) throws {
    let size = run.search.model.space
    let summary =
      "\(seeds == 1 ? "One search" : "\(seeds) searches") of each method on a supernet of \(space) with \(size.channels) channels and "
      + "\(size.cellsPerStage) cells a stage: \(epochs) epochs, \(run.images.training.count) images for the weights and as many "
      + "to judge architectures by."
    let rows = results.map { result in
      SupernetSearchReport.Row(
        method: result.method, seed: result.seed, architecture: result.architecture, sharedAccuracy: result.sharedAccuracy,
        seconds: result.seconds, stopping: result.stopping?.epoch, table: result.table)
    }
    let report = SupernetSearchReport.render(
      rows, curves, summary: summary, datasets: datasets,
      provenance: "ArchPrior \(ArchPriorVersion.current), archprior supernet, seeds \(seed) to \(seed &+ UInt64(seeds - 1))")
    for (name, text) in [("epochs.csv", SupernetSearchCurve.csv(curves, datasets: datasets)), ("report.html", report)] {
      do {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"), options: .atomic)
      } catch {
        throw CommandError(
          "cannot write \(folder)/\(name): \(error.localizedDescription)",
          help: "check that there is space and that it may be written; the searches themselves are saved", code: 1)
      }
    }
  }

  private func printPlan(_ runs: [Run], _ data: ImageDataset, _ folder: String) throws {
    // One measurement a method: seeds do not change the work.
    var measured: [String: Double] = [:]
    let searches = try runs.map { run in
      let name = run.search.method.label
      let epoch =
        try measured[name]
        ?? run.search.epochSeconds(
          training: run.images.training, validation: run.images.validation, batch: run.images.batch)
      measured[name] = epoch
      let done = try run.epochsDone()
      let rest = epoch * Double(max(0, epochs - done))
      return Plan.Search(
        method: name, seed: run.search.settings.seed, weights: run.search.model.weightLayout.scalarCount, epochsDone: done,
        seconds: min(rest, seconds ?? rest))
    }
    let plan = Plan(
      space: space, dataset: data.name, classes: data.classes.count, imagesPerHalf: runs[0].images.training.count,
      batchesPerEpoch: runs[0].images.training.count / batch, epochs: epochs, searches: searches, threads: threads.resolved(),
      output: folder)
    if json.json { return try Output.json(plan) }
    print(
      Output.table(
        ["method", "seed", "weights", "epochs done", "about"],
        searches.map {
          [$0.method, "\($0.seed)", "\($0.weights)", "\($0.epochsDone) of \(epochs)", ProgressState.duration($0.seconds)]
        }))
    print(
      "\n\(data.name): \(plan.classes) classes, \(plan.imagesPerHalf) images for the weights and as many to judge by, "
        + "\(plan.batchesPerEpoch) batches of \(batch) an epoch")
    print(
      "about \(ProgressState.duration(searches.reduce(0) { $0 + $1.seconds })) on \(plan.threads) threads, without eigenvalues; "
        + "would write to \(folder); nothing was written")
  }
}
