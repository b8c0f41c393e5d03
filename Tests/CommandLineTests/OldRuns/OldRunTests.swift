import ArchPrior
import Foundation
import Testing

/// Folders of runs that an older ArchPrior stopped in the middle (`Fixtures/make.sh`): today's program goes on with them, evaluates them and
/// adapts them, and comes to what the older one came to.
@Suite struct OldRunTests {
  private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures").path

  /// Whether bits must be the same. Kernels are the plain ones here and there; logarithms are of the system's library, which has other code
  /// for other processors.
  private static let isExact: Bool = {
    let level = try? String(contentsOfFile: fixtures + "/expected/level", encoding: .utf8)
    return level?.trimmingCharacters(in: .newlines) == KernelLevel.available.last
  }()

  private func archprior(_ arguments: [String], in folder: String) throws {
    let outcome = try Program.run(
      arguments, in: folder, environment: ["ARCHPRIOR_KERNELS": "baseline", "ARCHPRIOR_DATASETS": Program.project + "/datasets"])
    try #require(outcome.code == 0, "\(arguments): \(outcome.error)")
  }

  @Test(arguments: ["t-nas", "maml", "maml++", "proto-net"], [1, 2]) func endsAsItWouldHave(method: String, threads: Int) throws {
    let folder = try TemporaryFolder()
    try FileManager.default.copyItem(atPath: "\(Self.fixtures)/stopped/\(method)", toPath: folder.file(method))
    try FileManager.default.copyItem(atPath: Self.fixtures + "/task", toPath: folder.file("task"))
    let options = ["--threads", "\(threads)"]
    try archprior(["meta-train", "--resume", "--output", method] + options, in: folder.path)
    try archprior(["evaluate", method] + options, in: folder.path)
    try archprior(["adapt", method, "--task", "task"] + options, in: folder.path)

    let expected = "\(Self.fixtures)/expected/\(method)"
    let root = URL(filePath: folder.path).resolvingSymlinksInPath().path + "/"
    for name in ["meta-training", "evaluation", "adaptation-task"] {
      let was = try Result(expected + "/\(name).json", under: "")
      let now = try Result(folder.file("\(method)/results/\(name).json"), under: root)
      if Self.isExact { #expect(now.text == was.text, "\(name)") } else { #expect(now.differences(from: was) == [], "\(name)") }
    }
    if Self.isExact {
      let digest = try String(contentsOfFile: expected + "/checkpoint.sha256", encoding: .utf8)
      #expect(SHA256.hex(Array(try WorkflowTests.checkpoint(folder.file(method)))) + "\n" == digest)
    }
  }

  /// A file of results without what measures time and without its checksum, which is of those seconds too.
  private struct Result {
    /// Value by place, such as `0.accuracies.3`.
    var values: [String: any Sendable & Hashable] = [:]

    /// - Parameter root: what paths in it begin with, and are compared without.
    init(_ path: String, under root: String) throws {
      let text = try String(contentsOfFile: path, encoding: .utf8)
      add(try JSONSerialization.jsonObject(with: Data((root.isEmpty ? text : text.replacing(root, with: "")).utf8)), at: "")
    }

    private mutating func add(_ value: Any, at place: String) {
      switch value {
      case let object as [String: Any]:
        let isPaper = object["belongs_to"] != nil
        for (key, value) in object where !key.lowercased().contains("seconds") && !(isPaper && key == "sha256") {
          add(value, at: "\(place).\(key)")
        }
      case let list as [Any]:
        values[place + ".count"] = list.count
        for (index, value) in list.enumerated() { add(value, at: "\(place).\(index)") }
      case let number as NSNumber: values[place] = number.doubleValue
      case let text as String: values[place] = text
      default: values[place] = "\(value)"
      }
    }

    var text: String { values.keys.sorted().map { "\($0): \(values[$0].map { "\($0)" } ?? "")" }.joined(separator: "\n") }

    /// Places that are only in one, texts that differ, and numbers that differ by more than other last bits make of them after 80 outer
    /// steps: 1e-3 where they are smooth, and two images of six where they count.
    func differences(from other: Result) -> [String] {
      Set(values.keys).union(other.values.keys).sorted().filter { key in
        if let now = values[key] as? Double, let was = other.values[key] as? Double {
          let counts = ["ccura", "mean", "lower", "upper"].contains { key.contains($0) }
          return !(abs(now - was) <= (counts ? 0.35 : 1e-3))
        }
        guard let now = values[key], let was = other.values[key] else { return true }
        // Predictions and the genotype follow from numbers.
        return "\(now)" != "\(was)" && !key.contains("predicted") && !key.contains("genotype")
      }
    }
  }
}
