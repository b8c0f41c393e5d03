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
    var parser = GenotypeParser(text)
    self = try parser.genotype()
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

/// Recursive descent over the text form's characters.
private struct GenotypeParser {
  private let characters: [Character]
  private var position = 0

  init(_ text: String) { characters = Array(text) }

  mutating func genotype() throws(GenotypeError) -> Genotype {
    var cells = [CellKind: Genotype.Cell]()
    repeat {
      skipBlanks()
      let start = position
      let name = word()
      guard let kind = CellKind(rawValue: name) else {
        position = start
        throw unexpected("normal or reduction")
      }
      guard cells[kind] == nil else { throw .repeatedCell(kind, position: start) }
      cells[kind] = try cell()
      skipBlanks()
    } while position < characters.count
    return try Genotype(cells: cells)
  }

  private mutating func cell() throws(GenotypeError) -> Genotype.Cell {
    try expect("[")
    var nodes = [[Genotype.Edge]]()
    repeat {
      var edges = [try edge()]
      while peek() == "(" { edges.append(try edge()) }
      nodes.append(edges)
      guard let next = peek(), next == "|" || next == "]" else { throw unexpected("( or | or ]") }
      position += 1
    } while characters[position - 1] == "|"
    return try Genotype.Cell(nodes: nodes)
  }

  private mutating func edge() throws(GenotypeError) -> Genotype.Edge {
    try expect("(")
    skipBlanks()
    let start = position
    let name = word()
    guard let operation = CellOperation(rawValue: name) else {
      position = start
      throw unexpected("an operation (\(CellOperation.allCases.map(\.rawValue).joined(separator: ", ")))")
    }
    try expect(",")
    skipBlanks()
    let digits = position
    while position < characters.count, characters[position].isASCII, characters[position].isNumber { position += 1 }
    guard let input = Int(String(characters[digits..<position])) else {
      position = digits
      throw unexpected("the number of an input")
    }
    try expect(")")
    return Genotype.Edge(operation, input)
  }

  private mutating func skipBlanks() {
    while position < characters.count, characters[position].isWhitespace { position += 1 }
  }

  private mutating func word() -> String {
    let start = position
    while position < characters.count,
      characters[position].isLetter || characters[position].isNumber || characters[position] == "_"
    {
      position += 1
    }
    return String(characters[start..<position])
  }

  private mutating func peek() -> Character? {
    skipBlanks()
    return position < characters.count ? characters[position] : nil
  }

  private mutating func expect(_ character: Character) throws(GenotypeError) {
    guard peek() == character else { throw unexpected(String(character)) }
    position += 1
  }

  private func unexpected(_ expected: String) -> GenotypeError {
    guard position < characters.count else {
      return .syntax(position: position, found: "the end of the text", expected: expected)
    }
    return .syntax(position: position, found: "“\(String(characters[position...].prefix(16)))”", expected: expected)
  }
}
