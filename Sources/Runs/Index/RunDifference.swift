import Foundation

/// What two runs differ in: settings, data, machine, results.
public struct RunDifference: Sendable, Codable, Equatable {
  /// A setting or a result.
  public struct Line: Sendable, Codable, Equatable {
    /// The full name.
    public var key: String
    /// The first run's value.
    public var first: String
    /// The second run's value.
    public var second: String
  }

  /// Keys of the configuration, those without influence on the result too.
  public var configuration: [Line]
  /// Version, data sets, machine.
  public var provenance: [Line]
  /// Status, tasks, accuracies.
  public var results: [Line]

  /// The difference of two runs.
  ///
  /// - Throws: `RunError` or `ConfigurationError` where one cannot be read.
  public init(_ first: String, _ second: String) throws {
    let (a, b) = (try RunDirectory.read(first), try RunDirectory.read(second))
    configuration = a.configuration.pairs(with: b.configuration).compactMap { pair in
      pair.mine == pair.theirs ? nil : Line(key: pair.key, first: pair.mine, second: pair.theirs)
    }
    let papers = try [a.provenance(), b.provenance()].map(Self.lines)
    provenance = Self.differing(papers[0], papers[1])
    let summaries = [first, second].map { RunSummary(folder: $0) }
    let stages = RunStages.lines(RunStages(a), RunStages(b))
    let (mine, theirs) = RunStages.texts(summaries[0].validationAccuracy, summaries[1].validationAccuracy)
    // What stages say is not said twice.
    let isSaid = mine == theirs || stages.contains { $0.key.hasPrefix("meta-validation of ") }
    results =
      Self.differing(Self.lines(summaries[0]), Self.lines(summaries[1]))
      + (isSaid ? [] : [Line(key: "meta-validation", first: mine, second: theirs)]) + stages
      + EvaluationDifference.lines(summaries[0], summaries[1])
  }

  private static func differing(_ first: [(String, String)], _ second: [(String, String)]) -> [Line] {
    let theirs = Dictionary(second) { $1 }
    let mine = Set(first.map(\.0))
    return first.compactMap { key, text in
      theirs[key] == text ? nil : Line(key: key, first: text, second: theirs[key] ?? "–")
    } + second.filter { !mine.contains($0.0) }.map { Line(key: $0.0, first: "–", second: $0.1) }
  }

  private static func lines(_ provenance: Provenance) -> [(String, String)] {
    let machine = provenance.machine
    return [
      ("version", provenance.version), ("processor", machine.processor), ("cores", "\(machine.cores)"),
      ("kernels", machine.kernels), ("operating system", machine.operatingSystem), ("swift", machine.swift),
    ] + provenance.datasets.map { ("data set \($0.name)", String($0.sha256.prefix(16))) }
  }

  private static func lines(_ summary: RunSummary) -> [(String, String)] {
    return [
      ("status", summary.status.rawValue), ("tasks seen", "\(summary.tasksSeen)"),
      ("problem", summary.problem ?? "–"),
    ]
  }
}
