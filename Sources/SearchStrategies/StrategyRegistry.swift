import Foundation

/// The methods that the command knows by name: a method joins by its line here.
public enum StrategyRegistry {
  /// All of them.
  public static let all: [any SearchMethod.Type] = [
    RandomSearch.self,
    RegularizedEvolution.self,
    LocalSearch.self,
    Reinforce.self,
    Bananas.self,
    TPE.self,
    SuccessiveHalving.self,
    Hyperband.self,
    BOHB.self,
  ]

  /// The method that a text such as `regularized-evolution:population=10,tournament=3` describes: a name and, after a colon, settings
  /// that differ from the usual ones.
  ///
  /// - Throws: `StrategyError` for an unknown name or setting, or a value of the wrong kind.
  public static func method(
    parsing text: String, among methods: [any SearchMethod.Type] = all
  ) throws(StrategyError) -> any SearchMethod {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard let type = methods.first(where: { $0.name == parts[0] }) else {
      throw .unknown(name: parts[0], known: methods.map { $0.name })
    }
    return try configured(type, settings: parts.count > 1 ? parts[1] : "")
  }

  private static func configured<Method: SearchMethod>(
    _ type: Method.Type, settings text: String
  ) throws(StrategyError) -> Method {
    let usual = Method()
    guard !text.isEmpty else { return usual }
    guard let data = try? JSONEncoder().encode(usual),
      var values = (try? JSONSerialization.jsonObject(with: data)) as? [String: Any]
    else { return usual }
    for assignment in text.split(separator: ",", omittingEmptySubsequences: false) {
      let sides = assignment.split(separator: "=", maxSplits: 1).map(String.init)
      let name = sides.first ?? ""
      guard let present = values[name] else {
        throw .unknownSetting(method: Method.name, name: name, known: values.keys.sorted())
      }
      let value = sides.count > 1 ? sides[1] : ""
      if present is String {
        values[name] = value
      } else if let number = Double(value), number.isFinite, Bool(value) == nil {
        values[name] = number
      } else if let flag = Bool(value) {
        values[name] = flag
      } else {
        throw .badSetting(method: Method.name, name: name, value: "'\(value)'", allowed: "a number, true or false")
      }
      guard decoded(values, as: type) != nil else {
        throw .badSetting(method: Method.name, name: name, value: "'\(value)'", allowed: "a value such as \(present)")
      }
    }
    return decoded(values, as: type) ?? usual
  }

  private static func decoded<Method: SearchMethod>(_ values: [String: Any], as type: Method.Type) -> Method? {
    guard let data = try? JSONSerialization.data(withJSONObject: values) else { return nil }
    return try? JSONDecoder().decode(Method.self, from: data)
  }
}

extension SearchMethod {
  /// The method as ``StrategyRegistry/method(parsing:among:)`` reads it: the name and the settings that differ from the usual ones.
  public var label: String {
    func values(_ method: Self) -> [String: String] {
      guard let data = try? JSONEncoder().encode(method),
        let object = (try? JSONSerialization.jsonObject(with: data)) as? [String: Any]
      else { return [:] }
      return object.mapValues { "\($0)" }
    }
    let (mine, usual) = (values(self), values(Self()))
    let differing = mine.filter { usual[$0.key] != $0.value }.sorted { $0.key < $1.key }
    return differing.isEmpty ? Self.name : Self.name + ":" + differing.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
  }
}
