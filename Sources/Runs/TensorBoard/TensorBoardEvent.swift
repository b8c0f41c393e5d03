import Basics
import Foundation

/// An event of a TensorBoard file: the protocol buffer `tensorflow.Event`, as far as runs need it.
public struct TensorBoardEvent: Sendable, Equatable {
  /// What an event says.
  public enum Content: Sendable, Equatable {
    /// The first event of every file.
    case version
    /// Numbers by tag.
    case scalars([Scalar])
    /// A picture.
    case image(tag: String, height: Int, width: Int, channels: Int, png: [UInt8])
  }

  /// A number with its tag, such as `prior/query loss`.
  public struct Scalar: Sendable, Equatable {
    /// The name of its curve.
    public var tag: String
    /// The number.
    public var value: Float

    /// A number on the curve of a tag.
    public init(tag: String, value: Float) {
      self.tag = tag
      self.value = value
    }
  }

  /// Seconds since 1970.
  public var wallTime: Double
  /// Tasks seen.
  public var step: Int64
  /// What the event tells.
  public var content: Content

  /// An event at a time and a step.
  ///
  /// - Parameters:
  ///   - wallTime: seconds since 1970.
  ///   - step: tasks seen.
  ///   - content: what the event tells.
  public init(wallTime: Double, step: Int64, content: Content) {
    self.wallTime = wallTime
    self.step = step
    self.content = content
  }

  /// The event in protocol buffers' wire format. Fields with default values are left out, as the official writers do.
  var encoded: [UInt8] {
    var bytes: [UInt8] = []
    if wallTime != 0 { bytes += Wire.fixed64(1, wallTime.bitPattern) }
    if step != 0 { bytes += Wire.varint(2, UInt64(bitPattern: step)) }
    switch content {
    case .version: bytes += Wire.data(3, Array("brain.Event:2".utf8))
    case .scalars(let scalars):
      let values = scalars.flatMap { scalar in
        Wire.data(1, Wire.data(1, Array(scalar.tag.utf8)) + Wire.fixed32(2, scalar.value.bitPattern))
      }
      bytes += Wire.data(5, values)
    case .image(let tag, let height, let width, let channels, let png):
      let image =
        Wire.varint(1, UInt64(height)) + Wire.varint(2, UInt64(width)) + Wire.varint(3, UInt64(channels)) + Wire.data(4, png)
      bytes += Wire.data(5, Wire.data(1, Wire.data(1, Array(tag.utf8)) + Wire.data(4, image)))
    }
    return bytes
  }

  /// The event as a TFRecord: length, its checksum, data, its checksum.
  var record: [UInt8] {
    let data = encoded
    let length = Checkpoint.littleEndian(UInt64(data.count))
    return length + Checkpoint.littleEndian(CRC32C.masked(length)) + data + Checkpoint.littleEndian(CRC32C.masked(data))
  }
}

/// Protocol buffers' wire format: a key (field number and kind) before every value.
private enum Wire {
  static func number(_ value: UInt64) -> [UInt8] {
    var (rest, bytes) = (value, [UInt8]())
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  static func varint(_ field: UInt64, _ value: UInt64) -> [UInt8] { number(field << 3) + number(value) }
  static func fixed64(_ field: UInt64, _ bits: UInt64) -> [UInt8] { number(field << 3 | 1) + Checkpoint.littleEndian(bits) }
  static func data(_ field: UInt64, _ bytes: [UInt8]) -> [UInt8] { number(field << 3 | 2) + number(UInt64(bytes.count)) + bytes }
  static func fixed32(_ field: UInt64, _ bits: UInt32) -> [UInt8] { number(field << 3 | 5) + Checkpoint.littleEndian(bits) }
}
