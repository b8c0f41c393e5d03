/// A value of a setting, as it stands in a file.
public enum SettingScalar: Hashable, Sendable {
  /// A whole number.
  case integer(Int)
  /// A finite number.
  case number(Double)
  /// True or false.
  case flag(Bool)
  /// A text.
  case text(String)
  /// No value: `null` in a file.
  case none
}

/// What a setting is, so that a file's text can be read as it.
public indirect enum SettingKind: Hashable, Sendable {
  /// The kinds of single values.
  case integer, number, flag, text
  /// A value that may be left out.
  case optional(SettingKind)
}

/// A type that settings can have: `Int`, `Double`, `Bool`, `String` and optionals of them.
public protocol SettingValue: Sendable {
  /// What the value is in a file.
  static var settingKind: SettingKind { get }
  /// The value that a file holds; `nil` for one of another kind.
  init?(_ scalar: SettingScalar)
  /// The value as it stands in a file.
  var scalar: SettingScalar { get }
}

extension Int: SettingValue {
  /// A whole number.
  public static var settingKind: SettingKind { .integer }
  /// The number, where it is a whole one.
  public init?(_ scalar: SettingScalar) {
    guard case .integer(let value) = scalar else { return nil }
    self = value
  }
  /// The number.
  public var scalar: SettingScalar { .integer(self) }
}

extension Double: SettingValue {
  /// A number.
  public static var settingKind: SettingKind { .number }
  /// The number.
  public init?(_ scalar: SettingScalar) {
    guard case .number(let value) = scalar else { return nil }
    self = value
  }
  /// The number.
  public var scalar: SettingScalar { .number(self) }
}

extension Bool: SettingValue {
  /// True or false.
  public static var settingKind: SettingKind { .flag }
  /// The truth value.
  public init?(_ scalar: SettingScalar) {
    guard case .flag(let value) = scalar else { return nil }
    self = value
  }
  /// The truth value.
  public var scalar: SettingScalar { .flag(self) }
}

extension String: SettingValue {
  /// A text.
  public static var settingKind: SettingKind { .text }
  /// The text.
  public init?(_ scalar: SettingScalar) {
    guard case .text(let value) = scalar else { return nil }
    self = value
  }
  /// The text.
  public var scalar: SettingScalar { .text(self) }
}

extension Optional: SettingValue where Wrapped: SettingValue {
  /// The kind of the value, which may be left out.
  public static var settingKind: SettingKind { .optional(Wrapped.settingKind) }
  /// The value or nothing; `nil` for a value of another kind.
  public init?(_ scalar: SettingScalar) {
    if case .none = scalar {
      self = Optional<Wrapped>.none
      return
    }
    guard let value = Wrapped(scalar) else { return nil }
    self = value
  }
  /// The value, or `null`.
  public var scalar: SettingScalar { map(\.scalar) ?? .none }
}

/// A setting that a method states: its key, the property that it sets, and which values it takes.
///
/// ```swift
/// static let settings = [MethodSetting("damping", \Self.damping, from: 0, to: 1e6)]
/// ```
public struct MethodSetting<Method>: Sendable {
  /// The key in a configuration's section `learner`, in snake case.
  public let key: String
  /// What the value is.
  public let kind: SettingKind
  /// Which values are taken; completes "must be".
  public let allowed: String
  private let get: @Sendable (Method) -> SettingScalar
  private let set: @Sendable (inout Method, SettingScalar) -> Bool
  private let holds: @Sendable (SettingScalar) -> Bool

  /// A setting.
  ///
  /// - Parameters:
  ///   - key: the setting's name.
  ///   - property: what it sets.
  ///   - allowed: which values are taken, as the end of "must be …".
  ///   - holds: whether a value is one of them.
  public init<Value: SettingValue>(
    _ key: String, _ property: WritableKeyPath<Method, Value> & Sendable, allowed: String = "anything",
    where holds: @escaping @Sendable (Value) -> Bool = { _ in true }
  ) {
    self.key = key
    kind = Value.settingKind
    self.allowed = allowed
    get = { $0[keyPath: property].scalar }
    set = { method, scalar in
      guard let value = Value(scalar) else { return false }
      method[keyPath: property] = value
      return true
    }
    self.holds = { Value($0).map(holds) ?? false }
  }

  /// A setting in a range.
  public init<Value: SettingValue & Comparable>(
    _ key: String, _ property: WritableKeyPath<Method, Value> & Sendable, from low: Value, to high: Value
  ) {
    self.init(key, property, allowed: "from \(low) to \(high)") { $0 >= low && $0 <= high }
  }

  /// A setting that is in a range, or left out.
  public init<Value: SettingValue & Comparable>(
    _ key: String, _ property: WritableKeyPath<Method, Value?> & Sendable, from low: Value, to high: Value
  ) {
    self.init(key, property, allowed: "from \(low) to \(high) or null") { value in value.map { $0 >= low && $0 <= high } ?? true }
  }

  /// The value that a method has.
  public func value(in method: Method) -> SettingScalar { get(method) }

  /// Whether a value is taken.
  public func takes(_ value: SettingScalar) -> Bool { holds(value) }

  /// Sets the value; one of another kind has no effect.
  public func write(_ method: inout Method, _ value: SettingScalar) { _ = set(&method, value) }
}
