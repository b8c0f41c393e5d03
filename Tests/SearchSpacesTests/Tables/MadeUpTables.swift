import Foundation
import SearchSpaces

/// Small tables in the formats of the benchmarks, and the real ones where they lie beside the project.
enum MadeUpTables {
  static let cells = ["421211", "334131", "000000"]

  /// NAS-Bench-201 with three cells; value = 10 · row + column / 100 but for seconds (2,000 · (row + 1)) and the blank third seeds.
  static func nasBench201(_ change: (inout [String]) -> Void = { _ in }) -> String {
    let names = ["c10", "c100", "in16"].flatMap { prefix in
      ["val12", "test12", "val200", "test200", "val200_s0", "val200_s1", "val200_s2", "train_s"].map { "\(prefix)_\($0)" }
    }
    var lines = ["index,arch," + names.joined(separator: ",")]
    for (row, cell) in cells.enumerated() {
      let values = names.enumerated().map { column, name in
        name.hasSuffix("_s2") && row > 0 ? "" : name.hasSuffix("train_s") ? "\(2_000 * (row + 1))" : "\(10 * row).\(10 + column)"
      }
      lines.append("\(row),\(cell)," + values.joined(separator: ","))
    }
    change(&lines)
    return lines.joined(separator: "\n") + "\n"
  }
}
