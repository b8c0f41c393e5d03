import Basics
import Bilevel
import CellNetworks
import NeuralNetworks
import Tensors

/// DARTS: every operation weighted by the softmax of θ; θ follows the validation loss at the present weights (first order), or at those
/// that one more training step would give (second order, by a finite difference).
///
/// The step of the second order has weight decay but not the weights' momentum, which the authors' code includes.
///
/// Source: Liu, Simonyan, Yang, "DARTS: Differentiable architecture search", ICLR 2019, eq. 2, 6–8.
public struct DARTS: SupernetMethod {
  /// Whether θ's effect on the weights counts.
  public enum Order: String, Codable, CaseIterable, Hashable, Sendable {
    /// First order takes the weights as constant; second order lets them follow θ by one training step.
    case first, second
  }

  /// First or second order.
  public var order: Order

  /// DARTS of the given order; it has no other settings.
  public init(order: Order) { self.order = order }

  /// `darts-first` or `darts-second`.
  public var name: String { order == .first ? "darts-first" : "darts-second" }
  /// The relaxation and the order, for lists of methods.
  public var summary: String { "softmax of all operations, \(order.rawValue) order" }

  /// The softmax of every row of θ, without noise; neither progress nor generator matters.
  public func relaxation(on network: any MixtureNetwork, progress: Double, using generator: inout Philox) -> Relaxation {
    { tables in tables.map { .weighted($0.softmax()) } }
  }

  /// A hypergradient for every step of the weights.
  ///
  /// First order takes the gradient of the validation loss at the present weights. Second order looks one SGD step ahead, at the present
  /// learning rate and weight decay, and takes the mixed second derivatives by a finite difference.
  public func learning(on network: any MixtureNetwork, rate: Double, weightDecay: Double) -> ArchitectureLearning {
    switch order {
    case .first: .hypergradient(FirstOrder(), InnerLoop(SGD(learningRate: rate), rounds: 0))
    case .second: .hypergradient(FiniteDifference(), InnerLoop(SGD(learningRate: rate, weightDecay: weightDecay), rounds: 1))
    }
  }
}
