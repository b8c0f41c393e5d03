import Autodiff
import Tensors

/// Stochastic gradient descent with optional momentum (Polyak 1964; Nesterov 1983) and L2 weight decay, as PyTorch defines them:
/// `g ← g + λ p`, `v ← μ v + g`, `p ← p − η v` (or `p − η (g + μ v)` for Nesterov).
public struct SGD: Optimizer {
  /// The learning rate η.
  public var learningRate: Double
  /// The momentum μ; 0 for none.
  public var momentum: Double
  /// Whether the momentum is Nesterov's.
  public var nesterov: Bool
  /// The weight decay λ, added to the gradient as λ·p.
  public var weightDecay: Double

  /// Plain gradient descent, unless told otherwise.
  ///
  /// - Parameters:
  ///   - learningRate: η.
  ///   - momentum: μ; 0 for none.
  ///   - nesterov: whether the momentum looks ahead; without momentum it changes nothing.
  ///   - weightDecay: λ, as L2 regularisation in the gradient.
  public init(learningRate: Double, momentum: Double = 0, nesterov: Bool = false, weightDecay: Double = 0) {
    self.learningRate = learningRate
    self.momentum = momentum
    self.nesterov = nesterov
    self.weightDecay = weightDecay
  }

  /// A velocity of zeros, or no moments without momentum.
  public func initialState(for parameters: ParameterTree) -> OptimizerState {
    OptimizerState(moments: momentum == 0 ? [] : [parameters.zeros])
  }

  /// One step; the velocity is not scaled by the learning rate.
  public func step(
    _ parameters: ParameterTree, gradient: ParameterTree, state: OptimizerState, rateScale: Double
  ) -> (ParameterTree, OptimizerState) {
    let decayed = weightDecay == 0 ? gradient : gradient.adding(parameters, scale: weightDecay)
    guard momentum != 0 else {
      return (parameters.adding(decayed, scale: -learningRate * rateScale), OptimizerState(step: state.step + 1))
    }
    let velocity = decayed.adding(state.moments[0], scale: momentum)
    let direction = nesterov ? decayed.adding(velocity, scale: momentum) : velocity
    return (
      parameters.adding(direction, scale: -learningRate * rateScale), OptimizerState(step: state.step + 1, moments: [velocity])
    )
  }
}
