import Basics
import Foundation
import MetaLearning
import Runs
import Tensors

/// The runs of a comparison: ordinary ones, in folders of their names, that can be adapted and evaluated afterwards.
public struct ComparisonRuns: Sendable {
  /// The folder that the runs are in.
  public let folder: String
  /// What is meta-trained.
  let runs: [ComparisonConfiguration.Run]

  /// Looks whether the runs can be made; nothing but the folder is.
  ///
  /// - Parameters:
  ///   - folder: made where there is none.
  ///   - comparison: says which runs there are, and what they are called.
  /// - Throws: `RunError` where the folder cannot serve.
  public init(in folder: String, _ comparison: ComparisonConfiguration) throws(RunError) {
    self.folder = folder
    runs = comparison.runs
    try FolderFile.makeFolder(folder, of: folder)
    try Self.check(folder, comparison)
  }

  /// Looks whether runs can be made in a folder, which need not be there.
  ///
  /// - Throws: `RunError` where other files are in the way.
  public static func check(_ folder: String, _ comparison: ComparisonConfiguration) throws(RunError) {
    for run in comparison.runs {
      let path = "\(folder)/\(run.name)"
      guard FileManager.default.fileExists(atPath: path) else { continue }
      // What an interrupted comparison began is replaced.
      try RunDirectory.check(path, existing: .overwrite)
    }
  }

  /// Where a run is kept.
  public func path(of name: String) -> String { "\(folder)/\(name)" }

  /// Makes the folder of a run anew.
  ///
  /// - Returns: the run, and what became of an earlier one that somebody has used since; `nil` where nothing did.
  func begin(_ run: ComparisonConfiguration.Run, data: StudyData) throws -> (directory: RunDirectory, note: String?) {
    let path = path(of: run.name)
    let aside = try moveAside(path)
    let provenance = Provenance(
      configuration: run.configuration, datasets: data.provenance, machine: Machine.current(kernels: KernelLevel.name))
    let directory = try RunDirectory.create(
      at: path, configuration: run.configuration, provenance: provenance, existing: .overwrite)
    return (directory, aside.map { "the run of an earlier comparison, which has results of yours, is \($0) now" })
  }

  /// Renames a run of an earlier comparison that somebody has used since, so that no evaluation or adaptation is lost with it.
  ///
  /// - Returns: its new path; `nil` where there was none.
  private func moveAside(_ path: String) throws -> String? {
    let results = (try? FileManager.default.contentsOfDirectory(atPath: path + "/results")) ?? []
    guard results.contains(where: { $0.hasPrefix("adaptation") || $0.hasPrefix("evaluation") }) else { return nil }
    var number = 1
    while FileManager.default.fileExists(atPath: "\(path)-before-\(number)") { number += 1 }
    do {
      try FileManager.default.moveItem(atPath: path, toPath: "\(path)-before-\(number)")
    } catch {
      throw RunError(.system(action: "rename it", reason: FailureText.of(error)), path: path)
    }
    return "\(path)-before-\(number)"
  }
}
