import Foundation
import Runs

extension StudyRun {
  private static let file = "data.json"

  /// Looks whether the data sets are those that the study was begun with, and keeps their checksums in `data.json`.
  ///
  /// - Throws: ``Failure/otherData(name:was:isNow:folder:)``.
  func checkData() throws {
    let now = Dictionary(data.provenance.map { ($0.name, $0.sha256) }) { first, _ in first }
    func compare(_ before: [String: String]) throws {
      for (name, was) in before.sorted(by: { $0.key < $1.key }) {
        guard let isNow = now[name], isNow != was else { continue }
        throw Failure.otherData(name: name, was: was, isNow: isNow, folder: directory.path)
      }
    }
    var known: [String: String]?
    do {
      known = try directory.read([String: String].self, from: Self.file)
    } catch {
      guard error.isDamage else { throw error }
      directory.note("\(try directory.putAside(Self.file, because: error)), and made again from the cells")
    }
    if let known { try compare(known) }
    // Each cell says itself what it was trained on.
    for cell in grid.cells {
      let folder = directory.cell(cell.folder)
      guard FileManager.default.fileExists(atPath: folder + "/provenance.json"), let run = try? RunDirectory.read(folder),
        let provenance = try? run.provenance()
      else { continue }
      try compare(Dictionary(provenance.datasets.map { ($0.name, $0.sha256) }) { first, _ in first })
    }
    if known != now { try directory.write(json: now, to: Self.file) }
  }
}
