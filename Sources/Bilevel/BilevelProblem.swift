import Autodiff
import NeuralNetworks
import Tensors

/// A problem of two levels: minimise over ω the outer loss `f(s(ω), ω)`, where `s(ω)` is what an inner loop makes of the inner loss
/// `g(s, ω)`, started from `s₀(ω)`.
///
/// Few-shot learning, architecture search and hyperparameter optimisation are all of this form. Losses are functions of plain lists
/// of tensors, so that the estimators can differentiate them in any way they like; both must be pure. A problem has to say
/// ``initialInner(_:)``, ``innerLoss(_:outer:)`` and ``outerLoss(_:outer:)``; the rest has defaults.
public protocol BilevelProblem: Sendable {
  /// What the outer loss reports besides its value, such as accuracies; no tensors that take part in a differentiation.
  associatedtype Report: Sendable

  /// Where the inner loop starts, as a differentiable function of ω.
  func initialInner(_ outer: [Tensor]) -> [Tensor]
  /// The inner loss g(s, ω): a scalar.
  func innerLoss(_ inner: [Tensor], outer: [Tensor]) throws -> Tensor
  /// The outer loss f(s, ω): a scalar, and a report.
  func outerLoss(_ inner: [Tensor], outer: [Tensor]) throws -> (loss: Tensor, report: Report)

  /// The inner loss in a round of the inner loop, counted from 0; the same in every round by default.
  ///
  /// For losses that change from round to round, with mini-batches or with batch norm parameters of every step.
  func innerLoss(_ inner: [Tensor], outer: [Tensor], round: Int) throws -> Tensor
  /// The outer loss after a round of the inner loop; the same after every round by default.
  func outerLoss(_ inner: [Tensor], outer: [Tensor], round: Int) throws -> (loss: Tensor, report: Report)
  /// What is zero at the solution of the inner problem, a tensor of the shape of every inner variable.
  ///
  /// `nil`, the default, stands for the gradient of the inner loss. Only implicit differentiation and Neumann ask for it. It is the whole
  /// condition: nothing of the loop is added to it.
  func optimality(_ inner: [Tensor], outer: [Tensor]) throws -> [Tensor]?
  /// The shapes of ω; `nil`, the default, takes any list.
  ///
  /// Where they are stated, a list of outer variables with other shapes is an error before anything is computed.
  var outerShapes: [Shape]? { get }
  /// What is wrong with a list of outer variables; by default only ``outerShapes`` are looked at. Called before anything is computed.
  ///
  /// - Throws: ``BilevelError/shape(parameter:shape:expected:)`` where a tensor has the wrong shape.
  func validate(outer: [Tensor]) throws
  /// The name of an inner variable, for messages.
  func innerName(_ index: Int) -> String
  /// The name of an outer variable, for messages.
  func outerName(_ index: Int) -> String
}

extension BilevelProblem {
  /// The inner loss without regard to the round.
  public func innerLoss(_ inner: [Tensor], outer: [Tensor], round: Int) throws -> Tensor { try innerLoss(inner, outer: outer) }
  /// The outer loss without regard to the round.
  public func outerLoss(_ inner: [Tensor], outer: [Tensor], round: Int) throws -> (loss: Tensor, report: Report) {
    try outerLoss(inner, outer: outer)
  }

  /// `nil`: the gradient of the inner loss is what vanishes.
  public func optimality(_ inner: [Tensor], outer: [Tensor]) throws -> [Tensor]? { nil }
  /// `nil`: any list of outer variables is taken.
  public var outerShapes: [Shape]? { nil }
  /// Compares the tensors with ``outerShapes``, where they are stated; further tensors are not looked at.
  ///
  /// - Throws: ``BilevelError/shape(parameter:shape:expected:)`` for the first tensor that is missing or has another shape.
  public func validate(outer: [Tensor]) throws {
    for (index, expected) in (outerShapes ?? []).enumerated() where index >= outer.count || outer[index].shape != expected {
      throw BilevelError.shape(
        parameter: outerName(index), shape: index < outer.count ? outer[index].shape.array : nil, expected: expected.array)
    }
  }

  /// `inner[index]`.
  public func innerName(_ index: Int) -> String { "inner[\(index)]" }
  /// `outer[index]`.
  public func outerName(_ index: Int) -> String { "outer[\(index)]" }
}
