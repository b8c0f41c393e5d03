import NeuralNetworks

/// One gradient step of an inner loop: which inner variables move, and how fast.
public struct GradientStep: Sendable, Hashable {
  /// A factor for every inner variable, on top of the optimiser's learning rate; those with 0 stay as they are. Empty: 1 for all.
  public var rates: [Double]

  /// A step with a factor for every inner variable; empty for 1 everywhere.
  public init(rates: [Double]) { self.rates = rates }

  /// Every inner variable moves at the optimiser's learning rate.
  public static let everything = GradientStep(rates: [])

  /// The factor of a variable.
  func rate(_ index: Int) -> Double { rates.isEmpty ? 1 : rates[index] }

  /// The inner variables that move, of so many.
  func moving(of count: Int) -> [Int] { (0..<count).filter { rate($0) != 0 } }
}

/// An inner loop as a value: some gradient steps one after the other, and that several times over.
///
/// One step a round that moves everything is MAML's loop and T-NAS's simultaneous variant; two steps a round, the first moving the
/// weights and the second the architecture, is its alternating variant. An inner step is
/// `s ← P(s − η ρ ∘ d)` with the optimiser's direction d for the gradient of `g(s, ω) + λ/2 ‖s − s₀(ω)‖²`.
public struct InnerLoop: Sendable {
  /// Turns gradients into directions, with its learning rate η: `SGD`, with or without momentum, or
  /// `Adam`.
  public var optimizer: any InnerOptimizer
  /// The steps of one round.
  public var round: [GradientStep]
  /// The number of rounds, which papers call inner steps; with a stopping rule, the most there can be.
  public var rounds: Int
  /// Rates that are part of ω; `nil` where none are.
  public var learnedRates: LearnedRates?
  /// λ of the proximal term `λ/2 ‖s − s₀(ω)‖²` (iMAML, Rajeswaran et al. 2019, eq. 3); 0 for none.
  public var proximal: Double
  /// P, applied after every step; `nil` for none.
  public var projection: (any Projection)?
  /// When to stop before all rounds are done; `nil` for never.
  public var stopping: StoppingRule?
  /// The weights v of a multi-step outer loss `Σ_r v_r f(s_r, ω)`, one a round; empty for only the outer loss at the end.
  ///
  /// s_r are the inner variables after round r (MAML++, Antoniou et al. 2019, §4.1).
  public var lossWeights: [Double]
  /// What the optimiser remembers before the first step, where that is part of ω; `nil` for nothing.
  public var startingMoments: StartingMoments?

  /// A loop of plain gradient steps on all variables, unless told otherwise.
  ///
  /// - Parameters:
  ///   - optimizer: makes directions, with its learning rate η; plain SGD with η = 1 by default.
  ///   - round: the steps of one round.
  ///   - rounds: how many rounds there are, or can be at most with a stopping rule.
  ///   - learnedRates: where ω holds learning rates; they multiply η.
  ///   - proximal: λ of the proximal term, 0 or more.
  ///   - projection: applied after every step.
  ///   - stopping: when to stop before all rounds are done.
  ///   - lossWeights: one outer loss weight a round; empty for the outer loss at the end only.
  public init(
    _ optimizer: any InnerOptimizer = SGD(learningRate: 1), round: [GradientStep] = [.everything], rounds: Int,
    learnedRates: LearnedRates? = nil, proximal: Double = 0, projection: (any Projection)? = nil,
    stopping: StoppingRule? = nil, lossWeights: [Double] = []
  ) {
    self.optimizer = optimizer
    self.round = round
    self.rounds = rounds
    self.learnedRates = learnedRates
    self.proximal = proximal
    self.projection = projection
    self.stopping = stopping
    self.lossWeights = lossWeights
  }

  /// The same loop, whose optimiser begins with moments that are part of ω.
  public func starting(with moments: StartingMoments) -> InnerLoop {
    var loop = self
    loop.startingMoments = moments
    return loop
  }

  /// All steps in order.
  public var steps: [GradientStep] { (0..<rounds).flatMap { _ in round } }
}

/// When an inner loop has converged.
public enum StoppingRule: Sendable, Hashable {
  /// After the first round in which the Euclidean norm of every step's gradient is at most this.
  ///
  /// The proximal term and the optimiser's weight decay are part of the gradient. A projection is not: a loop that ends at a bound makes
  /// all its rounds.
  case gradientNorm(Double)
}
