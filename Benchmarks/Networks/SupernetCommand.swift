import ArgumentParser
import DifferentiableSearch
import Foundation
import Randomness
import SearchSpaces
import Supernets
import TabularBenchmarks
import Tensors

/// Differentiable searches on a reduced NAS-Bench-201 supernet, epoch by epoch.
struct SupernetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "supernet",
    abstract: "Searches a NAS-Bench-201 supernet: skip connections, Hessian eigenvalue and the table's accuracy by epoch.",
    discussion: """
      Images of CIFAR-100, half for the weights and half for the architecture. Each run keeps its log (a line an epoch) and a \
      checkpoint in the output folder; one that was stopped goes on after its last complete epoch. Test accuracies are read from the \
      table for the summary alone.
      """)

  @Option(help: "The folder with nasbench201.csv.gz.")
  var tables = "../shared/nasbench"
  @Option(help: "CIFAR-100's binary training file, compressed or not.")
  var images = "../shared/data/cifar-100-train-100-a-class.bin.gz"
  @Option(help: "Methods, separated by commas: \(SupernetMethodRegistry.all.map(\.name).joined(separator: ", ")).")
  var methods = "darts-first,darts-second,gdas"
  @Option(help: "Searches of each method, seeds 1 and on.")
  var seeds = 3
  @Option(help: "Channels of the first stage.")
  var channels = 8
  @Option(help: "Cells a stage.")
  var cells = 1
  @Option(help: "Epochs.")
  var epochs = 25
  @Option(help: "Images of each half; all of the file by default.")
  var half: Int?
  @Option(help: "Images a batch.")
  var batch = 64
  @Option(
    help: "The learning rate of the architecture parameters: by default five times the published one, for a fifth of the steps.")
  var architectureRate = 1.5e-3
  @Option(help: "Epochs from one eigenvalue to the next.")
  var eigenvalues = 2
  @Option(help: "Threads.")
  var threads = ProcessInfo.processInfo.activeProcessorCount
  @Option(help: "The folder of logs, checkpoints and summary.")
  var output = "Benchmarks/nas-bench-201-supernet"
  @Flag(help: "Print the summary of what is there already.")
  var summary = false

  struct Header: Codable, Equatable {
    var method: String
    var channels, cells, half: Int
    var settings: SearchSettings
  }
  struct Line: Codable {
    var epoch: Int
    var cell: String
    var search: DifferentiableSearch<NASBench201Supernet>.Report
    var diagnostics: SearchDiagnostics
    var seconds: Double
  }

  func run() throws {
    let wanted = try methods.split(separator: ",").map { name in
      guard let method = SupernetMethodRegistry.method(named: String(name)) else {
        throw ValidationError(
          "there is no method \(name); choose of \(SupernetMethodRegistry.all.map(\.name).joined(separator: ", "))")
      }
      return method
    }
    guard seeds >= 1, epochs >= 1, batch >= 2, eigenvalues >= 1, threads >= 1 else {
      throw ValidationError("--seeds, --epochs, --eigenvalues and --threads are 1 or more, --batch 2 or more")
    }
    let benchmark = try NASBench201Table(path: tables + "/nasbench201.csv.gz")
    let data = try CIFARImages(path: images)
    let half = min(self.half ?? data.count / 2, data.count / 2)
    guard half >= batch else { throw ValidationError("--half is at least a batch of \(batch)") }
    let space = try NASBench201Space(classes: CIFARImages.classes, channels: channels, cellsPerStage: cells)
    var rows = [["method", "seed", "epoch", "cell", "skips", "p(skip)", "λ", "validation", "C10", "C100", "IN16", "s"]]
    for method in wanted {
      let supernet = try NASBench201Supernet(space, channelDivisor: method.channelDivisor)
      for seed in 1...UInt64(seeds) {
        var settings = SearchSettings()
        (settings.epochs, settings.batch, settings.seed) = (epochs, batch, seed)
        settings.architectureRate = architectureRate
        let folder = URL(fileURLWithPath: output).appendingPathComponent("\(method.name)-\(seed)")
        let header = Header(method: method.name, channels: channels, cells: cells, half: half, settings: settings)
        let path = folder.appendingPathComponent("log.jsonl").path
        if summary, !FileManager.default.fileExists(atPath: path) { continue }
        var journal = try JournalFile<Header, Line>(path, header: header)
        if !summary {
          let search = try DifferentiableSearch(model: supernet, method: method, settings: settings)
          try TaskTeam.withThreads(threads) {
            try self.run(search, data, half: half, &journal, folder.appendingPathComponent("checkpoint.json"), benchmark)
          }
        }
        for line in journal.entries where line.epoch == journal.entries.last?.epoch || line.epoch.isMultiple(of: 5) {
          rows.append([method.name, "\(seed)"] + (try columns(line, benchmark)))
        }
      }
    }
    let text = table(rows)
    say(text)
    try (text + "\n").write(
      toFile: URL(fileURLWithPath: output).appendingPathComponent("summary.txt").path, atomically: true, encoding: .utf8)
  }

  private func run(
    _ search: DifferentiableSearch<NASBench201Supernet>, _ data: CIFARImages, half: Int,
    _ journal: inout JournalFile<Header, Line>, _ checkpoint: URL, _ benchmark: NASBench201Table
  ) throws {
    var draw = Philox(seed: search.settings.seed, stream: "supernet/halves")
    let order = draw.shuffled(Array(0..<data.count))
    let (training, validation) = (Array(order[..<half]), Array(order[half..<2 * half]))
    func batch(_ indices: [Int]) -> LabelledImages {
      LabelledImages(images: data.images(indices), targets: data.targets(indices))
    }
    var state = search.start()
    if let bytes = try? Data(contentsOf: checkpoint) {
      state = try JSONDecoder().decode(SearchCheckpoint.self, from: bytes).state(of: search)
    }
    let curvature = batch(Array(validation.prefix(search.settings.batch)))
    while state.epochs < search.settings.epochs {
      let clock = ContinuousClock()
      let start = clock.now
      let (next, report) = try search.epoch(state, training: training, validation: validation, batch: batch)
      let seconds = (clock.now - start) / .seconds(1)
      state = next
      let looks = state.epochs == 1 || state.epochs.isMultiple(of: eigenvalues) || state.epochs == search.settings.epochs
      let line = Line(
        epoch: state.epochs,
        cell: try search.selection(state, validation: validation, batch: batch).architecture.digitText, search: report,
        diagnostics: try SearchDiagnostics(state, of: search, curvature: looks ? curvature : nil), seconds: seconds)
      // The log first: an epoch that is in the log and not in the checkpoint is made again, with the same result.
      if journal.entries.last.map({ $0.epoch < line.epoch }) ?? true { try journal.append(line) }
      try JSONEncoder().encode(SearchCheckpoint(state)).write(to: checkpoint, options: .atomic)
      say(([search.method.name, "\(search.settings.seed)"] + (try columns(line, benchmark))).joined(separator: "  "))
    }
  }

  private func columns(_ line: Line, _ benchmark: NASBench201Table) throws -> [String] {
    guard let cell = try? NASBench201Cell(parsing: line.cell) else { return [] }
    let accuracies = try benchmark.datasets.map { dataset in
      String(format: "%.2f", try benchmark.test(of: cell, TestMetric(dataset: dataset.name, epochs: 200)))
    }
    return [
      "\(line.epoch)", line.cell, line.diagnostics.skipShare.map { String(format: "%.2f", $0) } ?? "–",
      String(format: "%.3f", line.diagnostics.skipProbability),
      line.diagnostics.eigenvalue.map { String(format: "%.4f", $0) } ?? "–",
      line.search.validationAccuracy.map { String(format: "%.1f", 100 * $0) } ?? "–",
    ] + accuracies + [String(format: "%.0f", line.seconds)]
  }
}
