import Foundation
import TestSupport
import Testing

@testable import Runs

/// Locks of run folders, where other descriptors of the same file are about.
@Suite struct RunLockTests {
  /// A process that is being started has a copy of every descriptor for a moment; it must not keep the folder.
  @Test func aCopyOfTheDescriptorKeepsNothing() throws {
    let folder = try TemporaryFolder()
    var copy: Int32 = -1
    do {
      let lock = try RunLock(folder: folder.path)
      copy = dup(lock.descriptor)
      #expect(RunLock.state(of: folder.path) != .free)
    }
    defer { close(copy) }
    #expect(RunLock.state(of: folder.path) == .free)
    _ = try RunLock(folder: folder.path)
  }

  /// Asking who has a folder takes a shared lock for a moment; whoever wants the folder then waits for it.
  @Test func whoeverAsksIsWaitedFor() throws {
    let folder = try TemporaryFolder()
    let asking = open(folder.path + "/lock", O_RDWR | O_CREAT, 0o644)
    #expect(flock(asking, LOCK_SH | LOCK_NB) == 0)
    Thread.detachNewThread {
      usleep(20_000)
      close(asking)
    }
    _ = try RunLock(folder: folder.path)
  }

  @Test func aSecondHolderIsRefusedAtOnce() throws {
    let folder = try TemporaryFolder()
    let lock = try RunLock(folder: folder.path)
    let error = #expect(throws: RunError.self) { try RunLock(folder: folder.path) }
    #expect(error?.description.contains("process \(getpid())") == true, "\(error as Any)")
    withExtendedLifetime(lock) {}
  }
}
