import ArchPrior
import ArgumentParser
import Foundation

struct SearchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "search",
    abstract: "Run search strategies on a tabular benchmark; write curves, tables and rank tests.",
    discussion: """
      Searches see validation accuracies of one data set, at the cost of the trainings that the benchmark tabulates. What each \
      found is looked up afterwards, test accuracies included. With --output: results.json, results.csv, report.html.

      A strategy is a name, with settings after a colon: regularized-evolution:population=10,tournament=3. Names: \
      \(SearchMethodRegistry.all.map { $0.name }.joined(separator: ", ")).

      \(estimatorHelp)

      Spaces with a benchmark: \(BenchmarkRegistry.all.map(\.space).joined(separator: ", ")).
      """)

  @Argument(help: "One strategy or several, to be compared.")
  var strategies: [String]

  @Option(help: "The search space.")
  var space: String

  @Option(help: "The benchmark's file.")
  var benchmark: String

  @Option(help: "A further file of NinaPro and Darcy-flow scores in which found cells of nas-bench-201 are looked up.")
  var transfer: String?

  @Option(help: "The data set to search on.")
  var dataset = "cifar10"

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

  @Option(help: "What judges architectures: table, or an estimator with its settings, such as train:epochs=1/3/9.")
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

  @Option(help: "The folder for results and report; nothing is written without it.")
  var output: String?

  @OptionGroup var threads: ThreadOption
  @OptionGroup var dry: DryRunOption
  @OptionGroup var json: JSONOption

  /// Which searches would be run.
  struct Plan: Codable {
    var space: String
    var dataset: String
    var epochs: [Int]
    var strategies: [String]
    /// Searches of each strategy.
    var seeds: Int
    /// Seconds of tabulated training time for each search, where they are limited.
    var budget: Double?
    var evaluations: Int?
    /// Estimated, on all threads, from one search of each strategy.
    var seconds: Double
    var threads: Int
    var output: String?
  }

  func validate() throws {
    guard budget.map({ $0 > 0 && $0 < 1e15 }) ?? true else { throw ValidationError("--budget must be above 0") }
    guard evaluations.map({ (1...10_000_000).contains($0) }) ?? true else {
      throw ValidationError("--evaluations must be from 1 to 10000000")
    }
    guard budget != nil || evaluations != nil else {
      throw ValidationError("a search needs an end: give --budget SECONDS or --evaluations N")
    }
    guard (1...100_000).contains(seeds) else { throw ValidationError("--seeds must be from 1 to 100000") }
    guard (1...10_000).contains(batch) else { throw ValidationError("--batch must be from 1 to 10000") }
    guard imageCount.map({ (2...10_000_000).contains($0) }) ?? true else {
      throw ValidationError("--image-count must be from 2 to 10000000")
    }
    guard (estimator == Self.table) == (images == nil) else {
      throw ValidationError("--images goes with --estimator NAME, and such an estimator with --images")
    }
    guard imageCount == nil || images != nil else { throw ValidationError("--image-count goes with --images") }
    guard estimator == Self.table || epochs == nil else {
      throw ValidationError("--epochs goes with the table; trainings have their own: --estimator train:epochs=1/3/9")
    }
    guard epochs.map({ Self.numbers($0) != nil }) ?? true else {
      throw ValidationError("--epochs wants numbers separated by commas, such as 12,200")
    }
  }

  private static func numbers(_ text: String) -> [Int]? {
    let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    guard numbers.allSatisfy({ $0.map { $0 > 0 } ?? false }) else { return nil }
    return Array(Set(numbers.compactMap { $0 })).sorted()
  }

  func run() throws {
    let methods = try strategies.map { text in
      do {
        return try StrategyRegistry.method(parsing: text, among: SearchMethodRegistry.all)
      } catch let error as StrategyError {
        guard case .unknown(let name, let known) = error else { throw error }
        guard SupernetMethodRegistry.method(named: name) == nil else {
          throw CommandError("\(name) searches on a supernet", help: "it is one of `archprior supernet`")
        }
        throw CommandError.unknown("search strategy", name, known)
      }
    }
    try checkEstimator()
    guard SearchSpaceRegistry.space(named: space) != nil else {
      throw CommandError.unknown("search space", space, SearchSpaceRegistry.all.map { $0.name })
    }
    guard let entry = BenchmarkRegistry.all.first(where: { $0.space == space }) else {
      throw CommandError(
        "there is no tabular benchmark of the space \(space)",
        help: "spaces with one: \(BenchmarkRegistry.all.map(\.space).joined(separator: ", "))")
    }
    guard FileManager.default.fileExists(atPath: benchmark) else {
      throw CommandError("\(benchmark): there is no such file", help: "--benchmark wants \(entry.file)")
    }
    try search(entry.open(benchmark), methods)
  }

  private func search<Benchmark: TabularBenchmark>(_ table: Benchmark, _ methods: [any SearchMethod]) throws {
    var transfers = [any TabularBenchmark<Benchmark.Space>]()
    if let transfer {
      guard let further = try NASBench360Table(path: transfer) as? any TabularBenchmark<Benchmark.Space> else {
        throw CommandError("--transfer goes with --space nas-bench-201 alone", help: "leave it out")
      }
      transfers.append(further)
    }
    let proxy = try makeEstimator(for: table.space, besideTable: true)
    let offered = try proxy?.epochs ?? epochs.flatMap(Self.numbers) ?? table.dataset(dataset).validationEpochs
    func comparison(_ seeds: Int, _ threads: Int, evaluations: Int? = nil) -> SearchComparison<Benchmark.Space> {
      var comparison = SearchComparison(
        on: table, methods: methods, dataset: dataset, epochs: offered,
        budget: SearchBudget(seconds: budget ?? .infinity, evaluations: evaluations ?? self.evaluations ?? .max), seeds: seeds,
        firstSeed: seed, transfers: transfers, batch: batch, threads: threads)
      comparison.estimator = proxy
      comparison.estimatorName = estimatorName
      return comparison
    }
    if dry.dryRun {
      let clock = ContinuousClock()
      let start = clock.now
      // A proxy computes for every evaluation, so that a few of them have to tell.
      let few = proxy == nil ? nil : min(evaluations ?? .max, 5)
      let trial = try comparison(1, 1, evaluations: few).run()
      var seconds = (clock.now - start) / .seconds(1)
      if let few {
        seconds = min(seconds * Double(evaluations ?? .max) / Double(few), (budget ?? .infinity) * Double(methods.count))
      }
      return try printPlan(trial, offered, secondsPerSeed: seconds)
    }
    var comparison = comparison(seeds, threads.resolved())
    let display = SeedDisplay(total: seeds)
    comparison.progress = { display.show($0, $1) }
    defer { display.finish() }
    let results = try comparison.run()
    display.finish()
    if let output { try write(results, to: output) }
    if json.json { return print(String(decoding: try results.json(), as: UTF8.self)) }
    print(Self.table(results))
    if let output { print("\nresults: \(output)/results.json, results.csv\nreport:  \(output)/report.html") }
  }

  private func printPlan(_ trial: SearchResults, _ epochs: [Int], secondsPerSeed: Double) throws {
    let threads = threads.resolved()
    let plan = Plan(
      space: space, dataset: dataset, epochs: epochs, strategies: trial.methods.map(\.name), seeds: seeds, budget: budget,
      evaluations: evaluations, seconds: secondsPerSeed * ((Double(seeds) / Double(threads)).rounded(.up)), threads: threads,
      output: output)
    if json.json { return try Output.json(plan) }
    print(
      Output.table(
        ["strategy", "searches", "evaluations in one"],
        trial.methods.map { method in
          let count = images == nil ? method.searches.first?.evaluations : evaluations
          return [method.name, "\(seeds)", count.map(String.init) ?? "–"]
        }))
    let judged =
      estimatorName.map { "judged by \($0), looked up for \(dataset)" }
      ?? "searching on \(dataset) at \(epochs.map(String.init).joined(separator: ", ")) epochs"
    print("\nspace \(space), \(judged)")
    let writes =
      output.map { "would write \($0)/results.json, results.csv and report.html" } ?? "without --output nothing is kept"
    print("about \(ProgressState.duration(plan.seconds)) on \(threads) threads; \(writes); nothing was written")
  }

  private func write(_ results: SearchResults, to folder: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw CommandError(
        "cannot make the folder \(folder): \(error.localizedDescription)", help: "give another one with --output", code: 1)
    }
    let provenance = "ArchPrior \(ArchPriorVersion.current), archprior search, seeds \(seed) to \(seed &+ UInt64(seeds - 1))"
    do {
      for (name, data) in [
        ("results.json", try results.json()), ("results.csv", Data(results.csv.utf8)),
        ("report.html", Data(SearchReport.render(results, provenance: provenance).utf8)),
      ] { try data.write(to: URL(fileURLWithPath: "\(folder)/\(name)"), options: .atomic) }
    } catch {
      throw CommandError(
        "cannot write to \(folder): \(error.localizedDescription)", help: "check that there is space and that it may be written",
        code: 1)
    }
  }

  static func table(_ results: SearchResults) -> String {
    var header = ["strategy"]
    for dataset in results.datasets {
      if dataset.validationEpochs != nil { header.append("\(dataset.name) validation") }
      if dataset.testEpochs != nil { header.append("\(dataset.name) test") }
    }
    let rows = results.methods.map { method in
      var row = [method.name]
      for (place, dataset) in results.datasets.enumerated() {
        if dataset.validationEpochs != nil { row.append(SearchReport.cell(method.validation(place))) }
        if dataset.testEpochs != nil { row.append(SearchReport.cell(method.test(place))) }
      }
      return row + [SearchReport.cell(method.searches.map { Double($0.evaluations) }, decimals: 0)]
    }
    var best = ["best of the table"]
    for dataset in results.datasets {
      if dataset.validationEpochs != nil { best.append("") }
      if dataset.testEpochs != nil { best.append(dataset.optimum.map { String(format: "%.2f", $0) } ?? "–") }
    }
    return Output.table(header + ["evaluations"], rows + [best + [""]])
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
        current = (name, ProgressReporter(label: name))
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
