import Foundation
import Testing

/// The tables that a developer may have beside the package, in `$ARCHPRIOR_SHARED/../nasbench` or `../shared/nasbench`; never part of it.
enum SharedTables {
  static let note: Comment = "skipped: the table is not in ../shared/nasbench"

  private static let folder: URL = {
    let data =
      ProcessInfo.processInfo.environment["ARCHPRIOR_SHARED"].map { URL(filePath: $0) }
      ?? URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../../shared/data").standardized
    return data.deletingLastPathComponent().appending(path: "nasbench")
  }()

  static func path(_ name: String) -> String { folder.appending(path: name).path }
  static func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }
}
