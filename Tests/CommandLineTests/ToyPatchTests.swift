import Foundation
import Testing

/// One file, one line: each patch of `Examples/Toys` adds a toy of one kind by a new source file, a line of a registry and a row of a
/// conformance test, and by nothing else. `scripts/toys.sh` builds them and runs those tests.
@Suite struct ToyPatchTests {
  /// What a patch does to a file.
  struct Change: Equatable {
    var path: String
    var isNew = false
    var added: [String] = []
    var removed: [String] = []
  }

  static let folder = Program.project + "/Examples/Toys"

  /// The changes of a patch as `git diff` writes it; anything but new and changed files is an error.
  static func changes(_ patch: String) throws -> [Change] {
    struct Unknown: Error, CustomStringConvertible {
      var description: String
    }
    var changes: [Change] = []
    var isInHunk = false
    for line in patch.split(separator: "\n", omittingEmptySubsequences: false) {
      if let match = line.wholeMatch(of: /diff --git a\/(\S+) b\/(\S+)/) {
        guard match.1 == match.2 else { throw Unknown(description: "a renamed file: \(line)") }
        changes.append(Change(path: String(match.2)))
        isInHunk = false
      } else if line.hasPrefix("@@ ") {
        isInHunk = true
      } else if let last = changes.indices.last {
        switch (isInHunk, line.first) {
        case (true, "+"): changes[last].added.append(String(line.dropFirst()))
        case (true, "-"): changes[last].removed.append(String(line.dropFirst()))
        case (false, _) where line.hasPrefix("new file mode 100644"): changes[last].isNew = true
        case (false, _) where !["index ", "--- ", "+++ "].contains(where: line.hasPrefix):
          throw Unknown(description: "a line that is no change: \(line)")
        default: break
        }
      }
    }
    return changes
  }

  /// Why a patch is not one file, one line and one row; empty where it is.
  static func violations(_ changes: [Change]) -> [String] {
    var found: [String] = []
    let (new, old) = (changes.filter(\.isNew), changes.filter { !$0.isNew })
    if new.count != 1 || new.first?.path.wholeMatch(of: /Sources\/.+\.swift/) == nil {
      found.append("not one new source file, but \(new.map(\.path))")
    }
    for (place, what) in [("Sources/", "registry"), ("Tests/", "conformance test")] {
      let own = old.filter { $0.path.hasPrefix(place) }
      if own.count != 1 || own[0].added.count != 1 || !own[0].removed.isEmpty {
        found.append("not one line of a \(what), but \(own.map { "\($0.path): +\($0.added.count) −\($0.removed.count)" })")
      }
    }
    if changes.count != 3 { found.append("\(changes.count) files, not 3: \(changes.map(\.path))") }
    return found
  }

  static let patches = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasSuffix(".patch") }
    .sorted()

  @Test func everyKindHasAToy() {
    let kinds = [
      "search-strategy", "supernet-method", "performance-estimator", "zero-cost-proxy", "search-space", "tabular-benchmark",
      "hypergradient-estimator", "dataset-reader", "few-shot-method", "prior",
    ]
    #expect(Set(Self.patches).isSuperset(of: kinds.map { "\($0).patch" }))
  }

  @Test(arguments: patches) func isOneFileOneLineAndOneRow(name: String) throws {
    let changes = try Self.changes(String(contentsOfFile: "\(Self.folder)/\(name)", encoding: .utf8))
    #expect(Self.violations(changes) == [])
    let registry = try #require(changes.first { !$0.isNew && $0.path.hasPrefix("Sources/") })
    let text = try String(contentsOfFile: "\(Program.project)/\(registry.path)", encoding: .utf8)
    #expect(text.contains("Registry<"), "\(registry.path) holds no registry")
  }

  /// The patches go on the tree as it is.
  @Test(arguments: patches) func applies(name: String) throws {
    let git = "/usr/bin/git"
    guard FileManager.default.isExecutableFile(atPath: git), FileManager.default.fileExists(atPath: Program.project + "/.git")
    else {
      print("skipped: git apply --check \(name), as there is no git or no repository here")
      return
    }
    let outcome = try Program.run(["apply", "--check", "\(Self.folder)/\(name)"], of: git)
    #expect(outcome.code == 0, "\(outcome.error)")
  }

  /// The rules catch what they are for.
  @Test func otherPatchesAreRefused() throws {
    let good = [
      Change(path: "Sources/A/Toy.swift", isNew: true, added: ["x"]), Change(path: "Sources/A/Registry.swift", added: ["x"]),
      Change(path: "Tests/A/Tests.swift", added: ["x"]),
    ]
    #expect(Self.violations(good) == [])
    for index in good.indices { #expect(Self.violations(good.filter { $0 != good[index] }) != []) }
    for index in 1...2 {
      var changed = good
      changed[index].added.append("another line")
      #expect(Self.violations(changed) != [])
      changed = good
      changed[index].removed = ["a line"]
      #expect(Self.violations(changed) != [])
    }
    #expect(Self.violations(good + [Change(path: "docs/library.md", added: ["x"])]) != [])
    #expect(
      try Self.changes("diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n a\n+b\n")
        == [Change(path: "x", added: ["b"])])
    #expect(throws: (any Error).self) { try Self.changes("diff --git a/x b/x\ndeleted file mode 100644\n") }
  }
}
