import Synchronization
import Tensors

/// The largest value in every window, channel by channel; padding never wins, ties go to the first in row-major order.
///
/// Where the maxima lie is found at the one evaluation that an application has, and kept: from there on the operation is linear.
struct MaxPool: Primitive {
  static let names = ["maxPool"]
  let window: Window
  let inputShape: Shape
  let found = Found()

  /// The places of the maxima, once they are known.
  final class Found: Sendable {
    private let indices = Mutex<PoolIndices?>(nil)

    func set(_ value: PoolIndices) { indices.withLock { $0 = value } }

    var value: PoolIndices {
      guard let value = indices.withLock({ $0 }) else {
        preconditionFailure("a derivative of a max pooling was asked for before the pooling")
      }
      return value
    }
  }

  var residuals: Residuals { [] }

  func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    let (y, indices) = Kernel.maxPool(inputs[0], window)
    found.set(indices)
    return [y]
  }

  func pullback(_ context: PullbackContext) -> [Tensor?] {
    [applyOne(PoolScatter(window: window, inputShape: inputShape, indices: found.value), [context.cotangent])]
  }

  func pushforward(_ context: PushforwardContext) -> [Tensor?] {
    [
      context.tangents[0].map {
        applyOne(PoolGather(window: window, inputShape: inputShape, indices: found.value), [$0])
      }
    ]
  }
}

/// The values at the places of some maxima.
struct PoolGather: Primitive {
  static let names = ["poolGather"]
  let window: Window
  let inputShape: Shape
  let indices: PoolIndices

  var residuals: Residuals { [] }
  func evaluate(_ inputs: [Tensor]) -> [Tensor] { [Kernel.poolGather(inputs[0], indices, window)] }
  func pullback(_ context: PullbackContext) -> [Tensor?] {
    [applyOne(PoolScatter(window: window, inputShape: inputShape, indices: indices), [context.cotangent])]
  }
  func pushforward(_ context: PushforwardContext) -> [Tensor?] { [context.tangents[0].map { applyOne(self, [$0]) }] }
}

/// Zeros, with values added at the places of some maxima: the adjoint of ``PoolGather``.
struct PoolScatter: Primitive {
  static let names = ["poolScatter"]
  let window: Window
  let inputShape: Shape
  let indices: PoolIndices

  var residuals: Residuals { [] }
  func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    [Kernel.poolScatter(inputs[0], indices, window, inputShape: inputShape)]
  }
  func pullback(_ context: PullbackContext) -> [Tensor?] {
    [applyOne(PoolGather(window: window, inputShape: inputShape, indices: indices), [context.cotangent])]
  }
  func pushforward(_ context: PushforwardContext) -> [Tensor?] { [context.tangents[0].map { applyOne(self, [$0]) }] }
}

/// The mean over the part of every window that lies inside the image (PyTorch's `count_include_pad=False`).
struct AveragePool: Primitive {
  static let names = ["averagePool"]
  let window: Window
  let inputShape: Shape

  var residuals: Residuals { [] }
  func evaluate(_ inputs: [Tensor]) -> [Tensor] { [Kernel.averagePool(inputs[0], window)] }
  func pullback(_ context: PullbackContext) -> [Tensor?] {
    [applyOne(AveragePoolAdjoint(window: window, inputShape: inputShape), [context.cotangent])]
  }
  func pushforward(_ context: PushforwardContext) -> [Tensor?] { [context.tangents[0].map { applyOne(self, [$0]) }] }
}

/// The adjoint of ``AveragePool``.
struct AveragePoolAdjoint: Primitive {
  static let names = ["averagePoolAdjoint"]
  let window: Window
  let inputShape: Shape

  var residuals: Residuals { [] }
  func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    [Kernel.averagePoolAdjoint(inputs[0], window, inputShape: inputShape)]
  }
  func pullback(_ context: PullbackContext) -> [Tensor?] {
    [applyOne(AveragePool(window: window, inputShape: inputShape), [context.cotangent])]
  }
  func pushforward(_ context: PushforwardContext) -> [Tensor?] { [context.tangents[0].map { applyOne(self, [$0]) }] }
}

extension Tensor {
  /// The largest value in every window of `[n, h, w, c]`.
  public func maxPooled(_ window: Window) -> Tensor {
    applyOne(MaxPool(window: window, inputShape: shape), [self])
  }

  /// The mean over the part of every window of `[n, h, w, c]` that lies inside the image.
  public func averagePooled(_ window: Window) -> Tensor {
    applyOne(AveragePool(window: window, inputShape: shape), [self])
  }
}
