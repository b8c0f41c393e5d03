import Autodiff
import Tensors

/// Inner learning rates that are outer variables: which tensors of ω they are, and how they are read.
///
/// There is one tensor for every inner variable, in the same order; those of variables that never move are not read.
public struct LearnedRates: Sendable, Hashable {
  /// What a tensor of rates holds.
  public enum Kind: Sendable, Hashable {
    /// One rate for every element, of the variable's shape (Meta-SGD, Li et al. 2017, eq. 3).
    case perParameter
    /// A vector with one rate for each round (MAML++'s LSLR, Antoniou et al. 2019, §4.4); later rounds take the last.
    case perRound
  }

  /// How many rates there are.
  public var kind: Kind
  /// The position in ω of the first variable's rates.
  public var first: Int

  /// Rates of a kind that start at a position in ω.
  ///
  /// - Parameters:
  ///   - kind: a rate for every element or for every round.
  ///   - first: the position in ω of the first inner variable's rates; those of the others follow in order.
  public init(_ kind: Kind, first: Int) {
    self.kind = kind
    self.first = first
  }

  /// The rate of a variable in a round: of the variable's shape, or a scalar.
  func rate(of variable: Int, round: Int, outer: [Tensor]) -> Tensor {
    let rates = outer[first + variable]
    switch kind {
    case .perParameter: return rates
    case .perRound:
      return rates.slice(axis: 0, from: min(round, rates.count - 1), count: 1).reshaped(to: [])
    }
  }

  /// - Throws: ``BilevelError/shape(parameter:shape:expected:)`` where a tensor of rates is missing or does not fit its variable.
  func validate<Problem: BilevelProblem>(_ problem: Problem, inner: [Tensor], outer: [Tensor], moving: [Int]) throws {
    for index in moving {
      let position = first + index
      let expected = kind == .perParameter ? inner[index].shape.array : [1]
      guard outer.indices.contains(position) else {
        throw BilevelError.shape(parameter: "rate of \(problem.innerName(index))", shape: nil, expected: expected)
      }
      let shape = outer[position].shape
      let fits = kind == .perParameter ? shape == inner[index].shape : shape.rank == 1 && shape.count > 0
      guard fits else {
        throw BilevelError.shape(parameter: problem.outerName(position), shape: shape.array, expected: expected)
      }
    }
  }
}
