import Basics

/// What NAS-Bench-101 says about one training, decoded from its protocol buffer.
///
/// `ModelMetrics`: 1 repeated `EvaluationData`, 2 int32 trainable parameters, 3 double total time. `EvaluationData`: doubles 1 epoch,
/// 2 training time in seconds, 3 train, 4 validation, 5 test accuracy (fractions), 6 string checkpoint path. All fields are
/// optional, unknown ones are skipped.
///
/// Source: `nasbench/lib/model_metrics.proto` of google-research/nasbench; Google, "Protocol Buffers: Encoding".
struct ModelMetrics {
  /// The state at some point of the training.
  struct Evaluation {
    var epoch = 0.0
    var seconds = 0.0
    var train = 0.0
    var validation = 0.0
    var test = 0.0
  }

  var evaluations: [Evaluation] = []
  var parameters = 0
  var totalSeconds = 0.0

  /// What is wrong with the bytes, and where in them.
  struct Flaw: ReportableError {
    var offset: Int
    var found: String
    var expected: String

    var fault: Fault { Fault("found \(found), expected \(expected)", at: .mentioned(byte: offset)) }
  }

  /// Decodes a message.
  init(_ bytes: [UInt8]) throws(Flaw) {
    var reader = WireReader(bytes[...])
    while let (field, value) = try reader.next() {
      switch (field, value) {
      case (1, .bytes(let message)): evaluations.append(try Self.evaluation(message))
      case (2, .varint(let number)): parameters = Int(Int32(truncatingIfNeeded: number))
      case (3, .fixed64(let bits)): totalSeconds = Double(bitPattern: bits)
      case (1...3, _): throw Flaw(offset: reader.position, found: "field \(field) of another type", expected: "ModelMetrics")
      default: break
      }
    }
  }

  private static func evaluation(_ bytes: ArraySlice<UInt8>) throws(Flaw) -> Evaluation {
    var result = Evaluation()
    var reader = WireReader(bytes)
    while let (field, value) = try reader.next() {
      if field == 6 { continue }
      guard (1...5).contains(field) else { continue }
      guard case .fixed64(let bits) = value else {
        throw Flaw(offset: reader.position, found: "field \(field) of another type", expected: "EvaluationData")
      }
      let number = Double(bitPattern: bits)
      switch field {
      case 1: result.epoch = number
      case 2: result.seconds = number
      case 3: result.train = number
      case 4: result.validation = number
      default: result.test = number
      }
    }
    return result
  }

  /// Fields of a protocol buffer, front to back.
  private struct WireReader {
    enum Value {
      case varint(UInt64)
      case fixed64(UInt64)
      case bytes(ArraySlice<UInt8>)
      case fixed32(UInt32)
    }

    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    var position: Int { rest.startIndex }

    mutating func next() throws(Flaw) -> (field: Int, value: Value)? {
      guard !rest.isEmpty else { return nil }
      let start = rest.startIndex
      let tag = try varint()
      guard tag >> 3 >= 1, tag >> 3 < 1 << 29 else { throw Flaw(offset: start, found: "tag \(tag)", expected: "a field") }
      let field = Int(tag >> 3)
      switch tag & 7 {
      case 0: return (field, .varint(try varint()))
      case 1: return (field, .fixed64(try take(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }))
      case 2:
        let length = try varint()
        guard length <= UInt64(rest.count) else {
          throw Flaw(offset: start, found: "a field of \(length) bytes", expected: "at most \(rest.count), all that is left")
        }
        return (field, .bytes(try take(Int(length))))
      case 5: return (field, .fixed32(try take(4).reversed().reduce(0) { $0 << 8 | UInt32($1) }))
      default: throw Flaw(offset: start, found: "wire type \(tag & 7)", expected: "0, 1, 2 or 5")
      }
    }

    private mutating func take(_ count: Int) throws(Flaw) -> ArraySlice<UInt8> {
      guard rest.count >= count else {
        throw Flaw(offset: rest.endIndex, found: "the end", expected: "\(count - rest.count) more bytes")
      }
      defer { rest = rest.dropFirst(count) }
      return rest.prefix(count)
    }

    private mutating func varint() throws(Flaw) -> UInt64 {
      var value: UInt64 = 0
      let start = rest.startIndex
      for shift in stride(from: UInt64(0), to: 64, by: 7) {
        guard let byte = rest.popFirst() else { throw Flaw(offset: start, found: "the end", expected: "the rest of a number") }
        value |= UInt64(byte & 127) << shift
        if byte < 128 { return value }
      }
      throw Flaw(offset: start, found: "a number of more than ten bytes", expected: "a 64-bit number")
    }
  }
}
