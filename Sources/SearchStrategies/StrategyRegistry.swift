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
    LSTMReinforce.self,
    LSTMPPO.self,
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
    try SettingsText.applied(text, to: Method(), of: Method.name)
  }
}

extension SearchMethod {
  /// The method as ``StrategyRegistry/method(parsing:among:)`` reads it: the name and the settings that differ from the usual ones.
  public var label: String { SettingsText.label(Self.name, self, usual: Self()) }
}
