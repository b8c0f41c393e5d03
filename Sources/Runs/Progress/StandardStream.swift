import Foundation
import Synchronization

/// Standard output and standard error, written so that a failure is a value: `print` ignores one, and `FileHandle` ends the process.
public enum StandardStream: Int32, Sendable {
  /// Standard output, for results.
  case output = 1
  /// Standard error, for progress and messages.
  case error = 2

  /// Writes all of a text, in as many calls as it takes.
  ///
  /// - Returns: `errno` of the call that failed; `nil` where all is written.
  @discardableResult
  public func write(_ text: String) -> Int32? {
    var text = text
    if self == .error { lastError.store(DispatchTime.now().uptimeNanoseconds, ordering: .relaxed) }
    return text.withUTF8 { bytes in
      var written = 0
      while written < bytes.count {
        let count = systemWrite(rawValue, bytes.baseAddress.map { $0 + written }, bytes.count - written)
        if count >= 0 {
          written += count
          continue
        }
        switch errno {
        case EINTR: continue
        case EAGAIN:
          // Somebody else who has the same stream made it non-blocking.
          var waiting = pollfd(fd: rawValue, events: Int16(POLLOUT), revents: 0)
          poll(&waiting, 1, -1)
        default: return errno
        }
      }
      return nil
    }
  }

  /// Seconds since something was last written here by this type; since the start of the process where nothing was. Kept for standard error
  /// only.
  public var secondsSinceWrite: Double {
    Double(DispatchTime.now().uptimeNanoseconds - lastError.load(ordering: .relaxed)) * 1e-9
  }

  /// Makes a process safe to write from: a reader that goes away and a limit of file sizes become errors of the call rather than
  /// signals. Streams that the caller has closed stay taken: no file that is opened later gets their numbers, and with them what is
  /// written to the streams.
  public static func prepare() {
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    _ = lastError.load(ordering: .relaxed)
    for descriptor in Int32(0)...2 where fcntl(descriptor, F_GETFD) == -1 && errno == EBADF {
      // The lowest free number is this one. Output that is closed stays an error; nobody misses what would have been said on standard
      // error.
      _ = open("/dev/null", (descriptor == 1 ? O_RDONLY : O_RDWR))
    }
  }
}

/// When standard error was last written to.
private let lastError = Atomic<UInt64>(DispatchTime.now().uptimeNanoseconds)

// The type's own `write` hides the system's.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int { write(descriptor, bytes, count) }
