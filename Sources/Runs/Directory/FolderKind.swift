import Basics
import Foundation

/// What of ArchPrior's a folder holds, by the names in it: for messages to whoever gave it in the place of another.
enum FolderKind {
  case run, study, searches, supernetSearches, comparison

  /// What a folder holds; `nil` where that is nothing of ArchPrior's, or nobody can see.
  init?(of path: String) {
    func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(path)/\(name)") }
    if has("configuration.yaml"), has("provenance.json"), RunDirectory.isOurs(path) {
      self = .run
    } else if has("study.yaml"), has("cells") {
      self = .study
    } else if has("search.json") {
      self = has("searches.jsonl") ? .searches : .supernetSearches
    } else if has("results.json"), has("runs") {
      self = .comparison
    } else {
      return nil
    }
  }

  /// In words, with the command that made it.
  var words: String {
    switch self {
    case .run: "a run (of meta-train)"
    case .study: "a study (of study)"
    case .searches: "searches (of search)"
    case .supernetSearches: "searches on a supernet (of supernet)"
    case .comparison: "a comparison (of compare)"
    }
  }

  /// Where the runs of such a folder are, if it has any.
  private var runs: String? {
    switch self {
    case .study: "cells"
    case .comparison: "runs"
    case .run, .searches, .supernetSearches: nil
    }
  }

  /// What to look at in a folder that holds no run.
  func advice(_ path: String) -> String? {
    let report = FileManager.default.fileExists(atPath: "\(path)/report.html") ? "its report is \(path)/report.html" : nil
    let parts = [report, runs.map { "its runs are in \(path)/\($0)" }].compactMap(\.self)
    return parts.isEmpty ? nil : parts.joined(separator: "; ")
  }
}

extension RunError {
  /// The error of a folder with other files in it, which says what they are where they are ArchPrior's.
  package static func notEmpty(_ path: String) -> RunError {
    var error = RunError(.notEmpty, path: path)
    error.holds = FolderKind(of: path)?.words
    return error
  }

  /// The error of a folder without a run, which says what else of ArchPrior's is there.
  static func noRun(_ path: String) -> RunError {
    var error = RunError(.noRun, path: path)
    guard let kind = FolderKind(of: path) else { return error }
    error.holds = kind.words
    error.remedy = kind.advice(path)
    return error
  }
}
