import CKernels
import Testing

@Suite struct StridedTests {
  static let cases: [(shape: [Int32], strides: [Int], first: Int, extent: Int)] = [
    ([], [], 0, 1),
    ([5], [1], 0, 5),
    ([5], [-1], 4, 5),
    ([5], [0], 0, 1),
    ([0, 3], [3, 1], 0, 1),
    ([3, 4], [4, 1], 0, 12),
    ([4, 3], [1, 4], 0, 12),
    ([17, 33], [1, 17], 0, 17 * 33),
    ([64, 9], [1, 64], 0, 64 * 9),
    ([3, 4], [0, 1], 0, 4),
    ([3, 4], [1, 0], 0, 3),
    ([2, 3, 4], [1, 8, 2], 0, 24),
    ([2, 3, 4], [12, -4, 1], 8, 24),
    ([2, 3, 4, 5], [60, 1, 15, 3], 0, 120),
    ([2, 3, 4, 5], [60, 20, -5, -1], 19, 120),
    ([2, 1, 3, 2, 2, 3], [36, 0, 1, 18, 9, 3], 0, 72),
    ([2, 2, 2, 2, 2, 2], [1, 2, 4, 8, 16, 32], 0, 64),
  ]

  /// Offsets of every element in row-major order of the shape.
  static func offsets(_ shape: [Int32], _ strides: [Int]) -> [Int] {
    var result = [0]
    for (extent, stride) in zip(shape, strides) {
      result = result.flatMap { base in (0..<Int(extent)).map { base + $0 * stride } }
    }
    return result
  }

  func strided<T: KernelElement>(_: T.Type) {
    for test in Self.cases {
      var values = Values(seed: 11)
      let x: [T] = values.array(test.extent)
      let offsets = Self.offsets(test.shape, test.strides)
      let rank = Int32(test.shape.count)
      atEveryLevel { level in
        var y = blank(offsets.count, T.self)
        x.withUnsafeBufferPointer { T.kernels.gatherStrided(rank, test.shape, test.strides, $0.baseAddress! + test.first, &y) }
        #expect(y == offsets.map { x[test.first + $0] }, "gather \(test.shape) \(test.strides) \(level)")
        // Scatter into every second copy: elements in between must stay.
        guard Set(offsets).count == offsets.count else { return }
        let source = (0..<offsets.count).map { T($0 + 1) }
        var target = [T](repeating: -1, count: test.extent + 3)
        var want = target
        for (i, offset) in offsets.enumerated() { want[test.first + offset] = source[i] }
        target.withUnsafeMutableBufferPointer {
          T.kernels.scatterStrided(rank, test.shape, test.strides, source, $0.baseAddress! + test.first)
        }
        #expect(target == want, "scatter \(test.shape) \(test.strides) \(level)")
      }
    }
  }

  @Test func gatherAndScatterFloat() { strided(Float.self) }
  @Test func gatherAndScatterDouble() { strided(Double.self) }

  @Test func scatterLeavesOtherElementsAlone() {
    atEveryLevel { level in
      var y = [Float](repeating: 7, count: 20)
      ap_scatter_strided_f32(2, [2, 3], [10, 2], [1, 2, 3, 4, 5, 6], &y)
      var want = [Float](repeating: 7, count: 20)
      for (i, at) in [0, 2, 4, 10, 12, 14].enumerated() { want[at] = Float(i + 1) }
      #expect(y == want, level)
    }
  }
}
