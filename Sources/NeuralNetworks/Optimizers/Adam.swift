import Autodiff
import Foundation
import Tensors

/// Adam (Kingma & Ba, ICLR 2015, Alg. 1) with bias correction and L2 weight decay added to the gradient, as PyTorch's `Adam`.
public struct Adam: Optimizer {
  /// The learning rate η.
  public var learningRate: Double
  /// Decay of the first moment.
  public var beta1: Double
  /// Decay of the second moment.
  public var beta2: Double
  /// Added to the root of the second moment.
  public var epsilon: Double
  /// The weight decay λ, added to the gradient as λ·p.
  public var weightDecay: Double

  /// Adam with the constants of its authors by default.
  ///
  /// - Parameters:
  ///   - learningRate: η.
  ///   - beta1: decay of the first moment, in 0..<1.
  ///   - beta2: decay of the second moment, in 0..<1.
  ///   - epsilon: added to the root of the second moment.
  ///   - weightDecay: λ, as L2 regularisation in the gradient (not decoupled).
  public init(
    learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }

  /// Two moments of zeros, at step 0.
  public func initialState(for parameters: ParameterTree) -> OptimizerState {
    OptimizerState(moments: [parameters.zeros, parameters.zeros])
  }

  /// One step with bias-corrected moments.
  public func step(
    _ parameters: ParameterTree, gradient: ParameterTree, state: OptimizerState, rateScale: Double
  ) -> (ParameterTree, OptimizerState) {
    let decayed = weightDecay == 0 ? gradient : gradient.adding(parameters, scale: weightDecay)
    let count = state.step + 1
    let first = state.moments[0].zip(decayed) { $0 * beta1 + $1 * (1 - beta1) }
    let second = state.moments[1].zip(decayed) { $0 * beta2 + $1.squared() * (1 - beta2) }
    let rate = learningRate * rateScale / (1 - pow(beta1, Double(count)))
    let correction = (1 - pow(beta2, Double(count))).squareRoot()
    let direction = first.zip(second) { $0 / ($1.sqrt() * (1 / correction) + epsilon) }
    return (parameters.adding(direction, scale: -rate), OptimizerState(step: count, moments: [first, second]))
  }
}
