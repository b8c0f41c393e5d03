extension Friedman {
  /// The most steps of the exact distribution: some tenths of a second.
  private static let exactSteps = 500_000
  /// By the number of methods, the most blocks without ties that take no more steps: found by counting, see
  /// `Tests/StatisticsTests/ExactRankTests.swift`.
  static let mostBlocks = [2: 999, 3: 78, 4: 18, 5: 7, 6: 3, 7: 2]

  /// The share of all orders of the blocks' ranks whose sums are as far apart as these; `nil` if there are too many to go through.
  ///
  /// The methods are exchangeable, so that only the sorted sums matter: their distribution grows block by block, over all distinct
  /// orders of the block's ranks, tied ones as they are.
  static func exactPValue(ranks: [[Double]]) -> Double? {
    let methods = ranks[0].count
    // Blocks with ties have fewer orders and may have more sums. Counting only blocks without ties is fast, and refuses most tables
    // that are too large.
    let whole = ranks.count { $0.allSatisfy { $0 == $0.rounded(.down) } && Set($0).count == methods }
    guard let most = mostBlocks[methods], whole <= most else { return nil }
    // Mean ranks are multiples of a half. A state is the sorted doubled sums, packed with a fixed number of bits each.
    let bits = 64 / methods
    guard 2 * methods * ranks.count < 1 << min(bits, 30) else { return nil }
    func packed(_ sums: [Int]) -> UInt64 { sums.sorted().reduce(0) { $0 << UInt64(bits) | UInt64($1) } }
    func unpacked(_ state: UInt64) -> [Int] {
      (0..<methods).map { Int(state >> UInt64($0 * bits) & (1 << UInt64(bits) - 1)) }
    }
    var shares: [UInt64: Double] = [0: 1]
    var steps = 0
    // The number of orders that a row of these ranks has depends on its ties only, and rows often have none.
    var known: [[Int]: [[Int]]] = [:]
    for row in ranks {
      let doubled = row.map { Int(2 * $0) }.sorted()
      let orders = known[doubled] ?? distinctOrders(of: doubled)
      known[doubled] = orders
      steps += shares.count * orders.count
      guard steps <= exactSteps else { return nil }
      var next: [UInt64: Double] = [:]
      for (state, share) in shares {
        let sums = unpacked(state)
        let part = share / Double(orders.count)
        for order in orders { next[packed(zip(sums, order).map { $0 + $1 }), default: 0] += part }
      }
      shares = next
    }
    // Four times the sum of squares about the middle: a whole number.
    let middle = ranks.count * (methods + 1)
    func spread(_ sums: [Int]) -> Int { sums.reduce(0) { $0 + ($1 - middle) * ($1 - middle) } }
    let observed = spread((0..<methods).map { method in ranks.reduce(0) { $0 + Int(2 * $1[method]) } })
    // Sorted, so that the sum does not depend on the dictionary's order.
    return min(1, shares.filter { spread(unpacked($0.key)) >= observed }.values.sorted().reduce(0, +))
  }

  /// All distinct orders of sorted numbers.
  private static func distinctOrders(of sorted: [Int]) -> [[Int]] {
    guard sorted.count > 1 else { return [sorted] }
    var result: [[Int]] = []
    for (index, first) in sorted.enumerated() where index == 0 || sorted[index - 1] != first {
      var rest = sorted
      rest.remove(at: index)
      for tail in distinctOrders(of: rest) { result.append([first] + tail) }
    }
    return result
  }
}
