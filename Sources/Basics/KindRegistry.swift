/// The registry of one kind, such as all search strategies, in the form that every kind has it: `StrategyRegistry.all`,
/// `StrategyRegistry.register(_:)`.
///
/// A new entry that comes with ArchPrior is a line of ``registry``. A program of a user calls ``register(_:)`` before the command line is
/// read; the entry then has a name in commands, in their help and in shell completion.
public protocol KindRegistry {
  /// What is registered.
  associatedtype Entry: Sendable

  /// The entries, by name.
  static var registry: Registry<Entry> { get }

  /// Adds an entry, which is then known everywhere in the program.
  ///
  /// - Throws: ``RegistryError`` where the name is taken or cannot be one.
  static func register(_ entry: Entry) throws(RegistryError)
}

extension KindRegistry {
  /// All entries: those built in, then those that were registered.
  public static var all: [Entry] { registry.all }

  /// The names of all entries, in their order.
  public static var names: [String] { registry.names }

  /// Adds an entry, which is then known everywhere in the program.
  ///
  /// - Throws: ``RegistryError`` where the name is taken or cannot be one.
  public static func register(_ entry: Entry) throws(RegistryError) { try registry.register(entry) }
}
