import Foundation
import GRDB
import TestSupport
import Testing

@testable import Runs

/// The index's file where it is another's, in use, of another version, or cannot be.
@Suite struct IndexFileTests {
  private func folderWithARun() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let configuration = Runs.Configuration()
    _ = try RunDirectory.create(
      at: folder.file("run"), configuration: configuration,
      provenance: Provenance(configuration: configuration, datasets: [], machine: Machine.current(kernels: "test")))
    return folder
  }

  private func content(_ path: String) -> Data? { FileManager.default.contents(atPath: path) }

  static let others: [(String, String)] = [
    ("a database", "PRAGMA user_version = 7; CREATE TABLE precious(x)"),
    ("one of our version", "PRAGMA user_version = 2; CREATE TABLE precious(x)"),
    ("one of an old version of ours", "PRAGMA user_version = 1; CREATE TABLE precious(x)"),
    ("one with a table of our name", "PRAGMA user_version = 1; CREATE TABLE run(path TEXT PRIMARY KEY NOT NULL, x)"),
    ("our table and another", IndexFileTests.unmarked + "; CREATE TABLE precious(x)"),
    ("another program's mark", "PRAGMA application_id = 252006673; CREATE TABLE run(x)"),
    ("only a version", "PRAGMA user_version = 7"),
  ]

  /// As ArchPrior wrote it before there was a mark.
  static let unmarked =
    "PRAGMA user_version = 1; CREATE TABLE \"run\" (\"path\" TEXT PRIMARY KEY NOT NULL, "
    + ["fingerprint", "name", "method", "status", "startedAt", "summary"].map { "\"\($0)\" TEXT NOT NULL" }.joined(
      separator: ", ")
    + ")"

  @Test(arguments: others) func anothersDatabaseStays(what: String, sql: String) throws {
    let folder = try folderWithARun()
    do { try DatabaseQueue(path: folder.file("index.sqlite")).write { try $0.execute(sql: sql) } }
    let before = content(folder.file("index.sqlite"))
    let index = try RunIndex(root: folder.path)
    #expect(try index.runs().count == 1)
    #expect(index.note?.contains(folder.file("index.sqlite")) == true && index.rebuilt == nil, "\(what)")
    #expect(content(folder.file("index.sqlite")) == before, "\(what)")
    #expect(folder.entries == ["index.sqlite", "run"])
  }

  @Test func whatIsNoDatabaseStays() throws {
    let folder = try folderWithARun()
    let path = folder.file("index.sqlite")
    try folder.write("mine", to: "target")
    let makers: [() throws -> Void] = [
      { try Data("no database at all".utf8).write(to: URL(fileURLWithPath: path)) },
      { mkdir(path, 0o755) }, { symlink("target", path) }, { symlink("nowhere", path) }, { mkfifo(path, 0o644) },
      { try (Data("SQLite format 3\0".utf8) + Data(repeating: 0x5A, count: 2000)).write(to: URL(fileURLWithPath: path)) },
    ]
    for (place, make) in makers.enumerated() {
      try make()
      let before = folder.entries
      let index = try RunIndex(root: folder.path)
      #expect(try index.runs().count == 1)
      #expect(index.note?.contains(path) == true && index.rebuilt == nil, "\(place): \(index.note as Any)")
      #expect(folder.entries == before, "\(place)")
      #expect(try folder.read("target") == "mine")
      try FileManager.default.removeItem(atPath: path)
    }
  }

  @Test func anOldIndexOfOursIsMadeAnewInItsPlace() throws {
    let folder = try folderWithARun()
    do { try DatabaseQueue(path: folder.file("index.sqlite")).write { try $0.execute(sql: Self.unmarked) } }
    let index = try RunIndex(root: folder.path)
    #expect(try index.runs().count == 1)
    #expect(index.note == nil && index.rebuilt == nil)
    let (mark, rows) = try DatabaseQueue(path: folder.file("index.sqlite")).read { database in
      (try Int.fetchOne(database, sql: "PRAGMA application_id"), try Int.fetchOne(database, sql: "SELECT count(*) FROM run"))
    }
    #expect(mark == 0x4172_6350 && rows == 1)
  }

  @Test func oneOfANewerVersionStays() throws {
    let folder = try folderWithARun()
    do { _ = try RunIndex(root: folder.path).runs() }
    do { try DatabaseQueue(path: folder.file("index.sqlite")).write { try $0.execute(sql: "PRAGMA user_version = 99") } }
    let before = content(folder.file("index.sqlite"))
    let index = try RunIndex(root: folder.path)
    #expect(try index.runs().count == 1 && index.note?.contains("newer") == true)
    #expect(content(folder.file("index.sqlite")) == before)
  }

  /// While another process writes, its file is neither waited for long nor deleted.
  @Test(arguments: ["IMMEDIATE", "EXCLUSIVE"]) func aBusyIndexIsLeftAlone(kind: String) throws {
    let folder = try folderWithARun()
    do { _ = try RunIndex(root: folder.path).runs() }
    try folder.write("x: y\n", to: "run/log.jsonl")
    let other = try DatabaseQueue(path: folder.file("index.sqlite"))
    try other.inDatabase { database in
      try database.execute(sql: "BEGIN \(kind)")
      let start = Date()
      let index = try RunIndex(root: folder.path)
      #expect(try index.runs().count == 1)
      #expect(index.note?.contains("another process is writing") == true && index.rebuilt == nil, "\(index.note as Any)")
      #expect(Date().timeIntervalSince(start) < 4)
      try database.execute(sql: "COMMIT")
    }
    let index = try RunIndex(root: folder.path)
    #expect(try index.runs().count == 1 && index.note == nil)
  }

  /// A damaged one of ours that a process still uses is not taken away from it; afterwards it is made anew.
  @Test func aDamagedIndexInUseStays() throws {
    let folder = try folderWithARun()
    let path = folder.file("index.sqlite")
    do { _ = try RunIndex(root: folder.path).runs() }
    let file = try #require(FileHandle(forUpdatingAtPath: path))
    try file.seek(toOffset: 100)
    try file.write(contentsOf: Data(repeating: 0x5A, count: 3000))
    try file.close()
    let before = content(path)
    // Another process, for locks of files belong to processes: a byte of SQLite's shared range.
    let python = Process()
    python.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    python.arguments = [
      "python3", "-c",
      "import fcntl,sys;f=open(sys.argv[1],'rb+');fcntl.lockf(f,fcntl.LOCK_SH,510,2**30+2);print('held',flush=True);sys.stdin.read()",
      path,
    ]
    let (input, output) = (Pipe(), Pipe())
    python.standardInput = input
    python.standardOutput = output
    try python.run()
    try #require(output.fileHandleForReading.availableData.starts(with: Data("held".utf8)))
    var index = try RunIndex(root: folder.path)
    #expect(try index.runs().count == 1)
    #expect(index.rebuilt == nil && index.note?.contains("damaged") == true, "\(index.note as Any)")
    #expect(content(path) == before)
    try input.fileHandleForWriting.close()
    python.waitUntilExit()
    index = try RunIndex(root: folder.path)
    #expect(try index.runs().count == 1 && index.rebuilt != nil && index.note == nil)
  }

  /// A folder of the kernel's, in which nothing can be made, not even by root.
  @Test func whereNothingCanBeWrittenThereIsNoIndexAndNoDamage() throws {
    let index = try RunIndex(root: "/proc/self/attr")
    #expect(try index.runs().isEmpty)
    #expect(index.rebuilt == nil && index.note?.hasPrefix("cannot keep an index in /proc/self/attr (") == true)
    #expect(index.note?.contains("SQL") == false)
  }
}
