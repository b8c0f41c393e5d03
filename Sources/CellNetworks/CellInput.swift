import Autodiff
import NeuralNetworks
import Tensors

/// A state inside a cell, with what several edges derive from it in the same way: its ReLU and its poolings.
///
/// Pooling has no parameters, so all edges that leave a state with one stride share the result; in a four-node supernet that leaves
/// 5 + 5 poolings of a cell's 14 + 14, and one ReLU where there were 56.
final class CellInput {
  let value: Tensor
  private var poolings: [Pooling: Tensor] = [:]

  private struct Pooling: Hashable {
    let isMaximum: Bool
    let stride: Int
  }

  init(_ value: Tensor) { self.value = value }

  /// `max(value, 0)`
  private(set) lazy var rectified: Tensor = value.relu()

  /// The rectified state one pixel further right and down, for factorised reductions.
  private(set) lazy var shifted: Tensor = FactorizedReduction.shifted(rectified)

  /// The state pooled 3×3.
  func pooled(maximum: Bool, stride: Int) -> Tensor {
    let key = Pooling(isMaximum: maximum, stride: stride)
    if let known = poolings[key] { return known }
    let window = Window(kernel: 3, stride: stride, padding: 1)
    let pooled = maximum ? value.maxPooled(window) : value.averagePooled(window)
    poolings[key] = pooled
    return pooled
  }
}
