import Autodiff
import Basics
import CellNetworks
import NeuralNetworks
import SearchStrategies
import Tensors

/// REINFORCE with a moving baseline on an LSTM controller, which draws an operation for every edge.
///
/// A reward is the accuracy on a validation batch with the shared weights, plus the weighted entropy of the decisions on the way. The
/// baseline moves before it is subtracted. The gradients of some architectures are averaged for each step of Adam.
///
/// Source: Williams, Machine Learning 8, 1992; Pham et al., "Efficient neural architecture search via parameter sharing", ICML 2018,
/// sections 2.2 and 2.3; constants, and that the entropy is part of the reward, as in the authors' code.
public struct PolicyGradient: Sendable {
  /// The controller's settings.
  public struct Settings: Hashable, Codable, Sendable {
    /// Units of the LSTM.
    public var hidden = 64
    /// Steps of Adam after every epoch of the weights.
    public var steps = 50
    /// Architectures for each step.
    public var batch = 20
    /// Adam's step size.
    public var learningRate = 0.0035
    /// The entropy's weight in the reward.
    public var entropyWeight = 1e-4
    /// The share of the moving baseline that stays with every reward.
    public var decay = 0.99
    /// The bound of the controller's logits, which keeps it from converging early; `nil` for none.
    public var bound: LogitBound? = LogitBound(constant: 2.5, temperature: 5)
    /// The norm that gradients are clipped to.
    public var gradientNorm = 5.0

    /// The defaults, most of them from ENAS; ``ENAS`` says which.
    public init() {}
  }

  /// The controller's size, its learning rate and the constants of its reward.
  public let settings: Settings
  /// Edges and operations of each table.
  private let tables: [(edges: Int, operations: Int)]
  private let policy: LSTMPolicy

  /// A controller for a network: an edge is a decision, in the order of the tables.
  public init(on network: any MixtureNetwork, settings: Settings = Settings()) {
    self.settings = settings
    tables = network.architectureLayout.entries.map { ($0.shape[0], $0.shape[1]) }
    policy = LSTMPolicy(
      counts: tables.flatMap { Array(repeating: $0.operations, count: $0.edges) }, hidden: settings.hidden,
      bound: settings.bound)
  }

  private var names: [String] { policy.shapes.indices.map { "controller.\($0)" } }

  /// The controller's first parameters, in Float64.
  public func initialParameters(seed: UInt64) -> ParameterTree {
    var generator = Philox(seed: seed, stream: "search/controller")
    return ParameterTree(names: names, tensors: policy.initialParameters(using: &generator))
  }

  /// The number of an operation for every edge, all tables one after the other.
  public func sample(_ parameters: [Tensor], using generator: inout Philox) -> [Int] {
    policy.sample(parameters, using: &generator)
  }

  /// Choices as mixtures of strength 1.
  public func mixtures(_ choices: [Int]) -> [EdgeMixture] {
    var rest = choices[...]
    return tables.map { table in
      defer { rest = rest.dropFirst(table.edges) }
      return .chosen(Array(rest.prefix(table.edges)), weights: .ones([table.edges]))
    }
  }

  /// How often each operation was drawn for each edge, as shares of some draws: one table `[edges, operations]` a table of the network.
  public func shares(_ parameters: [Tensor], draws: Int, using generator: inout Philox) -> [Tensor] {
    var counts = tables.map { Array(repeating: 0.0, count: $0.edges * $0.operations) }
    for _ in 0..<draws {
      var rest = sample(parameters, using: &generator)[...]
      for (place, table) in tables.enumerated() {
        for (edge, choice) in rest.prefix(table.edges).enumerated() {
          counts[place][edge * table.operations + choice] += 1 / Double(draws)
        }
        rest = rest.dropFirst(table.edges)
      }
    }
    return zip(tables, counts).map { Tensor(shape: [$0.edges, $0.operations], converting: $1, to: .float32) }
  }

  /// The loss whose gradient is that of REINFORCE: −log π(choices) · advantage, averaged over sequences.
  public func loss(_ sequences: [[Int]], advantages: [Double], _ parameters: [Tensor]) -> Tensor {
    let logarithms = policy.evaluate(sequences, parameters).logProbabilities.sum([1])
    return -1 * (logarithms * Tensor(shape: [advantages.count], converting: advantages, to: .float64)).sum()
      / Double(sequences.count)
  }

  /// Draws architectures, asks for their accuracies and takes a step.
  ///
  /// - Parameters:
  ///   - parameters: the controller's, which the step changes.
  ///   - optimizer: Adam's state, which the step changes.
  ///   - baseline: the moving average of rewards; `nil` before the first, which sets it.
  ///   - generator: draws the architectures.
  ///   - accuracy: of drawn mixtures on a validation batch, in 0...1.
  /// - Returns: the mean accuracy.
  public func step(
    _ parameters: inout ParameterTree, _ optimizer: inout OptimizerState, baseline: inout Double?,
    using generator: inout Philox, accuracy: ([EdgeMixture]) throws -> Double
  ) throws -> Double {
    var sequences: [[Int]] = []
    var advantages: [Double] = []
    var total = 0.0
    for _ in 0..<settings.batch {
      let choices = sample(parameters.tensors, using: &generator)
      let found = try accuracy(mixtures(choices))
      let reward = found + settings.entropyWeight * policy.evaluate([choices], parameters.tensors).entropy.item
      let moved = baseline.map { settings.decay * $0 + (1 - settings.decay) * reward } ?? reward
      baseline = moved
      sequences.append(choices)
      advantages.append(reward - moved)
      total += found
    }
    let slope = gradient(at: parameters.tensors) { loss(sequences, advantages: advantages, $0) }
    var step = parameters.with(slope)
    let norm = step.norm
    if norm > settings.gradientNorm { step = step * (settings.gradientNorm / norm) }
    (parameters, optimizer) = rule.step(parameters, gradient: step, state: optimizer)
    return total / Double(settings.batch)
  }

  /// The rule that the controller follows.
  public var rule: Adam { Adam(learningRate: settings.learningRate) }
}
