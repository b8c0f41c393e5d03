import Tensors

/// Sees what flows through a network, for scores that are read off activations.
public protocol ActivationObserver: Sendable {
  /// Gets the input of a ReLU `[n, …]`, once for every operation that begins with it.
  func rectifying(_ x: Tensor)
  /// Gets the result of a convolution or linear layer, before its batch norm.
  ///
  /// - Returns: what the network uses instead, of the same shape.
  func computed(_ x: Tensor) -> Tensor
}

extension ForwardContext {
  /// Tells the observer of a ReLU's input.
  public func rectifying(_ x: Tensor) { observer?.rectifying(x) }

  /// The observer's version of the result of a convolution or linear layer.
  public func computed(_ x: Tensor) -> Tensor { observer?.computed(x) ?? x }
}

/// A network that tells an observer of every ReLU, convolution and linear layer. Without one nothing changes.
public protocol ObservableNetwork: Network {}
