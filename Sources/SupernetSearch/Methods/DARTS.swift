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
    case first, second
  }

  public var order: Order

  public init(order: Order) { self.order = order }

  public var name: String { order == .first ? "darts-first" : "darts-second" }
  public var summary: String { "softmax of all operations, \(order.rawValue) order" }

  public func relaxation(on network: any MixtureNetwork, progress: Double, using generator: inout Philox) -> Relaxation {
    { tables in tables.map { .weighted($0.softmax()) } }
  }

  public func learning(on network: any MixtureNetwork, rate: Double, weightDecay: Double) -> ArchitectureLearning {
    switch order {
    case .first: .hypergradient(FirstOrder(), InnerLoop(SGD(learningRate: rate), rounds: 0))
    case .second: .hypergradient(FiniteDifference(), InnerLoop(SGD(learningRate: rate, weightDecay: weightDecay), rounds: 1))
    }
  }
}
