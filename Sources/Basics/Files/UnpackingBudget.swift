/// How far a compressed file may unpack: deflate turns 4 MB of zeros into 4 GB, and no data set is like that.
///
/// Anyone who has one can unpack it first: files that are not compressed are read with any content.
package struct UnpackingBudget: Sendable, Hashable {
  /// So many bytes for each stored one.
  package var ratio: Int
  /// Files that unpack to no more than this are never refused.
  package var free: Int
  /// Files that unpack to more than this have ``largeRatio``.
  package var large = Int.max
  /// So many bytes for each stored one of a large file; zlib at its fastest makes zeros 229 times smaller.
  package var largeRatio = 200

  /// Drawings: Omniglot's strokes as 32-bit numbers are about 300 to 1.
  package static let pictures = UnpackingBudget(ratio: 400, free: 1 << 26, large: 1 << 28)
  /// Packs, which this program wrote.
  package static let packs = UnpackingBudget(ratio: 400, free: 1 << 26)
  /// Photographs hardly shrink at all.
  package static let photographs = UnpackingBudget(ratio: 24, free: 1 << 26)

  /// The number of bytes that a number of stored bytes may unpack to.
  package func bytes(of stored: Int) -> Int {
    func times(_ ratio: Int) -> Int {
      let (product, overflow) = stored.multipliedReportingOverflow(by: ratio)
      return overflow ? .max : product
    }
    return max(free, min(times(ratio), max(large, times(largeRatio))))
  }
}

/// Sizes as files claim them: the one place where numbers that were read are multiplied.
package enum ClaimedSize {
  /// No array of a data set has more bytes, nor more elements along an axis.
  package static let limit = 1 << 40

  /// The bytes of an array; `nil` if the axes (or their product, zeros counted as ones) are negative or above ``limit``.
  ///
  /// Zeros count as ones, so that partial products of such axes can be formed without a further check.
  package static func bytes(_ dimensions: [Int], elementSize: Int = 1) -> Int? {
    guard let bound = product(dimensions.map { max(1, $0) }, elementSize), dimensions.allSatisfy({ $0 >= 0 }) else { return nil }
    return dimensions.contains(0) ? 0 : bound
  }

  private static func product(_ dimensions: [Int], _ elementSize: Int) -> Int? {
    var count = elementSize
    for dimension in dimensions {
      let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
      guard !overflow, product <= limit else { return nil }
      count = product
    }
    return count
  }
}
