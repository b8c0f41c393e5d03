import Basics

/// The search strategies that are known by name. A new one is a line of ``registry``, or registered by a program of its own.
public enum StrategyRegistry: KindRegistry {
  /// The strategies, in the order of lists.
  public static let registry = Registry<any SearchMethod.Type>(
    "search strategy",
    [
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
  ) { $0.name }

  /// The method that a text such as `regularized-evolution:population=10,tournament=3` describes: a name and, after a colon, settings
  /// that differ from the usual ones.
  ///
  /// - Throws: `MethodError` for an unknown name or setting, or a value of the wrong kind.
  public static func method(parsing text: String) throws(MethodError) -> any SearchMethod {
    try registry.parse(text) { (type, settings) throws(MethodError) in try configured(type, settings: settings) }
  }

  private static func configured<Method: SearchMethod>(
    _ type: Method.Type, settings text: String
  ) throws(MethodError) -> any SearchMethod {
    try SettingsText.applied(text, to: Method(), of: Method.name)
  }
}

extension SearchMethod {
  /// The method as ``StrategyRegistry/method(parsing:)`` reads it: the name and the settings that differ from the usual ones.
  public var label: String { SettingsText.label(Self.name, self, usual: Self()) }
}
