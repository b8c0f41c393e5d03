import Datasets
import Foundation
import Messages
import Synchronization

/// A file of JSON objects, one a line, that only grows while a run goes on.
///
/// A process that is killed can leave half a line; opening the journal again removes it.
public final class Journal: Sendable {
  /// The file.
  public let path: String
  private let descriptor: Mutex<Int32>
  private let calls: FileCalls

  /// Opens the journal at its end; there need not be one.
  ///
  /// - Throws: `RunError`.
  public convenience init(path: String) throws(RunError) { try self.init(path: path, calls: .system) }

  package init(path: String, calls: FileCalls) throws(RunError) {
    self.path = path
    self.calls = calls
    let descriptor = calls.open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC)
    guard descriptor >= 0 else { throw RunError(.last, action: "open it", path: path) }
    self.descriptor = Mutex(descriptor)
    try rewrite { $0 }
  }

  deinit { descriptor.withLock { _ = close($0) } }

  /// Adds an object on a line of its own, its keys sorted, and hands it to the operating system.
  ///
  /// - Throws: `RunError`; an object that cannot be JSON, such as one with a NaN, is refused too.
  public func append(_ record: some Encodable) throws(RunError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let line: [UInt8]
    do {
      line = Array(try encoder.encode(record)) + [10]
    } catch {
      throw RunError(.system(action: "write a record", reason: FailureText.of(error)), path: path)
    }
    do {
      try descriptor.withLock { descriptor throws(ByteFile.Failure) in
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .last }
        do throws(ByteFile.Failure) {
          try ByteFile.write(line, to: descriptor, calls: calls)
        } catch {
          // Half a line would spoil the next one.
          _ = calls.truncate(descriptor, Int(status.st_size))
          throw error
        }
      }
    } catch {
      throw RunError(error, action: "write to it", path: path)
    }
  }

  /// Waits until everything so far is on the disk.
  ///
  /// - Throws: `RunError`.
  public func sync() throws(RunError) {
    let failure = descriptor.withLock { calls.sync($0) == 0 ? nil : ByteFile.Failure.last }
    if let failure { throw RunError(failure, action: "sync it", path: path) }
  }

  /// The whole lines.
  ///
  /// - Throws: `RunError`.
  public func lines() throws(RunError) -> [String] { try Self.lines(path) }

  /// The whole lines of a journal that need not be open.
  ///
  /// - Throws: `RunError`.
  public static func lines(_ path: String) throws(RunError) -> [String] {
    do {
      let bytes = try ByteFile.read(path, limit: 4 << 30)
      let whole = bytes.lastIndex(of: 10).map { bytes[..<$0] } ?? []
      return whole.split(separator: 10).map { String(decoding: $0, as: UTF8.self) }
    } catch {
      throw RunError(.system(action: "read it", reason: error.reason), path: path)
    }
  }

  /// Removes what was written after a checkpoint, which a resumed run writes again: objects whose number `tasks` is larger.
  ///
  /// - Throws: `RunError`.
  public func rewind(toTasks tasks: Int) throws(RunError) {
    struct Position: Decodable { var tasks: Int? }
    try rewrite { lines in
      lines.filter { line in
        guard let position = try? JSONDecoder().decode(Position.self, from: Data(line.utf8)).tasks else { return true }
        return position <= tasks
      }
    }
  }

  /// Replaces the content, by a rename so that a crash loses nothing.
  private func rewrite(_ change: ([String]) -> [String]) throws(RunError) {
    let bytes: [UInt8]
    do {
      bytes = try ByteFile.read(path, limit: 4 << 30)
    } catch {
      throw RunError(.system(action: "read it", reason: error.reason), path: path)
    }
    let changed = Array(change(try lines()).map { $0 + "\n" }.joined().utf8)
    guard changed != bytes else { return }
    do {
      try ByteFile.writeAtomically(changed, to: path, calls: calls)
    } catch {
      throw RunError(error, action: "write to it", path: path)
    }
    let fresh = calls.open(path, O_RDWR | O_APPEND | O_CLOEXEC)
    guard fresh >= 0 else { throw RunError(.last, action: "open it", path: path) }
    descriptor.withLock { descriptor in
      _ = close(descriptor)
      descriptor = fresh
    }
  }
}
