import Foundation

/// One record of NAS-Bench-101's file, checked.
struct NASBench101Record {
  let hash: (UInt64, UInt64)
  let hashText: String
  let epochs: Int32
  let cell: NASBench101Cell
  let run: NASBench101Table.Run
  let parameters: Int32

  /// No record of the benchmark is longer; JSON of any length would be read into memory.
  static let byteLimit = 1 << 16

  /// Decodes a payload; `offset` is where it begins in the file.
  init(_ payload: UnsafeRawBufferPointer, path: String, offset: Int) throws(BenchmarkError) {
    func wrong(_ found: String, _ expected: String, at place: Int = 0) -> BenchmarkError {
      .malformed(path: path, offset: offset + place, found: found, expected: expected)
    }
    guard payload.count <= Self.byteLimit else {
      throw wrong("a record of \(payload.count) bytes", "at most \(Self.byteLimit)")
    }
    let parsed: Any
    do {
      parsed = try JSONSerialization.jsonObject(with: Data(payload))
    } catch {
      let place = (error as NSError).userInfo["NSJSONSerializationErrorIndex"] as? Int
      throw wrong("no JSON", "a JSON array", at: place ?? 0)
    }
    guard let fields = parsed as? [Any], fields.count == 5 else {
      throw wrong("other JSON", "an array of hash, epochs, adjacency, operations and metrics")
    }
    guard let hashText = fields[0] as? String, let hash = Self.bits(hashText) else {
      throw wrong("a first element that is no hash", "32 hexadecimal digits")
    }
    guard let number = fields[1] as? NSNumber, let epochs = Int32(exactly: number.doubleValue), (1...1_000_000).contains(epochs)
    else { throw wrong("a second element that is no number of epochs", "a number such as 108") }
    guard let adjacency = fields[2] as? String, let operations = fields[3] as? String else {
      throw wrong("elements that are no texts", "adjacency and operations")
    }
    let cell: NASBench101Cell
    do {
      cell = try NASBench101Cell(adjacency: adjacency, operations: operations)
    } catch {
      throw wrong("no cell (\(error.message))", "adjacency and operations of a cell")
    }
    guard let text = fields[4] as? String, let message = Data(base64Encoded: text) else {
      throw wrong("a fifth element that is not base64", "the metrics")
    }
    let metrics: ModelMetrics
    do {
      metrics = try ModelMetrics(Array(message))
    } catch {
      throw wrong("\(error.found) at byte \(error.offset) of the metrics", error.expected)
    }
    guard metrics.evaluations.count >= 3 else {
      throw wrong("\(metrics.evaluations.count) evaluations", "three: start, half way and end")
    }
    for state in metrics.evaluations[1...2] {
      guard [state.train, state.validation, state.test].allSatisfy({ (0...1).contains($0) }), state.seconds.isFinite,
        state.seconds >= 0
      else { throw wrong("metrics out of range", "accuracies from 0 to 1 and seconds") }
    }
    guard metrics.parameters >= 0 else { throw wrong("\(metrics.parameters) parameters", "a count") }
    func state(_ place: Int) -> NASBench101Table.Run.State {
      let found = metrics.evaluations[place]
      return .init(seconds: found.seconds, train: found.train, validation: found.validation, test: found.test)
    }
    self.hash = hash
    self.hashText = hashText
    self.epochs = epochs
    self.cell = cell
    run = .init(halfway: state(1), final: state(2))
    parameters = Int32(clamping: metrics.parameters)
  }

  /// The bits of 32 hexadecimal digits.
  private static func bits(_ text: String) -> (UInt64, UInt64)? {
    guard text.utf8.count == 32, text.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }),
      let high = UInt64(text.prefix(16), radix: 16), let low = UInt64(text.suffix(16), radix: 16)
    else { return nil }
    return (high, low)
  }
}
