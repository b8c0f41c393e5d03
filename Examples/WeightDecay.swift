import ArchPrior
import ArgumentParser
import Foundation

/// A weight decay for every parameter of a linear classifier: ω holds their logarithms, as many as there are weights.
///
/// Where the loss is smallest does not depend on where the loop starts, so implicit differentiation fits; the hypergradient is
/// `−e^r w ∘ H⁻¹ ∇f`, for thousands of hyperparameters at the price of one linear solve.
struct WeightDecayProblem: BilevelProblem {
  var train: ImageRows
  var validation: ImageRows
  /// The last solution: what the next outer step starts from.
  var start: [Tensor]

  func initialInner(_ outer: [Tensor]) -> [Tensor] { start }
  func innerLoss(_ w: [Tensor], outer: [Tensor]) -> Tensor {
    softmaxCrossEntropy(linear(w, train.x), targets: train.targets) + (outer[0].exp() * w[0].squared()).sum() * 0.5
      + w[1].squared().sum() * 0.005
  }
  func outerLoss(_ w: [Tensor], outer: [Tensor]) -> (loss: Tensor, report: Double) {
    (
      softmaxCrossEntropy(linear(w, validation.x), targets: validation.targets),
      validation.accuracy(of: w.map { $0.stopGradient() })
    )
  }
  func outerName(_ index: Int) -> String { "logarithms of weight decays" }
}

struct WeightDecay: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "weight-decay", abstract: "One weight decay a parameter, against the best single one of a grid.")

  @OptionGroup var images: ImageOptions
  @OptionGroup var results: ResultOptions
  @Option(help: "Training images.") var train = 300
  @Option(help: "Validation images.") var validation = 1000
  @Option(help: "Outer steps.") var steps = 40
  @Option(help: "Seeds, from 1.") var seeds = 5

  static let grid = (-8...2).map { pow(10, Double($0) / 2) }
  static let loop = InnerLoop(SGD(learningRate: 0.04, momentum: 0.9), rounds: 1000, stopping: .gradientNorm(2e-3))

  /// Test accuracies of one seed.
  struct Outcome {
    /// The best single decay by validation loss, and the accuracy with it.
    var decay, single: Double
    /// The same decay, trained on training and validation set together.
    var together: Double
    /// A decay for each parameter.
    var learned: Double
    var validationLosses: [Double]
  }

  /// A classifier trained with given decays.
  static func fit(_ problem: WeightDecayProblem, _ logarithms: Tensor) throws -> [Tensor] {
    try loop.run(problem, from: problem.start, outer: [logarithms]).inner
  }

  static func outcome(_ train: ImageRows, _ validation: ImageRows, _ test: ImageRows, steps: Int) throws -> Outcome {
    var problem = WeightDecayProblem(train: train, validation: validation, start: linearStart(train))
    let shape = problem.start[0].shape
    let tried = try grid.map { decay -> (decay: Double, loss: Double, w: [Tensor]) in
      let w = try fit(problem, Tensor(repeating: log(decay), shape: shape))
      return (decay, problem.outerLoss(w, outer: []).loss.item, w)
    }
    guard let best = tried.min(by: { $0.loss < $1.loss }) else { throw ValidationError("no decay was tried") }
    let all = WeightDecayProblem(train: train + validation, validation: test, start: problem.start)
    let together = try fit(all, Tensor(repeating: log(best.decay), shape: shape))

    let estimator = ImplicitDifferentiation(ConjugateGradient(iterations: 20, tolerance: 1e-3))
    let optimizer = Adam(learningRate: 0.1)
    var decays = ParameterTree(names: ["decay"], tensors: [Tensor(repeating: log(best.decay), shape: shape)])
    var state = optimizer.initialState(for: decays)
    problem.start = best.w
    var losses: [Double] = []
    for _ in 0..<steps {
      let step = try estimator.hypergradient(of: problem, loop: loop, at: decays.tensors)
      losses.append(step.outerLoss)
      problem.start = step.inner
      (decays, state) = optimizer.step(decays, gradient: decays.with(step.gradient), state: state)
    }
    let learned = try fit(problem, decays.tensors[0])
    losses.append(problem.outerLoss(learned, outer: []).loss.item)
    return Outcome(
      decay: best.decay, single: test.accuracy(of: best.w), together: test.accuracy(of: together),
      learned: test.accuracy(of: learned), validationLosses: losses)
  }

  func run() throws {
    let dataset = try images.dataset()
    let outcomes = try (1..<seeds + 1).map { seed in
      let rows = ImageRows(dataset, seed: UInt64(seed))
      return try Self.outcome(
        rows[0..<train], rows[train..<train + validation], rows[train + validation..<rows.labels.count], steps: steps)
    }
    func losses(_ choose: ([Double]) -> Double) throws -> String {
      String(format: "%.3f", try Sample(outcomes.map { choose($0.validationLosses) }).mean)
    }
    let decays = outcomes.map { String(format: "%.2g", $0.decay) }.joined(separator: ", ")
    try ResultTable(
      title: "Per-parameter weight decay",
      notes: [
        "\(dataset.name): \(train) training images, \(validation) for validation, \(dataset.imageCount - train - validation) for "
          + "testing; mixed anew for each of \(seeds) seeds. A linear classifier.",
        "Single decays from 1e-4 to 10 in half decades, the best by validation loss: \(decays).",
        "Learned decays start there: \(steps) steps of Adam along the implicit hypergradient. Means with 95 % t intervals.",
      ],
      columns: ["weight decay", "hyperparameters", "validation loss", "test accuracy, %"],
      rows: [
        ["best single one of the grid", "1", try losses { $0[0] }, try percent(outcomes.map(\.single))],
        [
          "one a parameter, learned", "\(dataset.bytesPerImage * dataset.classes.count)", try losses { $0[$0.count - 1] },
          try percent(outcomes.map(\.learned)),
        ],
        [
          "best single one, trained on the validation images too", "1", "", try percent(outcomes.map(\.together)),
        ],
      ]
    ).report("weight-decay", to: results.output)
  }
}
