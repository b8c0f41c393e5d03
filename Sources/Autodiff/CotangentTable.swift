import Tensors

/// What has arrived so far at every slot of a tape during one reverse pass.
///
/// Where a value was used several times, its cotangents are added up in the buffer of the first one, if nothing else holds it.
final class CotangentTable {
  private var values: [Tensor?]

  init(count: Int) { values = Array(repeating: nil, count: count) }

  subscript(slot: Int) -> Tensor? { values[slot] }

  /// Adds a cotangent to what has arrived at a slot.
  func accumulate(_ value: Tensor, at slot: Int) {
    guard var present = values[slot] else {
      values[slot] = value
      return
    }
    values[slot] = nil
    values[slot] = CotangentTable.sum(&present, value)
  }

  /// The cotangents of neighbouring slots, which are cleared; `nil` where nothing has arrived at any.
  func take(_ first: Int, _ count: Int) -> [Tensor?]? {
    let range = first..<first + count
    guard range.contains(where: { values[$0] != nil }) else { return nil }
    defer { for slot in range { values[slot] = nil } }
    return Array(values[range])
  }

  /// What has arrived at a slot, if its buffer may be written to: the slot is cleared, and whoever takes it adds to it.
  func takeExclusive(_ slot: Int) -> Tensor? {
    guard var present = values[slot] else { return nil }
    values[slot] = nil
    if present.isExclusive() { return present }
    values[slot] = present
    return nil
  }

  private static func sum(_ present: inout Tensor, _ value: Tensor) -> Tensor {
    guard value.trace == nil, present.isExclusive() else { return present + value }
    let sum = present
    Profile.measured("add") { Kernel.accumulate(value, into: sum) }
    return sum
  }
}
