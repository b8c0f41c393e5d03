import Tensors

/// The softmax along the innermost axis.
struct Softmax: Primitive {
  static let names = ["softmax"]

  var residuals: Residuals { .outputs }
  func evaluate(_ inputs: [Tensor]) -> [Tensor] { [Kernel.softmax(inputs[0])] }
  // The Jacobian diag(y) − y yᵀ is symmetric.
  func pullback(_ context: PullbackContext) -> [Tensor?] { [jacobian(context.outputs[0], context.cotangent)] }
  func pushforward(_ context: PushforwardContext) -> [Tensor?] {
    [context.tangents[0].map { jacobian(context.outputs[0], $0) }]
  }

  private func jacobian(_ y: Tensor, _ v: Tensor) -> Tensor {
    let weighted = y * v
    return weighted - y * weighted.innermostSum()
  }
}

/// The logarithm of the softmax along the innermost axis.
struct LogSoftmax: Primitive {
  static let names = ["logSoftmax"]

  var residuals: Residuals { .outputs }
  func evaluate(_ inputs: [Tensor]) -> [Tensor] { [Kernel.logSoftmax(inputs[0])] }
  func pullback(_ context: PullbackContext) -> [Tensor?] {
    [context.cotangent - context.outputs[0].exp() * context.cotangent.innermostSum()]
  }
  func pushforward(_ context: PushforwardContext) -> [Tensor?] {
    [context.tangents[0].map { $0 - (context.outputs[0].exp() * $0).innermostSum() }]
  }
}

extension Tensor {
  /// The sum along the innermost axis, which stays with an extent of 1.
  func innermostSum() -> Tensor { sum([rank - 1]).reshaped(to: Shape(shape.array.dropLast() + [1])) }

  /// The softmax along the innermost axis.
  public func softmax() -> Tensor { applyOne(Softmax(), [self]) }

  /// The logarithm of the softmax along the innermost axis.
  public func logSoftmax() -> Tensor { applyOne(LogSoftmax(), [self]) }
}

/// The mean over rows of the cross-entropy between logits and target distributions, both `[rows, classes]`; in nats.
public func softmaxCrossEntropy(_ logits: Tensor, targets: Tensor) -> Tensor {
  dot(logits.logSoftmax(), targets) * (-1 / Double(max(1, logits.shape[0])))
}
