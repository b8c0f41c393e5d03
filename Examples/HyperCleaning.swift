import ArchPrior
import ArgumentParser

/// Data hyper-cleaning (Franceschi et al. 2017, §5.1): a weight in 0...1 for every training example, learned from clean validation images.
///
/// Inner variables are a linear classifier's, ω is the weights. The inner problem is strongly convex, so its solution does not depend on
/// where the loop starts, and implicit differentiation is exact at it, whatever number of steps led there.
struct CleaningProblem: BilevelProblem {
  var train: ImageRows
  var validation: ImageRows
  /// The last solution: what the next outer step starts from.
  var start: [Tensor]
  var decay = 1e-3

  func initialInner(_ outer: [Tensor]) -> [Tensor] { start }
  func innerLoss(_ w: [Tensor], outer: [Tensor]) -> Tensor {
    let losses = -(linear(w, train.x).logSoftmax() * train.targets).sum([1])
    return (outer[0] * losses).mean() + (w[0].squared().sum() + w[1].squared().sum()) * (decay / 2)
  }
  func outerLoss(_ w: [Tensor], outer: [Tensor]) -> (loss: Tensor, report: Double) {
    (
      softmaxCrossEntropy(linear(w, validation.x), targets: validation.targets),
      validation.accuracy(of: w.map { $0.stopGradient() })
    )
  }
  func outerName(_ index: Int) -> String { "example weights" }
}

struct HyperCleaning: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hyper-cleaning", abstract: "Half the training labels are wrong: learn which, one weight an example.")

  @OptionGroup var images: ImageOptions
  @OptionGroup var results: ResultOptions
  @Option(help: "Training images.") var train = 5000
  @Option(help: "Validation images.") var validation = 1000
  @Option(help: "Outer steps.") var steps = 30
  @Option(help: "Seeds, from 1: the settings were chosen with seed 0.") var seeds = 5
  @Option(help: "Weight decay while the weights are learned.") var decay = 0.01
  @Option(help: "The rate of the outer Adam.") var rate = 0.05

  /// Trains a classifier to the end.
  static let loop = InnerLoop(SGD(learningRate: 0.05, momentum: 0.9), rounds: 1000, stopping: .gradientNorm(2e-3))
  /// Follows the solution while the weights change; every loop starts from the last one's end.
  static let following = InnerLoop(SGD(learningRate: 0.05, momentum: 0.9), rounds: 50, stopping: .gradientNorm(2e-3))

  /// What one seed gives.
  struct Outcome {
    /// Of the weights above ½ as a test for a right label.
    var f1: Double
    /// Test accuracy of a classifier trained on the kept examples and the validation set; on everything; on all that is clean; on the
    /// validation set alone.
    var cleaned, noisy, oracle, validationOnly: Double
    var weights: [Double]
  }

  /// Learns the weights.
  static func clean(
    _ train: ImageRows, with validation: ImageRows, steps: Int, rate: Double = 0.05, decay: Double = 0.01
  ) throws -> [Double] {
    var problem = CleaningProblem(train: train, validation: validation, start: linearStart(train), decay: decay)
    let estimator = ImplicitDifferentiation(ConjugateGradient(iterations: 20, tolerance: 1e-3))
    let optimizer = Adam(learningRate: rate)
    var weights = ParameterTree(names: ["weights"], tensors: [Tensor(repeating: 0.5, shape: [train.labels.count])])
    var state = optimizer.initialState(for: weights)
    for _ in 0..<steps {
      let step = try estimator.hypergradient(of: problem, loop: following, at: weights.tensors)
      problem.start = step.inner
      (weights, state) = optimizer.step(weights, gradient: weights.with(step.gradient), state: state)
      weights = weights.with(BoxProjection(from: 0, to: 1).project(weights.tensors))
    }
    return weights.tensors[0].doubles
  }

  /// The test accuracy of a classifier trained on some examples, all of the same weight.
  static func accuracy(trainedOn rows: ImageRows, test: ImageRows) throws -> Double {
    let problem = CleaningProblem(train: rows, validation: test, start: linearStart(rows))
    return test.accuracy(of: try loop.run(problem, from: problem.start, outer: [.ones([rows.labels.count])]).inner)
  }

  static func outcome(
    _ dataset: ImageDataset, train count: Int, validation: Int, steps: Int, rate: Double = 0.05, decay: Double = 0.01,
    seed: UInt64
  ) throws -> Outcome {
    let rows = ImageRows(dataset, seed: seed)
    let clean = rows[0..<count]
    let held = rows[count..<count + validation]
    let test = rows[count + validation..<rows.labels.count]
    // Exactly half of the labels become one of the wrong ones.
    var generator = Philox(seed: seed, stream: "wrong labels")
    var noisy = clean
    let wrong = Set(generator.sample(count / 2, of: count))
    for index in wrong.sorted() {
      noisy.labels[index] = (clean.labels[index] + 1 + generator.nextInt(below: clean.classes - 1)) % clean.classes
    }
    let weights = try Self.clean(noisy, with: held, steps: steps, rate: rate, decay: decay)
    let kept = (0..<count).filter { weights[$0] > 0.5 }
    let right = kept.count { !wrong.contains($0) }
    return Outcome(
      f1: 2 * Double(right) / Double(kept.count + count - wrong.count),
      cleaned: try accuracy(trainedOn: noisy[kept] + held, test: test),
      noisy: try accuracy(trainedOn: noisy + held, test: test),
      oracle: try accuracy(trainedOn: clean[(0..<count).filter { !wrong.contains($0) }] + held, test: test),
      validationOnly: try accuracy(trainedOn: held, test: test), weights: weights)
  }

  func run() throws {
    let dataset = try images.dataset()
    let (train, validation, steps, rate, decay) = (train, validation, steps, rate, decay)
    let outcomes = try (1..<seeds + 1).map { seed in
      try Self.outcome(dataset, train: train, validation: validation, steps: steps, rate: rate, decay: decay, seed: UInt64(seed))
    }
    let f1 = try Sample(outcomes.map(\.f1))
    try ResultTable(
      title: "Data hyper-cleaning",
      notes: [
        "\(dataset.name): \(train) training images, half of them with a wrong label, \(validation) for validation, "
          + "\(dataset.imageCount - train - validation) for testing; mixed anew for each of \(seeds) seeds.",
        "A linear classifier; one weight a training image, learned by implicit differentiation with conjugate gradients, "
          + "\(steps) outer steps of Adam at \(rate), weight decay \(decay) meanwhile. Kept are those above ½; settings were chosen with "
          + "seed 0, which is not among the \(seeds).",
        String(format: "F1 of the kept as a test for a right label: %.3f (least %.3f).", f1.mean, f1.values.min() ?? .nan),
        "Means with 95 % t intervals.",
      ],
      columns: ["trained on", "test accuracy, %"],
      rows: [
        ["clean examples and validation set (oracle)", try percent(outcomes.map(\.oracle))],
        ["kept examples and validation set", try percent(outcomes.map(\.cleaned))],
        ["validation set alone", try percent(outcomes.map(\.validationOnly))],
        ["all examples and validation set", try percent(outcomes.map(\.noisy))],
      ]
    ).report("hyper-cleaning", to: results.output)
  }
}
