import ArgumentParser
import DifferentiableSearch
import Foundation
import Optimizers
import Supernets
import Tensors

/// A search's state as a file, written after every epoch.
struct SearchCheckpoint: Codable {
  private struct Tree: Codable {
    var names: [String]
    var shapes: [[Int]]
    /// Float32, little-endian.
    var values: [Data]

    init(_ tree: ParameterTree) {
      names = tree.names
      shapes = tree.tensors.map(\.shape.array)
      values = tree.tensors.map { Data($0.bytes) }
    }

    func tree() throws -> ParameterTree {
      let tensors = zip(shapes, values).compactMap { Tensor(shape: Shape($0), elementType: .float32, bytes: $1) }
      guard tensors.count == names.count else { throw ValidationError("a checkpoint is damaged; remove its folder") }
      return ParameterTree(names: names, tensors: tensors)
    }
  }

  private struct Moments: Codable {
    var step: Int
    var trees: [Tree]

    init(_ state: OptimizerState) {
      step = state.step
      trees = state.moments.map(Tree.init)
    }

    func state() throws -> OptimizerState { OptimizerState(step: step, moments: try trees.map { try $0.tree() }) }
  }

  private var weights, architecture: Tree
  private var weightOptimizer, architectureOptimizer: Moments
  var epochs: Int

  init<Model: MixtureNetwork>(_ state: DifferentiableSearch<Model>.State) {
    weights = Tree(state.weights)
    architecture = Tree(state.architecture)
    weightOptimizer = Moments(state.weightOptimizer)
    architectureOptimizer = Moments(state.architectureOptimizer)
    epochs = state.epochs
  }

  func state<Model: MixtureNetwork>(of model: Model) throws -> DifferentiableSearch<Model>.State {
    let (weights, architecture) = (try weights.tree(), try architecture.tree())
    if let problem = model.weightLayout.mismatch(with: weights) ?? model.architectureLayout.mismatch(with: architecture) {
      throw ValidationError("a checkpoint is of another network: \(problem); remove its folder")
    }
    return DifferentiableSearch<Model>.State(
      weights: weights, architecture: architecture, weightOptimizer: try weightOptimizer.state(),
      architectureOptimizer: try architectureOptimizer.state(), epochs: epochs)
  }
}
