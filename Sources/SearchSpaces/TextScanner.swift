/// Reads the text of an architecture token by token, with errors at the first character that does not fit.
struct TextScanner<Failure: Error> {
  private let characters: [Character]
  /// Where `characters` begin in the text that errors count from.
  private let start: Int
  private let failure: (_ position: Int, _ found: String, _ expected: String) -> Failure
  /// The place of the next character.
  private(set) var position: Int

  /// - Parameters:
  ///   - start: the position of the first character.
  ///   - failure: makes the error of a position, what stands there, and what should.
  init(_ text: String, from start: Int = 0, failure: @escaping (Int, String, String) -> Failure) {
    characters = Array(text)
    self.start = start
    self.failure = failure
    position = start
  }

  /// The next character; `nil` at the end.
  var next: Character? { isAtEnd ? nil : characters[position - start] }

  var isAtEnd: Bool { position - start >= characters.count }

  mutating func skipBlanks() {
    while let next, next.isWhitespace { position += 1 }
  }

  /// The longest token of such characters, which may be empty.
  mutating func token(_ belongs: (Character) -> Bool) -> String {
    let token = characters[(position - start)...].prefix(while: belongs)
    position += token.count
    return String(token)
  }

  /// Reads one character, which must be this one.
  mutating func expect(_ character: Character) throws(Failure) {
    guard next == character else { throw unexpected(String(character)) }
    position += 1
  }

  /// The error that something else stands here.
  func unexpected(_ expected: String) -> Failure { unexpected(expected, at: position) }

  /// The error that something else stood at a place.
  ///
  /// - Parameter found: what stood there; by default, all from there on.
  func unexpected(_ expected: String, at place: Int, found: String? = nil) -> Failure {
    let rest = characters[(place - start)...]
    let isMissing = found == nil && rest.isEmpty
    let shown = found.map { String($0.prefix(16)) } ?? String(rest.prefix(16))
    return failure(place, isMissing ? "the end of the text" : "“\(shown)”", expected)
  }
}
