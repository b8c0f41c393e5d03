import Autodiff
import Tensors

/// A rule that turns gradients into updates: pure, with its state kept by the caller.
///
/// `step` is written in differentiable operations, so that an optimiser can serve inside an inner loop that is differentiated.
public protocol Optimizer: Sendable {
  /// The state before the first step.
  func initialState(for parameters: ParameterTree) -> OptimizerState
  /// One step.
  ///
  /// - Parameters:
  ///   - parameters: the parameters before the step.
  ///   - gradient: the gradient of the loss, in the shapes of the parameters.
  ///   - state: what the optimiser remembers from the steps before.
  ///   - rateScale: multiplies the learning rate; what a schedule gives.
  /// - Returns: the parameters and the state after it.
  func step(
    _ parameters: ParameterTree, gradient: ParameterTree, state: OptimizerState, rateScale: Double
  ) -> (ParameterTree, OptimizerState)
}

extension Optimizer {
  /// One step at the full learning rate.
  public func step(
    _ parameters: ParameterTree, gradient: ParameterTree, state: OptimizerState
  ) -> (ParameterTree, OptimizerState) {
    step(parameters, gradient: gradient, state: state, rateScale: 1)
  }
}

/// What an optimiser remembers between steps.
public struct OptimizerState: Sendable {
  /// The number of steps done.
  public var step: Int
  /// The moments, trees of the parameters' shapes, such as Adam's two.
  public var moments: [ParameterTree]

  /// A state after some steps; by default before the first, without moments.
  public init(step: Int = 0, moments: [ParameterTree] = []) {
    self.step = step
    self.moments = moments
  }
}
