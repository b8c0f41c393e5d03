import Basics
import CellNetworks
import NeuralNetworks
import SearchStrategies
import Tensors

/// ENAS: a path that an LSTM controller draws trains the shared weights at every step; after each epoch the controller learns by REINFORCE
/// from validation accuracies with the shared weights. In the end the best of some drawn architectures is taken.
///
/// Learning rate and LSTM size are those of ENAS' authors; steps an epoch, architectures a step, the bound of logits and the 100
/// architectures in the end are those of NAS-Bench-201's authors. The LSTM has one layer, and an embedding of its own for each edge.
///
/// Source: Pham, Guan, Zoph, Le, Dean, "Efficient neural architecture search via parameter sharing", ICML 2018; Dong, Yang, ICLR 2020.
public struct ENAS: SupernetMethod {
  /// Units of the LSTM.
  public var hidden = 64
  /// Steps of the controller after every epoch of the weights.
  public var steps = 50
  /// Architectures for each step.
  public var batch = 20
  /// The controller's step size (Adam).
  public var learningRate = 0.0035
  /// The entropy's weight in the reward.
  public var entropyWeight = 1e-4
  /// The share of the moving baseline that stays with every reward.
  public var decay = 0.99
  /// Architectures that are drawn in the end.
  public var candidates = 100
  /// Of these, how many are judged on all validation images.
  public var finalists = 10

  /// ENAS with the settings above; change the properties for others.
  public init() {}

  /// Checks all eight settings.
  ///
  /// - Throws: `MethodError.badSetting` where a count is below 1 or beyond reason, the learning rate is not above 0, the entropy
  ///   weight is negative, or the decay is outside 0..<1.
  public func checkSettings() throws(MethodError) {
    for (setting, value, range) in [
      ("hidden", hidden, 1...4_096), ("steps", steps, 1...1_000_000), ("batch", batch, 1...100_000),
      ("candidates", candidates, 1...10_000_000), ("finalists", finalists, 1...10_000_000),
    ] { try requireSetting(value, setting, of: name, in: range, "from \(range.lowerBound) to \(range.upperBound)") }
    try requireSetting(learningRate, "learningRate", of: name, in: 1e-12...1e3, "above 0")
    try requireSetting(entropyWeight, "entropyWeight", of: name, in: 0...1e6, "0 or more")
    try requireSetting(decay, "decay", of: name, in: 0..<1, "at least 0 and below 1")
  }

  private var settings: PolicyGradient.Settings {
    var settings = PolicyGradient.Settings()
    (settings.hidden, settings.steps, settings.batch) = (hidden, steps, batch)
    (settings.learningRate, settings.entropyWeight, settings.decay) = (learningRate, entropyWeight, decay)
    return settings
  }

  /// `enas`.
  public var name: String { "enas" }
  /// The sampler and how it learns, for lists of methods.
  public var summary: String { "paths drawn by an LSTM controller that learns by REINFORCE" }

  /// The first parameters of the LSTM controller, in place of the network's tables θ.
  public func initialArchitecture(on network: any MixtureNetwork, seed: UInt64) -> ParameterTree {
    PolicyGradient(on: network, settings: settings).initialParameters(seed: seed)
  }

  /// One path, drawn by the controller from the parameters that the relaxation is given; the same path whenever it is called again.
  public func relaxation(on network: any MixtureNetwork, progress: Double, using generator: inout Philox) -> Relaxation {
    let policy = PolicyGradient(on: network, settings: settings)
    let key = generator.next()
    return { parameters in
      var own = Philox(seed: key, stream: "controller")
      return policy.mixtures(policy.sample(parameters, using: &own))
    }
  }

  /// Shares of 100 draws, for diagnostics.
  public func strengths(on network: any MixtureNetwork) -> Relaxation {
    let policy = PolicyGradient(on: network, settings: settings)
    return { parameters in
      var own = Philox(seed: 0, stream: "controller/shares")
      return policy.shares(parameters.map { $0.stopGradient() }, draws: 100, using: &own).map { .weighted($0) }
    }
  }

  /// REINFORCE on validation accuracies, after every epoch; no gradient passes through the supernet.
  public func learning(on network: any MixtureNetwork, rate: Double, weightDecay: Double) -> ArchitectureLearning {
    .rewards(PolicyGradient(on: network, settings: settings))
  }

  /// The best of ``candidates`` architectures that the controller draws, of which ``finalists`` see all validation images.
  public var selection: ArchitectureSelection { .best(of: candidates, finalists: finalists) }
}
