import NeuralNetworks
import Tensors

/// What the inner optimiser remembers from one task to the next, as outer variables: which tensors of ω they are, and which of the
/// optimiser's moments.
///
/// There is one tensor of its variable's shape for every inner variable, in the same order, and after them the number of steps that they
/// come from, of shape `[1]`, which bias correction needs. The other moments start at zero.
public struct StartingMoments: Sendable, Hashable {
  /// The position in ω of the first variable's moment.
  public var first: Int
  /// Which of the optimiser's moments; 1 for Adam's second.
  public var moment: Int

  /// Starting moments that begin at a position in ω.
  ///
  /// - Parameters:
  ///   - first: the position in ω of the first variable's moment; those of the others and the number of steps follow.
  ///   - moment: which of the optimiser's moments, from 0.
  public init(first: Int, moment: Int) {
    self.first = first
    self.moment = moment
  }

  /// The moments of all inner variables before the first step, and the steps that they come from.
  ///
  /// - Throws: ``BilevelError/shape(parameter:shape:expected:)`` where a tensor is missing or does not fit its variable, and
  ///   ``BilevelError/unsupported(estimator:what:remedy:)`` where the optimiser has no such moment.
  func state<Problem: BilevelProblem>(
    _ problem: Problem, inner: [Tensor], outer: [Tensor], momentCount: Int
  ) throws -> (moments: [[Tensor]], stepsDone: Int) {
    guard (0..<momentCount).contains(moment) else {
      throw BilevelError.unsupported(
        estimator: "the inner loop", what: "starting from moment \(moment): its optimiser remembers \(momentCount) of them",
        remedy: "use an optimiser that has it, such as Adam for 0 and 1")
    }
    let shapes = inner.map(\.shape) + [[1]]
    for (index, shape) in shapes.enumerated() {
      let position = first + index
      guard outer.indices.contains(position) else {
        let name = index < inner.count ? "moment of \(problem.innerName(index))" : "steps of the moments"
        throw BilevelError.shape(parameter: name, shape: nil, expected: shape.array)
      }
      guard outer[position].shape == shape else {
        throw BilevelError.shape(
          parameter: problem.outerName(position), shape: outer[position].shape.array, expected: shape.array)
      }
    }
    let moments = inner.indices.map { index in
      (0..<momentCount).map { $0 == moment ? outer[first + index] : .zeros(like: inner[index]) }
    }
    return (moments, max(0, Int(outer[first + inner.count].item.rounded())))
  }
}
