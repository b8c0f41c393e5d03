extension Genotype: CustomStringConvertible {
  /// The canonical text: `normal[(sep_conv_3x3,0)(skip_connect,1)|…] reduction[…]`, nodes separated by bars, normal before
  /// reduction.
  ///
  /// Equal genotypes have equal texts, and ``init(parsing:)`` gives the genotype back.
  public var text: String {
    CellKind.allCases.compactMap { kind in
      cells[kind].map { cell in
        let nodes = cell.nodes.map { edges in edges.map { "(\($0.operation.rawValue),\($0.input))" }.joined() }
        return "\(kind.rawValue)[\(nodes.joined(separator: "|"))]"
      }
    }.joined(separator: " ")
  }

  /// The canonical text.
  public var description: String { text }

  /// Reads the text form. Blanks and line breaks between tokens, and another order of edges and cells, are allowed.
  ///
  /// - Throws: `GenotypeError.syntax` with the position of the first character that does not fit, or the error of the value
  ///   described.
  public init(parsing text: String) throws(GenotypeError) {
    var scanner = TextScanner<GenotypeError>(text) { .syntax(position: $0, found: $1, expected: $2) }
    self = try scanner.genotype()
  }
}

extension Genotype: Codable {
  /// Reads the text form.
  ///
  /// - Throws: `DecodingError` with the place in the document and a `GenotypeError` underneath.
  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    do {
      try self.init(parsing: text)
    } catch {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: error.description, underlyingError: error))
    }
  }

  /// Writes the canonical text.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}

/// Recursive descent.
extension TextScanner<GenotypeError> {
  fileprivate mutating func genotype() throws(GenotypeError) -> Genotype {
    var cells = [CellKind: Genotype.Cell]()
    repeat {
      skipBlanks()
      let start = position
      guard let kind = CellKind(rawValue: word()) else { throw unexpected("normal or reduction", at: start) }
      guard cells[kind] == nil else { throw .repeatedCell(kind, position: start) }
      cells[kind] = try cell()
      skipBlanks()
    } while !isAtEnd
    return try Genotype(cells: cells)
  }

  private mutating func cell() throws(GenotypeError) -> Genotype.Cell {
    try expectAfterBlanks("[")
    var nodes = [[Genotype.Edge]]()
    while true {
      var edges = [try edge()]
      skipBlanks()
      while next == "(" {
        edges.append(try edge())
        skipBlanks()
      }
      nodes.append(edges)
      guard next == "|" else { break }
      try expect("|")
    }
    guard next == "]" else { throw unexpected("( or | or ]") }
    try expect("]")
    return try Genotype.Cell(nodes: nodes)
  }

  private mutating func edge() throws(GenotypeError) -> Genotype.Edge {
    try expectAfterBlanks("(")
    skipBlanks()
    let start = position
    guard let operation = CellOperation(rawValue: word()) else {
      throw unexpected("an operation (\(CellOperation.allCases.map(\.rawValue).joined(separator: ", ")))", at: start)
    }
    try expectAfterBlanks(",")
    skipBlanks()
    let digits = position
    guard let input = Int(token { $0.isASCII && $0.isNumber }) else { throw unexpected("the number of an input", at: digits) }
    try expectAfterBlanks(")")
    return Genotype.Edge(operation, input)
  }

  private mutating func word() -> String { token { $0.isLetter || $0.isNumber || $0 == "_" } }

  private mutating func expectAfterBlanks(_ character: Character) throws(GenotypeError) {
    skipBlanks()
    try expect(character)
  }
}
