import Basics
import NeuralNetworks
import Tensors

/// How the memory of a hypergradient grows with the steps of the inner loop.
public enum MemoryGrowth: Sendable, Hashable {
  /// No growth beyond so many steps.
  case flat(after: Int)
  /// No growth beyond so many steps but by the inner variables after every round whose outer loss counts.
  case roundEnds(after: Int)
  /// Growth by the state before every step.
  case checkpoints
  /// Growth by the same amount for every round, as a recorded graph has; how much is measured.
  case graph
}

/// How much memory a hypergradient will take, from one of a few rounds that is computed and measured.
///
/// The tensors of the short loop get memory of their own, so that the measured number is what they would add to a fresh process, with
/// all that allocation wastes. From there on it is arithmetic: nothing more (``MemoryGrowth/flat(after:)``), the bytes of the inner
/// variables for each further round that counts (``MemoryGrowth/roundEnds(after:)``) or of the state for each further step
/// (``MemoryGrowth/checkpoints``), or a straight line through two measured loops (``MemoryGrowth/graph``).
///
/// - Cost: two rounds of the loop and their hypergradient; for a graph, those and five rounds; for truncation, as many rounds as it
///   looks at.
public struct MemoryEstimate: Sendable, Hashable {
  /// Bytes that are resident in the process already; they stay.
  public var resident: Int
  /// Bytes that the tensors of one hypergradient of the whole loop add.
  public var task: Int
  /// The part of ``task`` that is kept of the inner steps, be it their states or their graphs.
  public var kept: Int
  /// Bytes that all tasks share: what an outer step adds, where the caller knows; otherwise 0.
  public var shared: Int

  /// An estimate of known parts, all in bytes.
  public init(resident: Int, task: Int, kept: Int, shared: Int = 0) {
    self.resident = resident
    self.task = task
    self.kept = kept
    self.shared = shared
  }

  /// The most that will be resident in the process, in bytes.
  ///
  /// - Parameter tasks: hypergradients that are computed at once, one a thread.
  public func peak(tasks: Int = 1) -> Int { resident + task * max(1, tasks) + shared }
}

extension MemoryEstimate {
  /// The rounds whose hypergradient is measured.
  private static let measuredRounds = 2
  /// Rounds of the longer one of two measured loops.
  private static let longerRounds = 5

  /// Measures a short loop and works out the whole.
  ///
  /// Where a loop may stop before its last round, it is taken not to.
  /// - Parameters:
  ///   - estimator: computes the hypergradient.
  ///   - problem: the bilevel problem: its losses and initial inner variables.
  ///   - loop: the whole inner loop, with all its rounds.
  ///   - outer: the outer variables to take the hypergradient at.
  ///   - inBatch: whether the result is kept while others like it are computed. It then lies between their buffers, which as
  ///     large ones need neighbouring memory.
  /// - Throws: what the estimator throws for the short loop.
  public init<Problem: BilevelProblem>(
    _ estimator: any HypergradientEstimator, of problem: Problem, loop: InnerLoop, at outer: [Tensor], inBatch: Bool = false
  ) throws {
    let resident = ProcessMemory.resident ?? 0
    let growth = estimator.memoryGrowth(in: loop)
    func measured(_ rounds: Int) throws -> Int {
      try Self.measure(estimator, problem, loop.shortened(to: rounds), outer, count: inBatch ? 2 : 1)
    }
    var short = min(max(0, loop.rounds), Self.measuredRounds)
    switch growth {
    case .flat(let after) where !loop.round.isEmpty, .roundEnds(let after) where !loop.round.isEmpty:
      short = min(max(0, loop.rounds), Self.measuredRounds + (after + loop.round.count - 1) / loop.round.count)
    default: break
    }
    let base = try measured(short)
    var (task, kept) = (base, 0)
    switch growth {
    case .flat: break
    case .roundEnds:
      let end = loop.roundEndBytes(at: problem.initialInner(outer))
      kept = end * loop.keptRoundEnds
      task = base + end * (loop.keptRoundEnds - loop.shortened(to: short).keptRoundEnds)
    case .checkpoints:
      let round = loop.stateBytes(at: problem.initialInner(outer))
      kept = round * max(0, loop.rounds)
      task = base + round * (max(0, loop.rounds) - short)
    case .graph:
      guard loop.rounds > 0 else { break }
      let round = max(0, try measured(Self.longerRounds) - base) / (Self.longerRounds - short)
      kept = round * loop.rounds
      task = base + round * (loop.rounds - short)
    }
    self.init(resident: resident, task: task, kept: kept)
  }

  private static func measure<Problem: BilevelProblem>(
    _ estimator: any HypergradientEstimator, _ problem: Problem, _ loop: InnerLoop, _ outer: [Tensor], count: Int
  ) throws -> Int {
    try MeasuredPool.bytes {
      var results: [[Tensor]] = []
      do {
        for _ in 0..<count { results.append(try estimator.hypergradient(of: problem, loop: loop, at: outer).gradient) }
      } catch BilevelError.disconnected {
        // What only later rounds reach; found after everything has been computed.
      } catch BilevelError.unseen {
      }
    }
  }
}

extension InnerLoop {
  /// The loop with fewer rounds, all of which it does.
  fileprivate func shortened(to rounds: Int) -> InnerLoop {
    var short = self
    short.rounds = rounds
    short.stopping = nil
    short.lossWeights = Array(lossWeights.suffix(rounds))
    return short
  }

  /// The bytes that stay in memory where the state before every step of a round is kept: the variables that the step moves, what the
  /// optimiser remembers of them and, but for a plain gradient step, their gradient.
  func stateBytes(at inner: [Tensor]) -> Int {
    let copies = 1 + optimizer.momentCount + (isPlain ? 0 : 1)
    return round.flatMap { $0.moving(of: inner.count) }.reduce(0) { sum, index in
      sum + copies * Tensor.occupiedBytes(inner[index].shape, inner[index].elementType)
    }
  }
}

extension InnerLoop {
  /// The rounds before the last one whose outer loss counts.
  fileprivate var keptRoundEnds: Int { lossWeights.dropLast().count { $0 != 0 } }

  /// The bytes that stay in memory where the inner variables after a round are kept: those of the variables that the round moves.
  fileprivate func roundEndBytes(at inner: [Tensor]) -> Int {
    Set(round.flatMap { $0.moving(of: inner.count) }).reduce(0) { sum, index in
      sum + Tensor.occupiedBytes(inner[index].shape, inner[index].elementType)
    }
  }
}

extension HypergradientEstimator {
  /// Growth by the same amount a round, measured: right for any estimator that grows evenly.
  public func memoryGrowth(in loop: InnerLoop) -> MemoryGrowth { .graph }

  /// How much memory the hypergradient of a problem will take; see ``MemoryEstimate``.
  ///
  /// - Parameters:
  ///   - problem: the bilevel problem: its losses and initial inner variables.
  ///   - loop: the whole inner loop, with all its rounds.
  ///   - outer: the outer variables to take the hypergradient at.
  ///   - inBatch: whether the result is kept while others like it are computed.
  /// - Throws: what the estimator throws for a loop of a few rounds.
  public func memoryEstimate<Problem: BilevelProblem>(
    of problem: Problem, loop: InnerLoop, at outer: [Tensor], inBatch: Bool = false
  ) throws -> MemoryEstimate {
    try MemoryEstimate(self, of: problem, loop: loop, at: outer, inBatch: inBatch)
  }
}

extension UnrolledRematerialized {
  /// Growth by the state before every step.
  public func memoryGrowth(in loop: InnerLoop) -> MemoryGrowth { .checkpoints }
}

extension Truncated {
  /// No growth after the last K steps; by the ends of rounds with a multi-step outer loss.
  public func memoryGrowth(in loop: InnerLoop) -> MemoryGrowth { loop.growthOfRoundEnds(after: max(0, steps)) }
}

extension InnerLoop {
  /// How the memory of an estimator grows that keeps so many of the last steps, and the ends of the rounds that count.
  fileprivate func growthOfRoundEnds(after steps: Int) -> MemoryGrowth {
    lossWeights.isEmpty ? .flat(after: steps) : .roundEnds(after: steps)
  }
}

extension FirstOrder {
  /// No growth; by the states with learned rates, learned moments or a multi-step outer loss.
  public func memoryGrowth(in loop: InnerLoop) -> MemoryGrowth {
    loop.learnedRates == nil && loop.startingMoments == nil && loop.lossWeights.isEmpty ? .flat(after: 0) : .checkpoints
  }
}

extension FiniteDifference {
  /// No growth, as only the last step counts; by the ends of rounds with a multi-step outer loss.
  public func memoryGrowth(in loop: InnerLoop) -> MemoryGrowth { loop.growthOfRoundEnds(after: 0) }
}

extension T1T2 {
  /// No growth, as only the last step counts; by the ends of rounds with a multi-step outer loss.
  public func memoryGrowth(in loop: InnerLoop) -> MemoryGrowth { loop.growthOfRoundEnds(after: 0) }
}

extension SAMA {
  /// No growth, as only the last step counts; by the ends of rounds with a multi-step outer loss.
  public func memoryGrowth(in loop: InnerLoop) -> MemoryGrowth { loop.growthOfRoundEnds(after: 0) }
}

extension ForwardMode {
  /// No growth: tangents are carried along.
  public func memoryGrowth(in loop: InnerLoop) -> MemoryGrowth { .flat(after: 0) }
}

extension Neumann {
  /// No growth: only the end of the loop counts.
  public func memoryGrowth(in loop: InnerLoop) -> MemoryGrowth { .flat(after: 0) }
}

extension ImplicitDifferentiation {
  /// No growth: only the end of the loop counts.
  public func memoryGrowth(in loop: InnerLoop) -> MemoryGrowth { .flat(after: 0) }
}

extension EvolutionStrategies {
  /// No growth: nothing is kept of an inner loop but its loss.
  public func memoryGrowth(in loop: InnerLoop) -> MemoryGrowth { .flat(after: 0) }
}
