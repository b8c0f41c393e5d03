import Foundation
import Reports
import SearchSpaces
import Statistics

/// Results invented by a generator, to see a report with every part in it. No number here was measured.
struct MadeUp {
  private var state: UInt64 = 1

  /// Uniform in [0, 1); the constants are Knuth's MMIX generator's.
  private mutating func uniform() -> Double {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(state >> 11) * 0x1p-53
  }

  private mutating func normal() -> Double { (0..<12).reduce(-6.0) { sum, _ in sum + uniform() } }

  static func results() throws -> ComparisonResults {
    var made = MadeUp()
    return try made.results()
  }

  private mutating func results() throws -> ComparisonResults {
    let splits = [
      ComparisonResults.Split(name: "test", title: "unseen classes", chance: 0.2),
      ComparisonResults.Split(name: "cross", title: "unseen data set", chance: 0.2),
    ]
    let names = ["T-NAS", "MAML, conv-4", "MAML, searched cell", "MAML, random cells", "ProtoNet", "no meta-training"]
    let centres = [0.932, 0.912, 0.918, 0.87, 0.921, 0.55]
    let difficulty = splits.map { _ in (0..<200).map { _ in 0.04 * normal() } }
    let methods = try zip(names, centres).map { name, centre in
      try ComparisonResults.Method(
        name: name,
        evaluations: zip(splits, difficulty).enumerated().map { index, pair in
          try ComparisonResults.Evaluation(
            split: pair.0.name,
            accuracies: pair.1.map { easier in
              let level = min(max(centre - 0.13 * Double(index) + easier + 0.05 * normal(), 0), 1)
              return (level * 75).rounded() / 75
            })
        },
        parameters: 15_000 + Int(20_000 * uniform()), multiplyAdds: Int(3e6 + 2e7 * uniform()),
        secondsPerAdaptation: name == "T-NAS" ? 1.73 : 0.05 + 0.4 * uniform(),
        metaTrainingSeconds: name == "no meta-training" ? nil : 600 + 5000 * uniform())
    }
    var run = ComparisonResults.RunInformation(
      version: "0.0-example", seed: 42, threads: 2, way: 5, shot: 1,
      datasets: ["glyphs: Latin, Greek (meta-train)", "glyphs: Thai (meta-test)"],
      batchNorm: "statistics of the current batch, query batch included (transductive)",
      machine: "an imaginary processor, 2 threads")
    run.date = "2000-01-01"
    run.configuration = "way: 5\nshot: 1\nspace:\n  nodes: 4\n  channels: 16 # <not measured>\n"
    var results = try ComparisonResults(
      title: "Made-up example: 5-way 1-shot comparison", run: run, splits: splits, methods: methods, highlighted: "T-NAS",
      comparisons: ComparisonResults.comparisons(of: "T-NAS", with: methods, splits: splits), curves: curves())
    results.summary = "This page shows what a comparison report looks like. Every number and picture on it is invented."
    results.architectures = [
      .init(name: "DARTS, second order", genotype: .dartsV2), .init(name: "Auto-MAML, 5-shot", genotype: .autoMAML5Shot),
    ]
    results.adaptation = adaptation()
    results.sampleTask = sampleTask()
    return results
  }

  private mutating func curves() -> [ComparisonResults.CurveFamily] {
    let accuracy = [("T-NAS", 0.93), ("MAML, conv-4", 0.91), ("MAML, searched cell", 0.92)].map { name, top in
      LineChart.Series(
        name: name,
        points: (0...25).map { step in
          let y = top - (top - 0.3) * exp(-Double(step) / 5) + 0.006 * normal()
          return LineChart.Point(x: Double(step) * 800, y: y, lower: y - 0.012, upper: y + 0.012)
        })
    }
    let loss = accuracy.map { series in
      LineChart.Series(
        name: series.name, points: series.points.filter { $0.x > 0 }.map { .init(x: $0.x / 31, y: -log($0.y)) })
    }
    return [
      .init(
        title: "Accuracy on meta-validation tasks during meta-training", xLabel: "meta-training tasks",
        yLabel: "query accuracy, %", percent: true, series: accuracy),
      .init(
        title: "Query loss over wall time", xLabel: "seconds (logarithmic)", yLabel: "cross-entropy, nats", percent: false,
        logarithmicX: true, series: loss),
    ]
  }

  private mutating func adaptation() -> ComparisonResults.Adaptation {
    let cells = CellKind.allCases.map { kind in
      let before = (0..<14).map { _ in (0..<8).map { _ in 0.5 * normal() } }
      let after = before.map { row in row.map { $0 + 0.4 * normal() } }
      return ComparisonResults.Adaptation.Cell(kind: kind, before: before, after: after)
    }
    return .init(task: "imaginary task 7", operations: CellOperation.allCases, cells: cells)
  }

  private mutating func sampleTask() -> ComparisonResults.SampleTask {
    let labels = ["ก", "ข", "ค", "ง", "<&>"]
    let patterns = labels.map { _ in (0..<49).map { _ in uniform() < 0.45 } }
    var picture: (Int) -> Data = { _ in Data() }
    var noise = [[UInt8]]()
    for _ in 0..<60 { noise.append((0..<(28 * 28)).map { _ in UInt8(40 * uniform()) }) }
    var drawn = 0
    picture = { label in
      drawn += 1
      let pixels = (0..<(28 * 28)).map { i in
        let on = patterns[label][(i / 28) / 4 * 7 + (i % 28) / 4]
        let grain = noise[drawn % 60][i]
        return on ? grain : 255 - grain
      }
      return PNG.grey(pixels, width: 28, height: 28)
    }
    var query = [ComparisonResults.SampleTask.Picture]()
    for label in labels.indices {
      for _ in 0..<5 {
        let prediction = uniform() < 0.8 ? label : Int(5 * uniform())
        query.append(.init(label: labels[label], prediction: labels[prediction], png: picture(label)))
      }
    }
    return .init(
      description: "Imaginary task 7 of an unseen script, classified by T-NAS after five gradient steps.",
      support: labels.indices.map { .init(label: labels[$0], png: picture($0)) }, query: query)
  }
}

/// The smallest PNG writer: one stored (uncompressed) deflate block.
enum PNG {
  static func grey(_ pixels: [UInt8], width: Int, height: Int) -> Data {
    var raw = [UInt8]()
    for y in 0..<height { raw += [0] + pixels[(y * width)..<((y + 1) * width)] }
    let size = UInt16(raw.count)
    var (a, b): (UInt32, UInt32) = (1, 0)
    for byte in raw {
      a = (a + UInt32(byte)) % 65521
      b = (b + a) % 65521
    }
    let stored = [0x78, 0x01, 0x01] + bytes(size.byteSwapped) + bytes((~size).byteSwapped) + raw + bytes(b << 16 | a)
    let header = bytes(UInt32(width)) + bytes(UInt32(height)) + [8, 0, 0, 0, 0]
    return Data(
      [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", header) + chunk("IDAT", stored) + chunk("IEND", []))
  }

  private static func bytes(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { [UInt8]($0) } }

  private static func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(name.utf8) + data
    var crc: UInt32 = .max
    for byte in body {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? 0xEDB8_8320 ^ (crc >> 1) : crc >> 1 }
    }
    return bytes(UInt32(data.count)) + body + bytes(~crc)
  }
}
