import Autodiff
import Basics
import NeuralNetworks
import Tensors

/// What must hold for the end of a loop to be the solution of a condition that can be differentiated. Everything here is an error that
/// names the estimator and the option; a hypergradient of another problem's solution would look like any other.
extension InnerLoop {
  /// λ of the optimiser's weight decay, once the loop is known to have a fixed point of the usual kind.
  func decayOfFixedPoint(estimator: String) throws -> Double {
    if projection != nil {
      throw BilevelError.unsupported(
        estimator: estimator, what: "a projection",
        remedy: "the gradient is not zero at a bound; use exact or truncated, or state an optimality condition without it")
    }
    if !lossWeights.isEmpty {
      throw BilevelError.unsupported(
        estimator: estimator, what: "a multi-step outer loss",
        remedy: "it looks only at the end of the inner loop; use exact or first-order, or no loss weights")
    }
    guard case .stationary(let decay) = optimizer.fixedPoint else {
      throw BilevelError.unsupported(
        estimator: estimator, what: "the optimiser \(type(of: optimizer)), whose fixed point is not known",
        remedy: "state its fixedPoint, or use exact or truncated")
    }
    return decay
  }

  /// - Throws: where a learned rate is 0, so that its variable keeps what it started with.
  func requireRates<Problem: BilevelProblem>(
    _ problem: Problem, moving: [Int], outer: [Tensor], round: Int, estimator: String
  ) throws {
    guard let learnedRates else { return }
    for index in moving {
      let rates = learnedRates.rate(of: index, round: round, outer: outer)
      guard rates.doubles.contains(0) else { continue }
      throw BilevelError.unsupported(
        estimator: estimator, what: "a learned rate of 0 (of \(problem.innerName(index)))",
        remedy: "what does not move has no condition; use exact or truncated, or give the step of the whole variable the factor 0"
      )
    }
  }

  /// - Throws: where a stated condition leaves out what the loop adds to the inner loss.
  func requireNothingBeside(conditionOf estimator: String, decay: Double) throws {
    let added = decay != 0 ? "the optimiser's weight decay" : "a proximal term"
    guard decay != 0 || proximal != 0 else { return }
    throw BilevelError.unsupported(
      estimator: estimator, what: "\(added) beside a stated optimality condition",
      remedy: "write it into the inner loss and into the condition, and take it out of the loop")
  }

  /// - Throws: where the inner loss is another one from round to round, so that the loop's fixed point is that of none of them.
  func requireOneLoss<Problem: BilevelProblem>(
    _ problem: Problem, _ run: InnerRun, outer: [Tensor], estimator: String
  ) throws {
    guard run.rounds > 1, let first = run.losses.first else { return }
    func loss(_ inner: [Tensor], _ round: Int) throws -> Double { try objective(problem, inner, outer: outer, round: round).item }
    // Batches in turn differ between the last two rounds; what changes early and rests later, from the first one.
    let (end, last) = (run.state.inner, run.lastRound)
    let pairs = [(first, try loss(problem.initialInner(outer), last)), (try loss(end, last - 1), try loss(end, last))]
    // Recorded and plain evaluation may round differently.
    let tolerance = end.first?.elementType == .float32 ? 1e-4 : 1e-10
    for (a, b) in pairs where abs(a - b) > tolerance * max(abs(a), abs(b)) {
      throw BilevelError.unsupported(
        estimator: estimator, what: "an inner loss that changes from round to round, as batches and parameters of every step do",
        remedy: "use exact or truncated, take all of the data in every round, or state the optimality condition of the whole")
    }
  }
}

extension ImplicitSystem {
  /// Whether a stated condition has a symmetric Jacobian, by one random vector; the gradient of a loss has one in any case.
  func isSymmetric() throws -> Bool {
    guard let transposed else { return true }
    var generator = Philox(seed: 0, stream: "symmetry of an optimality condition", index: 0)
    let x = moving.map { index in
      let variable = inner[index]
      return Tensor(
        shape: variable.shape, converting: (0..<variable.count).map { _ in generator.nextNormal() }, to: variable.elementType)
    }
    let (back, forth) = (try matvec(x), try transposed(x))
    func size(_ a: [Tensor]) -> Double { a.reduce(0) { $0 + dot($1, $1).item }.squareRoot() }
    let tolerance = inner.first?.elementType == .float32 ? 1e-3 : 1e-8
    return size(zip(back, forth).map { $0 - $1 }) <= tolerance * size(forth)
  }
}
