import Basics
import NeuralNetworks

/// The hypergradient estimators that are known by name, for configurations and for the conformance tests; those with parameters have
/// their defaults. A new one is a line of ``registry``, or registered by a program of its own.
public enum HypergradientRegistry: KindRegistry {
  /// One estimator of each kind, with its usual settings.
  public static let registry = Registry<any HypergradientEstimator>(
    "hypergradient estimator",
    [
      FirstOrder(),
      UnrolledRematerialized(),
      UnrolledGraph(),
      ForwardMode(),
      Truncated(),
      T1T2(),
      Neumann(),
      ImplicitDifferentiation(ConjugateGradient()),
      ImplicitDifferentiation(NormalConjugateGradient()),
      ImplicitDifferentiation(GMRES()),
      FiniteDifference(),
      SAMA(),
      EvolutionStrategies(),
    ]
  ) { $0.name }

  /// The estimator of this name; `nil` where there is none.
  public static func estimator(named name: String) -> (any HypergradientEstimator)? { registry[name] }
}
