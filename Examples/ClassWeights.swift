import ArchPrior
import ArgumentParser
import Foundation

/// The weights of a loss's terms, one a class, where the classes of the training set are of very different size.
///
/// Training is stopped after some steps, long before the inner problem is solved, so the hypergradient goes through the steps.
struct ClassWeightProblem: BilevelProblem {
  var train: ImageRows
  var validation: ImageRows

  func initialInner(_ outer: [Tensor]) -> [Tensor] { linearStart(train) }
  func innerLoss(_ w: [Tensor], outer: [Tensor]) -> Tensor {
    // A softmax keeps the sum of the weights, so that they cannot do what the learning rate is for.
    let weights = outer[0].reshaped(to: [1, train.classes]).softmax() * Double(train.classes)
    return -(linear(w, train.x).logSoftmax() * train.targets * weights).sum() / Double(train.labels.count)
  }
  func outerLoss(_ w: [Tensor], outer: [Tensor]) -> (loss: Tensor, report: Double) {
    (
      softmaxCrossEntropy(linear(w, validation.x), targets: validation.targets),
      validation.accuracy(of: w.map { $0.stopGradient() })
    )
  }
  func outerName(_ index: Int) -> String { "class weights" }
}

struct ClassWeights: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "class-weights", abstract: "Weights of the classes in the loss, for a long-tailed training set.")

  @OptionGroup var images: ImageOptions
  @OptionGroup var results: ResultOptions
  @Option(help: "Training images of the largest class.") var largest = 400
  @Option(help: "How many times smaller the smallest class is.") var imbalance = 100.0
  @Option(help: "Validation images a class.") var validation = 20
  @Option(help: "Inner steps.") var inner = 100
  @Option(help: "Outer steps.") var steps = 30
  @Option(help: "Seeds, from 1.") var seeds = 5

  struct Outcome {
    var uniform, inverse, learned, together: Double
    /// The learned weights, of mean 1.
    var weights: [Double]
  }

  /// A long-tailed training set, a balanced validation set, and a test set of the same number of images of every class.
  static func split(
    _ rows: ImageRows, largest: Int, imbalance: Double, validation: Int
  ) -> (train: ImageRows, validation: ImageRows, test: ImageRows, counts: [Int]) {
    let members = (0..<rows.classes).map { label in rows.labels.indices.filter { rows.labels[$0] == label } }
    let counts = members.indices.map { label in
      max(1, Int((Double(largest) * pow(imbalance, -Double(label) / Double(max(1, rows.classes - 1)))).rounded()))
    }
    let tests = (members.map(\.count).min() ?? 0) - largest - validation
    func rowsOf(_ range: (Int) -> Range<Int>) -> ImageRows { rows[members.indices.flatMap { members[$0][range($0)] }] }
    return (
      rowsOf { 0..<counts[$0] }, rowsOf { _ in largest..<largest + validation },
      rowsOf { _ in largest + validation..<largest + validation + max(0, tests) }, counts
    )
  }

  static func outcome(
    _ rows: ImageRows, largest: Int, imbalance: Double, validation: Int, inner: Int, steps: Int
  ) throws -> Outcome {
    let (train, held, test, counts) = split(rows, largest: largest, imbalance: imbalance, validation: validation)
    let problem = ClassWeightProblem(train: train, validation: held)
    let loop = InnerLoop(SGD(learningRate: 0.05, momentum: 0.9), rounds: inner)
    func accuracy(_ problem: ClassWeightProblem, _ logits: Tensor) throws -> Double {
      test.accuracy(of: try loop.run(problem, from: problem.initialInner([]), outer: [logits]).inner)
    }
    let uniform = Tensor.zeros([rows.classes])
    func inverse(_ counts: [Int]) -> Tensor { Tensor(shape: [counts.count], counts.map { -Float(log(Double($0))) }) }

    let optimizer = Adam(learningRate: 0.2)
    var weights = ParameterTree(names: ["weights"], tensors: [uniform])
    var state = optimizer.initialState(for: weights)
    for _ in 0..<steps {
      let step = try UnrolledRematerialized().hypergradient(of: problem, loop: loop, at: weights.tensors)
      (weights, state) = optimizer.step(weights, gradient: weights.with(step.gradient), state: state)
    }
    let learned = weights.tensors[0].reshaped(to: [1, rows.classes]).softmax().doubles
    return Outcome(
      uniform: try accuracy(problem, uniform), inverse: try accuracy(problem, inverse(counts)),
      learned: try accuracy(problem, weights.tensors[0]),
      together: try accuracy(
        ClassWeightProblem(train: train + held, validation: held), inverse(counts.map { $0 + validation })),
      weights: learned.map { $0 * Double(rows.classes) })
  }

  func run() throws {
    let dataset = try images.dataset()
    let outcomes = try (1..<seeds + 1).map { seed in
      try Self.outcome(
        ImageRows(dataset, seed: UInt64(seed)), largest: largest, imbalance: imbalance, validation: validation, inner: inner,
        steps: steps)
    }
    let weights = try dataset.classes.indices.map { label in
      String(format: "%.2f", try Sample(outcomes.map { $0.weights[label] }).mean)
    }
    let counts = Self.split(ImageRows(dataset, seed: 0), largest: largest, imbalance: imbalance, validation: validation).counts
    try ResultTable(
      title: "Class weights for a long-tailed training set",
      notes: [
        "\(dataset.name): \(counts.map(String.init).joined(separator: ", ")) training images of the classes, \(validation) a class for "
          + "validation, the same number of each for testing; \(seeds) seeds. A linear classifier, \(inner) steps.",
        "Learned by \(steps) steps of Adam along the exact hypergradient through all inner steps; mean weights: "
          + weights.joined(separator: ", ") + ". Means with 95 % t intervals.",
      ],
      columns: ["weights of the classes", "balanced test accuracy, %"],
      rows: [
        ["all the same", try percent(outcomes.map(\.uniform))],
        ["inversely to their size", try percent(outcomes.map(\.inverse))],
        ["learned", try percent(outcomes.map(\.learned))],
        ["inversely to their size, trained on the validation images too", try percent(outcomes.map(\.together))],
      ]
    ).report("class-weights", to: results.output)
  }
}
