import ArchPrior
import Basics
import Foundation

extension SupernetCommand {
  /// All searches in one space, planned or made.
  func search<Space: SupernetSpace>(_ space: Space, _ methods: [any SupernetMethod]) throws {
    let table = try self.table(space)
    let data = try NamedDataset.load(dataset)
    if table != nil { try data.checkForSearch() }
    let runs = try self.runs(space, methods, data)
    let folder = output ?? "runs/\(PathName.component("supernet-\(data.name)"))"
    let settings = SupernetSearchSettings(
      space: space.name, dataset: data.name, pixels: SHA256.hex(data.pixels), images: runs[0].images.training.count,
      augments: augment,
      channels: channels, cellsPerStage: cells ?? Space.trainedSize.cells, search: runs[0].search.settings)
    try TaskTeam.withThreads(threads.resolved()) {
      if dry.dryRun {
        try SupernetSearchFolder.check(folder, settings)
        let isThere = FileManager.default.fileExists(atPath: folder + "/search.json")
        let isSealed = isThere ? try SupernetSearchFolder.isSealed(folder) : true
        return try Heartbeat.during("trying some steps") {
          try printPlan(owned(runs, isSealed, SupernetSearchFolder.owner(settings)), data, folder)
        }
      }
      let directory = try SupernetSearchFolder(folder, settings: settings)
      for note in directory.notes { Output.note("note: \(note)") }
      if let process = directory.abandonedBy {
        Output.note("note: \(process) was killed while it worked on \(folder); going on where it was")
      }
      try search(owned(runs, directory.isSealed, directory.owner), table, folder)
    }
  }

  /// Searches that know the folder that their files belong to.
  private func owned<Model: MixtureNetwork>(
    _ runs: [SupernetSearchRun<Model>], _ isSealed: Bool, _ owner: String
  ) -> [SupernetSearchRun<Model>] {
    runs.map { run in
      var run = run
      if isSealed { (run.settings, run.isSealed) = (owner, true) }
      run.observer.say = { Output.note($0) }
      return run
    }
  }

  /// The table that found cells are looked up in, where one is asked for.
  private func table<Space: SupernetSpace>(_ space: Space) throws -> NASBench201Table? {
    guard let benchmark else { return nil }
    guard space is NASBench201Space else {
      throw CommandError(
        "there is no table of the space \(space.name)",
        help: "leave --benchmark out, or search in \(NASBench201Space.cifar10.name)")
    }
    try BenchmarkRegistry.checkFile(benchmark, space: space.name)
    return try NASBench201Table(path: benchmark)
  }

  /// All searches; everything that can be wrong with them is found here.
  private func runs<Space: SupernetSpace>(
    _ space: Space, _ methods: [any SupernetMethod], _ data: ImageDataset
  ) throws -> [SupernetSearchRun<Space.Model>] {
    let folder = output ?? "runs/\(PathName.component("supernet-\(data.name)"))"
    let size = NetworkSize(channels: channels, cells: cells ?? Space.trainedSize.cells)
    return try methods.flatMap { method in
      try (0..<UInt64(seeds)).map { offset in
        var settings = SearchSettings()
        (settings.epochs, settings.batch, settings.seed) = (epochs, batch, seed &+ offset)
        (settings.rate, settings.architectureRate) = (rate, architectureRate)
        settings.lastRate = min(settings.lastRate, rate)
        let images = try SupernetImages(data, count: images, seed: settings.seed)
        if offset == 0, method.name == methods[0].name, let line = images.repeatedLine { Output.note("note: \(line)") }
        guard images.training.count >= batch else {
          throw CommandError(
            "\(images.training.count) images in each half are fewer than a batch of \(batch)",
            help: "take more images or a smaller --batch")
        }
        let own = try space.resized(to: size, classes: images.classes, side: images.side)
        let supernet = try own.supernet(channelDivisor: method.channelDivisor)
        var run = SupernetSearchRun(
          try DifferentiableSearch(model: supernet, method: method, settings: settings), images: images,
          path: "\(folder)/\(method.label.replacing(":", with: "-"))-\(settings.seed)", text: { own.text(of: $0) })
        (run.seconds, run.eigenvalues, run.stopsEarly, run.augments) = (seconds, eigenvalues, stopEarly, augment)
        guard !stopEarly || run.hasEigenvalues else {
          throw CommandError(
            "--stop-early goes by an eigenvalue that \(method.name) does not have",
            help: "leave it out, or leave \(method.name) out")
        }
        run.observer.isInterrupted = { Interruption.isRequested }
        run.observer.waitForSpace = DiskFull.waiting { Output.note($0) }
        let label = "\(method.label), seed \(settings.seed)"
        run.progress = { [epochs] in Output.note(line(label, $0, epochs)) }
        return run
      }
    }
  }

  private func search<Model: MixtureNetwork>(
    _ runs: [SupernetSearchRun<Model>], _ table: NASBench201Table?, _ folder: String
  ) throws {
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
    var results: [SupernetSearchRun<Model>.Result] = []
    var curves: [SupernetSearchCurve] = []
    for run in runs {
      guard var result = try Heartbeat.during("searching", { try run.run() }) else {
        throw CommandError(
          "stopped after \(results.count) of \(runs.count) searches; everything so far is saved in \(folder)",
          help: "go on with: \(Advice.again)", code: 1)
      }
      result.table = try lookUp(result.architecture)
      if table != nil { try DiskSpace.persist(waiting: run.observer.waitForSpace) { try run.write(result) } }
      results.append(result)
      curves.append(try run.curve(lookup: lookUp))
    }
    let datasets = table?.datasets.map(\.name) ?? []
    try write(results, curves, datasets, runs[0], folder)
    if json.json { return try Output.json(results) }
    print(Self.table(results, datasets))
    print("")
    for result in results { print("\(result.method), seed \(result.seed): \(result.architecture)") }
    for result in results {
      if let stopping = result.stopping {
        print(
          "\(result.method), seed \(result.seed): the eigenvalue's growth \(result.stoppedEarly ? "has" : "would have") stopped it at "
            + "epoch \(stopping.epoch), with the architecture of epoch \(stopping.keptEpoch)")
      }
    }
    print("\nresults: \(folder)/METHOD-SEED/result.json, log.jsonl; \(folder)/epochs.csv\nreport:  \(folder)/report.html")
  }

  /// A row a search and, where there are several, the means of every method.
  private static func table<Model: MixtureNetwork>(_ results: [SupernetSearchRun<Model>.Result], _ datasets: [String]) -> String {
    var rows = results.map { result in
      [
        result.method, "\(result.seed)", "\(result.epochs)", String(format: "%.1f", result.seconds),
        result.diagnostics.map { String(format: "%.3f", $0.skipProbability) } ?? "–",
        result.diagnostics?.eigenvalue.map { String(format: "%.4f", $0) } ?? "–",
        result.sharedAccuracy.map { Output.percent($0) } ?? "–",
      ] + datasets.map { String(format: "%.2f", result.table?[$0] ?? .nan) }
    }
    for method in results.map(\.method).reduce(into: [String](), { if !$0.contains($1) { $0.append($1) } }) {
      let own = results.filter { $0.method == method }
      guard own.count > 1, !datasets.isEmpty else { continue }
      rows.append(
        [method, "mean", "", "", "", "", ""]
          + datasets.map { dataset in SearchReport.cell(own.compactMap { $0.table?[dataset] }) })
    }
    return Output.table(["method", "seed", "epochs", "s", "p(skip)", "λ", "shared weights"] + datasets, rows)
  }

  /// What all searches of this call show together.
  private func write<Model: MixtureNetwork>(
    _ results: [SupernetSearchRun<Model>.Result], _ curves: [SupernetSearchCurve], _ datasets: [String],
    _ run: SupernetSearchRun<Model>, _ folder: String
  ) throws {
    let summary =
      "\(seeds == 1 ? "One search" : "\(seeds) searches") of each method on a supernet of \(space) with \(channels) channels at the "
      + "beginning and \(run.search.model.weightLayout.scalarCount) weights: \(epochs) epochs, \(run.images.training.count) images of "
      + "\(run.images.side)×\(run.images.side)\(augment ? ", mirrored and moved at random," : "") for the weights and as many to judge architectures by."
    let rows = results.map { result in
      SupernetSearchReport.Row(
        method: result.method, seed: result.seed, architecture: result.architecture, sharedAccuracy: result.sharedAccuracy,
        seconds: result.seconds, stopping: result.stopping?.epoch, table: result.table)
    }
    let report = SupernetSearchReport.render(
      rows, curves, summary: summary, datasets: datasets,
      provenance: "ArchPrior \(ArchPriorVersion.current), archprior supernet, seeds \(seed) to \(seed &+ UInt64(seeds - 1))")
    for (name, text) in [("epochs.csv", SupernetSearchCurve.csv(curves, datasets: datasets)), ("report.html", report)] {
      try DiskSpace.persist(waiting: run.observer.waitForSpace) { try FolderFile.write(Array(text.utf8), to: name, of: folder) }
    }
  }

  private func printPlan<Model: MixtureNetwork>(_ runs: [SupernetSearchRun<Model>], _ data: ImageDataset, _ folder: String) throws
  {
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
      "about \(ProgressState.duration(searches.reduce(0) { $0 + $1.seconds })) on \(counted(plan.threads, "thread")), without eigenvalues; "
        + "would write to \(folder); nothing was written")
  }
}

/// An epoch, for people.
private func line<Model>(_ label: String, _ line: SupernetSearchRun<Model>.Line, _ epochs: Int) -> String {
  var parts = [label, "epoch \(line.epoch)/\(epochs)", String(format: "loss %.3f", line.search.trainingLoss)]
  if let accuracy = line.search.validationAccuracy { parts.append("validation \(Output.percent(accuracy))") }
  if let eigenvalue = line.diagnostics.eigenvalue { parts.append(String(format: "λ %.4f", eigenvalue)) }
  if let architecture = line.architecture { parts.append(architecture) }
  return (parts + [String(format: "%.1f s", line.seconds)]).joined(separator: "  ")
}
