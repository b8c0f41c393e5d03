import Autodiff
import Optimizers
import Tensors

/// A problem of two levels: minimise over ω the outer loss `f(s(ω), ω)`, where `s(ω)` is what an inner loop makes of the inner loss
/// `g(s, ω)`, started from `s₀(ω)`.
///
/// Few-shot learning, architecture search and hyperparameter optimisation are all of this form. Losses are functions of plain lists
/// of tensors, so that the estimators can differentiate them in any way they like; both must be pure.
public protocol BilevelProblem: Sendable {
  /// What the outer loss reports besides its value, such as accuracies; no tensors that take part in a differentiation.
  associatedtype Report: Sendable

  /// Where the inner loop starts, as a differentiable function of ω.
  func initialInner(_ outer: [Tensor]) -> [Tensor]
  /// The inner loss g(s, ω): a scalar.
  func innerLoss(_ inner: [Tensor], outer: [Tensor]) throws -> Tensor
  /// The outer loss f(s, ω): a scalar, and a report.
  func outerLoss(_ inner: [Tensor], outer: [Tensor]) throws -> (loss: Tensor, report: Report)
  /// The name of an inner variable, for messages.
  func innerName(_ index: Int) -> String
}

/// One gradient step of an inner loop: `s ← s − ρ ∘ ∂g/∂s`, with a rate ρ for every tensor of s; those with rate 0 stay as they are.
public struct GradientStep: Sendable, Hashable {
  /// ρ
  public var rates: [Double]

  public init(rates: [Double]) { self.rates = rates }

  /// The inner variables that move.
  var moving: [Int] { rates.indices.filter { rates[$0] != 0 } }
}

/// An inner loop: some gradient steps one after the other, and that several times over.
///
/// One step a round that moves everything is MAML's loop and T-NAS's simultaneous variant; two steps a round, the first moving the
/// weights and the second the architecture, is its alternating variant.
public struct InnerLoop: Sendable, Hashable {
  /// The steps of one round.
  public var round: [GradientStep]
  /// How many rounds: what papers call inner steps.
  public var rounds: Int

  public init(round: [GradientStep], rounds: Int) {
    self.round = round
    self.rounds = rounds
  }

  /// All steps in order.
  public var steps: [GradientStep] { (0..<rounds).flatMap { _ in round } }
}

/// Why a bilevel computation stopped.
public enum BilevelError: Error, Sendable, Hashable, CustomStringConvertible {
  /// A loss or a parameter became infinite or not a number.
  case diverged(what: String, step: Int)
  /// The rates of a step are not one for each inner variable.
  case rateCount(rates: Int, variables: Int)

  public var description: String {
    switch self {
    case .diverged(let what, let step):
      return "\(what) is not finite at inner step \(step); lower the inner learning rates (or the outer ones, if it came late)"
    case .rateCount(let rates, let variables):
      return "a gradient step has \(rates) rates for \(variables) inner variables"
    }
  }
}
