import Foundation

/// A folder that is removed at the end.
final class TemporaryFolder {
  let path = FileManager.default.temporaryDirectory.appendingPathComponent("archprior-basics-\(UUID().uuidString)").path
  var resolved: String { URL(fileURLWithPath: path).resolvingSymlinksInPath().path }

  init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(atPath: path) }

  var entries: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }
}
