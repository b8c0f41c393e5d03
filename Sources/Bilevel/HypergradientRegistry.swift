/// All estimators there are, for configurations and for the conformance tests.
public enum HypergradientRegistry {
  public static let all: [any HypergradientEstimator] = [FirstOrder(), UnrolledRematerialized(), UnrolledGraph()]

  /// The estimator of a name; `nil` where there is none.
  public static func estimator(named name: String) -> (any HypergradientEstimator)? { all.first { $0.name == name } }
}
