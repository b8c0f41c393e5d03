import NeuralNetworks
import Tensors

/// Everything that a run needs to go on: named arrays, counters, and the configuration that they belong to.
public struct Checkpoint: Sendable, Equatable {
  /// The configuration of the run.
  public var configuration: Configuration
  /// The number of tasks seen.
  public var tasksSeen: Int
  /// Whole numbers beside it, such as the steps of an optimiser.
  public var counters: [String: Int]
  /// The arrays, in the order in which they are written; names are unique.
  public var arrays: [StoredArray]
  /// The run that the file belongs to (``RunDirectory/identity``); `nil` for one that stands by itself, and in files of older
  /// versions.
  public var belongsTo: String?

  /// A checkpoint that stands by itself.
  ///
  /// - Parameters:
  ///   - configuration: the configuration of the run.
  ///   - tasksSeen: tasks of meta-training so far, over all stages.
  ///   - counters: whole numbers by name, such as the steps of an optimiser.
  ///   - arrays: with unique names, in the order in which they are to be written.
  public init(configuration: Configuration, tasksSeen: Int, counters: [String: Int] = [:], arrays: [StoredArray] = []) {
    self.configuration = configuration
    self.tasksSeen = tasksSeen
    self.counters = counters
    self.arrays = arrays
  }

  /// The array of a name; `nil` where there is none.
  public subscript(_ name: String) -> StoredArray? { arrays.first { $0.name == name } }

  /// Adds the tensors of a tree under a common name, as `group/name`.
  public mutating func append(_ tree: ParameterTree, as group: String) {
    arrays += zip(tree.names, tree.tensors).map { StoredArray(name: "\(group)/\($0)", $1) }
  }

  /// The tree that was added under a name.
  ///
  /// - Parameters:
  ///   - group: the name that the tree was added under.
  ///   - expected: a tree with the names and shapes that the caller expects, in their order.
  /// - Throws: `CheckpointError.unexpectedArray` where an array is missing or has another shape or type.
  public func tree(_ group: String, like expected: ParameterTree) throws(CheckpointError) -> ParameterTree {
    var tensors: [Tensor] = []
    for (name, tensor) in zip(expected.names, expected.tensors) {
      let full = "\(group)/\(name)"
      guard let array = self[full] else {
        throw CheckpointError(.unexpectedArray(name: full, problem: "there is none"))
      }
      guard let stored = array.tensor, stored.shape == tensor.shape, stored.elementType == tensor.elementType else {
        throw CheckpointError(
          .unexpectedArray(
            name: full, problem: "\(array.elementType.rawValue) \(array.shape) instead of \(tensor.elementType) \(tensor.shape)"))
      }
      tensors.append(stored)
    }
    return expected.with(tensors)
  }
}
