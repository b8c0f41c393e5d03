import ArchPrior
import Foundation

/// The environment variables of ArchPrior, so that a typing error in one does not go unnoticed.
enum Environment {
  /// Variables with the values that they take; `nil` where any will do. The last ones are for the tests and the benchmarks.
  static let variables: [(name: String, values: [String]?)] = [
    ("ARCHPRIOR_KERNELS", KernelLevel.names), ("ARCHPRIOR_FUSION", Fusion.environmentValues), ("ARCHPRIOR_DATASETS", nil),
    ("ARCHPRIOR_SHARED", nil), ("ARCHPRIOR_RECORD", nil), ("ARCHPRIOR_TEST_DRAWINGS", nil),
  ]

  /// Checks values, and notes names that do not exist.
  ///
  /// - Throws: `CommandError` for a value that a variable does not take.
  static func check(_ environment: [String: String] = ProcessInfo.processInfo.environment) throws {
    for (name, values) in variables {
      guard let values, let value = environment[name], !value.isEmpty, !values.contains(value) else { continue }
      let near = suggestion(for: value, among: values).map { "; did you mean \($0)?" } ?? ""
      throw CommandError("\(name) is '\(value)'", help: "it takes \(values.joined(separator: ", "))\(near)")
    }
    if let wanted = environment["ARCHPRIOR_KERNELS"], !wanted.isEmpty, !KernelLevel.available.contains(wanted) {
      throw CommandError(
        "ARCHPRIOR_KERNELS is '\(wanted)', which this processor does not have",
        help: "it has \(KernelLevel.available.joined(separator: ", "))")
    }
    let known = variables.map(\.name)
    for name in environment.keys.sorted() where name.hasPrefix("ARCHPRIOR") && !known.contains(name) {
      let near =
        suggestion(for: name, among: known).map { "did you mean \($0)?" } ?? "there are: "
        + known.prefix(3).joined(separator: ", ")
      Output.note("note: \(name) is no variable of ArchPrior; \(near)")
    }
    for folder in (environment["ARCHPRIOR_DATASETS"] ?? "").split(separator: ":").map(String.init) {
      var isFolder: ObjCBool = false
      if !FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder) || !isFolder.boolValue {
        Output.note("note: ARCHPRIOR_DATASETS names \(folder), which is no folder")
      }
    }
  }
}
