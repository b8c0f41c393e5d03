import Basics
import SearchSpaces

/// An LSTM controller trained by proximal policy optimisation, as NASNet's.
///
/// The batch of 20 is the authors' minibatch; their learning rate of 3.5e-4 is for 20,000 architectures, the usual one here for
/// hundreds. A vector of choices that does not exist in the space is sampled again.
///
/// Source: Zoph, Vasudevan, Shlens, Le, CVPR 2018, section 3 and appendix; Schulman et al., 2017.
public struct LSTMPPO: SearchMethod {
  /// The strategy's name: `lstm-ppo`.
  public static let name = "lstm-ppo"
  /// A line for people.
  public static let summary = "an LSTM controller trained by proximal policy optimisation"

  /// Units of the LSTM.
  public var hidden = 64
  /// Architectures between two updates.
  public var batch = 20
  /// Steps of Adam on each batch.
  public var updates = 5
  /// How far the ratio of probabilities may move (ε).
  public var clip = 0.2
  /// Adam's step size.
  public var learningRate = 0.005
  /// The entropy's weight in the objective.
  public var entropyWeight = 1e-5
  /// The momentum of the baseline, a moving average of scores.
  public var momentum = 0.95

  /// The method with its usual settings.
  public init() {}

  /// A search whose controller is initialised from the problem's seed.
  ///
  /// - Throws: `MethodError.badSetting` for a setting that is out of its range, such as a batch of one.
  public func strategy<Space: SearchSpace>(
    for problem: SearchProblem<Space>
  ) throws(MethodError) -> any SearchStrategy<Space> {
    try require(updates, "updates", in: 1...10_000, "from 1 to 10000")
    try require(clip, "clip", in: 1e-6...1e6, "above 0")
    return try controller(
      problem,
      ControllerSettings(
        hidden: hidden, batch: batch, updates: updates, clip: clip, learningRate: learningRate, entropyWeight: entropyWeight,
        momentum: momentum))
  }
}

/// An LSTM controller trained by REINFORCE, as in the first neural architecture search and ENAS.
///
/// Source: Zoph, Le, ICLR 2017, section 3.2; Pham et al., "Efficient neural architecture search via parameter sharing", ICML 2018,
/// section 2.2, for learning rate and size.
public struct LSTMReinforce: SearchMethod {
  /// The strategy's name: `lstm-reinforce`.
  public static let name = "lstm-reinforce"
  /// A line for people.
  public static let summary = "an LSTM controller trained by REINFORCE"

  /// Units of the LSTM.
  public var hidden = 64
  /// Architectures for each step of Adam.
  public var batch = 5
  /// Adam's step size.
  public var learningRate = 0.01
  /// The entropy's weight in the objective.
  public var entropyWeight = 1e-4
  /// The momentum of the baseline, a moving average of scores.
  public var momentum = 0.95

  /// The method with its usual settings.
  public init() {}

  /// A search whose controller takes one step of Adam on every batch.
  ///
  /// - Throws: `MethodError.badSetting` for a setting that is out of its range, such as a batch of one.
  public func strategy<Space: SearchSpace>(
    for problem: SearchProblem<Space>
  ) throws(MethodError) -> any SearchStrategy<Space> {
    // One step at a ratio of 1: the gradient of the clipped objective is REINFORCE's.
    try controller(
      problem,
      ControllerSettings(
        hidden: hidden, batch: batch, updates: 1, clip: 0.2, learningRate: learningRate, entropyWeight: entropyWeight,
        momentum: momentum))
  }
}

extension SearchMethod {
  fileprivate func controller<Space: SearchSpace>(
    _ problem: SearchProblem<Space>, _ settings: ControllerSettings
  ) throws(MethodError) -> any SearchStrategy<Space> {
    try require(settings.hidden, "hidden", in: 1...4_096, "from 1 to 4096")
    try require(settings.batch, "batch", in: 2...100_000, "from 2 to 100000")
    try require(settings.learningRate, "learningRate", in: 1e-12...1e3, "above 0")
    try require(settings.entropyWeight, "entropyWeight", in: 0...1e6, "0 or more")
    try require(settings.momentum, "momentum", in: 0..<1, "at least 0 and below 1")
    return ControllerRun(problem, name: Self.name, settings: settings)
  }
}
