import Foundation
import Statistics

/// What searches found: the content of `results.json`.
public struct SearchResults: Hashable, Codable, Sendable {
  /// A data set on which found architectures were looked up.
  public struct Dataset: Hashable, Codable, Sendable {
    /// Its name.
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
    /// Its seed.
    public let seed: UInt64
    /// How many evaluations it made.
    public let evaluations: Int
    /// Seconds of the benchmark's trainings that it used.
    public let seconds: Double
    /// The text of what it found.
    public let architecture: String
    /// The validation score by which it was found.
    public let score: Double
    /// Validation accuracies by data set.
    public let validation: [Double?]
    /// Test accuracies by data set.
    public let test: [Double?]
  }

  /// One method.
  public struct Method: Hashable, Codable, Sendable {
    /// The name, with the settings that are not usual.
    public let name: String
    /// A line about it.
    public let summary: String
    /// What its searches took on this machine, in seconds.
    public let wallSeconds: Double
    /// The searches, by seed.
    public let searches: [Search]
    /// How good the best so far was.
    public let curve: AnytimeCurve

    /// The validation accuracies of what was found, on the data set with this number; empty where there are none.
    public func validation(_ dataset: Int) -> [Double] { searches.compactMap { $0.validation[dataset] } }

    /// The test accuracies of what was found, on the data set with this number; empty where there are none.
    public func test(_ dataset: Int) -> [Double] { searches.compactMap { $0.test[dataset] } }
  }

  /// The version of this layout.
  public static let currentSchema = 1

  /// The layout's version.
  public var schema = Self.currentSchema
  /// The space.
  public let space: String
  /// The benchmark.
  public let benchmark: String
  /// The data set that was searched on.
  public let dataset: String
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
  public let methods: [Method]

  /// The number of the data set that was searched on.
  public var searchedDataset: Int? { datasets.firstIndex { $0.name == dataset } }
}

/// Two methods compared on the data set that was searched on.
public struct MethodComparison: Hashable, Codable, Sendable {
  /// The first method.
  public let first: String
  /// The second method.
  public let second: String
  /// The difference of the mean test accuracies.
  public let difference: Double
  /// The share of pairs of searches in which the first method's is better, ties counted half.
  public let superiority: Double
  /// The p-value of the rank test, adjusted for all pairs by Holm's method.
  public let adjustedPValue: Double
}

extension SearchResults {
  /// Rank tests of all pairs of methods, by test accuracy on the data set that was searched on.
  ///
  /// Searches with the same seed share nothing, so the samples are independent: Mann–Whitney, with Holm's correction.
  public var comparisons: [MethodComparison] {
    guard let place = searchedDataset else { return [] }
    var pairs = [(Method, Method, MannWhitney)]()
    for (number, first) in methods.enumerated() {
      for second in methods[(number + 1)...] {
        guard let test = try? MannWhitney(first.test(place), second.test(place)) else { continue }
        pairs.append((first, second, test))
      }
    }
    guard let adjusted = try? holmAdjusted(pairs.map(\.2.pValue)) else { return [] }
    func mean(_ method: Method) -> Double { (try? Sample(method.test(place)))?.mean ?? .nan }
    return zip(pairs, adjusted).map { pair, p in
      MethodComparison(
        first: pair.0.name, second: pair.1.name, difference: mean(pair.0) - mean(pair.1), superiority: pair.2.superiority,
        adjustedPValue: p)
    }
  }

  /// The results as JSON with sorted keys.
  ///
  /// - Throws: `EncodingError`.
  public func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(self)
  }

  /// One line a search: method, seed, evaluations, seconds, architecture, score, then validation and test accuracies.
  public var csv: String {
    var header = ["method", "seed", "evaluations", "seconds", "architecture", "score"]
    for dataset in datasets {
      if let epochs = dataset.validationEpochs { header.append("\(dataset.name)_validation_\(epochs)") }
      if let epochs = dataset.testEpochs { header.append("\(dataset.name)_test_\(epochs)") }
    }
    var lines = [header.joined(separator: ",")]
    for method in methods {
      for search in method.searches {
        var fields = [
          Self.quoted(method.name), "\(search.seed)", "\(search.evaluations)", "\(search.seconds)",
          Self.quoted(search.architecture), "\(search.score)",
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

  private static func quoted(_ text: String) -> String {
    text.contains(where: { ",\"\n".contains($0) }) ? "\"\(text.replacingOccurrences(of: "\"", with: "\"\""))\"" : text
  }
}
