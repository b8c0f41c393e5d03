import Synchronization

/// What is known by name of one kind: what is built in, in the order of lists, and what a program adds when it starts.
///
/// A new method is a file of its own and a line in the registry of its kind. A method of a user's own package is registered by that
/// package's program: ``register(_:)``, before the command line is read.
public final class Registry<Entry: Sendable>: Sendable {
  /// What an entry is, for messages: `"few-shot method"`.
  public let kind: String
  private let nameOf: @Sendable (Entry) -> String
  private let derived: @Sendable () -> [Entry]
  private let entries: Mutex<[Entry]>

  /// A registry.
  ///
  /// - Parameters:
  ///   - kind: what an entry is, for messages.
  ///   - builtIn: entries of different names.
  ///   - derived: further entries that follow from another registry, and come after all others.
  ///   - name: what an entry is called on the command line and in files.
  public init(
    _ kind: String, _ builtIn: [Entry], derived: @escaping @Sendable () -> [Entry] = { [] },
    name: @escaping @Sendable (Entry) -> String
  ) {
    self.kind = kind
    self.nameOf = name
    self.derived = derived
    entries = Mutex(builtIn)
  }

  /// All entries: those built in, then those that were registered, then derived ones.
  public var all: [Entry] { entries.withLock { $0 } + derived() }

  /// The names of all entries, in their order.
  public var names: [String] { all.map(nameOf) }

  /// The entry of this name; `nil` where there is none.
  public subscript(name: String) -> Entry? { all.first { nameOf($0) == name } }

  /// Adds an entry, which is then known everywhere in the program.
  ///
  /// - Throws: ``RegistryError`` where the name is taken or cannot be one.
  public func register(_ entry: Entry) throws(RegistryError) {
    let (name, nameOf) = (nameOf(entry), nameOf)
    // Names stand in settings (`name:setting=value`), lists and files.
    guard !name.isEmpty, !name.contains(where: { ":,\"'".contains($0) || $0.isWhitespace }) else {
      throw .unusableName(kind: kind, name: name)
    }
    let derived = derived()
    let isNew = entries.withLock { entries in
      guard !(entries + derived).contains(where: { nameOf($0) == name }) else { return false }
      entries.append(entry)
      return true
    }
    guard isNew else { throw .nameTaken(kind: kind, name: name) }
  }
}

/// Why something could not be registered.
public enum RegistryError: ReportableError, Hashable, Sendable {
  /// There is one of this name.
  case nameTaken(kind: String, name: String)
  /// Names have no spaces, colons, commas or quotes, and are not empty.
  case unusableName(kind: String, name: String)

  /// What is wrong with the name, and which to take.
  public var fault: Fault {
    switch self {
    case .nameTaken(let kind, let name): Fault("there is a \(kind) '\(name)' already", help: "give yours another name")
    case .unusableName(let kind, let name):
      Fault("a \(kind) cannot be called '\(name)'", help: "take a name without spaces, colons, commas and quotes")
    }
  }
}
