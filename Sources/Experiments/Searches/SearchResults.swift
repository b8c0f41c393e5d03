import Foundation
import Reports
import SearchSpaces
import Statistics

/// What searches found: the content of `results.json`.
public struct SearchResults: Hashable, Codable, Sendable {
  /// A data set on which found architectures were looked up.
  public struct Dataset: Hashable, Codable, Sendable {
    /// The name of the data set.
    public let name: String
    /// Epochs of the validation accuracies, if the benchmark has any.
    public let validationEpochs: Int?
    /// Epochs of the test accuracies, if the benchmark has any.
    public let testEpochs: Int?
    /// The best test accuracy of the whole table.
    public let optimum: Double?
  }

  /// One search.
  public struct Search: Hashable, Codable, Sendable {
    /// The seed of the search.
    public let seed: UInt64
    /// How many evaluations it made.
    public let evaluations: Int
    /// Seconds of the benchmark's trainings that it used; of the estimator, measured, where one judged.
    public internal(set) var seconds: Double
    /// Real seconds that the whole search took.
    public internal(set) var wallSeconds: Double
    /// Real seconds of every evaluation, in order; `nil` where the benchmark judged, whose look-ups take next to nothing.
    public internal(set) var evaluationSeconds: [Double]?
    /// The text of what it found.
    public let architecture: String
    /// The score by which it was found.
    public let score: Double
    /// Validation accuracies by data set.
    public let validation: [Double?]
    /// Test accuracies by data set.
    public let test: [Double?]
    /// The table's best test accuracy on the data set that was searched on, minus that of what was found.
    public let regret: Double?
  }

  /// Regret over searches.
  public struct Regret: Hashable, Codable, Sendable {
    /// The arithmetic mean.
    public let mean: Double
    /// The median.
    public let median: Double
  }

  /// One method.
  public struct Method: Hashable, Codable, Sendable {
    /// The name, with the settings that are not usual.
    public let name: String
    /// A line about it.
    public let summary: String
    /// What its searches took on this machine, in seconds, one after the other.
    public internal(set) var wallSeconds: Double
    /// The searches, by seed.
    public internal(set) var searches: [Search]
    /// Of its searches; `nil` without test accuracies.
    public let regret: Regret?
    /// How good the best so far was, by the clock of the searches: the benchmark's seconds, or the estimator's.
    public internal(set) var curve: AnytimeCurve
    /// The same by real time.
    public internal(set) var wallCurve: AnytimeCurve

    /// The validation accuracies of what was found, on the data set with this number; empty where there are none.
    public func validation(_ dataset: Int) -> [Double] { searches.compactMap { $0.validation[dataset] } }

    /// The test accuracies of what was found, on the data set with this number; empty where there are none.
    public func test(_ dataset: Int) -> [Double] { searches.compactMap { $0.test[dataset] } }
  }

  /// The version of this layout.
  public static let currentSchema = 2

  /// The layout's version.
  public var schema = Self.currentSchema
  /// The space.
  public let space: String
  /// The benchmark; `nil` where an estimator judged and nothing was looked up.
  public let benchmark: String?
  /// The data set of the benchmark that was searched on.
  public let dataset: String?
  /// The epochs that searches could use.
  public let epochs: [Int]
  /// What judged architectures in the benchmark's place; `nil` where the benchmark did. Seconds are then measured.
  public let estimator: String?
  /// The budget in seconds, if it was limited.
  public let budgetSeconds: Double?
  /// The budget in evaluations, if it was limited.
  public let budgetEvaluations: Int?
  /// Searches of each method.
  public let seeds: Int
  /// The first seed.
  public let firstSeed: UInt64
  /// The data sets, in the order of the accuracies.
  public let datasets: [Dataset]
  /// The methods.
  public internal(set) var methods: [Method]
  /// Rank tests of all pairs of methods.
  public let comparisons: [MethodComparison]

  /// What the methods of a comparison found.
  init<Space: SearchSpace>(of comparison: SearchComparison<Space>, datasets: [Dataset], methods: [Method]) {
    space = comparison.space.name
    benchmark = comparison.benchmark?.name
    dataset = comparison.dataset
    epochs = comparison.estimator?.epochs ?? comparison.epochs
    estimator = comparison.estimator.map { _ in comparison.judgeName }
    budgetSeconds = comparison.budget.limitedSeconds
    budgetEvaluations = comparison.budget.limitedEvaluations
    seeds = comparison.seeds
    firstSeed = comparison.firstSeed
    self.datasets = datasets
    self.methods = methods
    let place = Self.place(of: dataset, in: datasets)
    let hasTests = place.map { datasets[$0].testEpochs != nil } ?? false
    comparisons = MethodComparison.all(
      methods.map { method in (method.name, hasTests ? method.test(place ?? 0) : method.searches.map(\.score)) })
  }

  /// The number of the data set that was searched on.
  public var searchedDataset: Int? { Self.place(of: dataset, in: datasets) }

  private static func place(of name: String?, in datasets: [Dataset]) -> Int? {
    name.flatMap { name in datasets.firstIndex { $0.name == name } }
  }
}

/// Two methods compared by test accuracy on the data set that was searched on; by the score of what was found where there is none.
public struct MethodComparison: Hashable, Codable, Sendable {
  /// The first method.
  public let first: String
  /// The second method.
  public let second: String
  /// The difference of the means.
  public let difference: Double
  /// The share of pairs of searches in which the first method's is better, ties counted half.
  public let superiority: Double
  /// The p-value of the rank test, adjusted for all pairs by Holm's method.
  public let adjustedPValue: Double
}

extension MethodComparison {
  /// Rank tests of all pairs of methods.
  ///
  /// Searches with the same seed share nothing, so the samples are independent: Mann–Whitney, with Holm's correction.
  static func all(_ methods: [(name: String, values: [Double])]) -> [MethodComparison] {
    var pairs = [(first: Int, second: Int, test: MannWhitney)]()
    for first in methods.indices {
      for second in methods.indices.dropFirst(first + 1) {
        guard let test = try? MannWhitney(methods[first].values, methods[second].values) else { continue }
        pairs.append((first, second, test))
      }
    }
    guard let adjusted = try? holmAdjusted(pairs.map(\.test.pValue)) else { return [] }
    func mean(_ place: Int) -> Double { (try? Sample(methods[place].values))?.mean ?? .nan }
    return zip(pairs, adjusted).map { pair, p in
      MethodComparison(
        first: methods[pair.first].name, second: methods[pair.second].name, difference: mean(pair.first) - mean(pair.second),
        superiority: pair.test.superiority, adjustedPValue: p)
    }
  }
}

extension SearchResults {
  /// The results without what was measured on this machine: equal for any number of threads and after every interruption.
  package var withoutMeasurements: SearchResults {
    var copy = self
    for method in copy.methods.indices {
      copy.methods[method].wallSeconds = 0
      copy.methods[method].wallCurve = .empty
      // An estimator's seconds are measured too.
      if estimator != nil { copy.methods[method].curve = .empty }
      for search in copy.methods[method].searches.indices {
        copy.methods[method].searches[search].wallSeconds = 0
        copy.methods[method].searches[search].evaluationSeconds = nil
        if estimator != nil { copy.methods[method].searches[search].seconds = 0 }
      }
    }
    return copy
  }

  /// The results as JSON with sorted keys.
  ///
  /// - Throws: `EncodingError`.
  public func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(self)
  }

  /// One line a search: method, seed, evaluations, seconds, real seconds, architecture, score, regret (empty where there is none), then
  /// validation and test accuracies.
  public var csv: String {
    var header = ["method", "seed", "evaluations", "seconds", "wall_seconds", "architecture", "score", "regret"]
    for dataset in datasets {
      if let epochs = dataset.validationEpochs { header.append("\(dataset.name)_validation_\(epochs)") }
      if let epochs = dataset.testEpochs { header.append("\(dataset.name)_test_\(epochs)") }
    }
    var lines = [header.map(CSV.field).joined(separator: ",")]
    for method in methods {
      for search in method.searches {
        var fields = [
          CSV.field(method.name), "\(search.seed)", "\(search.evaluations)", "\(search.seconds)",
          "\(search.wallSeconds)", CSV.field(search.architecture), "\(search.score)", search.regret.map { "\($0)" } ?? "",
        ]
        for (place, dataset) in datasets.enumerated() {
          if dataset.validationEpochs != nil { fields.append(search.validation[place].map { "\($0)" } ?? "") }
          if dataset.testEpochs != nil { fields.append(search.test[place].map { "\($0)" } ?? "") }
        }
        lines.append(fields.joined(separator: ","))
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
