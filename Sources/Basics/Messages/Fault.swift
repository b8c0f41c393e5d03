/// The parts of an error's message: what is wrong, where, and what to do.
///
/// A text literal is a fault that says only what is wrong.
public struct Fault: Hashable, Sendable {
  /// What is wrong: one line without a full stop, and without the place where its text comes first.
  public var what: String
  /// Where it is wrong; `nil` where that is not known or goes without saying.
  public var place: Place?
  /// What to do; `nil` where the rest says it all.
  public var help: String?

  /// A fault of as many parts as are known.
  ///
  /// - Parameters:
  ///   - what: one line without a full stop.
  ///   - place: where it is wrong.
  ///   - help: what to do.
  public init(_ what: String, at place: Place? = nil, help: String? = nil) {
    self.what = what
    self.place = place
    self.help = help
  }

  /// The place, where its text comes first, and what is wrong there.
  public var message: String { place?.lead.map { "\($0): \(what)" } ?? what }

  /// The fault as a part of another: it is named after the other's place, and its own help comes before the other's.
  public func within(_ place: Place, help: String? = nil) -> Fault {
    let all = [self.help, help].compactMap(\.self)
    return Fault(message, at: place, help: all.isEmpty ? nil : all.joined(separator: "; "))
  }
}

extension Fault: ExpressibleByStringInterpolation {
  /// A fault that says only what is wrong.
  public init(stringLiteral what: String) { self.init(what) }
}

extension Fault: CustomStringConvertible {
  /// One line: the message, and after a semicolon what to do.
  public var description: String { help.map { "\(message); \($0)" } ?? message }
}

extension Fault {
  /// Where something is wrong.
  public struct Place: Hashable, Sendable {
    /// The path of a file or folder.
    public var file: String?
    /// A line of the file, counted from 1.
    public var line: Int?
    /// A byte of the file, counted from 0.
    public var byte: Int?
    /// A key, a section or an entry of the file.
    public var key: String?
    /// What a message begins with; `nil` where ``Fault/what`` names the place in its own words.
    var lead: String?

    /// A file or folder, whose path a message begins with: `FILE:LINE: byte BYTE: KEY`.
    public static func file(_ path: String, line: Int? = nil, byte: Int? = nil, key: String? = nil) -> Place {
      let first = path + (line.map { ":\($0)" } ?? "")
      let parts = [first, byte.map { "byte \($0)" }, key].compactMap(\.self)
      return Place(file: path, line: line, byte: byte, key: key, lead: parts.joined(separator: ": "))
    }

    /// A place that a message begins with in words of its own, such as `run runs/glyphs`.
    public static func named(
      _ lead: String, file: String? = nil, line: Int? = nil, byte: Int? = nil, key: String? = nil
    ) -> Place {
      Place(file: file, line: line, byte: byte, key: key, lead: lead)
    }

    /// A place that ``Fault/what`` names in its own words.
    public static func mentioned(
      file: String? = nil, line: Int? = nil, byte: Int? = nil, key: String? = nil
    ) -> Place {
      Place(file: file, line: line, byte: byte, key: key, lead: nil)
    }

    /// The same place with parts that ``Fault/what`` names in its own words.
    public func mentioning(byte: Int? = nil, key: String? = nil) -> Place {
      Place(file: file, line: line, byte: byte ?? self.byte, key: key ?? self.key, lead: lead)
    }
  }
}
