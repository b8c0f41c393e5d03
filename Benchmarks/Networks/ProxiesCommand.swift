import ArgumentParser
import Basics
import Foundation
import PerformanceEstimators
import SearchSpaces
import Statistics
import Tensors

/// Zero-cost proxies of full-size cells against the table's test accuracies.
struct ProxiesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "proxies",
    abstract: "Spearman correlation of zero-cost proxies with NAS-Bench-201's CIFAR-100 test accuracy.",
    discussion: """
      Cells are drawn at random without repetition, each in its network of full size (16 channels, five cells a stage, 32×32×3) with \
      its first weights. Scores are kept, a line a cell; a run that was stopped goes on where it was.
      """)

  @Option(help: "The folder with nasbench201.csv.gz.")
  var tables = "../shared/nasbench"
  @Option(help: "CIFAR-100's binary training file, compressed or not.")
  var images = "../shared/data/cifar-100-train-100-a-class.bin.gz"
  @Option(help: "Cells.")
  var cells = 1_000
  @Option(help: "Images a batch.")
  var batch = 64
  @Option(help: "Determines cells, batch and first weights.")
  var seed: UInt64 = 1
  @Option(help: "Proxies, separated by commas; all by default.")
  var proxies = ZeroCostProxyRegistry.all.map(\.name).joined(separator: ",")
  @Option(help: "The folder of scores.jsonl.")
  var output = "Benchmarks/zero-cost-proxies"
  @Flag(help: "Print the table of what is there already.")
  var summary = false

  struct Settings: Codable, Equatable {
    var batch: Int
    var seed: UInt64
    var images: String
  }
  struct Entry: Codable {
    var cell: String
    var scores: [String: Double]
    /// Processor time, with the shared gradient where it is used.
    var seconds: [String: Double]
  }

  /// Spearman on NAS-Bench-201's CIFAR-100: Krishnakumar et al., "NAS-Bench-Suite-Zero", NeurIPS 2022, figure 2.
  private static let published = [
    "synflow": 0.76, "naswot": 0.80, "jacov": 0.71, "snip": 0.63, "grasp": 0.54, "fisher": 0.54, "grad-norm": 0.63,
    "parameters": 0.73, "flops": 0.71,
  ]

  func run() throws {
    let wanted = try proxies.split(separator: ",").map { try ZeroCostProxyRegistry.proxy(named: String($0)) }
    guard cells <= NASBench201Cell.count, cells > 1, batch > 1 else {
      throw ValidationError("--cells is from 2 to \(NASBench201Cell.count), --batch 2 or more")
    }
    let file = tables + "/nasbench201.csv.gz"
    try BenchmarkRegistry.checkFile(file, space: "nas-bench-201")
    let benchmark = try NASBench201Table(path: file)
    let path = URL(fileURLWithPath: output).appendingPathComponent("scores.jsonl").path
    let settings = Settings(batch: batch, seed: seed, images: URL(fileURLWithPath: images).lastPathComponent)
    var journal = try JournalFile<Settings, Entry>(path, header: settings)
    var draw = Philox(seed: seed, stream: "proxies/cells")
    // A permutation, so that more cells are the same ones and others.
    let chosen = draw.shuffled(Array(0..<NASBench201Cell.count)).prefix(cells).compactMap { NASBench201Cell(code: $0) }
    if !summary { try score(chosen, wanted, &journal) }
    try report(chosen, wanted, journal.entries, benchmark)
  }

  private func score(
    _ cells: [NASBench201Cell], _ proxies: [any ZeroCostProxy], _ journal: inout JournalFile<Settings, Entry>
  ) throws {
    let data = try CIFARImages(path: images)
    var draw = Philox(seed: seed, stream: "proxies/batch")
    let indices = draw.sample(batch, of: data.count)
    let space = try NASBench201Space(classes: CIFARImages.classes)
    let estimator = ProxyEstimator(
      SynFlow(), space: space, images: data.images(indices), targets: data.targets(indices), seed: seed)
    var done = [String: Set<String>]()
    for entry in journal.entries { done[entry.cell, default: []].formUnion(entry.scores.keys) }
    let begin = Date()
    for (number, cell) in cells.enumerated() {
      let missing = proxies.filter { !done[cell.digitText, default: []].contains($0.name) }
      guard !missing.isEmpty else { continue }
      let subject = try estimator.subject(cell)
      var entry = Entry(cell: cell.digitText, scores: [:], seconds: [:])
      let shared = missing.contains(where: \.usesLossGradient) ? seconds { _ = subject.lossGradient } : 0
      for proxy in missing {
        var found = Double.nan
        let own = try seconds { found = try proxy.score(subject) }
        entry.scores[proxy.name] = found
        // What it would take by itself.
        entry.seconds[proxy.name] = own + (proxy.usesLossGradient ? shared : 0)
      }
      try journal.append(entry)
      if (number + 1).isMultiple(of: 25) {
        say("\(number + 1) of \(cells.count) cells, \(Int(Date().timeIntervalSince(begin))) s")
      }
    }
  }

  /// The processor time that something takes, which other programs on the machine do not lengthen as they do the time that passes.
  private func seconds(_ body: () throws -> Void) rethrows -> Double {
    func now() -> Double {
      var time = timespec()
      clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
      return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
    let start = now()
    try body()
    return now() - start
  }

  private func report(
    _ cells: [NASBench201Cell], _ proxies: [any ZeroCostProxy], _ entries: [Entry], _ benchmark: NASBench201Table
  ) throws {
    var scores = [String: [String: Double]]()
    var times = [String: [Double]]()
    let wanted = Set(cells.map(\.digitText))
    for entry in entries where wanted.contains(entry.cell) {
      for (proxy, score) in entry.scores { scores[proxy, default: [:]][entry.cell] = score }
      for (proxy, time) in entry.seconds { times[proxy, default: []].append(time) }
    }
    var rows = [["proxy", "cells", "not finite", "Spearman", "published", "difference", "median CPU s a cell"]]
    for proxy in proxies {
      guard let own = scores[proxy.name], own.count > 1 else { continue }
      let judged = cells.filter { own[$0.digitText] != nil }
      // What has no score is worse than all that have one.
      let values = judged.map { cell in own[cell.digitText].map { $0.isNaN ? -.infinity : $0 } ?? -.infinity }
      let accuracies = try judged.map { try benchmark.test(of: $0, TestMetric(dataset: "cifar100", epochs: 200)) }
      let found = try spearmanCorrelation(values, accuracies)
      let target = Self.published[proxy.name]
      rows.append([
        proxy.name, "\(judged.count)", "\(values.count { !$0.isFinite })", String(format: "%.3f", found),
        target.map { String(format: "%.2f", $0) } ?? "–", target.map { String(format: "%+.3f", found - $0) } ?? "–",
        String(format: "%.3f", median(times[proxy.name] ?? [])),
      ])
    }
    let text =
      "Spearman's correlation with the CIFAR-100 test accuracy after 200 epochs (published: NAS-Bench-Suite-Zero, figure 2)\n"
      + "batches of \(batch), one thread, seed \(seed)\n" + table(rows)
    say(text)
    try (text + "\n").write(
      toFile: URL(fileURLWithPath: output).appendingPathComponent("summary.txt").path, atomically: true, encoding: .utf8)
  }
}

extension NASBench201Cell {
  /// Six digits, the operations of the edges.
  var digitText: String { digits.map(String.init).joined() }
}
