import Bilevel
import Optimizers
import Randomness
import Supernets
import Tensors

/// How architecture parameters θ become strengths of operations, as a differentiable function; one mixture a table.
public typealias Relaxation = @Sendable ([Tensor]) -> [EdgeMixture]

/// A differentiable search: a relaxation of the choice of operations, and an estimator of the gradient by which θ moves.
public protocol SupernetMethod: Sendable {
  /// The name on the command line and in tables.
  var name: String { get }
  /// What it does, in a few words.
  var summary: String { get }
  /// The relaxation of one forward pass.
  ///
  /// - Parameters:
  ///   - progress: the share of the search that is done, in 0...1.
  ///   - generator: for methods that sample.
  func relaxation(progress: Double, using generator: inout Philox) -> Relaxation
  /// The gradient of the validation loss with respect to θ.
  var estimator: any HypergradientEstimator { get }
  /// What the weights do between a θ and the validation loss that it is judged by.
  ///
  /// - Parameters:
  ///   - rate: the present learning rate of the weights.
  ///   - weightDecay: of the weights.
  func innerLoop(rate: Double, weightDecay: Double) -> InnerLoop
}

/// The methods that the command knows by name.
public enum SupernetMethodRegistry {
  /// All of them.
  public static let all: [any SupernetMethod] = [DARTS(order: .first), DARTS(order: .second), GDAS(), SNAS()]

  /// The method of this name; `nil` where there is none.
  public static func method(named name: String) -> (any SupernetMethod)? { all.first { $0.name == name } }
}
