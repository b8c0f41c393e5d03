import Autodiff
import Tensors
import TestSupport

extension ConformanceRow {
  /// Functions that move, repeat or add elements.
  static let structure = reshapes + transposes + slices + placements + concatenations + sums + repetitions

  private static let reshapes: [ConformanceRow] = [
    ([3, 4], [2, 6]), ([], [1, 1]), ([5], [5, 1]), ([0, 4], [2, 0]), ([1], []),
  ].map {
    (from: Shape, to: Shape) in
    ConformanceRow(
      "reshape", "\(from) to \(to)", [TestInputs.any("x", from)],
      definition: { x in
        var values = x[0].values.makeIterator()
        return NaiveTensor(to.array) { _ in values.next() ?? .nan }
      }
    ) { $0[0].reshaped(to: to) }
  }

  private static let transposes: [ConformanceRow] = [
    ([3, 4], [1, 0]), ([7, 5], [1, 0]), ([2, 3, 4], [2, 0, 1]), ([2, 3, 4], [0, 2, 1]), ([2, 3, 4], [0, 1, 2]),
    ([2, 1, 3, 2], [3, 1, 0, 2]),
    ([1, 2, 1, 3, 2, 2], [5, 3, 1, 0, 2, 4]), ([0, 3], [1, 0]), ([4], [0]),
  ].map { (shape: Shape, permutation: [Int]) in
    ConformanceRow(
      "transpose", "\(shape) in the order \(permutation)", [TestInputs.any("x", shape)],
      definition: { x in
        NaiveTensor(permutation.map { x[0].shape[$0] }) { index in
          var source = index
          for (place, axis) in permutation.enumerated() { source[axis] = index[place] }
          return x[0][source]
        }
      }
    ) { $0[0].transposed(permutation) }
  }

  private static let slices: [ConformanceRow] = [
    ([7], 0, 2, 3, 1), ([7], 0, 1, 3, 2), ([3, 5], 1, 0, 3, 2), ([3, 5], 0, 1, 2, 1), ([3, 5], 0, 0, 2, 2),
    ([2, 5, 3], 1, 4, 1, 1),
    ([2, 5, 3], 1, 0, 0, 1), ([2, 5, 3], 1, 0, 5, 1), ([0, 5], 1, 1, 2, 3), ([1, 2, 1, 2, 4, 2], 4, 1, 2, 2),
  ].map { (shape: Shape, axis: Int, start: Int, count: Int, step: Int) in
    ConformanceRow(
      "slice", "\(shape), axis \(axis), \(count) from \(start) by \(step)", [TestInputs.any("x", shape)],
      definition: { x in
        var extents = x[0].shape
        extents[axis] = count
        return NaiveTensor(extents) { index in
          var source = index
          source[axis] = start + index[axis] * step
          return x[0][source]
        }
      }
    ) { $0[0].slice(axis: axis, from: start, count: count, step: step) }
  }

  private static let placements: [ConformanceRow] = [
    ([2], [5], [2]), ([2, 3], [4, 5], [1, 2]), ([2, 3], [2, 3], [0, 0]), ([0, 3], [4, 3], [2, 0]),
    ([1, 2, 2], [2, 3, 4], [1, 0, 2]),
    ([], [], []),
  ].map { (shape: Shape, larger: Shape, starts: [Int]) in
    ConformanceRow(
      "place", "\(shape) in \(larger) at \(starts)", [TestInputs.any("x", shape)],
      definition: { x in
        var result = NaiveTensor(zeros: larger.array)
        for index in NaiveTensor.indices(x[0].shape) { result[zip(index, starts).map { $0 + $1 }] = x[0][index] }
        return result
      }
    ) { $0[0].padded(to: larger, at: starts) }
  }

  private static let concatenations: [ConformanceRow] = [
    ([[2], [3]], 0), ([[2, 3], [1, 3]], 0), ([[2, 3], [2, 1], [2, 2]], 1), ([[2, 2, 3], [2, 1, 3]], 1), ([[2, 3], [0, 3]], 0),
    ([[0, 2], [0, 3]], 1), ([[0], [0]], 0), ([[1, 2, 2, 5], [1, 2, 2, 3]], 3),
  ].map { (shapes: [Shape], axis: Int) in
    ConformanceRow(
      "concatenate", "\(shapes) along \(axis)", shapes.enumerated().map { TestInputs.any("x\($0)", $1) },
      definition: { xs in
        var extents = xs[0].shape
        extents[axis] = xs.reduce(0) { $0 + $1.shape[axis] }
        return NaiveTensor(extents) { index in
          var source = index
          for x in xs {
            if source[axis] < x.shape[axis] { return x[source] }
            source[axis] -= x.shape[axis]
          }
          return .nan
        }
      }
    ) { concatenate($0, axis: axis) }
  }

  private static let sums: [ConformanceRow] = [
    ([5], [0]), ([3, 4], [0]), ([3, 4], [1]), ([3, 4], [0, 1]), ([2, 3, 4], [1]), ([2, 3, 4], [0, 2]), ([2, 3, 4], [1, 2]),
    ([2, 2, 2, 2, 2, 2], [0, 2, 3, 5]), ([0, 3], [0]), ([0, 3], [1]), ([2, 0, 3], [1]), ([0], [0]), ([3, 37], [1]),
    ([37, 3], [0]),
    ([1, 4], [0]),
  ].map { (shape: Shape, axes: [Int]) in
    ConformanceRow(
      "sum", "\(shape) over \(axes)", [TestInputs.any("x", shape)], definition: { $0[0].sum(axes) }
    ) { $0[0].sum(axes) }
  }

  private static let repetitions: [ConformanceRow] = [
    ([], [3]), ([], [2, 3]), ([4], [3, 4]), ([3, 1], [3, 4]), ([2, 1, 3], [2, 4, 3]), ([1, 3, 1], [2, 3, 2]), ([3], [0, 3]),
    ([1], [0]),
    ([1, 2, 1, 2], [2, 2, 3, 2]), ([2, 1, 1], [2, 3, 37]),
  ].map { (shape: Shape, larger: Shape) in
    ConformanceRow(
      "broadcast", "\(shape) to \(larger)", [TestInputs.any("x", shape)],
      definition: { x in NaiveTensor(larger.array) { x[0].stretched($0) } }
    ) { $0[0].broadcast(to: larger) }
  }
}
