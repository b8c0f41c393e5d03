import Tensors

/// What has arrived so far at every slot of a tape during one reverse pass.
///
/// Where a value was used several times, its cotangents are added up in the buffer of the first one, if nothing else holds it. Those that a
/// forward differentiation follows wait until they are read, or many, and are then added up in one pass: a sum in place would have to fetch
/// the first buffer once more for each of them.
final class CotangentTable {
  private var values: [Tensor?]
  /// Cotangents that are to be added to a slot's value.
  private var waiting: [[Tensor]]
  /// As many of the first slots are read only for the tangents that their cotangents carry.
  let tangentsOnly: Int

  init(count: Int, tangentsOnly: Int = 0) {
    values = Array(repeating: nil, count: count)
    waiting = Array(repeating: [], count: count)
    self.tangentsOnly = tangentsOnly
  }

  /// What has arrived at a slot.
  func total(_ slot: Int) -> Tensor? {
    settle(slot)
    return values[slot]
  }

  /// Adds a cotangent to what has arrived at a slot.
  func accumulate(_ value: Tensor, at slot: Int) {
    if value.trace?.tangent != nil, values[slot] != nil {
      waiting[slot].append(value)
      if waiting[slot].count == CotangentTable.mostWaiting { settle(slot) }
      return
    }
    guard var present = total(slot) else {
      values[slot] = value
      return
    }
    values[slot] = nil
    values[slot] = CotangentTable.sum(&present, value)
  }

  /// The cotangents of neighbouring slots, which are cleared; `nil` if nothing has arrived at any.
  func take(_ first: Int, _ count: Int) -> [Tensor?]? {
    let range = first..<first + count
    guard range.contains(where: { values[$0] != nil }) else { return nil }
    for slot in range { settle(slot) }
    defer { for slot in range { values[slot] = nil } }
    return Array(values[range])
  }

  /// What has arrived at a slot, if its buffer may be written to: the slot is cleared, and the caller adds to it.
  func takeExclusive(_ slot: Int) -> Tensor? {
    settle(slot)
    guard var present = values[slot] else { return nil }
    values[slot] = nil
    if present.isExclusive() { return present }
    values[slot] = present
    return nil
  }

  /// How many cotangents wait at most, so that they do not hold on to much memory.
  private static let mostWaiting = 8

  private func settle(_ slot: Int) {
    guard !waiting[slot].isEmpty, let first = values[slot] else { return }
    let all = [first] + waiting[slot]
    waiting[slot] = []
    values[slot] = nil
    values[slot] = CotangentTable.sumOfDuals(all) ?? all.dropFirst().reduce(first) { $0 + $1 }
  }

  private static func sum(_ present: inout Tensor, _ value: Tensor) -> Tensor {
    guard value.trace == nil, present.isExclusive() else { return present + value }
    let sum = present
    Profile.measured("add") { Kernel.accumulate(value, into: sum) }
    return sum
  }

  /// The sum of plain values with tangents of one forward differentiation; `nil` if one is something else.
  private static func sumOfDuals(_ all: [Tensor]) -> Tensor? {
    guard let level = all[0].trace?.level else { return nil }
    var (primals, tangents): ([Tensor], [Tensor]) = ([], [])
    for value in all {
      guard let trace = value.trace, trace.level == level, let tangent = trace.tangent, tangent.trace == nil,
        trace.primal.trace == nil
      else { return nil }
      primals.append(trace.primal)
      tangents.append(tangent)
    }
    let sum = Profile.measured("add") { Kernel.sum(primals) }
    return sum.traced(level: level, tangent: Profile.measured("add") { Kernel.sum(tangents) })
  }
}
