import ArchPrior
import Autodiff
import Foundation
import TestSupport
import Testing

@testable import MetaLearning

/// What each few-shot method does beyond what PyTorch's fixtures say.
@Suite struct FewShotMethodTests {
  static let network = Conv4(filters: 4, inputHeight: 16, inputWidth: 16, inputChannels: 1, way: 3)

  static func genotypeNetwork() throws -> GenotypeNetwork {
    let space = try DARTSSpace(channels: 4, stem: .flat, inputHeight: 8, inputWidth: 8, inputChannels: 1, way: 3)
    return try GenotypeNetwork(.dartsV2, in: space)
  }

  static func task(_ type: ElementType = .float64, size: Int = 16) -> FewShotTask {
    func images(_ name: String, _ count: Int) -> Tensor {
      Tensor(shape: [count, size, size, 1], converting: FixtureValues.values(name, count: count * size * size), to: type)
    }
    return FewShotTask(
      supportImages: images("few-shot support", 6), supportLabels: [0, 0, 1, 1, 2, 2], queryImages: images("few-shot query", 9),
      queryLabels: [0, 0, 0, 1, 1, 1, 2, 2, 2], way: 3)
  }

  private func gradient<Model: AdaptableModel>(_ trainer: MetaTrainer<Model>) throws -> (ParameterTree, ParameterTree) {
    let problem = FewShotProblem(trainer.model, task: Self.task(), batchNorm: .transductive, batch: trainer.batch)
    let point = trainer.model.layout.fixtureParameters()
    let result = try trainer.estimator.hypergradient(of: problem, loop: trainer.loop, at: point.tensors)
    return (
      point.with(result.gradient),
      ParameterTree(names: point.names, tensors: result.inner + point.tensors.dropFirst(result.inner.count))
    )
  }

  @Test func anilMovesTheHeadAlone() throws {
    let trainer = MetaTrainer.anil(Self.network, innerRate: 0.5, innerSteps: 3)
    let (gradient, adapted) = try gradient(trainer)
    let start = trainer.model.layout.fixtureParameters()
    for (name, (before, after)) in zip(start.names, zip(start.tensors, adapted.tensors)) {
      #expect((before.doubles == after.doubles) != name.hasPrefix("head."), "\(name)")
      #expect(gradient[name]?.doubles.contains { $0 != 0 } == true, "\(name)")
    }
    // The features' part against central differences.
    let problem = FewShotProblem(trainer.model, task: Self.task(), batchNorm: .transductive)
    let errors = try centralDifferenceErrors(
      problem, loop: trainer.loop, at: start, gradient: gradient,
      direction: direction(like: start, number: 5) { !$0.hasPrefix("head.") }, steps: [1e-5, 1e-6, 1e-7])
    #expect(errors.min() ?? 1 <= 1e-6, "\(errors)")
  }

  /// With one plain step Reptile's displacement is the inner gradient times the rate.
  @Test func reptileIsTheDisplacement() throws {
    var trainer = MetaTrainer.reptile(Self.network, batch: nil)
    trainer.loop = InnerLoop(SGD(learningRate: 0.1), rounds: 1)
    let start = trainer.model.layout.fixtureParameters()
    let weights = Array(start.tensors.prefix(trainer.model.adaptedCount))
    let problem = FewShotProblem(NetworkModel(Self.network), task: Self.task(), batchNorm: .transductive)
    let (displacement, _) = try gradient(trainer)
    let slopes = Autodiff.gradient(at: weights) { problem.innerLoss($0, outer: weights) }
    let expected = start.with(slopes.map { $0 * 0.1 } + start.tensors.dropFirst(weights.count).map { .zeros(like: $0) })
    #expect((displacement - expected).norm <= 1e-14)

    // The whole outer step with ε = 1 and one task lands on the adapted weights.
    var state = MetaState(
      parameters: start, optimizerStates: trainer.blocks.map { $0.optimizer.initialState(for: start) }, tasksSeen: 0)
    _ = try trainer.step(&state, count: 1, threads: 1) { _ in Self.task() }
    let merged = FewShotProblem(NetworkModel(Self.network), task: Self.task().merged, batchNorm: .transductive)
    let landed = try trainer.loop.run(merged, from: weights, outer: weights).inner
    #expect((state.parameters - start.with(landed + start.tensors.dropFirst(weights.count))).norm <= 1e-13)
  }

  /// Three outer steps with ε = 1 and one task are one long run of Adam, as in the authors' code, which puts back neither moments nor step
  /// count between tasks; with two tasks a step both start from the same moments, and their means are kept.
  @Test(arguments: [1, 2])
  func reptileKeepsSecondMoments(_ count: Int) throws {
    let (rate, decay, epsilon) = (1e-3, 0.999, 1e-8)
    let trainer = MetaTrainer.reptile(Self.network, innerRate: rate, innerSteps: 3, batch: nil)
    var state = trainer.initialState(seed: 4, elementType: .float64)
    @Sendable func turned(_ index: Int) -> FewShotTask {
      let task = Self.task()
      let labels = task.supportTargets.rowArgmax.map { ($0 + index) % 3 }
      return FewShotTask(
        supportImages: task.supportImages, supportLabels: labels, queryImages: task.queryImages,
        queryLabels: task.queryLabels.map { ($0 + index) % 3 }, way: 3)
    }

    // Adam written out in numbers.
    var weights = state.parameters.tensors.prefix(trainer.model.adaptedCount).map(\.doubles)
    var second = weights.map { $0.map { _ in 0.0 } }
    let shapes = Self.network.layout.entries.map(\.shape)
    for outerStep in 0..<3 {
      var ends: [(weights: [[Double]], second: [[Double]])] = []
      for index in 0..<count {
        let problem = FewShotProblem(
          NetworkModel(Self.network), task: turned(outerStep * count + index).merged, batchNorm: .transductive)
        var (w, v) = (weights, second)
        for step in 0..<3 {
          let point = zip(w, shapes).map { Tensor(shape: $1, converting: $0, to: .float64) }
          let slopes = Autodiff.gradient(at: point) { problem.innerLoss($0, outer: point) }.map(\.doubles)
          let correction = 1 - pow(decay, Double(3 * outerStep + step + 1))
          for i in w.indices {
            for j in w[i].indices {
              v[i][j] = decay * v[i][j] + (1 - decay) * slopes[i][j] * slopes[i][j]
              w[i][j] -= rate * slopes[i][j] / ((v[i][j] / correction).squareRoot() + epsilon)
            }
          }
        }
        ends.append((w, v))
      }
      for i in weights.indices {
        for j in weights[i].indices {
          weights[i][j] = ends.reduce(0) { $0 + $1.weights[i][j] } / Double(count)
          second[i][j] = ends.reduce(0) { $0 + $1.second[i][j] } / Double(count)
        }
      }
      _ = try trainer.step(&state, count: count, threads: 1) { turned($0) }
    }
    let reached = state.parameters.tensors.map(\.doubles)
    for (a, b) in zip(reached, weights + second + [[9]]) {
      for (x, y) in zip(a, b) { #expect(abs(x - y) <= 1e-9 * max(1e-6, abs(y))) }
    }
  }

  /// Moments that do not fit are an error that names them.
  @Test func startingMomentsAreChecked() throws {
    let trainer = MetaTrainer.reptile(Self.network, batch: nil)
    let outer = trainer.model.layout.fixtureParameters().tensors
    let count = trainer.model.adaptedCount
    let problem = FewShotProblem(NetworkModel(Self.network), task: Self.task(), batchNorm: .transductive)
    for (wrong, name) in [
      (Array(outer.dropLast()), "steps of the moments"), (Array(outer.prefix(count)), "moment of conv.0.weight"),
    ] {
      let error = #expect(throws: BilevelError.self) { try trainer.loop.runWithMoments(problem, outer: wrong) }
      #expect(error?.description.contains(name) == true, "\(String(describing: error))")
    }
  }

  /// Fine-tuning learns a task, and nothing from one task to the next.
  @Test func fineTuningStartsAnewEveryTime() throws {
    let trainer = MetaTrainer.fineTuning(Self.network, optimizer: Adam(learningRate: 0.01), steps: 30)
    var state = trainer.initialState(seed: 1)
    let before = state.parameters
    let report = try trainer.step(&state, count: 2, threads: 1) { _ in Self.task(.float32) }
    #expect((state.parameters - before).norm == 0 && state.tasksSeen == 2 && report.queryAccuracy.isFinite)
    let adapted = try adapt(trainer.model, from: before, to: Self.task(.float32), loop: trainer.loop, batchNorm: .transductive)
    #expect(try #require(adapted.supportLosses.last) < 0.1 * adapted.supportLosses[0])
  }

  /// Mini-batches take every image equally often and differ from round to round.
  @Test func miniBatchesTakeImagesInTurn() throws {
    let task = Self.task().merged
    let problem = FewShotProblem(NetworkModel(Self.network), task: task, batchNorm: .transductive, batch: 5)
    let start = Self.network.layout.fixtureParameters().tensors
    let losses = (0..<6).map { problem.innerLoss(start, outer: start, round: $0).item }
    #expect(Set(losses.prefix(3)).count == 3)
    #expect(losses[0] == losses[3] && losses[1] == losses[4])
    // Fifteen images in three batches of five: what the targets of the rounds sum to is what they sum to in all.
    let total = (0..<3).map { round in task.supportTargetCounts(batch: 5, round: round) }
    #expect(total.reduce([0, 0, 0]) { zip($0, $1).map(+) } == [5, 5, 5])
  }

  /// The scores of prototypical networks against their definition, number by number.
  @Test func protoNetScoresAreNegativeSquaredDistances() throws {
    let model = PrototypeModel(Self.network)
    let task = Self.task()
    let parameters = model.layout.fixtureParameters()
    #expect(!parameters.names.contains { $0.hasPrefix("head.") })
    let both = task.merged.supportImages
    let features = model.logits(parameters.tensors, images: both, context: .batch)
    #expect(features.shape == [15, 4])
    // The identity stands for the head: the same network with such a head gives the same.
    let values = features.doubles
    func feature(_ row: Int) -> [Double] { Array(values[row * 4..<row * 4 + 4]) }
    let scores = model.queryLogits(parameters.tensors, task: task, batchNorm: .transductive, round: 0)
    for query in 0..<9 {
      for label in 0..<3 {
        let prototype = zip(feature(2 * label), feature(2 * label + 1)).map { ($0 + $1) / 2 }
        let distance = zip(feature(6 + query), prototype).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        #expect(abs(scores.doubles[query * 3 + label] + distance) <= 1e-12)
      }
    }
    let (gradient, _) = try gradient(MetaTrainer.protoNet(Self.network))
    let problem = FewShotProblem(model, task: task, batchNorm: .transductive)
    let errors = try centralDifferenceErrors(
      problem, loop: InnerLoop(rounds: 0), at: parameters, gradient: gradient,
      direction: direction(like: parameters, number: 6), steps: [1e-5, 1e-6, 1e-7])
    #expect(errors.min() ?? 1 <= 1e-6, "\(errors)")
  }

  /// Weights of the multi-step loss as the authors' `get_per_step_loss_importance_vector` gives them.
  @Test func mamlPlusPlusAnneals() throws {
    let annealing = MAMLPlusPlusAnnealing(multiStepShare: 0.1, firstOrderShare: 0.3)
    #expect(annealing.lossWeights(steps: 5, at: 0) == [0.2, 0.2, 0.2, 0.2, 1 - 4 * 0.2])
    let half = annealing.lossWeights(steps: 5, at: 0.05)
    #expect(zip(half, [0.1, 0.1, 0.1, 0.1, 0.6]).allSatisfy { abs($0 - $1) <= 1e-12 })
    let late = annealing.lossWeights(steps: 5, at: 0.0999)
    #expect(zip(late, [0.006, 0.006, 0.006, 0.006, 0.976]).allSatisfy { abs($0 - $1) <= 1e-12 })
    #expect(annealing.lossWeights(steps: 5, at: 0.1).isEmpty && annealing.lossWeights(steps: 1, at: 0).isEmpty)

    // The steps of a training follow: the same state and task, at three points of the budget.
    let trainer = MetaTrainer.mamlPlusPlus(Self.network, innerSteps: 3, annealing: annealing)
    var ends: [ParameterTree] = []
    for progress in [0, 0.2, 0.5, 1] {
      var state = trainer.initialState(seed: 1, elementType: .float64)
      _ = try trainer.step(&state, count: 1, threads: 1, progress: progress) { _ in Self.task() }
      ends.append(state.parameters)
    }
    #expect((ends[0] - ends[1]).norm > 1e-6 && (ends[1] - ends[2]).norm > 1e-6)
    #expect((ends[2] - ends[3]).norm == 0)
  }

  /// Every method takes steps on the four-layer network and on a network of a genotype, and adapts.
  @Test(arguments: [false, true])
  func everyMethodTrainsAnyNetwork(_ genotype: Bool) throws {
    let network: any Network = genotype ? try Self.genotypeNetwork() : Self.network
    let trainers: [(String, MetaTrainer<AnyAdaptableModel>)] = [
      ("maml", erase(.maml(network, innerRate: 0.1, innerSteps: 2, estimator: UnrolledRematerialized()))),
      ("anil", erase(.anil(network, innerRate: 0.1, innerSteps: 2))),
      ("meta-sgd", MetaTrainer.metaSGD(network, initialRate: 0.05, innerSteps: 2).erased),
      ("maml++", MetaTrainer.mamlPlusPlus(network, initialRate: 0.05, innerSteps: 3).erased),
      ("imaml", MetaTrainer.imaml(network, innerRate: 0.02, innerSteps: 5, implicit: IMAML(damping: 100)).erased),
      ("reptile", MetaTrainer.reptile(network, batch: 5).erased),
      ("proto-net", MetaTrainer.protoNet(network).erased),
    ]
    let task = Self.task(.float32, size: genotype ? 8 : 16)
    for (name, trainer) in trainers {
      var state = trainer.initialState(seed: 2)
      let before = state.parameters
      var losses: [Double] = []
      for step in 0..<12 {
        losses.append(try trainer.step(&state, count: 1, threads: 1, progress: Double(step) / 12) { _ in task }.queryLoss)
      }
      #expect(try #require(losses.last) < losses[0], "\(name): \(losses)")
      for (parameter, (old, new)) in zip(before.names, zip(before.tensors, state.parameters.tensors)) {
        #expect(old.doubles != new.doubles, "\(name) leaves \(parameter) alone")
      }
      let adapted = try adapt(
        trainer.model, from: state.parameters, to: task, loop: trainer.loop, batchNorm: .transductive, batch: trainer.batch)
      #expect(adapted.probabilities.shape == [9, 3] && adapted.parameters.names == before.names, "\(name)")
    }
  }

  private func erase(_ trainer: MetaTrainer<NetworkModel>) -> MetaTrainer<AnyAdaptableModel> { trainer.erased }
}

extension FewShotTask {
  /// How many images of every class a round's mini-batch has.
  func supportTargetCounts(batch: Int, round: Int) -> [Int] {
    support(batch: batch, round: round).targets.sum([0]).doubles.map { Int($0) }
  }
}
