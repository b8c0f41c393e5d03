import Autodiff
import Foundation
import Tensors

/// Adam (Kingma & Ba, ICLR 2015, Alg. 1) with bias correction and L2 weight decay added to the gradient, as PyTorch's `Adam`.
///
/// Its rule is in this file, and nowhere else: ``step(_:gradient:state:rateScale:)`` for trees of parameters,
/// ``direction(_:at:moments:stepsDone:)`` as an inner loop differentiates it, and `AdamStep` for plain numbers. They agree but for
/// rounding (`OptimizerTests`), and cannot be one: an inner loop wants tensors and a guarded root, policies and predictors of a few
/// hundred numbers want none, and each keeps its order of operations, on which the bytes of results depend.
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

extension Adam: InnerOptimizer {
  /// 2: the first and the second moment.
  public var momentCount: Int { 2 }

  /// The decay is part of the gradient (not decoupled), and a direction of 0 is a first moment of 0.
  public var fixedPoint: InnerFixedPoint { .stationary(decay: weightDecay) }

  /// Added to the second moment under the root: without it, the derivative of the root at a gradient of exactly 0 would be infinite,
  /// and the meta-gradient not a number. Far below what a gradient's square can be told apart from 0 by `epsilon`.
  private static let rootGuard = 1e-30

  /// The bias-corrected first moment over the root of the second.
  public func direction(
    _ gradient: Tensor, at parameter: Tensor, moments: [Tensor], stepsDone: Int
  ) -> (direction: Tensor, moments: [Tensor]) {
    let decayed = weightDecay == 0 ? gradient : addScaled(gradient, parameter, scale: weightDecay)
    let count = Double(stepsDone + 1)
    let first = addScaled(moments[0] * beta1, decayed, scale: 1 - beta1)
    let second = addScaled(moments[1] * beta2, decayed.squared(), scale: 1 - beta2)
    let correction = (1 - pow(beta2, count)).squareRoot()
    let root = (second + Self.rootGuard).sqrt() * (1 / correction) + epsilon
    return ((first / root) * (1 / (1 - pow(beta1, count))), [first, second])
  }
}

/// One step of ``Adam`` for plain numbers in arrays. There is no weight decay.
package struct AdamStep<Number: BinaryFloatingPoint> {
  @usableFromInline let beta1: Number
  @usableFromInline let rest1: Number
  @usableFromInline let beta2: Number
  @usableFromInline let rest2: Number
  @usableFromInline let epsilon: Number
  @usableFromInline let rate: Number
  // What the moments are divided by.
  @usableFromInline let correction1: Number
  @usableFromInline let correction2: Number

  private init(_ adam: Adam, rate: Number, correction1: Number, correction2: Number) {
    (beta1, rest1) = (Number(adam.beta1), Number(1 - adam.beta1))
    (beta2, rest2) = (Number(adam.beta2), Number(1 - adam.beta2))
    epsilon = Number(adam.epsilon)
    self.rate = rate
    self.correction1 = correction1
    self.correction2 = correction2
  }

  /// Moves a number against its gradient.
  ///
  /// - Parameters:
  ///   - first: its first moment; 0 before the first step.
  ///   - second: its second moment; 0 before the first step.
  @inlinable package func update(_ value: inout Number, gradient: Number, first: inout Number, second: inout Number) {
    first = beta1 * first + rest1 * gradient
    second = beta2 * second + rest2 * gradient * gradient
    value -= rate * first / correction1 / ((second / correction2).squareRoot() + epsilon)
  }
}

extension AdamStep<Double> {
  /// The step of this number, from 1, with corrected moments (Alg. 1).
  package init(_ adam: Adam, number: Int) {
    self.init(
      adam, rate: adam.learningRate, correction1: 1 - pow(adam.beta1, Double(number)),
      correction2: 1 - pow(adam.beta2, Double(number)))
  }
}

extension AdamStep<Float> {
  /// The step of this number, from 1, with both corrections in the rate, so that ε is added to the root of the second moment as it is
  /// (end of section 2 of the paper; so does TensorFlow).
  package init(_ adam: Adam, number: Int) {
    let rate =
      Float(adam.learningRate) * (1 - pow(Float(adam.beta2), Float(number))).squareRoot()
      / (1 - pow(Float(adam.beta1), Float(number)))
    self.init(adam, rate: rate, correction1: 1, correction2: 1)
  }
}
