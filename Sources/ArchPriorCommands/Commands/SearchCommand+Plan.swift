import ArchPrior
import Basics

extension SearchCommand {
  /// Which searches would be run.
  struct Plan: Codable {
    var space: String
    var dataset: String?
    var epochs: [Int]
    var strategies: [String]
    /// Searches of each strategy.
    var seeds: Int
    /// Searches of each strategy that the folder has already.
    var kept: [Int]
    /// Seconds of tabulated training time for each search, where they are limited.
    var budget: Double?
    var evaluations: Int?
    /// Estimated, on all threads, from one search of each strategy.
    var seconds: Double
    var threads: Int
    var output: String?
  }

  /// Says what would be done, from one search of each strategy.
  func printPlan<Space: SearchSpace>(_ comparison: SearchComparison<Space>, on images: ImageDataset?) throws {
    try comparison.check()
    let there = try output.map { try SearchStore.check($0, settings(of: comparison, on: images)) } ?? [:]
    var trial = comparison
    (trial.seeds, trial.threads) = (1, 1)
    // A few evaluations tell what many take; a table's answers are quick, but the strategy may not be.
    let few = comparison.estimator != nil ? min(evaluations ?? .max, 5) : evaluations.map { min($0, 100) }
    if let few { trial.budget.evaluations = few }
    let clock = ContinuousClock()
    let start = clock.now
    let found = try trial.run()
    var secondsPerSeed = (clock.now - start) / .seconds(1)
    if let few {
      secondsPerSeed = min(
        secondsPerSeed * Double(evaluations ?? .max) / Double(few), (budget ?? .infinity) * Double(found.methods.count))
    }
    let names = found.methods.map(\.name)
    let kept = names.map { name in (0..<seeds).count { there[name]?.contains(seed &+ UInt64($0)) ?? false } }
    let threads = comparison.threads
    let rest = Double(seeds) - Double(kept.reduce(0, +)) / Double(names.count)
    let plan = Plan(
      space: space, dataset: comparison.dataset, epochs: found.epochs, strategies: names, seeds: seeds, kept: kept,
      budget: budget,
      evaluations: evaluations, seconds: secondsPerSeed * (rest / Double(threads)).rounded(.up), threads: threads,
      output: output)
    if json.json { return try Output.json(plan) }
    print(
      Output.table(
        ["strategy", "searches", "there already", "evaluations in one"],
        zip(found.methods, kept).map { method, kept in
          let count = few == nil ? method.searches.first?.evaluations : evaluations
          return [method.name, "\(seeds)", "\(kept)", count.map(String.init) ?? "–"]
        }))
    let lookedUp = comparison.dataset.map { ", looked up for \($0)" } ?? ", not looked up"
    let judged =
      found.estimator.map { "judged by \($0)\(lookedUp)" }
      ?? "searching on \(comparison.dataset ?? "") at \(found.epochs.map(String.init).joined(separator: ", ")) epochs"
    print("\nspace \(space), \(judged)")
    let writes =
      output.map { "would write \($0)/results.json, results.csv and report.html" } ?? "without --output nothing is kept"
    print("about \(ProgressState.duration(plan.seconds)) on \(counted(threads, "thread")); \(writes); nothing was written")
  }
}
