/// The five operations of NAS-Bench-201, in the benchmark's order.
///
/// Raw values are the names in the benchmark's files.
public enum NASBench201Operation: String, CaseIterable, Codable, Hashable, Sendable {
  /// Zero: no connection.
  case none = "none"
  /// Identity.
  case skipConnect = "skip_connect"
  /// ReLU, 1×1 convolution, batch norm.
  case convolution1x1 = "nor_conv_1x1"
  /// ReLU, 3×3 convolution, batch norm.
  case convolution3x3 = "nor_conv_3x3"
  /// 3×3 average pooling.
  case averagePool3x3 = "avg_pool_3x3"
}

/// A cell of NAS-Bench-201: four nodes, an operation on each of the six edges from an earlier to a later node.
///
/// Source: Dong, Yang, "NAS-Bench-201: Extending the scope of reproducible neural architecture search", ICLR 2020, section 2.1.
public struct NASBench201Cell: Hashable, Sendable {
  /// The edges in the benchmark's order: 0→1, 0→2, 1→2, 0→3, 1→3, 2→3.
  public static let edges: [(from: Int, to: Int)] = [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)]
  /// How many cells there are, 5⁶.
  public static let count = 15_625

  /// The number in base 5 whose digits are the operations of the edges, first edge most significant: 0 ..< 15,625.
  public let code: UInt16

  /// The cell with this code.
  ///
  /// - Returns: `nil` if the code is not in 0 ..< 15,625.
  public init?(code: Int) {
    guard (0..<Self.count).contains(code) else { return nil }
    self.code = UInt16(code)
  }

  /// The cell with these operations on the six edges.
  public init(
    _ edge01: NASBench201Operation, _ edge02: NASBench201Operation, _ edge12: NASBench201Operation,
    _ edge03: NASBench201Operation, _ edge13: NASBench201Operation, _ edge23: NASBench201Operation
  ) {
    code = [edge01, edge02, edge12, edge03, edge13, edge23].reduce(0) { $0 * 5 + UInt16($1.number) }
  }

  /// The number of the operation on each edge.
  public var digits: [Int] {
    let code = Int(code)
    return [code / 3125, code / 625 % 5, code / 125 % 5, code / 25 % 5, code / 5 % 5, code % 5]
  }

  /// The operation on each edge.
  public var operations: [NASBench201Operation] { digits.map { NASBench201Operation.allCases[$0] } }

  /// The text of the benchmark's files: `|op~0|+|op~0|op~1|+|op~0|op~1|op~2|`, node after node.
  public var text: String {
    let names = operations.map(\.rawValue)
    return "|\(names[0])~0|+|\(names[1])~0|\(names[2])~1|+|\(names[3])~0|\(names[4])~1|\(names[5])~2|"
  }

  /// A text that is the same for isomorphic cells: every node is the sum of its inputs, a skip connection is its input, `none` and
  /// what follows it nothing. There are 6,466 different ones.
  ///
  /// Source: Dong, Yang, ICLR 2020, appendix A; `to_unique_str(consider_zero=True)` of the authors' code.
  public var canonicalText: String {
    let operations = self.operations
    var nodes = ["0"]
    var edge = 0
    for node in 1...3 {
      var terms = [String]()
      for input in 0..<node {
        switch operations[edge] {
        case .none: terms.append("#")
        case _ where nodes[input] == "#": terms.append("#")
        case .skipConnect: terms.append(nodes[input])
        case let operation: terms.append("(\(nodes[input]))@\(operation.rawValue)")
        }
        edge += 1
      }
      nodes.append(terms.sorted().joined(separator: "+"))
    }
    return nodes[3]
  }
}

extension NASBench201Operation {
  var number: Int {
    switch self {
    case .none: 0
    case .skipConnect: 1
    case .convolution1x1: 2
    case .convolution3x3: 3
    case .averagePool3x3: 4
    }
  }

  /// A name for people.
  public var displayName: String {
    switch self {
    case .none: "none"
    case .skipConnect: "skip"
    case .convolution1x1: "conv 1×1"
    case .convolution3x3: "conv 3×3"
    case .averagePool3x3: "avg pool 3×3"
    }
  }
}

extension NASBench201Cell {
  /// Reads ``text``, or six digits, one per edge.
  ///
  /// - Throws: `ArchitectureError.syntax` with the place of the first mistake.
  public init(parsing text: String) throws(ArchitectureError) {
    if text.utf8.count == 6, text.utf8.allSatisfy({ (48...52).contains($0) }) {
      code = text.utf8.reduce(0) { $0 * 5 + UInt16($1 - 48) }
      return
    }
    var scanner = TextScanner<ArchitectureError>(text) {
      .syntax(space: NASBench201Space.name, position: $0, found: $1, expected: $2)
    }
    var code: UInt16 = 0
    for node in 1...3 {
      if node > 1 { try scanner.expect("+") }
      for input in 0..<node {
        if input == 0 { try scanner.expect("|") }
        let place = scanner.position
        guard let operation = NASBench201Operation(rawValue: scanner.token { $0 != "~" && $0 != "|" }) else {
          let names = NASBench201Operation.allCases.map(\.rawValue).joined(separator: ", ")
          throw scanner.unexpected("an operation (\(names))", at: place)
        }
        code = code * 5 + UInt16(operation.number)
        try scanner.expect("~")
        try scanner.expect(Character("\(input)"))
        try scanner.expect("|")
      }
    }
    guard scanner.isAtEnd else { throw scanner.unexpected("the end of the text") }
    self.code = code
  }
}

/// Coded as the benchmark's text.
extension NASBench201Cell: Codable {
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
