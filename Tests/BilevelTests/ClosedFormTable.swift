import ArchPrior
import Foundation
import TestSupport

extension Double {
  static func exponential(_ x: Double) -> Double { exp(x) }
}

/// What an estimator computes on the closed-form problems, in words that a formula follows from.
enum Kind: Sendable, Equatable {
  /// The derivative of the loop as it was run.
  case unrolled
  /// The implicit function theorem at the end of the loop.
  case implicit
  /// K terms of the Neumann series at the end of the loop.
  case neumann(Int)
  /// The last K steps; earlier ones are the identity.
  case truncated(Int)
  /// The last step, the start as if there were no steps.
  case oneStepIdentity
  /// No second derivatives.
  case firstOrder
  /// Unrolled in expectation; the number is that of standard errors.
  case stochastic
}

/// A registered estimator in a form that suits the test problems, and what it should compute.
struct ClosedFormRow: Sendable, CustomStringConvertible {
  let estimator: any HypergradientEstimator
  let kind: Kind
  /// The largest relative error.
  var tolerance = 1e-8
  /// Whether the Hessian of the inner loss, or what takes its place, must be symmetric.
  var needsSymmetry = false

  var description: String { estimator.name }

  /// The estimator for a search of many steps: its noise is proportional to the slope, and vanishes with it.
  var searching: any HypergradientEstimator {
    if case .stochastic = kind { EvolutionStrategies(pairs: 16, seed: 5) } else { estimator }
  }

  /// Whether it differentiates the end of the loop, and not the way there.
  var differentiatesTheEnd: Bool {
    switch kind {
    case .implicit, .neumann: true
    default: false
    }
  }

  /// Whether it sums a Neumann series there.
  var isNeumann: Bool { differentiatesTheEnd && kind != .implicit }

  /// The row of a registered estimator.
  static func row(_ estimator: any HypergradientEstimator) -> ClosedFormRow? {
    all.first { $0.estimator.name == estimator.name }
  }

  /// The registered estimators that look at derivatives, and not only at values of the outer loss.
  static var differentiating: [any HypergradientEstimator] { HypergradientRegistry.all.filter { row($0)?.kind != .stochastic } }

  /// The registered estimators; one without a row here fails the suite.
  static let all: [ClosedFormRow] = [
    ClosedFormRow(estimator: FirstOrder(), kind: .firstOrder, tolerance: 1e-12),
    ClosedFormRow(estimator: UnrolledRematerialized(), kind: .unrolled),
    ClosedFormRow(estimator: UnrolledGraph(), kind: .unrolled),
    ClosedFormRow(estimator: ForwardMode(), kind: .unrolled),
    ClosedFormRow(estimator: Truncated(steps: 4), kind: .truncated(4)),
    ClosedFormRow(estimator: T1T2(), kind: .oneStepIdentity),
    ClosedFormRow(estimator: Neumann(terms: 4), kind: .neumann(4)),
    ClosedFormRow(estimator: ImplicitDifferentiation(ConjugateGradient(tolerance: 1e-13)), kind: .implicit, needsSymmetry: true),
    ClosedFormRow(estimator: ImplicitDifferentiation(NormalConjugateGradient(tolerance: 1e-13)), kind: .implicit),
    ClosedFormRow(estimator: ImplicitDifferentiation(GMRES(tolerance: 1e-13)), kind: .implicit),
    // The inner losses are quadratic in s, so that the difference has no error but rounding.
    ClosedFormRow(estimator: FiniteDifference(), kind: .truncated(1)),
    ClosedFormRow(estimator: SAMA(), kind: .oneStepIdentity),
    // Four standard errors of √((m + 1)/P), m at most 4.
    ClosedFormRow(estimator: EvolutionStrategies(pairs: 500, seed: 5), kind: .stochastic, tolerance: 0.4),
  ]
}
