import ArchPrior
import TestSupport

/// `g = ½ sᵀA s − w_r sᵀB ω`, `f = ½‖s − c‖² + ½ρ‖ω‖²`, `s₀ = C ω + c₀`: all that an inner loop does to it is affine in s, m and ω.
/// The first tensor of ω is that ω; rates and moments follow.
struct OptionProblem: BilevelProblem {
  var a = Dense.symmetric("options A", eigenvalues: [0.5, 0.8, 1.2, 1.6, 2])
  let b = Dense.random("options B", 5, 3)
  let c = FixtureValues.values("options c", count: 5)
  let startSlope = Dense.random("options C", 5, 3)
  let startOffset = FixtureValues.values("options start", count: 5)
  let rho = 0.3
  /// w_r in rounds 0, 1, 0, 1, …
  var weights = [1.0, 1]
  /// Q of a stated condition `Q (A s − B ω) = 0`; `nil` for none.
  var stated: Dense?

  static let point = [0.7, -0.4, 1.1]
  static let shapes: [Shape] = [[2], [1, 3]]
  /// Elements of the two inner variables.
  static let parts = [0..<2, 2..<5]

  func column(_ tensors: [Tensor]) -> Tensor { concatenate(tensors.map { $0.reshaped(to: [$0.count, 1]) }, axis: 0) }

  private func variables(_ column: Tensor) -> [Tensor] {
    let flat = column.reshaped(to: [5])
    return zip(Self.parts, Self.shapes).map { flat.slice(axis: 0, from: $0.lowerBound, count: $0.count).reshaped(to: $1) }
  }

  func initialInner(_ outer: [Tensor]) -> [Tensor] {
    variables(matmul(startSlope.tensor, column([outer[0]])) + Tensor(shape: [5, 1], startOffset))
  }

  func innerLoss(_ inner: [Tensor], outer: [Tensor]) -> Tensor { innerLoss(inner, outer: outer, round: 0) }

  func innerLoss(_ inner: [Tensor], outer: [Tensor], round: Int) -> Tensor {
    let (s, omega) = (column(inner), column([outer[0]]))
    return 0.5 * (s * matmul(a.tensor, s)).sum() - weights[round % 2] * (s * matmul(b.tensor, omega)).sum()
  }

  func outerLoss(_ inner: [Tensor], outer: [Tensor]) -> (loss: Tensor, report: Void) {
    (0.5 * (column(inner) - Tensor(shape: [5, 1], c)).squared().sum() + (0.5 * rho) * outer[0].squared().sum(), ())
  }

  func optimality(_ inner: [Tensor], outer: [Tensor]) -> [Tensor]? {
    guard let stated else { return nil }
    return variables(
      matmul(stated.tensor, matmul(a.tensor, column(inner)) - matmul(b.tensor, column([outer[0]]))))
  }
}

/// Decay beside the gradient's direction instead of in it (Loshchilov & Hutter 2019), on plain descent with a clipped gradient: an optimiser of a
/// user's, of whose fixed point nobody has said anything.
struct DecoupledDecay: InnerOptimizer {
  let learningRate = 0.3
  let momentCount = 0
  func direction(
    _ gradient: Tensor, at parameter: Tensor, moments: [Tensor], stepsDone: Int
  ) -> (direction: Tensor, moments: [Tensor]) {
    (addScaled(gradient, parameter, scale: 0.5), [])
  }
}

/// An option of the inner loop, the update that it makes in numbers, and which estimators refuse it.
struct InnerOptionCase: Sendable, CustomStringConvertible {
  /// `ĝ = ∇g + p (s − s₀) + λ s`, `m' = a m + b ĝ`, `s' = P(s − κ R (e ĝ + h m'))`.
  struct Update: Sendable {
    var rate: Double
    var keep = 0.0
    var take = 0.0
    var direct = 1.0
    var through = 0.0
  }

  /// The row of the table.
  let description: String
  let loop: InnerLoop
  var update: Update
  var decay = 0.0
  var problem = OptionProblem()
  /// Rates that are part of ω, or moments.
  var extras: [Tensor] = []
  /// The linearised update holds only at the fixed point: enough rounds, and nothing is compared before.
  var onlyConverged = false
  /// What the error of an estimator that refuses says of the option: `nil` for one that does not.
  var refusal: @Sendable (ClosedFormRow) -> String? = { _ in nil }

  var outer: [Tensor] { [Tensor(shape: [3], OptionProblem.point)] + extras }

  static func refusedByImplicit(_ phrase: String) -> @Sendable (ClosedFormRow) -> String? {
    { $0.differentiatesTheEnd ? phrase : nil }
  }

  static let moments = zip(OptionProblem.shapes, ["u", "v"]).map { FixtureValues.tensor("options moment \($1)", $0) }

  static func cases(rounds: Int) -> [InnerOptionCase] {
    optimizers(rounds) + parts(rounds) + learned(rounds) + ends(rounds) + conditions(rounds)
  }

  /// Optimisers and weight decay.
  private static func optimizers(_ rounds: Int) -> [InnerOptionCase] {
    let adam = Adam(learningRate: 0.3, beta1: 0.5, beta2: 0.5, epsilon: 1, weightDecay: 0)
    let adamUpdate = Update(rate: 0.3, keep: 0.5, take: 0.5, direct: 0, through: 1)
    let refusedAdam: @Sendable (ClosedFormRow) -> String? = { $0.isNeumann ? "the rate of Adam" : nil }
    return [
      InnerOptionCase(
        description: "plain descent", loop: InnerLoop(SGD(learningRate: 0.3), rounds: rounds), update: Update(rate: 0.3)),
      InnerOptionCase(
        description: "weight decay", loop: InnerLoop(SGD(learningRate: 0.3, weightDecay: 0.4), rounds: rounds),
        update: Update(rate: 0.3), decay: 0.4),
      InnerOptionCase(
        description: "momentum", loop: InnerLoop(SGD(learningRate: 0.3, momentum: 0.5), rounds: rounds),
        update: Update(rate: 0.3, keep: 0.5, take: 1, direct: 0, through: 1)),
      InnerOptionCase(
        description: "Nesterov's momentum, weight decay",
        loop: InnerLoop(SGD(learningRate: 0.2, momentum: 0.5, nesterov: true, weightDecay: 0.4), rounds: rounds),
        update: Update(rate: 0.2, keep: 0.5, take: 1, direct: 1, through: 0.5), decay: 0.4),
      InnerOptionCase(
        description: "Adam", loop: InnerLoop(adam, rounds: rounds), update: adamUpdate, onlyConverged: true,
        refusal: refusedAdam),
      InnerOptionCase(
        description: "Adam, weight decay",
        loop: InnerLoop(Adam(learningRate: 0.3, beta1: 0.5, beta2: 0.5, epsilon: 1, weightDecay: 0.4), rounds: rounds),
        update: adamUpdate, decay: 0.4, onlyConverged: true, refusal: refusedAdam),
      InnerOptionCase(
        description: "an optimiser whose fixed point is not stated (decoupled decay, clipping)",
        loop: InnerLoop(DecoupledDecay(), rounds: rounds), update: Update(rate: 0.3), decay: 0.5,
        refusal: {
          $0.isNeumann ? "DecoupledDecay" : $0.differentiatesTheEnd ? "the optimiser DecoupledDecay" : nil
        }),
    ]
  }

  /// Proximal terms, and steps for parts of the variables.
  private static func parts(_ rounds: Int) -> [InnerOptionCase] {
    [
      InnerOptionCase(
        description: "proximal term", loop: InnerLoop(SGD(learningRate: 0.3), rounds: rounds, proximal: 0.6),
        update: Update(rate: 0.3)),
      InnerOptionCase(
        description: "proximal term, weight decay, momentum",
        loop: InnerLoop(SGD(learningRate: 0.2, momentum: 0.4, weightDecay: 0.5), rounds: rounds, proximal: 0.6),
        update: Update(rate: 0.2, keep: 0.4, take: 1, direct: 0, through: 1), decay: 0.5),
      InnerOptionCase(
        description: "steps for parts of the variables, weight decay",
        loop: InnerLoop(
          SGD(learningRate: 0.3, weightDecay: 0.4),
          round: [GradientStep(rates: [1, 0]), GradientStep(rates: [0, 0.8])], rounds: rounds), update: Update(rate: 0.3),
        decay: 0.4),
      InnerOptionCase(
        description: "a variable that rests, weight decay",
        loop: InnerLoop(
          SGD(learningRate: 0.3, weightDecay: 0.4), round: [GradientStep(rates: [1, 0])], rounds: rounds),
        update: Update(rate: 0.3),
        decay: 0.4),
    ]
  }

  /// What is part of ω besides the problem's own.
  private static func learned(_ rounds: Int) -> [InnerOptionCase] {
    let perParameter = OptionProblem.shapes.map { FixtureValues.tensor("options rates \($0)", $0) * 0.1 + 0.3 }
    let steps = Tensor(shape: [1], [3.0])
    return [
      InnerOptionCase(
        description: "learned rates, weight decay",
        loop: InnerLoop(
          SGD(learningRate: 1, weightDecay: 0.4), rounds: rounds, learnedRates: LearnedRates(.perParameter, first: 1)),
        update: Update(rate: 1), decay: 0.4, extras: perParameter),
      InnerOptionCase(
        description: "learned rates of every round",
        loop: InnerLoop(SGD(learningRate: 1), rounds: rounds, learnedRates: LearnedRates(.perRound, first: 1)),
        update: Update(rate: 1), extras: [Tensor(shape: [2], [0.3, 0.35]), Tensor(shape: [2], [0.25, 0.4])]),
      InnerOptionCase(
        description: "a learned rate of 0",
        loop: InnerLoop(SGD(learningRate: 1), rounds: rounds, learnedRates: LearnedRates(.perParameter, first: 1)),
        update: Update(rate: 1), extras: [Tensor(shape: [2], [0.3, 0]), perParameter[1]],
        refusal: refusedByImplicit("a learned rate of 0")),
      InnerOptionCase(
        description: "starting moments",
        loop: InnerLoop(
          SGD(learningRate: 0.3, momentum: 0.5), rounds: rounds
        ).starting(with: StartingMoments(first: 1, moment: 0)),
        update: Update(rate: 0.3, keep: 0.5, take: 1, direct: 0, through: 1), extras: moments + [steps]),
    ]
  }

  /// Projections, stopping rules, outer losses of several steps, losses that change.
  private static func ends(_ rounds: Int) -> [InnerOptionCase] {
    var batches = OptionProblem()
    batches.weights = [0.8, 1.3]
    return [
      InnerOptionCase(
        description: "box that holds",
        loop: InnerLoop(SGD(learningRate: 0.3), rounds: rounds, projection: BoxProjection(from: -0.3, to: 0.4)),
        update: Update(rate: 0.3), refusal: refusedByImplicit("a projection")),
      InnerOptionCase(
        description: "ball that holds",
        loop: InnerLoop(SGD(learningRate: 0.3), rounds: rounds, projection: BallProjection(radius: 0.5)),
        update: Update(rate: 0.3), onlyConverged: true, refusal: refusedByImplicit("a projection")),
      InnerOptionCase(
        description: "stopping rule, weight decay",
        loop: InnerLoop(
          SGD(learningRate: 0.3, weightDecay: 0.4), rounds: rounds, stopping: .gradientNorm(1e-13)), update: Update(rate: 0.3),
        decay: 0.4),
      InnerOptionCase(
        description: "outer loss of several steps",
        loop: InnerLoop(
          SGD(learningRate: 0.3, weightDecay: 0.4), rounds: rounds,
          lossWeights: (0..<rounds).map { $0 == rounds - 1 ? 0.6 : $0 == rounds - 3 ? 0.4 : 0 }), update: Update(rate: 0.3),
        decay: 0.4,
        refusal: refusedByImplicit("a multi-step outer loss")),
      InnerOptionCase(
        description: "inner loss that changes with the round", loop: InnerLoop(SGD(learningRate: 0.3), rounds: rounds),
        update: Update(rate: 0.3), problem: batches, refusal: refusedByImplicit("changes from round to round")),
    ]
  }

  /// Optimality conditions that the problem states itself.
  private static func conditions(_ rounds: Int) -> [InnerOptionCase] {
    var stated = OptionProblem()
    stated.stated = Dense.random("options Q", 5, 5) + Dense.identity(5) * 2
    return [
      InnerOptionCase(
        description: "stated optimality condition", loop: InnerLoop(SGD(learningRate: 0.3), rounds: rounds),
        update: Update(rate: 0.3),
        problem: stated, refusal: { $0.needsSymmetry ? "not symmetric" : nil }),
      InnerOptionCase(
        description: "stated optimality condition, weight decay",
        loop: InnerLoop(SGD(learningRate: 0.3, weightDecay: 0.4), rounds: rounds), update: Update(rate: 0.3), decay: 0.4,
        problem: stated, refusal: refusedByImplicit("weight decay beside a stated optimality condition")),
      InnerOptionCase(
        description: "stated optimality condition, proximal term",
        loop: InnerLoop(SGD(learningRate: 0.3), rounds: rounds, proximal: 0.6), update: Update(rate: 0.3),
        problem: stated, refusal: refusedByImplicit("proximal term beside a stated optimality condition")),
    ]
  }
}
