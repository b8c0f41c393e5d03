import Basics
import Foundation

/// An array in NumPy's format NPY, versions 1.0 to 3.0, C order.
///
/// Source: NumPy's documentation, `numpy.lib.format`: magic `\x93NUMPY`, version, length of the header, the header as a Python
/// dictionary with `descr`, `fortran_order` and `shape`, then the data.
public struct NPYArray: Sendable, Hashable {
  /// The element types that are read.
  public enum ElementType: String, Sendable, CaseIterable {
    /// Unsigned, 1 byte.
    case uint8 = "u1"
    /// Signed, 1 byte.
    case int8 = "i1"
    /// True or false, 1 byte.
    case bool = "b1"
    /// Unsigned, 2 bytes.
    case uint16 = "u2"
    /// Signed, 2 bytes.
    case int16 = "i2"
    /// Unsigned, 4 bytes.
    case uint32 = "u4"
    /// Signed, 4 bytes.
    case int32 = "i4"
    /// Unsigned, 8 bytes.
    case uint64 = "u8"
    /// Signed, 8 bytes.
    case int64 = "i8"
    /// IEEE 754, single precision.
    case float32 = "f4"
    /// IEEE 754, double precision.
    case float64 = "f8"

    /// Bytes of an element.
    public var size: Int {
      switch self {
      case .uint8, .int8, .bool: 1
      case .uint16, .int16: 2
      case .uint32, .int32, .float32: 4
      case .uint64, .int64, .float64: 8
      }
    }
    /// Whether elements are floating-point numbers.
    public var isFloat: Bool { self == .float32 || self == .float64 }
  }

  /// Length along each axis.
  public let shape: [Int]
  /// What the elements are.
  public let elementType: ElementType
  /// The file, header included.
  let file: [UInt8]
  /// Where the data begin in it.
  public let dataOffset: Int

  /// Elements in all.
  public var count: Int { shape.reduce(1, *) }
  /// The data as bytes, little-endian.
  public var bytes: ArraySlice<UInt8> { file[dataOffset...] }

  /// Parses the bytes of a whole file; `path` is what to call it in errors.
  ///
  /// - Throws: `ReaderError`: another format or version, element types that are not read, Fortran order, sizes that do not fit the
  ///   file.
  public init(_ file: [UInt8], path: String) throws(ReaderError) {
    let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
    guard file.count >= 10, file.starts(with: magic) else {
      throw .wrongMagic(path: path, offset: 0, found: "\(file.prefix(6).map(Int.init))", expected: "\\x93NUMPY")
    }
    guard (1...3).contains(file[6]) else {
      throw .wrongMagic(path: path, offset: 6, found: "version \(file[6])", expected: "1, 2 or 3")
    }
    let start = file[6] == 1 ? 10 : 12
    guard file.count >= start else { throw .truncated(path: path, offset: file.count, expected: start) }
    let length = (8..<start).reversed().reduce(0) { $0 << 8 | Int(file[$1]) }
    guard length <= 1 << 16, length <= file.count - start else {
      throw .truncated(path: path, offset: file.count, expected: start + length)
    }
    let header = String(decoding: file[start..<start + length], as: UTF8.self)
    func bad(_ reason: String) -> ReaderError { .badSize(path: path, offset: start, reason: reason) }
    guard let descriptor = Self.text(after: "'descr':", in: header), descriptor.count >= 2 else {
      throw bad("the header names no element type that is read: \(header.prefix(80))")
    }
    guard let type = ElementType(rawValue: String(descriptor.dropFirst())), let order = descriptor.first,
      order == "<" || order == "|" || type.size == 1
    else {
      let words = descriptor.dropFirst().hasPrefix("U") || descriptor.dropFirst().hasPrefix("S")
      throw bad(
        words
          ? "elements of type \(descriptor) are words; save numbers, and the words as class_names in the .json beside the file"
          : descriptor.hasSuffix("O")
            ? "the elements are pickled Python objects; save an array of numbers (is it ragged?)"
            : "element type \(descriptor) is not read; save little-endian numbers of 1 to 8 bytes")
    }
    guard header.contains("'fortran_order': False") else {
      throw bad("the array is in Fortran order; save numpy.ascontiguousarray of it")
    }
    guard let shape = Self.shape(in: header) else { throw bad("the header names no shape that can be read") }
    guard let bytes = ClaimedSize.bytes(shape, elementSize: type.size) else {
      throw bad("shape \(shape) makes more bytes than memory can hold")
    }
    let available = file.count - start - length
    guard bytes <= available else { throw .truncated(path: path, offset: file.count, expected: start + length + bytes) }
    guard bytes == available else { throw .trailingBytes(path: path, offset: start + length + bytes) }
    self.shape = shape
    elementType = type
    self.file = file
    dataOffset = start + length
  }

  /// Element `index` as a number. Integers beyond 2⁵³ lose their last bits.
  public func number(at index: Int) -> Double {
    let offset = dataOffset + index * elementType.size
    func load<Value: FixedWidthInteger>(_: Value.Type) -> Value {
      var value: Value = 0
      withUnsafeMutableBytes(of: &value) { $0.copyBytes(from: file[offset..<offset + MemoryLayout<Value>.size]) }
      return Value(littleEndian: value)
    }
    return switch elementType {
    case .uint8, .bool: Double(file[offset])
    case .int8: Double(Int8(bitPattern: file[offset]))
    case .uint16: Double(load(UInt16.self))
    case .int16: Double(load(Int16.self))
    case .uint32: Double(load(UInt32.self))
    case .int32: Double(load(Int32.self))
    case .uint64: Double(load(UInt64.self))
    case .int64: Double(load(Int64.self))
    case .float32: Double(Float(bitPattern: load(UInt32.self)))
    case .float64: Double(bitPattern: load(UInt64.self))
    }
  }

  /// The element type that a file's first bytes name; `nil` if they name none that is read.
  static func elementType(start: [UInt8]) -> ElementType? {
    text(after: "'descr':", in: String(decoding: start, as: UTF8.self)).flatMap { ElementType(rawValue: String($0.dropFirst())) }
  }

  /// The quoted text after a key.
  private static func text(after key: String, in header: String) -> String? {
    guard let range = header.range(of: key) else { return nil }
    let rest = header[range.upperBound...].drop { $0 == " " }
    guard rest.first == "'" else { return nil }
    let body = rest.dropFirst()
    return body.firstIndex(of: "'").map { String(body[..<$0]) }
  }

  private static func shape(in header: String) -> [Int]? {
    guard let range = header.range(of: "'shape':"), let open = header[range.upperBound...].firstIndex(of: "("),
      let close = header[open...].firstIndex(of: ")")
    else { return nil }
    let parts = header[header.index(after: open)..<close].split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    let numbers = parts.filter { !$0.isEmpty }.map { Int($0) }
    guard numbers.count <= 8, numbers.allSatisfy({ ($0 ?? -1) >= 0 }) else { return nil }
    return numbers.compactMap { $0 }
  }
}
