import Foundation
import Testing

@testable import ArchPriorNetworkBench

/// A small share of `archprior-network-bench fuzz-records`, with a fixed seed: every kind of file that is read back.
@Suite final class RecordFuzzTests {
  private let root = FileManager.default.temporaryDirectory.appendingPathComponent("fuzz-\(UUID().uuidString)").path

  deinit { try? FileManager.default.removeItem(atPath: root) }

  @Test func damageIsNamedOrWithoutEffect() throws {
    for (kind, sample) in try RecordKinds(root: root + "/samples").all() {
      // A study reads its data each time, which takes longer than a test should.
      let share = sample == "study" ? 1 : sample == "states" ? 12 : 20
      for flips in [false, true] {
        let report = try kind.run(
          sample: "\(root)/samples/\(sample)", scratch: root + "/copy", seed: 7, numbers: 0..<share, flips: flips)
        #expect(report.silent == [], "\(kind.name)")
        #expect(report.named + report.same + report.survived == share, "\(kind.name)")
        #expect(report.slowest < 10, "\(kind.name)")
      }
    }
  }
}
