import ArchPrior
import Autodiff
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
      Tensor(shape: [count, size, size, 1], converting: FixtureFile.values(name, count: count * size * size), to: type)
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
    let (displacement, _) = try gradient(trainer)
    let start = trainer.model.layout.fixtureParameters()
    let problem = FewShotProblem(trainer.model, task: Self.task(), batchNorm: .transductive)
    let slopes = Autodiff.gradient(at: start.tensors) { problem.innerLoss($0, outer: start.tensors) }
    #expect((displacement - start.with(slopes) * 0.1).norm <= 1e-14)

    // The whole outer step with ε = 1 and one task lands on the adapted weights.
    var state = MetaState(
      parameters: start, optimizerStates: trainer.blocks.map { $0.optimizer.initialState(for: start) }, tasksSeen: 0)
    _ = try trainer.step(&state, count: 1, threads: 1) { _ in Self.task() }
    let merged = FewShotProblem(trainer.model, task: Self.task().merged, batchNorm: .transductive)
    let landed = try trainer.loop.run(merged, from: start.tensors, outer: start.tensors).inner
    #expect((state.parameters - start.with(landed)).norm <= 1e-13)
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
      ("imaml", MetaTrainer.imaml(network, innerRate: 0.02, innerSteps: 5, damping: 100).erased),
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
