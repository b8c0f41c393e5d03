import Autodiff
import Basics
import Foundation
import NeuralNetworks
import SearchSpaces
import Tensors

/// The settings that both controllers share.
struct ControllerSettings: Sendable {
  var hidden: Int
  var batch: Int
  /// Steps of the optimiser on every batch.
  var updates: Int
  var clip: Double
  var learningRate: Double
  var entropyWeight: Double
  /// Of the baseline.
  var momentum: Double
}

/// A search by an LSTM controller: architectures are sampled from the policy, and after every batch of answers the policy takes some
/// steps.
///
/// The baseline is an exponential moving average of scores. Advantages are divided by the batch's standard deviation, so that
/// learning rates do not depend on whether scores are shares or percentages.
struct ControllerRun<Space: SearchSpace>: SearchStrategy {
  /// What a step of the policy needs of an answer.
  struct Experience: Codable, Sendable {
    var choices: [Int]
    var score: Double
  }

  struct State: Codable, Sendable {
    var generator: Philox
    var ledger = Ledger<Space.Architecture>()
    var parameters: PackedTensors
    var moments: [PackedTensors] = []
    var steps = 0
    var baseline: Double?
    var pending: [Experience] = []
  }

  let space: Space
  let epochs: Int
  let policy: LSTMPolicy
  let settings: ControllerSettings
  var state: State

  init(_ problem: SearchProblem<Space>, name: String, settings: ControllerSettings) {
    space = problem.space
    epochs = problem.epochs[0]
    policy = LSTMPolicy(counts: problem.space.decisions.map(\.choices.count), hidden: settings.hidden)
    self.settings = settings
    var generator = problem.generator(name)
    let parameters = policy.initialParameters(using: &generator)
    state = State(generator: generator, parameters: PackedTensors(parameters))
  }

  mutating func ask() -> Proposal<Space.Architecture>? {
    let parameters = state.parameters.tensors(shapes: policy.shapes)
    for _ in 0..<200 {
      let choices = policy.sample(parameters, using: &state.generator)
      if let found = space.architecture(choices: choices) { return state.ledger.propose(found, epochs: epochs) }
    }
    // A policy that has settled where nothing exists; what comes instead still teaches it.
    return state.ledger.propose(space.sample(using: &state.generator), epochs: epochs)
  }

  func flaw(in state: State) -> String? {
    let open = state.ledger
    guard open.count >= open.outstanding, open.isSound(in: space, epochs: [epochs]) else {
      return "'ledger' has proposals that are none"
    }
    guard ([state.parameters] + state.moments).allSatisfy({ $0.fits(shapes: policy.shapes) }) else {
      return "'parameters' or 'moments' are those of another space or size, or not finite"
    }
    guard state.moments.isEmpty || state.moments.count == 2, state.steps >= 0, state.baseline?.isFinite ?? true else {
      return "'moments', 'steps' or 'baseline' is impossible"
    }
    return state.pending.count < settings.batch && state.pending.allSatisfy { space.areChoices($0.choices) && $0.score.isFinite }
      ? nil : "'pending' has something that is no choice of \(space.name), or no score"
  }

  mutating func tell(_ evaluation: Evaluation<Space.Architecture>) {
    guard state.ledger.close(evaluation), let score = evaluation.score,
      let choices = try? space.choices(of: evaluation.proposal.architecture)
    else { return }
    state.pending.append(Experience(choices: choices, score: score))
    guard state.pending.count >= settings.batch else { return }
    learn()
    state.pending = []
  }

  private mutating func learn() {
    let scores = state.pending.map(\.score)
    let mean = scores.reduce(0, +) / Double(scores.count)
    let spread = (scores.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(scores.count)).squareRoot()
    let baseline = state.baseline.map { settings.momentum * $0 + (1 - settings.momentum) * mean } ?? mean
    state.baseline = baseline
    let advantages = scores.map { ($0 - baseline) / (spread + 1e-8) }
    let sequences = state.pending.map(\.choices)

    var parameters = ParameterTree(
      names: policy.shapes.indices.map { "controller.\($0)" }, tensors: state.parameters.tensors(shapes: policy.shapes))
    let optimizer = Adam(learningRate: settings.learningRate)
    var memory =
      state.moments.isEmpty
      ? optimizer.initialState(for: parameters)
      : OptimizerState(
        step: state.steps, moments: state.moments.map { parameters.with($0.tensors(shapes: policy.shapes)) })
    let old = policy.evaluate(sequences, parameters.tensors).logProbabilities
    for _ in 0..<settings.updates {
      let slope = gradient(at: parameters.tensors) { tensors in
        policy.loss(
          sequences, advantages: advantages, old: old, clip: settings.clip, entropyWeight: settings.entropyWeight, tensors)
      }
      (parameters, memory) = optimizer.step(parameters, gradient: parameters.with(slope), state: memory)
    }
    state.parameters = PackedTensors(parameters.tensors)
    state.moments = memory.moments.map { PackedTensors($0.tensors) }
    state.steps = memory.step
  }
}

/// Tensors of Float64 as bytes, which JSON holds more quickly than tens of thousands of numbers.
struct PackedTensors: Codable, Sendable {
  private let bytes: Data

  init(_ tensors: [Tensor]) {
    let words = tensors.flatMap(\.doubles).map(\.bitPattern.littleEndian)
    bytes = words.withUnsafeBytes { Data($0) }
  }

  /// Whether these are tensors of such shapes, all of whose numbers are finite.
  func fits(shapes: [[Int]]) -> Bool {
    guard bytes.count == shapes.reduce(0, { $0 + $1.reduce(8, *) }) else { return false }
    return bytes.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: 8).allSatisfy {
        Double(bitPattern: bytes.loadUnaligned(fromByteOffset: $0, as: UInt64.self).littleEndian).isFinite
      }
    }
  }

  /// The tensors, given their shapes; zeros where there are too few bytes, as in a state of another space.
  func tensors(shapes: [[Int]]) -> [Tensor] {
    bytes.withUnsafeBytes { bytes in
      var place = 0
      return shapes.map { shape in
        let count = shape.reduce(1, *)
        defer { place += 8 * count }
        let values = (0..<count).map { index -> Double in
          guard place + 8 * index + 8 <= bytes.count else { return 0 }
          return Double(bitPattern: bytes.loadUnaligned(fromByteOffset: place + 8 * index, as: UInt64.self).littleEndian)
        }
        return Tensor(shape: Shape(shape), converting: values, to: .float64)
      }
    }
  }
}
