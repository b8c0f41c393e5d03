import ArchPrior
import ArgumentParser
import Basics
import Foundation

struct SearchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "search",
    abstract: "Run search strategies on a tabular benchmark, or by an estimator; write curves, tables and rank tests.",
    discussion: """
      Searches see validation accuracies of one data set, at the cost of the trainings that the benchmark tabulates. What each \
      found is looked up afterwards, test accuracies included. With --output: results.json, results.csv, report.html; searches are \
      kept there as they go. Stopped or killed, the same command goes on where it was; more seeds or further strategies reuse what is \
      there.

      A strategy is a name, with settings after a colon: regularized-evolution:population=10,tournament=3. Names: \
      \(StrategyRegistry.names.joined(separator: ", ")).

      \(estimatorHelp)

      Spaces with a benchmark: \(BenchmarkRegistry.names.joined(separator: ", ")).
      """)

  @Argument(help: "One strategy or several, to be compared.", completion: .list(StrategyRegistry.names))
  var strategies: [String]

  @Option(help: "The search space.", completion: .list(SearchSpaceRegistry.names))
  var space: String

  @Option(help: "The benchmark's file; may be left out where --estimator judges.")
  var benchmark: String?

  @Option(help: "A further file of NinaPro and Darcy-flow scores in which found cells of nas-bench-201 are looked up.")
  var transfer: String?

  @Option(help: "The benchmark's data set to search on; \(Self.usualDataset) where it is left out.")
  var dataset: String?

  @Option(
    help: """
      Epochs of the trainings that a search may ask for, separated by commas; all of the benchmark where it is left out. \
      Strategies of one fidelity use the fewest.
      """)
  var epochs: String?

  @Option(help: "Seconds of the benchmark's training time for each search.")
  var budget: Double?

  @Option(help: "Evaluations for each search.")
  var evaluations: Int?

  @Option(
    help: "What judges architectures: table, or an estimator with its settings, such as train:epochs=1/3/9.",
    completion: .list([Self.table] + EstimatorRegistry.names))
  var estimator = Self.table

  @Option(help: "The data set whose images the estimator sees: a name of the catalogue, or the path of an .archpack file.")
  var images: String?

  @Option(
    help: """
      Images of the estimator's parts: of a proxy's batch (64 where it is left out), of training and of validation (half of the data \
      set each).
      """)
  var imageCount: Int?

  @Option(help: "Searches of each strategy, from different seeds.")
  var seeds = 10

  @Option(help: "The first seed.")
  var seed: UInt64 = 1

  @Option(help: "Proposals that wait for their answers at once.")
  var batch = 1

  @Option(help: "The folder for searches, results and report; nothing is written without it.")
  var output: String?

  @OptionGroup var threads: ThreadOption
  @OptionGroup var dry: DryRunOption
  @OptionGroup var json: JSONOption

  private static let usualDataset = "cifar10"

  func validate() throws {
    try Bounds.check("budget", budget, above: 0, to: 1e15)
    try Bounds.check("evaluations", evaluations, from: 1, to: 10_000_000)
    guard budget != nil || evaluations != nil else {
      throw ValidationError("a search needs an end: give --budget SECONDS or --evaluations N")
    }
    try Bounds.check("seeds", seeds, from: 1, to: 100_000)
    guard !seed.addingReportingOverflow(UInt64(seeds - 1)).overflow else {
      throw ValidationError("--seed and --seeds reach beyond the greatest seed, \(UInt64.max)")
    }
    try Bounds.check("batch", batch, from: 1, to: 10_000)
    try Bounds.check("image-count", imageCount, from: 2, to: 10_000_000)
    guard (estimator == Self.table) == (images == nil) else {
      throw ValidationError("--images goes with --estimator NAME, and such an estimator with --images")
    }
    guard imageCount == nil || images != nil else { throw ValidationError("--image-count goes with --images") }
    guard estimator != Self.table || benchmark != nil else {
      throw ValidationError("the table judges: give its file with --benchmark, or something else that judges with --estimator")
    }
    for (name, value) in [("dataset", dataset), ("transfer", transfer)] where value != nil && benchmark == nil {
      throw ValidationError("--\(name) goes with --benchmark")
    }
    guard estimator == Self.table || epochs == nil else {
      throw ValidationError("--epochs goes with the table; trainings have their own: --estimator train:epochs=1/3/9")
    }
    guard epochs.map({ Self.numbers($0) != nil }) ?? true else {
      throw ValidationError("--epochs wants whole numbers of 1 or more, separated by commas, such as 12,200")
    }
  }

  private static func numbers(_ text: String) -> [Int]? {
    let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    guard numbers.allSatisfy({ $0.map { $0 > 0 } ?? false }) else { return nil }
    return Array(Set(numbers.compactMap { $0 })).sorted()
  }

  func run() throws {
    let methods = try methods()
    try checkEstimator()
    guard let found = SearchSpaceRegistry.space(named: space) else {
      throw CommandError.unknown(SearchSpaceRegistry.registry.kind, space, SearchSpaceRegistry.names)
    }
    guard let benchmark else {
      func search<Space: SearchSpace>(_ space: Space) throws { try self.search(space, on: nil, methods) }
      return try search(found)
    }
    guard let entry = BenchmarkRegistry.registry[space] else {
      throw CommandError(
        "there is no tabular benchmark of the space \(space)",
        help:
          "spaces with one: \(BenchmarkRegistry.names.joined(separator: ", ")); in others --estimator judges without")
    }
    try BenchmarkRegistry.checkFile(benchmark, space: space)
    func search<Benchmark: TabularBenchmark>(_ table: Benchmark) throws { try self.search(table.space, on: table, methods) }
    try search(entry.open(benchmark))
  }

  /// The strategies, each once.
  private func methods() throws -> [any SearchMethod] {
    var found: [any SearchMethod] = []
    for method in try strategies.map(Self.method) where !found.contains(where: { $0.label == method.label }) {
      found.append(method)
    }
    return found
  }

  private static func method(_ text: String) throws -> any SearchMethod {
    do {
      return try StrategyRegistry.method(parsing: text)
    } catch {
      guard case .unknown(let kind, let name, let known) = error else { throw error }
      guard SupernetMethodRegistry.method(named: name) == nil else {
        throw CommandError("\(name) searches on a supernet", help: "for its like see \(Advice.help(command: ["supernet"]))")
      }
      throw CommandError.unknown(kind, name, known)
    }
  }

  private func search<Space: SearchSpace>(
    _ space: Space, on table: (any TabularBenchmark<Space>)?, _ methods: [any SearchMethod]
  ) throws {
    let images = try self.images.map { try NamedDataset.load($0) }
    var comparison = try comparison(in: space, on: table, methods, images)
    if dry.dryRun { return try Heartbeat.during("trying a search") { try printPlan(comparison, on: images) } }
    // Wrong questions leave no folder.
    try comparison.check()
    if let output {
      let store = try SearchStore(output, settings: settings(of: comparison, on: images))
      if let process = store.abandonedBy {
        Output.note("note: \(process) was killed while it worked on \(output); going on where it was")
      }
      store.listen { Output.note("note: \($0)") }
      comparison.store = store
      comparison.observer.waitForSpace = DiskFull.waiting { Output.note($0) }
      Interruption.watch()
      comparison.observer.isInterrupted = { Interruption.isRequested }
    }
    let display = SeedDisplay(total: seeds)
    comparison.progress = { display.show($0, $1) }
    defer { display.finish() }
    let results: SearchResults
    do {
      results = try Heartbeat.during("searching") { try comparison.run() }
    } catch SearchStudyError.stopped(let ended, let all) {
      display.finish()
      throw CommandError(
        "stopped after \(ended) of \(all) searches; everything so far is saved in \(output ?? "")",
        help: "go on with: \(Advice.again)", code: 1)
    }
    display.finish()
    if let store = comparison.store { try write(results, to: store) }
    if json.json { return try Output.json(data: results.json()) }
    print(Self.table(results) + "\n")
    for method in results.methods {
      guard let best = method.searches.max(by: { $0.score < $1.score }) else { continue }
      print("\(method.name), highest score (seed \(best.seed)): \(best.architecture)")
    }
    if let output { print("\nresults: \(output)/results.json, results.csv\nreport:  \(output)/report.html") }
  }

  /// The comparison that the options describe, on as many threads as they say.
  private func comparison<Space: SearchSpace>(
    in space: Space, on table: (any TabularBenchmark<Space>)?, _ methods: [any SearchMethod], _ images: ImageDataset?
  ) throws -> SearchComparison<Space> {
    let judge = try makeEstimator(for: space, on: images, besideTable: table != nil)
    let judgeName = estimatorName ?? estimator
    let budget = SearchBudget(seconds: budget ?? .infinity, evaluations: evaluations ?? .max)
    let threads = threads.resolved()
    guard let table else {
      guard let judge else { throw SearchStudyError.nothingJudges }
      var comparison = SearchComparison(
        in: space, judgedBy: judge, named: judgeName, methods: methods, budget: budget, seeds: seeds, firstSeed: seed,
        threads: threads)
      comparison.batch = batch
      return comparison
    }
    let dataset = dataset ?? Self.usualDataset
    var comparison = SearchComparison(
      on: table, methods: methods, dataset: dataset,
      epochs: try judge?.epochs ?? epochs.flatMap(Self.numbers) ?? table.dataset(dataset).validationEpochs, budget: budget,
      seeds: seeds, firstSeed: seed, threads: threads)
    comparison.transfers = try transfers()
    comparison.batch = batch
    if let judge { (comparison.estimator, comparison.estimatorName) = (judge, judgeName) }
    return comparison
  }

  /// The further tables in which found architectures are looked up.
  private func transfers<Space: SearchSpace>() throws -> [any TabularBenchmark<Space>] {
    guard let transfer else { return [] }
    guard let further = try NASBench360Table(path: transfer) as? any TabularBenchmark<Space> else {
      throw CommandError("--transfer goes with --space nas-bench-201 only", help: "leave it out")
    }
    return [further]
  }

  /// What the searches depend on: of a table its bytes, of images pixels and classes, of read weights their digest, and all that is
  /// chosen by options.
  func settings<Space: SearchSpace>(
    of comparison: SearchComparison<Space>, on images: ImageDataset?
  ) throws -> SearchStore.Settings {
    if let judge = comparison.estimator {
      var parts = [estimatorName ?? estimator]
      if let images {
        parts.append("content \(SHA256.hex(images.pixels + Array("\(images.offsets)".utf8)).prefix(16))")
      }
      if let fingerprint = judge.fingerprint { parts.append("weights \(fingerprint.prefix(16))") }
      return comparison.settings(table: nil, estimator: (parts + ["seed \(seed)"]).joined(separator: ", "))
    }
    return comparison.settings(
      table: try benchmark.map { SHA256.hex(try SourceFile.read($0)) })
  }

  private func write(_ results: SearchResults, to store: SearchStore) throws {
    let provenance = "ArchPrior \(ArchPriorVersion.current), archprior search, seeds \(seed) to \(seed &+ UInt64(seeds - 1))"
    let wait = DiskFull.waiting { Output.note($0) }
    for (name, data) in [
      ("results.json", try results.json()), ("results.csv", Data(results.csv.utf8)),
      ("report.html", Data(SearchReport.render(results, provenance: provenance).utf8)),
    ] {
      try DiskSpace.persist(waiting: wait) { try store.write(data, to: name) }
    }
  }

  static func table(_ results: SearchResults) -> String {
    var header = ["strategy"]
    if results.estimator != nil { header.append("score") }
    for dataset in results.datasets {
      if dataset.validationEpochs != nil { header.append("\(dataset.name) validation") }
      if dataset.testEpochs != nil { header.append("\(dataset.name) test") }
    }
    var rows = results.methods.map { method in
      var row = [method.name]
      if results.estimator != nil { row.append(SearchReport.cell(method.searches.map(\.score), decimals: 3)) }
      for (place, dataset) in results.datasets.enumerated() {
        if dataset.validationEpochs != nil { row.append(SearchReport.cell(method.validation(place))) }
        if dataset.testEpochs != nil { row.append(SearchReport.cell(method.test(place))) }
      }
      return row + [SearchReport.cell(method.searches.map { Double($0.evaluations) }, decimals: 0)]
    }
    if results.benchmark != nil {
      var best = ["best of the table"]
      if results.estimator != nil { best.append("") }
      for dataset in results.datasets {
        if dataset.validationEpochs != nil { best.append("") }
        if dataset.testEpochs != nil { best.append(dataset.optimum.map { String(format: "%.2f", $0) } ?? "–") }
      }
      rows.append(best + [""])
    }
    return Output.table(header + ["evaluations"], rows)
  }
}

/// The progress line of searches from several seeds.
private final class SeedDisplay: @unchecked Sendable {
  private let lock = NSLock()
  private let total: Int
  private var current: (name: String, reporter: ProgressReporter)?

  init(total: Int) { self.total = total }

  func show(_ name: String, _ done: Int) {
    lock.withLock {
      if current?.name != name {
        current?.reporter.finish()
        current = (name, ProgressReporter(label: name, unit: "searches"))
      }
      current?.reporter.report(tasks: done, of: total)
    }
  }

  func finish() {
    lock.withLock {
      current?.reporter.finish()
      current = nil
    }
  }
}
