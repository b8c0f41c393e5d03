import Basics
import Foundation
import Synchronization
import Testing

/// The one way to write, where the operating system interrupts, writes little, or refuses.
@Suite struct AtomicWriteTests {
  private let bytes = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }

  /// Calls that fail once each, the first time, with an error; writes of at most so many bytes.
  private func calls(_ code: Int32, failing: Set<String>, atMost: Int = .max) -> (FileCalls, @Sendable () -> [String]) {
    let seen = Mutex<[String]>([])
    @Sendable func fails(_ name: String) -> Bool {
      seen.withLock { seen in
        defer { seen.append(name) }
        guard failing.contains(name), !seen.contains(name) else { return false }
        errno = code
        return true
      }
    }
    let system = FileCalls.system
    let calls = FileCalls(
      open: { fails($1 & O_CREAT == 0 ? "openFolder" : "open") ? -1 : system.open($0, $1) },
      write: { fails("write") ? -1 : system.write($0, $1, min($2, atMost)) }, sync: { fails("sync") ? -1 : system.sync($0) },
      rename: { fails("rename") ? -1 : system.rename($0, $1) }, remove: { fails("remove") ? -1 : system.remove($0) },
      truncate: { fails("truncate") ? -1 : system.truncate($0, $1) },
      // Linux closes, and says that it was interrupted.
      close: {
        let failed = fails("close")
        let code = errno
        let result = system.close($0)
        errno = code
        return failed ? -1 : result
      })
    return (calls, { seen.withLock { $0 } })
  }

  static let names = ["open", "write", "sync", "rename", "close", "openFolder"]

  @Test(arguments: names) func aSignalInterruptsNothing(name: String) throws {
    let folder = try TemporaryFolder()
    let (calls, seen) = calls(EINTR, failing: [name])
    try ByteFile.writeAtomically(bytes, to: folder.path + "/x", calls: calls)
    #expect(Array(try Data(contentsOf: URL(fileURLWithPath: folder.path + "/x"))) == bytes)
    #expect(folder.entries == ["x"] && seen().contains(name))
    // A descriptor is closed once: its number may be another file's the next time.
    #expect(seen().filter { $0 == "close" }.count == 2)
  }

  @Test(arguments: ["open", "write", "sync", "rename"]) func aFailureLeavesTheOldFileAndNoWaste(name: String) throws {
    let folder = try TemporaryFolder()
    try Data([1]).write(to: URL(fileURLWithPath: folder.path + "/x"))
    let (calls, _) = calls(ENOSPC, failing: [name])
    let failure = #expect(throws: ByteFile.Failure.self) {
      try ByteFile.writeAtomically(bytes, to: folder.path + "/x", calls: calls)
    }
    #expect(failure?.isFull == true)
    #expect(folder.entries == ["x"])
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder.path + "/x")) == Data([1]))
  }

  @Test func shortWritesAreGoneOnWith() throws {
    let folder = try TemporaryFolder()
    let (calls, seen) = calls(EINTR, failing: ["write"], atMost: 7)
    try ByteFile.writeAtomically(bytes, to: folder.path + "/x", calls: calls)
    #expect(Array(try Data(contentsOf: URL(fileURLWithPath: folder.path + "/x"))) == bytes)
    #expect(seen().filter { $0 == "write" }.count > 1_400)
  }

  @Test func callsThatAreAlwaysInterruptedEnd() throws {
    let folder = try TemporaryFolder()
    let system = FileCalls.system
    let calls = FileCalls(
      open: system.open, write: system.write,
      sync: { _ in
        errno = EINTR
        return -1
      }, rename: system.rename, remove: system.remove, truncate: system.truncate)
    #expect(throws: ByteFile.Failure.self) { try ByteFile.writeAtomically(bytes, to: folder.path + "/x", calls: calls) }
    #expect(folder.entries.isEmpty)
  }

  @Test func longNamesHaveTemporaryOnesToo() throws {
    let folder = try TemporaryFolder()
    for name in [String(repeating: "n", count: 255), String(repeating: "é", count: 127)] {
      try ByteFile.writeAtomically(bytes, to: folder.path + "/" + name)
      #expect(TemporaryName(of: name).isOf(name) && TemporaryName(parsing: TemporaryName(of: name).text)?.isOf(name) == true)
    }
    #expect(folder.entries.count == 2)
  }

  @Test func onlyTheWasteOfTheDeadGoes() throws {
    let folder = try TemporaryFolder()
    let dead = try #require((1...Int32.max).reversed().first { kill($0, 0) != 0 && errno == ESRCH })
    let parent = getppid()
    let waste = [".a.tmp-\(dead)-1", ".results.json.tmp-\(getpid())-77"]
    let others = [
      ".a.tmp-x-1", ".a.tmp-\(dead)", ".tmp-\(dead)-1", "a.tmp-\(dead)-1", ".a.tmp-\(dead)-1-2", ".a.tmp-\(parent)-3",
      ".a.tmp--1-3", "b",
    ]
    for name in waste + others { try Data().write(to: URL(fileURLWithPath: folder.path + "/" + name)) }
    // A link of such a name, a folder, and one that somebody holds.
    symlink("b", folder.path + "/.l.tmp-\(dead)-4")
    mkdir(folder.path + "/.d.tmp-\(dead)-5", 0o755)
    let held = open(folder.path + "/.h.tmp-\(dead)-6", O_WRONLY | O_CREAT, 0o644)
    flock(held, LOCK_EX)
    let stay = others + [".l.tmp-\(dead)-4", ".d.tmp-\(dead)-5", ".h.tmp-\(dead)-6"]
    ByteFile.removeAbandoned(in: folder.path)
    #expect(folder.entries == stay.sorted())
    close(held)
    // Numbers of processes are given again: what nobody has locked and was not touched for a minute is waste too.
    var times = [timeval(tv_sec: time(nil) - 100, tv_usec: 0), timeval(tv_sec: time(nil) - 100, tv_usec: 0)]
    utimes(folder.path + "/.a.tmp-\(parent)-3", &times)
    ByteFile.removeAbandoned(in: folder.path) { $0.isOf("a") }
    #expect(folder.entries == stay.filter { $0 != ".a.tmp-\(parent)-3" }.sorted())
    ByteFile.removeAbandoned(in: folder.path)
    #expect(folder.entries.count == stay.count - 2)
    // A folder that is a link is another's.
    symlink(folder.path, folder.path + "/link")
    try Data().write(to: URL(fileURLWithPath: folder.path + "/" + waste[0]))
    ByteFile.removeAbandoned(in: folder.path + "/link")
    #expect(folder.entries.contains(waste[0]))
  }
}
