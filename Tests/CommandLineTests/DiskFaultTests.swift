import ArchPrior
import Foundation
import Testing

/// Whole commands on a disk that is full for a moment, writes little at a time and is interrupted by signals: all of them end in what they
/// end in without.
@Suite struct DiskFaultTests {
  private static let study = """
    name: tiny
    datasets: [glyphs-greek]
    train: [each]
    seeds: [1]
    shots: [1]
    tasks: 3
    curve_tasks: 1
    base:
      space: {channels: 2, nodes: 1, stem: pooled-twice}
      conv4: {filters: 2}
      task: {way: 3, shot: 1, query: 2}
      inner: {steps: 1, test_steps: 1}
      outer: {meta_batch: 2}
      budget: {tasks: 4}
      evaluation: {validation_every: null, validation_tasks: 2}
      checkpoint_every: 4
    methods:
      - {name: conv, set: {method: maml}}
    """

  /// A command, the file of its output to look at, and for every kind of call the numbers at which the disk is full.
  struct Job: Sendable, CustomTestStringConvertible {
    var arguments: [String]
    var results: [String]
    var faults: String
    /// Pauses that are to be seen at least.
    var isPaused = true
    var testDescription: String { arguments[0] }
  }

  static let jobs: [Job] = [
    Job(
      arguments: ["meta-train", "FOLDER/run.yaml", "--output", "OUT", "--threads", "1"],
      // The fourth file that is opened is the journal: before the first checkpoint.
      results: ["results/meta-training.json", "log.jsonl"], faults: "o4=28,w5=28,w7=s,f6=4,r3=4"),
    Job(
      arguments: ["study", "FOLDER/study.yaml", "--output", "OUT", "--jobs", "1"], results: ["results.json", "results.csv"],
      faults: "w4=28,o12=28,w20=28,w26=28,w28+=s,f8=4"),
    Job(
      arguments: [
        "search", "random-search", "--space", "nas-bench-201", "--benchmark", "FOLDER/table.csv", "--evaluations", "20",
      ]
        + ["--seeds", "2", "--output", "OUT", "--threads", "1"],
      results: ["results.csv", "searches.jsonl"], faults: "w4=28,w6=28,w7+=s,r2=4"),
    Job(
      arguments: ["supernet", "gdas", "--dataset", "glyphs-runic", "--channels", "4", "--images", "16", "--batch", "8"]
        + ["--epochs", "2", "--output", "OUT", "--threads", "1"],
      results: ["gdas-1/result.json", "epochs.csv", "report.html"], faults: "w4=28,o5=28,w9=28,w10+=s,f3=4"),
    Job(
      arguments: ["datasets", "show", "glyphs-greek", "--sheet", "OUT/x.png"], results: ["x.png"],
      faults: "w1+=s,o1=4,f1=4,r1=4,c1=4",
      isPaused: false),
    Job(
      arguments: ["datasets", "import", "FOLDER/pictures", "--name", "d", "--size", "8", "--into", "OUT"],
      results: ["d.archpack"],
      faults: "w1+=s,o1=4,f1=4,r1=4,c1=4", isPaused: false),
  ]

  private func prepare(_ folder: TemporaryFolder) throws {
    try folder.write(WorkflowTests.configuration.replacing("name: tiny", with: "name: tiny\nmethod: maml"), to: "run.yaml")
    try folder.write(Self.study, to: "study.yaml")
    try folder.write(SearchCommandTests.table(), to: "table.csv")
    for name in ["a", "b"] {
      try FileManager.default.createDirectory(atPath: folder.file("pictures/\(name)"), withIntermediateDirectories: true)
      try PixelImage(height: 8, width: 8, channels: 1, filledWith: name == "a" ? 10 : 200).writePNG(
        to: folder.file("pictures/\(name)/1.png"))
    }
  }

  /// A text without what measures time.
  private func withoutTimes(_ data: Data) -> String {
    String(decoding: data, as: UTF8.self).replacing(
      /"?[a-zA-Z]*(seconds|Seconds|date|started)[a-zA-Z]*"? ?:? ?"?[-0-9.:TZe+]+"?/, with: ""
    )
    // Checksums are of the times as well.
    .replacing(/"(check|sha256)" ?: ?"[0-9a-f]+"/, with: "")
  }

  @Test(arguments: jobs) func aDiskThatRecoversChangesNothing(job: Job) throws {
    let folder = try TemporaryFolder()
    guard let faulty = try FaultyProgram(in: folder) else { return }
    try prepare(folder)
    func arguments(_ out: String) -> [String] {
      job.arguments.map { $0.replacing("OUT", with: folder.file(out)).replacing("FOLDER", with: folder.path) }
    }
    let whole = try Program.run(arguments("whole"))
    try #require(whole.code == 0, "\(whole.error)")
    let outcome = try faulty.run(arguments("parts"), plan: job.faults, below: folder.file("parts"))
    #expect(outcome.code == 0, "\(outcome.error)")
    #expect(outcome.error.contains("paused: ") == job.isPaused, "\(outcome.error)")
    for name in job.results {
      let (expected, found) = (folder.bytes("whole/\(name)"), folder.bytes("parts/\(name)"))
      let isText = name.hasSuffix("csv") || name.hasSuffix("html")
      #expect(found != nil)
      if job.arguments[0] == "datasets" { #expect(found == expected) }
      if name.hasSuffix(".json") { #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: found ?? Data()) } }
      if let expected, let found, !isText, job.arguments[0] == "meta-train" {
        #expect(withoutTimes(found) == withoutTimes(expected), "\(name)")
      }
      #expect(found.map { $0.count > 0 } == true && abs((found?.count ?? 0) - (expected?.count ?? 0)) < 400, "\(name)")
    }
    let left = FileManager.default.enumerator(atPath: folder.file("parts"))?.compactMap { $0 as? String } ?? []
    #expect(!left.contains { $0.contains(".tmp-") }, "\(left)")
  }

  /// The study behind `make run`: a short write, a full disk at its end, and signals.
  @Test func aComparisonIsNotLostAtItsEnd() throws {
    let folder = try TemporaryFolder()
    guard let faulty = try FaultyProgram(in: folder) else { return }
    let outcome = try faulty.run(
      ["compare", "--output", folder.file("out"), "--minutes", "0.005", "--tasks", "2", "--threads", "1", "--json"],
      plan: "w1=28,w2+=s,f1=4,r1=4", below: folder.file("out"))
    #expect(outcome.code == 0, "\(outcome.error)")
    #expect(outcome.error.contains("paused: "))
    let results = try ComparisonResults(json: #require(folder.bytes("out/results.json")), file: "results.json")
    #expect(try results.json() == ComparisonResults(json: Data(outcome.output.utf8), file: "output").json())
    let page = try String(contentsOfFile: folder.file("out/report.html"), encoding: .utf8)
    #expect(page.hasPrefix("<!doctype html>") && page.hasSuffix("</html>\n"))
  }

  /// Nothing may be said to be kept that is not: there is no checkpoint yet.
  @Test func aStopBeforeTheFirstCheckpointIsSaidToCost() throws {
    let folder = try TemporaryFolder()
    guard let faulty = try FaultyProgram(in: folder) else { return }
    try prepare(folder)
    let outcome = try faulty.run(
      ["meta-train", folder.file("run.yaml"), "--output", folder.file("run"), "--threads", "1"], plan: "w5=28",
      below: folder.file("run"))
    #expect(
      outcome.error.contains("there is no checkpoint yet") && !outcome.error.contains("nothing is lost"), "\(outcome.error)")
  }

  /// A killed process leaves temporary files of what it was writing; whoever comes next removes them, and no others.
  @Test(arguments: jobs.filter { $0.isPaused }) func theWasteOfTheKilledGoes(job: Job) throws {
    let folder = try TemporaryFolder()
    try prepare(folder)
    let arguments = job.arguments.map { $0.replacing("OUT", with: folder.file("out")).replacing("FOLDER", with: folder.path) }
    let first = try Program.run(arguments)
    try #require(first.code == 0, "\(first.error)")
    let dead = try #require((1...Int32.max).reversed().first { kill($0, 0) != 0 && errno == ESRCH })
    let places = job.results.map { folder.file("out/\($0)") }.map { URL(fileURLWithPath: $0).deletingLastPathComponent().path }
    for place in Set(places) {
      try Data().write(to: URL(fileURLWithPath: "\(place)/.x.json.tmp-\(dead)-1"))
      try Data().write(to: URL(fileURLWithPath: "\(place)/.x.json.tmp-\(getpid())-1"))
    }
    _ = try Program.run(arguments + (job.arguments[0] == "meta-train" ? ["--resume"] : []))
    for place in Set(places) {
      let entries = try FileManager.default.contentsOfDirectory(atPath: place)
      #expect(entries.filter { $0.contains(".tmp-") } == [".x.json.tmp-\(getpid())-1"], "\(place)")
    }
  }
}

extension TemporaryFolder {
  func bytes(_ name: String) -> Data? { FileManager.default.contents(atPath: file(name)) }
}
