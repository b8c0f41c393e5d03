import Basics
import Foundation
import Synchronization

/// A TensorBoard event file that only grows while a run goes on: TFRecords of events.
public final class TensorBoardWriter: Sendable {
  /// The path of the file.
  public let path: String
  private let calls: FileCalls
  private let descriptor: Mutex<Int32>

  /// Opens the file at its end, or makes it.
  ///
  /// - Parameter startedAt: the wall time of the file's first event.
  /// - Throws: `RunError`.
  package init(path: String, startedAt: Date, calls: FileCalls = .system) throws(RunError) {
    self.path = path
    self.calls = calls
    descriptor = Mutex(-1)
    var isThere = stat()
    if stat(path, &isThere) != 0 || isThere.st_size == 0 {
      let first = TensorBoardEvent(wallTime: startedAt.timeIntervalSince1970, step: 0, content: .version)
      do { try ByteFile.writeAtomically(first.record, to: path, calls: calls) } catch {
        throw RunError(error, action: "make it", path: path)
      }
    }
    try reopen()
  }

  deinit { descriptor.withLock { _ = $0 >= 0 ? close($0) : 0 } }

  private func reopen() throws(RunError) {
    let fresh = calls.opened(path, O_RDWR | O_APPEND | O_CLOEXEC)
    guard fresh >= 0 else { throw RunError(.last, action: "open it", path: path) }
    descriptor.withLock { descriptor in
      if descriptor >= 0 { close(descriptor) }
      descriptor = fresh
    }
  }

  /// Adds an event.
  ///
  /// - Throws: `RunError`; nothing is added then.
  public func append(_ event: TensorBoardEvent) throws(RunError) {
    let record = event.record
    do {
      try descriptor.withLock { descriptor throws(ByteFile.Failure) in
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .last }
        do throws(ByteFile.Failure) {
          try ByteFile.write(record, to: descriptor, calls: calls)
        } catch {
          calls.truncated(descriptor, to: Int(status.st_size))
          throw error
        }
      }
    } catch {
      throw RunError(error, action: "write to it", path: path)
    }
  }

  /// Removes what a resumed run writes again: events of later steps, and whatever a killed process left behind the last whole record.
  ///
  /// - Throws: `RunError`.
  public func rewind(toStep step: Int64) throws(RunError) {
    do {
      let bytes = try ByteFile.read(path, limit: 4 << 30)
      let kept = Self.records(bytes).filter { Self.step(of: bytes[$0.data]) <= step }.flatMap { bytes[$0.whole] }
      guard kept != bytes else { return }
      try ByteFile.writeAtomically(kept, to: path, calls: calls)
    } catch {
      throw RunError(error, action: "rewind it", path: path)
    }
    try reopen()
  }

  /// The places of the whole and undamaged records, up to the first that is not.
  static func records(_ bytes: [UInt8]) -> [(whole: Range<Int>, data: Range<Int>)] {
    func number(_ range: Range<Int>) -> UInt64 { bytes[range].reversed().reduce(0) { $0 << 8 | UInt64($1) } }
    var records: [(whole: Range<Int>, data: Range<Int>)] = []
    var start = 0
    while bytes.count - start >= 16 {
      guard UInt64(CRC32C.masked(bytes[start..<start + 8])) == number(start + 8..<start + 12),
        let length = Int(exactly: number(start..<start + 8)), length <= bytes.count - start - 16
      else { break }
      let data = start + 12..<start + 12 + length
      guard UInt64(CRC32C.masked(bytes[data])) == number(data.upperBound..<data.upperBound + 4) else { break }
      records.append((start..<data.upperBound + 4, data))
      start = data.upperBound + 4
    }
    return records
  }

  /// The step of an event of ours: the wall time comes first, then the step where it is not 0.
  private static func step(of event: ArraySlice<UInt8>) -> Int64 {
    var rest = event
    if rest.first == 1 << 3 | 1 { rest = rest.dropFirst(9) }
    guard rest.first == 2 << 3 else { return 0 }
    var (value, shift) = (UInt64(0), UInt64(0))
    for byte in rest.dropFirst() {
      value |= UInt64(byte & 0x7F) << shift
      shift += 7
      if byte < 0x80 || shift > 63 { break }
    }
    return Int64(bitPattern: value)
  }
}

extension RunDirectory {
  /// The run's TensorBoard file, `tensorboard/events.out.tfevents.run`: `tensorboard --logdir RUNS` reads it.
  ///
  /// - Throws: `RunError`.
  public func tensorBoard() throws(RunError) -> TensorBoardWriter {
    let folder = path + "/tensorboard"
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw RunError(.system(action: "make the folder \(folder)", reason: FailureText.of(error)), path: path)
    }
    let started = (try? Date(provenance().startedAt, strategy: .iso8601)) ?? Date()
    return try TensorBoardWriter(path: folder + "/events.out.tfevents.run", startedAt: started, calls: calls)
  }
}
