import Basics
import Foundation
import Synchronization

/// A file of JSON objects, one a line, that only grows while a run goes on.
///
/// A process that is killed can leave half a line; opening the journal again removes it. Every line has a checksum and its number
/// (`Seal`): what is damaged, missing or another journal's is left out when the journal is opened, with a note, and the file as it
/// was is kept.
public final class Journal: Sendable {
  private struct State {
    var descriptor: Int32
    /// Lines in the file.
    var count = 0
  }

  /// The path of the file.
  public let path: String
  /// What people should know of the file as it was found.
  public var notes: [String] { found.all }
  private let found = FolderNotes()
  /// What the journal belongs to.
  private let owner: String
  private let state: Mutex<State>
  private let calls: FileCalls

  /// Opens the journal at its end; there need not be one.
  ///
  /// - Throws: `RunError`.
  public convenience init(path: String) throws(RunError) { try self.init(path: path, owner: "", calls: .system) }

  /// - Parameters:
  ///   - owner: what the journal belongs to; lines of another owner's journal are not taken.
  ///   - mustBeSealed: whether it was begun with checksums, so that lines without one are damaged.
  package init(
    path: String, owner: String = "", mustBeSealed: Bool = false, calls: FileCalls = .system
  ) throws(RunError) {
    self.path = path
    self.owner = owner
    self.calls = calls
    let descriptor = calls.opened(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC)
    guard descriptor >= 0 else { throw RunError(.last, action: "open it", path: path) }
    state = Mutex(State(descriptor: descriptor))
    let bytes = try content()
    var reading = Self.read(bytes, owner: owner)
    let file = URL(fileURLWithPath: path).lastPathComponent
    if mustBeSealed, !reading.isSealed {
      reading.damage.append("no line has a checksum: it was damaged, or changed by hand")
      reading.lines = []
    } else if !reading.isSealed {
      found.add("\(file) was made before checksums: what it says so far is not checked")
    }
    if !reading.damage.isEmpty {
      let kept = try DamagedFile.copy(bytes, of: path, calls: calls)
      found.add(Self.note(reading, of: file, keptAs: kept))
    }
    try replace(bytes, by: reading.texts)
  }

  deinit { state.withLock { _ = close($0.descriptor) } }

  /// Adds an object on a line of its own, its keys sorted, and hands it to the operating system.
  ///
  /// - Throws: `RunError`; an object that cannot be JSON, such as one with a NaN, is refused too.
  public func append(_ record: some Encodable) throws(RunError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let json: [UInt8]
    do {
      json = Array(try encoder.encode(record))
    } catch {
      throw RunError(.system(action: "write a record", reason: FailureText.of(error)), path: path)
    }
    guard json.last == UInt8(ascii: "}") else {
      throw RunError(.system(action: "write a record", reason: "it is not a JSON object"), path: path)
    }
    do {
      try state.withLock { state throws(ByteFile.Failure) in
        var status = stat()
        guard fstat(state.descriptor, &status) == 0 else { throw .last }
        do throws(ByteFile.Failure) {
          let line = Seal.seal(line: json, number: state.count + 1, owner: owner) + [10]
          try ByteFile.write(line, to: state.descriptor, calls: calls)
          state.count += 1
        } catch {
          // Half a line would spoil the next one.
          calls.truncated(state.descriptor, to: Int(status.st_size))
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
    let failure = state.withLock { calls.synced($0.descriptor) == 0 ? nil : ByteFile.Failure.last }
    if let failure { throw RunError(failure, action: "sync it", path: path) }
  }

  /// The whole lines, without their checksums.
  ///
  /// - Throws: `RunError`, also for lines that are damaged or missing.
  public func lines() throws(RunError) -> [String] { try Self.lines(path, owner: owner) }

  /// The whole lines of a journal that need not be open.
  ///
  /// - Throws: `RunError`, also for lines that are damaged or missing.
  public static func lines(_ path: String) throws(RunError) -> [String] { try lines(path, owner: "") }

  package static func lines(_ path: String, owner: String) throws(RunError) -> [String] {
    let reading = try reading(path, owner: owner)
    if let first = reading.damage.first { throw RunError(.damaged(file: "it", reason: first), path: path) }
    return reading.texts
  }

  /// Removes what was written after a checkpoint, which a resumed run writes again: objects whose number `tasks` is larger.
  ///
  /// - Throws: `RunError`.
  public func rewind(toTasks tasks: Int) throws(RunError) {
    struct Position: Decodable { var tasks: Int? }
    let bytes = try content()
    try replace(
      bytes,
      by: Self.read(bytes, owner: owner).texts.filter { line in
        guard let position = try? JSONDecoder().decode(Position.self, from: Data(line.utf8)).tasks else { return true }
        return position <= tasks
      })
  }

  /// Leaves out lines that cannot be what they should be, with a note; the file as it was is kept.
  ///
  /// - Parameter flaw: what is wrong with a line; `nil` for a good one.
  /// - Throws: `RunError`.
  package func drop(where flaw: (String) -> String?) throws(RunError) {
    let bytes = try content()
    var reading = Self.read(bytes, owner: owner)
    let before = reading.lines
    reading.lines = []
    for line in before {
      guard let flaw = flaw(line.text) else {
        reading.lines.append(line)
        continue
      }
      reading.damage.append("line \(line.place): \(flaw)")
    }
    guard reading.lines.count < before.count else { return }
    let kept = try DamagedFile.copy(bytes, of: path, calls: calls)
    let file = URL(fileURLWithPath: path).lastPathComponent
    found.add(Self.note(reading, of: file, keptAs: kept))
    try replace(bytes, by: reading.texts)
  }

  private func content() throws(RunError) -> [UInt8] {
    do {
      return try ByteFile.read(path, limit: 4 << 30)
    } catch {
      throw RunError(.system(action: "read it", reason: error.reason), path: path)
    }
  }

  /// Replaces the content, by a rename so that a crash loses nothing.
  private func replace(_ bytes: [UInt8], by lines: [String]) throws(RunError) {
    var changed: [UInt8] = []
    for (place, line) in lines.enumerated() {
      changed += Seal.seal(line: Array(line.utf8), number: place + 1, owner: owner) + [10]
    }
    defer { state.withLock { $0.count = lines.count } }
    guard changed != bytes else { return }
    do {
      try ByteFile.writeAtomically(changed, to: path, calls: calls)
    } catch {
      throw RunError(error, action: "write to it", path: path)
    }
    let fresh = calls.opened(path, O_RDWR | O_APPEND | O_CLOEXEC)
    guard fresh >= 0 else { throw RunError(.last, action: "open it", path: path) }
    state.withLock { state in
      _ = close(state.descriptor)
      state.descriptor = fresh
    }
  }
}
