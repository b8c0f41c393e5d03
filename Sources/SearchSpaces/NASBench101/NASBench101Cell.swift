/// The three operations of NAS-Bench-101, in the order of their labels 0, 1, 2.
///
/// Raw values are the names in the benchmark's files.
public enum NASBench101Operation: String, CaseIterable, Codable, Hashable, Sendable {
  /// 3×3 convolution, batch norm, ReLU.
  case convolution3x3 = "conv3x3-bn-relu"
  /// 1×1 convolution, batch norm, ReLU.
  case convolution1x1 = "conv1x1-bn-relu"
  /// 3×3 max pooling.
  case maxPool3x3 = "maxpool3x3"

  var number: Int {
    switch self {
    case .convolution3x3: 0
    case .convolution1x1: 1
    case .maxPool3x3: 2
    }
  }

  /// A name for people.
  public var displayName: String {
    switch self {
    case .convolution3x3: "conv 3×3"
    case .convolution1x1: "conv 1×1"
    case .maxPool3x3: "max pool 3×3"
    }
  }
}

/// A cell of NAS-Bench-101: a directed acyclic graph of at most seven vertices, the first the input, the last the output, the others
/// with an operation each.
///
/// Source: Ying et al., "NAS-Bench-101: Towards reproducible neural architecture search", ICML 2019, section 2.1.
public struct NASBench101Cell: Hashable, Sendable {
  /// The most vertices, input and output included.
  public static let maximumVertices = 7
  /// The most edges that a cell may have after pruning.
  public static let maximumEdges = 9

  /// For every vertex the set of vertices that it feeds: bit *j* of row *i* is the edge *i* → *j*.
  public let rows: [UInt8]
  /// The operations of the vertices between input and output.
  public let operations: [NASBench101Operation]

  /// A cell; `nil` unless there are 2 to 7 vertices, two fewer operations, and all edges go forward.
  public init?(rows: [UInt8], operations: [NASBench101Operation]) {
    guard (2...Self.maximumVertices).contains(rows.count), operations.count == rows.count - 2 else { return nil }
    for (vertex, row) in rows.enumerated() {
      // Bits vertex + 1 ..< count are those of later vertices.
      let later = UInt8((1 << rows.count) - (1 << (vertex + 1)))
      guard row & ~later == 0 else { return nil }
    }
    self.init(unchecked: rows, operations)
  }

  init(unchecked rows: [UInt8], _ operations: [NASBench101Operation]) {
    self.rows = rows
    self.operations = operations
  }

  /// How many vertices, input and output included.
  public var vertices: Int { rows.count }

  /// How many edges.
  public var edgeCount: Int { rows.reduce(0) { $0 + $1.nonzeroBitCount } }

  /// Whether there is an edge between two vertices.
  public func hasEdge(_ from: Int, _ to: Int) -> Bool { rows[from] >> UInt8(to) & 1 == 1 }

  /// The cell without the vertices that are on no path from input to output; `nil` if there is no path.
  public var pruned: NASBench101Cell? {
    let count = rows.count
    var forward: UInt8 = 1
    for vertex in 0..<count where forward >> UInt8(vertex) & 1 == 1 { forward |= rows[vertex] }
    var backward = UInt8(1 << (count - 1))
    for vertex in stride(from: count - 1, through: 0, by: -1) where rows[vertex] & backward != 0 {
      backward |= UInt8(1 << vertex)
    }
    let kept = forward & backward
    guard kept & 1 == 1, kept >> UInt8(count - 1) & 1 == 1 else { return nil }
    guard kept.nonzeroBitCount < count else { return self }
    let vertices = (0..<count).filter { kept >> UInt8($0) & 1 == 1 }
    let rows = vertices.map { vertex in
      vertices.enumerated().reduce(UInt8(0)) { row, item in
        hasEdge(vertex, item.element) ? row | UInt8(1 << item.offset) : row
      }
    }
    return NASBench101Cell(unchecked: rows, vertices.dropFirst().dropLast().map { operations[$0 - 1] })
  }

  /// The matrix as the benchmark's files have it: V · V digits 0 and 1, row by row.
  public var adjacencyText: String {
    var text = ""
    for vertex in 0..<rows.count { for other in 0..<rows.count { text += hasEdge(vertex, other) ? "1" : "0" } }
    return text
  }

  /// The operations as the benchmark's files have them: names separated by commas, `input` first and `output` last.
  public var operationsText: String { (["input"] + operations.map(\.rawValue) + ["output"]).joined(separator: ",") }

  /// ``adjacencyText``, a colon, ``operationsText``.
  public var text: String { adjacencyText + ":" + operationsText }
}

extension NASBench101Cell {
  /// The cell in one number: three bits the vertices, seven each row, two each operation.
  package var packed: UInt64 {
    let rows = rows.reduce(UInt64(vertices)) { $0 << 7 | UInt64($1) }
    return operations.reduce(rows) { $0 << 2 | UInt64($1.number) }
  }

  /// The cell with a number; `nil` if there is none.
  package init?(packed: UInt64) {
    // Bits after the first three tell the number of vertices: 7 V + 2 (V − 2).
    for count in 2...Self.maximumVertices where packed >> UInt64(9 * count - 4) == UInt64(count) {
      let rows = (0..<count).map { UInt8(packed >> UInt64(9 * count - 4 - 7 * ($0 + 1)) & 127) }
      let numbers = (0..<(count - 2)).map { Int(packed >> UInt64(2 * (count - 3 - $0)) & 3) }
      guard numbers.allSatisfy({ $0 < 3 }) else { return nil }
      self.init(rows: rows, operations: numbers.map { NASBench101Operation.allCases[$0] })
      return
    }
    return nil
  }

  /// Reads ``text``.
  ///
  /// - Throws: `ArchitectureError.syntax` with the place of the first mistake.
  public init(parsing text: String) throws(ArchitectureError) {
    let characters = Array(text)
    let colon = characters.firstIndex(of: ":") ?? characters.count
    guard colon < characters.count else {
      throw Self.syntax(characters.count, "the end of the text", "a colon and the operations")
    }
    try self.init(adjacency: String(characters[..<colon]), operations: String(characters[(colon + 1)...]))
  }

  /// Reads the two texts of the benchmark's files.
  ///
  /// - Throws: `ArchitectureError.syntax`; positions in the operations count from the beginning of the matrix, plus one.
  public init(adjacency: String, operations text: String) throws(ArchitectureError) {
    let digits = Array(adjacency.utf8)
    guard let count = (2...Self.maximumVertices).first(where: { $0 * $0 == digits.count }) else {
      throw Self.syntax(0, "\(digits.count) digits", "a square matrix of 4 to 49 digits")
    }
    var rows = [UInt8](repeating: 0, count: count)
    for (place, digit) in digits.enumerated() {
      guard digit == 48 || digit == 49 else { throw Self.syntax(place, "a sign that is no digit", "0 or 1") }
      guard digit == 49 else { continue }
      guard place % count > place / count else {
        throw Self.syntax(place, "an edge that goes back", "0 on and below the diagonal")
      }
      rows[place / count] |= UInt8(1 << (place % count))
    }
    var operations = [NASBench101Operation]()
    var scanner = TextScanner<ArchitectureError>(text, from: digits.count + 1, failure: Self.syntax)
    for place in 0... {
      let start = scanner.position
      let word = scanner.token { $0 != "," }
      func wrong(_ expected: String) -> ArchitectureError { scanner.unexpected(expected, at: start, found: word) }
      switch place {
      case 0: guard word == "input" else { throw wrong("input") }
      case count - 1: guard word == "output" else { throw wrong("output") }
      case count...: throw wrong("the end after \(count) vertices")
      default:
        guard let operation = NASBench101Operation(rawValue: word) else {
          throw wrong("an operation (\(NASBench101Operation.allCases.map(\.rawValue).joined(separator: ", ")))")
        }
        operations.append(operation)
      }
      if scanner.isAtEnd {
        guard place == count - 1 else { throw scanner.unexpected("\(count) vertices") }
        break
      }
      try scanner.expect(",")
    }
    self.init(unchecked: rows, operations)
  }

  private static func syntax(_ position: Int, _ found: String, _ expected: String) -> ArchitectureError {
    .syntax(space: NASBench101Space.name, position: position, found: found, expected: expected)
  }
}

/// Coded as ``text``.
extension NASBench101Cell: Codable {
  /// Reads the text.
  ///
  /// - Throws: `DecodingError` with an `ArchitectureError` underneath.
  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    do {
      try self.init(parsing: text)
    } catch {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: error.description, underlyingError: error))
    }
  }

  /// Writes the text.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}
