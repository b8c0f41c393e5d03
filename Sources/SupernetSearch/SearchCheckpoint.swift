import CellNetworks
import Foundation
import NeuralNetworks
import Tensors

/// A search's state as a value that can be written; numbers come back bit for bit.
public struct SearchCheckpoint: Codable, Sendable {
  private struct Tree: Codable, Sendable {
    var names: [String]
    var shapes: [[Int]]
    /// Little-endian.
    var values: [Data]
    /// Whether numbers have eight bytes; four where it is missing.
    var isDouble: Bool?

    init(_ tree: ParameterTree) {
      names = tree.names
      shapes = tree.tensors.map(\.shape.array)
      values = tree.tensors.map { Data($0.bytes) }
      isDouble = tree.tensors.first?.elementType == .float64 ? true : nil
    }

    /// The tree, if it has the names, shapes and element types of another.
    func tree(like expected: ParameterTree, _ what: String) throws(SupernetSearchError) -> ParameterTree {
      guard names == expected.names, shapes == expected.tensors.map(\.shape.array), values.count == names.count else {
        throw .badState(reason: "its \(what) are those of another network or method")
      }
      var tensors: [Tensor] = []
      for (like, bytes) in zip(expected.tensors, values) {
        guard (isDouble == true) == (like.elementType == .float64),
          let tensor = Tensor(shape: like.shape, elementType: like.elementType, bytes: bytes)
        else { throw .badState(reason: "its \(what) are damaged") }
        tensors.append(tensor)
      }
      return expected.with(tensors)
    }
  }

  private struct Moments: Codable, Sendable {
    var step: Int
    var trees: [Tree]

    init(_ state: OptimizerState) {
      step = state.step
      trees = state.moments.map(Tree.init)
    }

    func state(like expected: OptimizerState, _ what: String) throws(SupernetSearchError) -> OptimizerState {
      guard trees.count == expected.moments.count, step >= 0 else {
        throw .badState(reason: "its \(what) are those of another method")
      }
      var moments: [ParameterTree] = []
      for (tree, like) in zip(trees, expected.moments) { moments.append(try tree.tree(like: like, what)) }
      return OptimizerState(step: step, moments: moments)
    }
  }

  private var weights, architecture: Tree
  private var weightOptimizer, architectureOptimizer: Moments
  private var baseline: Double?
  /// The number of epochs done.
  public let epochs: Int

  /// The present state of a search.
  public init<Model: MixtureNetwork>(_ state: DifferentiableSearch<Model>.State) {
    weights = Tree(state.weights)
    architecture = Tree(state.architecture)
    weightOptimizer = Moments(state.weightOptimizer)
    architectureOptimizer = Moments(state.architectureOptimizer)
    baseline = state.baseline
    epochs = state.epochs
  }

  /// The state for a search of the same method and network.
  ///
  /// - Throws: ``SupernetSearchError/badState(reason:)`` where it is another's, or damaged.
  public func state<Model: MixtureNetwork>(
    of search: DifferentiableSearch<Model>
  ) throws(SupernetSearchError) -> DifferentiableSearch<Model>.State {
    let start = search.start()
    guard epochs >= 0, baseline.map(\.isFinite) ?? true else { throw .badState(reason: "its counters are damaged") }
    return DifferentiableSearch<Model>.State(
      weights: try weights.tree(like: start.weights, "weights"),
      architecture: try architecture.tree(like: start.architecture, "architecture parameters"),
      weightOptimizer: try weightOptimizer.state(like: start.weightOptimizer, "moments of the weights"),
      architectureOptimizer: try architectureOptimizer.state(
        like: start.architectureOptimizer, "moments of the architecture parameters"), epochs: epochs, baseline: baseline)
  }
}
