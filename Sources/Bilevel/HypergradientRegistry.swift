import NeuralNetworks

/// All estimators there are, for configurations and for the conformance tests; those with parameters have their defaults.
public enum HypergradientRegistry {
  /// One estimator of each kind, with its usual settings.
  public static let all: [any HypergradientEstimator] = [
    FirstOrder(), UnrolledRematerialized(), UnrolledGraph(), ForwardMode(), Truncated(), T1T2(), Neumann(),
    ImplicitDifferentiation(ConjugateGradient()), ImplicitDifferentiation(NormalConjugateGradient()),
    ImplicitDifferentiation(GMRES()), FiniteDifference(), SAMA(), EvolutionStrategies(),
  ]

  /// The estimator of this name; `nil` where there is none.
  public static func estimator(named name: String) -> (any HypergradientEstimator)? { all.first { $0.name == name } }
}
