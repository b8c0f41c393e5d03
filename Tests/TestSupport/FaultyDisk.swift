import Basics
import Datasets
import Foundation
import Synchronization

/// File calls that fail at a chosen moment: what a full disk, a bad one, or the death of the process looks like from inside.
///
/// Calls are counted from 1: opening for writing, writing, syncing, renaming, removing and truncating.
public final class FaultyDisk: Sendable {
  /// What happens at the chosen call.
  public enum Fault: Sendable {
    /// The call fails once, with this `errno`.
    case fails(Int32)
    /// Half of what is to be written is written; every other call fails with `EIO`.
    case shortWrite
    /// The process dies: this call is done by half, and no call after it does anything.
    case death
  }

  private struct State {
    var count = 0
    var isDead = false
    var room: Int?
  }

  private let state: Mutex<State>
  private let moment: Int
  private let fault: Fault

  /// A disk with a fault at the n-th call.
  public init(at moment: Int, _ fault: Fault) {
    self.moment = moment
    self.fault = fault
    state = Mutex(State())
  }

  /// A disk with room for so many bytes; ``free()`` makes room.
  public init(room: Int) {
    moment = .max
    fault = .death
    state = Mutex(State(room: room))
  }

  /// Ends the lack of room.
  public func free() { state.withLock { $0.room = nil } }

  /// Whether the fault has happened.
  public var isDone: Bool { state.withLock { $0.count >= moment } }

  private enum Verdict {
    case work, half
    case refuse(Int32)
  }

  private func next(bytes: Int = 0) -> Verdict {
    state.withLock { state in
      state.count += 1
      if state.isDead { return .refuse(EIO) }
      if let room = state.room {
        if room == 0 && bytes > 0 { return .refuse(ENOSPC) }
        state.room = max(0, room - bytes)
        return bytes > room ? .half : .work
      }
      guard state.count == moment else { return .work }
      switch fault {
      case .fails(let code): return .refuse(code)
      case .shortWrite: return bytes > 1 ? .half : .refuse(EIO)
      case .death:
        state.isDead = true
        return bytes > 1 ? .half : .refuse(EIO)
      }
    }
  }

  private func call<Result: SignedInteger>(_ work: () -> Result) -> Result {
    guard case .refuse(let code) = next() else { return work() }
    errno = code
    return -1
  }

  /// The calls to give to what is tested.
  package var calls: FileCalls {
    let system = FileCalls.system
    return FileCalls(
      open: { path, flags in flags & O_CREAT == 0 ? system.open(path, flags) : self.call { system.open(path, flags) } },
      write: { descriptor, bytes, count in
        switch self.next(bytes: count) {
        case .work: return system.write(descriptor, bytes, count)
        case .half: return system.write(descriptor, bytes, max(1, count / 2))
        case .refuse(let code):
          errno = code
          return -1
        }
      },
      sync: { descriptor in self.call { system.sync(descriptor) } },
      rename: { from, to in self.call { system.rename(from, to) } },
      remove: { path in self.call { system.remove(path) } },
      truncate: { descriptor, length in self.call { system.truncate(descriptor, length) } })
  }
}
