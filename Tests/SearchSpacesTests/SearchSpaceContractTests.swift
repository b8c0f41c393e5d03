import ArchPriorTesting
import Basics
import Foundation
import SearchSpaces
import Testing

@Suite struct SearchSpaceContractTests {
  /// Every registered space, and how many vectors of choices it has; without its row a space fails the suite.
  static let rows: [(name: String, size: Double)] = [
    ("nas-bench-201", 15_625),
    ("nas-bench-101", 509_607_936),
    ("nas-bench-macro", 6_561),
    ("nasnet", pow(518_400 * pow(13, 10) * 32, 2)),
    // Π over nodes of (j + 2 choose 2) · 7², two kinds of cell.
    ("darts", pow(180 * pow(7, 8), 2)),
  ]

  @Test func everySpaceHasARow() { #expect(Self.rows.map(\.name) == SearchSpaceRegistry.names) }

  @Test(arguments: rows.map(\.name))
  func holds(name: String) throws {
    let space = try #require(SearchSpaceRegistry.space(named: name))
    #expect(violations(of: space) == [])
    let size = try #require(Self.rows.first { $0.name == name }).size
    #expect(abs(space.size / size - 1) < 1e-12)
  }

  private func violations(of space: some SearchSpace) -> [String] { SearchSpaceContract.violations(of: space) }

  /// A space whose mutations leave it must be caught, or the contract is worth nothing.
  @Test func aSpaceThatIsLeftIsCaught() throws {
    struct Leaky: SearchSpace {
      var name: String { "leaky" }
      var decisions: [Decision] { [Decision("a", choices: ["0", "1", "2"])] }
      func architecture(choices: [Int]) -> Int? { choices[0] }
      func choices(of architecture: Int) throws(ArchitectureError) -> [Int] {
        guard (0..<3).contains(architecture) else { throw .notInSpace(space: name, reason: "too large") }
        return [architecture]
      }
      func mutate(_ architecture: Int, using generator: inout Philox) -> Int { architecture + 1 }
    }
    #expect(SearchSpaceContract.violations(of: Leaky(), mutations: 10).contains { $0.contains("leaves the space") })
  }

  @Test func enumerationGivesEveryArchitectureOnce() {
    #expect(Set(NASBench201Space.cifar10.enumerated()).count == 15_625)
    #expect(Set(NASBenchMacroSpace().enumerated()).count == 6_561)
  }

  @Test func aSampleIsUniform() {
    var generator = Philox(seed: 3, stream: "uniform")
    var counts = [[Int]](repeating: [Int](repeating: 0, count: 5), count: 6)
    for _ in 0..<10_000 {
      let cell = NASBench201Space.cifar10.sample(using: &generator)
      for (edge, digit) in cell.digits.enumerated() { counts[edge][digit] += 1 }
    }
    // χ² with 4 degrees of freedom lies below 23.5 with probability 0.9999.
    for row in counts {
      #expect(row.reduce(0) { $0 + pow(Double($1) - 2_000, 2) / 2_000 } < 23.5)
    }
  }
}
