import ArchPrior
import Experiments
import Foundation
import Testing

/// `archprior supernet` on small parts of a bundled data set.
@Suite struct SupernetCommandTests {
  private typealias Run = SupernetSearchRun<NASBench201Supernet>

  private static let small = [
    "--dataset", "glyphs-runic", "--channels", "4", "--images", "24", "--batch", "8", "--eigenvalues", "2",
  ]

  private func results(_ outcome: Program.Outcome) throws -> [Run.Result] {
    try #require(outcome.code == 0, "\(outcome.error)")
    return try JSONDecoder().decode([Run.Result].self, from: Data(outcome.output.utf8))
  }

  private func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

  /// All methods at once, planned, made, and looked up in a table.
  @Test func searchesAreMadeAndLookedUp() throws {
    let folder = try TemporaryFolder()
    try folder.write(SearchCommandTests.table(), to: "table.csv")
    let output = folder.file("out")
    let names = SupernetMethodRegistry.all.map(\.name)
    let settings = ["enas": ":steps=2,batch=2,candidates=8", "random-shared": ":candidates=8"]
    let methods = names.map { $0 + (settings[$0] ?? "") }
    let arguments =
      ["supernet", methods.prefix(3).joined(separator: ",")] + methods.dropFirst(3) + Self.small + [
        "--epochs", "2", "--output", output,
      ]
    let plan = try Program.run(arguments + ["--dry-run"])
    #expect(plan.code == 0 && plan.output.contains("nothing was written") && plan.output.contains("0 of 2"), "\(plan.error)")
    #expect(!FileManager.default.fileExists(atPath: output))

    let found = try results(Program.run(arguments + ["--benchmark", folder.file("table.csv"), "--json"]))
    #expect(
      found.map(\.method) == methods.map { $0.replacing("steps=2,batch=2,candidates=8", with: "batch=2,candidates=8,steps=2") })
    let table = try NASBench201Table(path: folder.file("table.csv"))
    for result in found {
      let cell = try NASBench201Cell(parsing: result.architecture)
      #expect(result.epochs == 2 && result.candidates >= 1)
      #expect(try result.table?["cifar100"] == table.test(of: cell, TestMetric(dataset: "cifar100", epochs: 200)))
      let comparesDrawn = result.method.hasPrefix("enas") || result.method.hasPrefix("random")
      #expect((result.sharedAccuracy != nil) == comparesDrawn && (result.diagnostics?.eigenvalue != nil) == !comparesDrawn)
      let own = "\(output)/\(result.method.replacing(":", with: "-"))-1"
      #expect(try Program.lines(own + "/log.jsonl").count == 2)
      let kept = try JSONDecoder().decode(Run.Result.self, from: bytes(own + "/result.json"))
      #expect(kept.architecture == result.architecture && kept.table == result.table)
    }
    try checkEpochs(output, found, table)
    let page = try String(decoding: bytes(output + "/report.html"), as: UTF8.self)
    for result in found { #expect(page.contains(result.architecture)) }
    #expect(page.contains("Signs of a collapse") && page.components(separatedBy: "<svg").count == 1 + 3 + 3 + 2 + found.count)
    // A complete search is read, not made again; the same for another number of threads.
    let again = try results(Program.run(arguments + ["--json", "--threads", "1"]))
    #expect(again.map(\.architecture) == found.map(\.architecture) && again.map(\.seconds) == found.map(\.seconds))
    // Its log and its result suffice, as in a clone of the benchmarks; without them there is nothing but to make it again.
    for name in ["darts-first-1/checkpoint", "gdas-1/checkpoint", "gdas-1/log.jsonl"] {
      try FileManager.default.removeItem(atPath: "\(output)/\(name)")
    }
    let third = try results(Program.run(arguments + ["--json"]))
    #expect(third.map(\.architecture) == found.map(\.architecture))
    for (before, after) in zip(found, third) {
      #expect((before.seconds == after.seconds) == (before.method != "gdas"), "\(before.method)")
    }
    let text = try Program.run(arguments)
    #expect(text.output.contains("gdas, seed 1: |") && text.output.contains("shared weights"))

    let other = try Program.run(arguments + ["--rate", "0.1"])
    #expect(other.code == 2 && other.error.contains("the folder holds searches with other settings"))
    let augmented = try Program.run(arguments + ["--augment"])
    #expect(augmented.code == 2 && augmented.error.contains("the folder holds searches with other settings"))
  }

  /// epochs.csv has every epoch of every search, with what the table knows of it.
  private func checkEpochs(_ output: String, _ found: [Run.Result], _ table: NASBench201Table) throws {
    let epochs = try String(decoding: bytes(output + "/epochs.csv"), as: UTF8.self).split(separator: "\n")
    #expect(epochs.count == 1 + 2 * found.count)
    #expect(epochs[0].hasPrefix("method,seed,epoch,seconds,") && epochs[0].contains(",strength_skip_connect,"))
    #expect(epochs[0].hasSuffix(",architecture,\(table.datasets.map { $0.name + "_test" }.joined(separator: ","))"))
    let last = try #require(epochs.first { $0.hasPrefix("darts-first,1,2,") }).split(
      separator: ",", omittingEmptySubsequences: false)
    let strongest = try NASBench201Cell(parsing: last[last.count - table.datasets.count - 1].trimmingCharacters(in: ["\""]))
    for (place, dataset) in table.datasets.enumerated() {
      let expected = try table.test(of: strongest, TestMetric(dataset: dataset.name, epochs: 200))
      #expect(Double(last[last.count - table.datasets.count + place]) == expected)
    }
    // Strengths are those of a distribution over operations.
    let strengths = last[8..<13].compactMap { Double($0) }
    #expect(strengths.count == 5 && abs(strengths.reduce(0, +) - 1) < 1e-5)
  }

  /// Killed in the middle, it goes on and ends where an undisturbed search ends.
  @Test(arguments: [SIGKILL, SIGINT]) func aStoppedSearchGoesOn(signal: Int32) throws {
    let folder = try TemporaryFolder()
    func arguments(_ output: String, _ threads: Int) -> [String] {
      ["supernet", "gdas", "--augment"] + Self.small + [
        "--epochs", "12", "--output", folder.file(output), "--threads", "\(threads)",
      ]
    }
    let whole = try results(Program.run(arguments("whole", 1) + ["--json"]))
    let log = folder.file("part/gdas-1/log.jsonl")
    let stopped = try Program.run(arguments("part", 2), signal: signal) { ((try? Program.lines(log).count) ?? 0) >= 2 }
    #expect(stopped.code != 0 && stopped.output.isEmpty)
    if signal == SIGINT {
      #expect(
        stopped.code == 1 && stopped.error.contains("everything so far is saved")
          && stopped.error.contains("help: go on with: archprior ")
      )
    }
    let done = try Program.lines(log).count
    #expect((2..<12).contains(done))
    let plan = try Program.run(arguments("part", 2) + ["--dry-run"])
    #expect(plan.output.contains("\(done) of 12") || plan.output.contains("\(done - 1) of 12"), "\(plan.output) \(plan.error)")
    let continued = try Program.run(arguments("part", 2) + ["--json"])
    #expect(continued.error.contains("was killed while it worked on") == (signal == SIGKILL))
    let part = try results(continued)
    #expect(part[0].architecture == whole[0].architecture)
    #expect(part[0].diagnostics == whole[0].diagnostics && part[0].search == whole[0].search)
    #expect(try bytes(folder.file("part/gdas-1/checkpoint")) == bytes(folder.file("whole/gdas-1/checkpoint")))
    #expect(try Program.lines(log).count == 12)
  }

  /// Cells of DARTS, by methods of all kinds.
  @Test func theCellsOfDARTSAreSearched() throws {
    let folder = try TemporaryFolder()
    let arguments =
      ["supernet", "darts-first", "gdas", "snas", "random-shared:candidates=4", "--space", "darts", "--epochs", "1", "--json"]
      + ["--output", folder.file("out")] + Self.small
    let found = try JSONDecoder().decode(
      [SupernetSearchRun<Supernet>.Result].self, from: Data(Program.run(arguments).output.utf8))
    #expect(found.count == 4)
    for result in found {
      let cell = try Genotype(parsing: result.architecture)
      #expect(cell[.normal]?.nodes.count == 4 && cell[.reduction]?.nodes.count == 4 && result.table == nil)
    }
  }

  /// A search that its eigenvalue has ended takes the architecture from before; without the flag it goes on.
  @Test func theEigenvalueEndsASearch() throws {
    let folder = try TemporaryFolder()
    let arguments =
      ["supernet", "darts-first"] + Self.small.dropLast(2) + [
        "--eigenvalues", "1", "--epochs", "40", "--output", folder.file("out"),
      ]
      + ["--architecture-rate", "0.003", "--json"]
    let early = try results(Program.run(arguments + ["--stop-early"]))[0]
    let stopping = try #require(early.stopping)
    #expect(early.stoppedEarly && early.epochs == stopping.epoch && early.epochs < 40)
    #expect(stopping.keptEpoch >= 10 && stopping.epoch - stopping.keptEpoch == 6)
    let lines = try Program.lines(folder.file("out/darts-first-1/log.jsonl")).map {
      try JSONDecoder().decode(Run.Line.self, from: Data($0.utf8))
    }
    #expect(lines.count == early.epochs && early.architecture == lines[stopping.keptEpoch - 1].architecture)
    // The rule, by hand: the mean of the last five values against that of five values four epochs before.
    func mean(_ last: Int) throws -> Double {
      try lines[(last - 5)..<last].map { try #require($0.diagnostics.eigenvalue) }.reduce(0, +) / 5
    }
    #expect(try mean(early.epochs) / mean(early.epochs - 4) > 1.3)
    if early.epochs > 16 { #expect(try mean(early.epochs - 1) / mean(early.epochs - 5) <= 1.3) }
    // Some epochs more are enough to see that it goes on.
    let further = try results(Program.run(arguments + ["--seconds", "\(1.5 * early.seconds)"]))[0]
    #expect(!further.stoppedEarly && further.epochs > early.epochs && further.stopping == stopping)
  }

  /// After one epoch a tiny budget is spent; with a larger one the search goes on.
  @Test func secondsAreABudget() throws {
    let folder = try TemporaryFolder()
    let arguments =
      ["supernet", "random-shared:candidates=4"] + Self.small + ["--epochs", "3", "--output", folder.file("out"), "--json"]
    let first = try results(Program.run(arguments + ["--seconds", "0.000001"]))
    #expect(first[0].epochs == 1 && first[0].plannedEpochs == 3)
    let rest = try results(Program.run(arguments + ["--seconds", "1000"]))
    #expect(rest[0].epochs == 3)
  }

  /// Both files of a search that blocked their folder for ever; what becomes of them otherwise, `SupernetRunTests` and `MendingTests` say.
  @Test func damagedFilesAreNamedAndMadeAgain() throws {
    let folder = try TemporaryFolder()
    let output = folder.file("out")
    let arguments = ["supernet", "gdas"] + Self.small + ["--epochs", "1", "--output", output]
    let whole = try results(Program.run(arguments + ["--json"]))
    for file in ["gdas-1/checkpoint", "search.json"] {
      try Data("{".utf8).write(to: URL(fileURLWithPath: "\(output)/\(file)"))
      let outcome = try Program.run(arguments + ["--json"])
      let name = URL(fileURLWithPath: file).lastPathComponent
      #expect(
        outcome.error.contains("\(name); ") || outcome.error.contains("it is kept as \(name).damaged-1"), "\(outcome.error)")
      #expect(try results(outcome).map(\.architecture) == whole.map(\.architecture))
      #expect(FileManager.default.fileExists(atPath: "\(output)/\(file).damaged-1"))
    }
  }
}
