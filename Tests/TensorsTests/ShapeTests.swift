import Tensors
import Testing

struct ShapeTests {
  @Test(arguments: [[], [1], [7], [0], [3, 4], [2, 0, 3], [1, 2, 3, 4], [2, 3, 2, 3, 2, 3]] as [[Int]])
  func describesItsExtents(_ extents: [Int]) {
    let shape = Shape(extents)
    #expect(shape.array == extents)
    #expect(Int(shape.rank) == extents.count && shape.indices == extents.indices)
    #expect(shape.count == extents.reduce(1, *))
    #expect(shape.description == "\(extents)")
    #expect(extents.indices.map { shape[$0] } == extents)
    #expect(extents.indices.map { shape[$0 - extents.count] } == extents)
    // A stride is the number of elements that lie behind its dimension.
    #expect(shape.strides == extents.indices.map { extents[($0 + 1)...].reduce(1, *) })
    #expect(shape.count(in: 0..<extents.count / 2) == extents[..<(extents.count / 2)].reduce(1, *))
  }

  @Test func equalityRegardsRankAndExtents() {
    let shapes: [Shape] = [[], [1], [0], [1, 1], [2, 3], [3, 2], [6], [2, 3, 1]]
    for (i, a) in shapes.enumerated() {
      for (j, b) in shapes.enumerated() { #expect((a == b) == (i == j)) }
    }
    #expect(Set(shapes + shapes).count == shapes.count)
    var grown: Shape = [2]
    grown.append(5)
    grown[-1] = 3
    #expect(grown == [2, 3] && grown.hashValue == Shape([2, 3]).hashValue)
  }

  static let broadcasts: [(Shape, Shape, Shape?)] = [
    ([], [], []), ([], [3], [3]), ([3], [3], [3]), ([1], [3], [3]), ([2, 3], [3], [2, 3]), ([2, 1], [3], [2, 3]),
    ([2, 1], [1, 3], [2, 3]), ([4, 2, 1], [2, 3], [4, 2, 3]), ([0], [1], [0]), ([0], [], [0]), ([2, 0], [1], [2, 0]),
    ([5, 1, 2, 1], [3, 1, 4], [5, 3, 2, 4]), ([2], [3], nil), ([0], [3], nil), ([2, 3], [2], nil), ([2, 3], [3, 2], nil),
    ([1, 2, 1, 2, 1, 2], [2, 1, 2, 1, 2, 1], [2, 2, 2, 2, 2, 2]),
  ]

  @Test(arguments: broadcasts.indices) func broadcastsLikeNumPy(_ index: Int) {
    let (a, b, expected) = Self.broadcasts[index]
    #expect(Shape.broadcast(a, b) == expected)
    #expect(Shape.broadcast(b, a) == expected)
  }

  @Test func impossibleShapesAreRefused() async {
    // Observed, so that what a process says when it ends by a precondition does not stand between the lines of the tests.
    await #expect(processExitsWith: .failure, observing: [\.standardErrorContent, \.standardOutputContent]) {
      _ = Shape([1, 1, 1, 1, 1, 1, 1])
    }
    await #expect(processExitsWith: .failure, observing: [\.standardErrorContent, \.standardOutputContent]) { _ = Shape([-1]) }
    await #expect(processExitsWith: .failure, observing: [\.standardErrorContent, \.standardOutputContent]) {
      _ = Shape([2, 3])[2]
    }
    await #expect(processExitsWith: .failure, observing: [\.standardErrorContent, \.standardOutputContent]) {
      _ = Shape([2, 3])[-3]
    }
  }
}

struct WindowTests {
  /// Counts the places at which a window fits, which is what the formula stands for.
  @Test func outputExtentIsTheNumberOfPlaces() {
    for extent in 0...9 {
      for kernel in 1...5 {
        for stride in 1...3 {
          for padding in 0...2 {
            for dilation in 1...3 {
              let window = Window(kernel: kernel, stride: stride, padding: padding, dilation: dilation)
              let last = extent + 2 * padding - (dilation * (kernel - 1) + 1)
              let places = Swift.stride(from: 0, through: last, by: stride).reduce(0) { count, _ in count + 1 }
              #expect(window.outputExtent(extent, kernel: kernel) == places, "\(extent), \(window)")
            }
          }
        }
      }
    }
  }
}
