import Foundation
import Runs
import TestSupport
import Testing

@Suite struct RunIndexTests {
  private static let machine = Machine.current(kernels: "test")

  @discardableResult private func make(_ path: String, name: String = "n", tasks: [Int] = [], day: Int = 1) throws -> RunDirectory
  {
    var configuration = Configuration()
    configuration.name = name
    configuration.seed = UInt64(day)
    let provenance = Provenance(
      configuration: configuration, datasets: [.init(name: "greek", sha256: "ab")], machine: Self.machine,
      date: Date(timeIntervalSince1970: Double(day) * 86_400))
    let run = try RunDirectory.create(at: path, configuration: configuration, provenance: provenance)
    for tasks in tasks { try run.save(Checkpoint(configuration: configuration, tasksSeen: tasks)) }
    return run
  }

  private func finish(_ run: RunDirectory) throws {
    try run.journal().append(["validationAccuracy": 0.75])
    try run.writeResult(["finished": true], named: "meta-training")
  }

  @Test func runsAreFoundWithTheirStatus() throws {
    let folder = try TemporaryFolder()
    try make(folder.file("b"), name: "fresh", day: 2)
    do { try finish(make(folder.file("study/cells/one"), name: "done", tasks: [4, 8, 12], day: 1)) }
    try make(folder.file("stopped"), tasks: [5], day: 3)
    try make(folder.file("killed"), tasks: [6], day: 4)
    try folder.write("99 2026-01-01T00:00:00Z host\n", to: "killed/lock")
    let working = try make(folder.file("working"), tasks: [7], day: 5)
    try folder.write("x", to: "notes.txt")
    let index = try RunIndex(root: folder.path)
    var runs = try index.runs()
    #expect(runs.map(\.status) == [.finished, .new, .stopped, .killed, .running])
    #expect(runs.map(\.tasksSeen) == [12, 0, 5, 6, 7])
    #expect(runs[0].path == folder.file("study/cells/one") && runs[0].validationAccuracy == 0.75 && runs[0].name == "done")
    #expect(runs[0].datasets == ["greek"] && runs[0].seed == 1 && runs[0].method == "t-nas")

    // What changes is seen, what goes is forgotten.
    try working.save(Checkpoint(configuration: working.configuration, tasksSeen: 70))
    try FileManager.default.removeItem(atPath: folder.file("b"))
    try folder.write("seed: x\n", to: "stopped/configuration.yaml")
    runs = try index.runs()
    #expect(runs.count == 4 && runs.contains { $0.tasksSeen == 70 })
    let damaged = try #require(runs.first { $0.status == .damaged })
    #expect(damaged.path == folder.file("stopped") && damaged.problem?.contains("configuration.yaml is damaged") == true)
  }

  @Test func anIndexIsOnlyACache() throws {
    let folder = try TemporaryFolder()
    do { try finish(make(folder.file("a"), tasks: [4])) }
    let path = folder.file("index.sqlite")
    let expected = try RunIndex(root: folder.path).runs()
    #expect(expected.count == 1)
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    // It is used: a name changed in the file alone is what is listed.
    var forged = whole
    let name = try #require(forged.range(of: Data("\"name\":\"n\"".utf8)))
    forged.replaceSubrange(name, with: Data("\"name\":\"m\"".utf8))
    try forged.write(to: URL(fileURLWithPath: path))
    #expect(try RunIndex(root: folder.path).runs().first?.name == "m")
    // Missing, empty, garbage, cut short, of another version: the same list.
    var damages: [(String, Data)] = [
      ("empty", Data()), ("garbage", Data("no database at all, but long enough to have a header of its own".utf8)),
      ("short", whole.prefix(whole.count / 2)), ("torn", whole.prefix(100) + Data(repeating: 0x5A, count: whole.count - 100)),
    ]
    var other = whole
    other[63] = 99
    damages.append(("another version", other))
    for (what, bytes) in damages {
      try bytes.write(to: URL(fileURLWithPath: path))
      let index = try RunIndex(root: folder.path)
      #expect(try index.runs() == expected, "\(what)")
      // What has no mark of ours, or that of a newer program, stays.
      #expect((index.rebuilt != nil) == ["short", "torn"].contains(what), "\(what)")
      #expect((index.note != nil) == ["garbage", "another version"].contains(what), "\(what)")
    }
    try FileManager.default.removeItem(atPath: path)
    #expect(try RunIndex(root: folder.path).runs() == expected)
    #expect(throws: RunError.self) { try RunIndex(root: folder.file("missing")) }
  }

  @Test func pruningKeepsWhatIsNeeded() throws {
    let folder = try TemporaryFolder()
    do { try finish(make(folder.file("done"), tasks: [4, 8, 12], day: 1)) }
    try make(folder.file("stopped"), tasks: [5, 6], day: 3)
    try folder.write("mine", to: "stopped/notes.txt")
    let working = try make(folder.file("working"), day: 4)
    let index = try RunIndex(root: folder.path)
    var plan = RunPruning(rule: .olderCheckpoints).plan(try index.runs())
    #expect(plan.map(\.path) == [folder.file("done")])
    #expect(plan[0].removed.map { $0.hasSuffix("tasks-000000000008.checkpoint") } == [true] && plan[0].bytes > 100)
    for item in plan { try RunPruning.remove(item) }
    #expect(try RunDirectory.read(folder.file("done")).latestCheckpoint().tasksSeen == 12)
    #expect(try RunDirectory.read(folder.file("done")).checkpoints().count == 1)

    let everything = RunPruning(rule: .wholeRuns([.finished, .stopped, .new]))
    #expect(everything.plan(try index.runs()).map(\.path) == [folder.file("done"), folder.file("stopped")])
    let old = RunPruning(rule: everything.rule, startedBefore: Date(timeIntervalSince1970: 2 * 86_400))
    #expect(old.plan(try index.runs()).map(\.path) == [folder.file("done")])
    // One that somebody began to work on since the plan was made stays.
    plan = everything.plan(try index.runs())
    do {
      let resumed = try RunDirectory.resume(folder.file("done"))
      #expect(throws: RunError.self) { try RunPruning.remove(plan[0]) }
      #expect(try resumed.latestCheckpoint().tasksSeen == 12)
    }
    for item in plan { try RunPruning.remove(item) }
    #expect(folder.entries.filter { !$0.hasPrefix("index") } == ["stopped", "working"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("stopped")) == ["notes.txt"])
    _ = working
  }

  @Test func differencesAreNamed() throws {
    let folder = try TemporaryFolder()
    do { try finish(make(folder.file("a"), tasks: [4], day: 1)) }
    try make(folder.file("b"), name: "m", tasks: [4], day: 2)
    let difference = try RunDifference(folder.file("a"), folder.file("b"))
    #expect(difference.configuration.map(\.key) == ["name", "seed"])
    #expect(difference.configuration[1].first == "1" && difference.configuration[1].second == "2")
    #expect(difference.provenance.isEmpty)
    #expect(difference.results.map(\.key) == ["status", "meta-validation"])
    let same = try RunDifference(folder.file("a"), folder.file("a"))
    #expect(same.configuration.isEmpty && same.provenance.isEmpty && same.results.isEmpty)
  }
}
