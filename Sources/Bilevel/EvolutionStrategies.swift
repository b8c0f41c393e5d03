import Autodiff
import Basics
import Tensors

/// The gradient of the outer loss smoothed by a Gaussian, only from its values: `1/(2σP) Σ_p (F(ω + σε_p) − F(ω − σε_p)) ε_p`.
///
/// Only the inner loop differentiates, and only the inner loss: the outer loss may be an accuracy. The directions are a function of the
/// seed, of ω and of F(ω): a training is reproducible and yet draws new ones at every step.
///
/// - Cost: 2P + 1 inner loops for P pairs. Memory: one gradient of the inner loss.
/// - Bias: `O(σ²)`, none for a quadratic F. Variance: the relative error is about `√((m + 1)/P)` for m outer numbers.
/// - Source: Salimans et al. 2017 (eq. 1, antithetic pairs); for meta-learning Song et al. 2020 (ES-MAML).
public struct EvolutionStrategies: HypergradientEstimator {
  /// P, the pairs of points at which the outer loss is evaluated.
  public var pairs: Int
  /// The standard deviation σ, in units of ω.
  public var deviation: Double
  /// Determines the directions.
  public var seed: UInt64

  /// Evolution strategies with antithetic pairs.
  ///
  /// - Parameters:
  ///   - pairs: P; fewer than 1 count as 1.
  ///   - deviation: σ, in units of ω; not 0.
  ///   - seed: determines the directions, together with ω and F(ω).
  public init(pairs: Int = 64, deviation: Double = 0.01, seed: UInt64 = 0) {
    self.pairs = pairs
    self.deviation = deviation
    self.seed = seed
  }

  /// `evolution-strategies`.
  public var name: String { "evolution-strategies" }

  /// Evaluates the outer loss at ω and at P pairs of points around it.
  ///
  /// - Throws: ``BilevelError`` where the deviation is 0 or not finite, a loss is not finite or something does not fit, and what the
  ///   problem's losses throw.
  public func hypergradient<Problem: BilevelProblem>(
    of problem: Problem, loop: InnerLoop, at outer: [Tensor]
  ) throws -> Hypergradient<Problem.Report> {
    guard deviation.isFinite, deviation != 0 else {
      throw BilevelError.unsupported(
        estimator: name, what: "a deviation of \(deviation)", remedy: "give it a number above 0, such as 0.01")
    }
    let (loss, report, run) = try loop.outerObjective(problem, outer)
    var generator = Philox(seed: seed, stream: "evolution strategies", index: key(outer, loss.item))
    var gradient = outer.map { Tensor.zeros(like: $0) }
    for _ in 0..<max(1, pairs) {
      let directions = outer.map { tensor in
        Tensor(shape: tensor.shape, converting: (0..<tensor.count).map { _ in generator.nextNormal() }, to: tensor.elementType)
      }
      func value(_ sign: Double) throws -> Double {
        let moved = zip(outer, directions).map { addScaled($0, $1, scale: sign * deviation) }
        return try loop.outerObjective(problem, moved).loss.item
      }
      let slope = (try value(1) - value(-1)) / (2 * deviation * Double(max(1, pairs)))
      gradient = zip(gradient, directions).map { addScaled($0, $1, scale: slope) }
    }
    return Hypergradient(
      outerLoss: loss.item, report: report, gradient: gradient, innerLosses: run.losses, inner: run.state.inner)
  }

  /// FNV-1a over ω and the outer loss.
  private func key(_ outer: [Tensor], _ loss: Double) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    func add(_ value: Double) { hash = (hash ^ value.bitPattern) &* 0x100_0000_01b3 }
    for tensor in outer { tensor.doubles.forEach(add) }
    add(loss)
    return hash
  }
}
