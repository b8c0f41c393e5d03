import Autodiff
import Tensors

/// A node's state, divided into the channels that operations treat and those that pass by.
///
/// Source: Xu et al., "PC-DARTS: Partial channel connections for memory-efficient architecture search", ICLR 2020, section 3.2, eq. 2; the
/// channel shuffle is that of the authors' code.
struct PartialInput {
  /// All channels.
  let whole: CellInput
  /// The first share of the channels.
  let treated: CellInput
  /// The other channels; `nil` if operations treat all of them.
  let passing: Tensor?

  /// - Parameter divisor: into how many equal shares the channels are divided.
  init(_ whole: CellInput, divisor: Int) {
    self.whole = whole
    guard divisor > 1 else {
      (treated, passing) = (whole, nil)
      return
    }
    let channels = whole.value.shape[3]
    let share = channels / divisor
    treated = CellInput(whole.value.slice(axis: 3, from: 0, count: share))
    passing = whole.value.slice(axis: 3, from: share, count: channels - share)
  }

  /// Deals the channels of `[n, h, w, c]` anew, so that the next operations see another share: of `groups` runs of channels the first of
  /// each, then the second of each, and so on.
  static func shuffled(_ value: Tensor, groups: Int) -> Tensor {
    let channels = value.shape[3]
    return value.reshaped(to: [value.count / channels, groups, channels / groups]).transposed([0, 2, 1])
      .reshaped(to: value.shape)
  }
}
