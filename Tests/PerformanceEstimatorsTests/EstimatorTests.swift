import ArchPrior
import Foundation
import TestSupport
import Testing

/// What estimators do beyond the contract, against computations by hand.
@Suite struct EstimatorTests {
  private let space = NASBench201Space.cifar10
  private let cell = NASBench201Cell(code: 3 * 3125 + 3 * 625 + 25 + 5 + 3)

  private func estimator(_ text: String, _ data: EstimatorData) throws -> any PerformanceEstimator<NASBench201Cell> {
    try EstimatorRegistry.method(parsing: text).estimator(for: space, on: data)
  }

  private func score(_ text: String, _ data: EstimatorData) throws -> Double {
    let estimator = try estimator(text, data)
    return try estimator.estimate(#require(cell), epochs: #require(estimator.epochs.last)).score
  }

  // MARK: train

  /// One batch and one epoch: a single step of SGD from the seed's weights.
  @Test func aTrainingOfOneStepIsAStepOfSGD() throws {
    let data = EstimatorData(try syntheticDataset(classes: 3, images: 8, side: 8), seed: 4)
    let found = try score("train:epochs=1,batch=12,rate=0.2,weightDecay=0.01,channels=4", data)

    let images = try SupernetImages(data.dataset, seed: 4)
    let network = try NASBench201Space(classes: 3, imageSize: 8, channels: 4, cellsPerStage: 1).network(of: #require(cell))
    let weights = network.layout.initialParameters(seed: 4)
    var draw = Philox(seed: 4, stream: "estimators/order", index: 0)
    let batch = images.batch(draw.shuffled(images.training))
    let slope = gradient(at: weights.tensors) {
      softmaxCrossEntropy(network.logits($0, images: batch.images, context: .batch), targets: batch.targets)
    }
    // Nesterov's first step is 1.9 times the gradient.
    let moved = zip(weights.tensors, slope).map { weight, slope in weight - (slope + weight * 0.01) * 1.9 * 0.2 }
    let judging = images.batch(images.validation)
    let logits = network.logits(moved, images: judging.images, context: .batch)
    let right = zip(logits.rowArgmax, judging.targets.rowArgmax).count { $0 == $1 }
    #expect(found == 100 * Double(right) / 12)
  }

  @Test func trainingsLearn() throws {
    let data = EstimatorData(try syntheticDataset(classes: 4, images: 24, side: 8), seed: 1)
    let few = try score("train:epochs=1,batch=48,rate=1e-9,channels=4", data)
    let many = try score("train:epochs=12,batch=8,rate=0.1,channels=4", data)
    // Four classes by chance: 25 %.
    #expect(few < 60 && many > 85, "\(few) % and \(many) %")
    #expect(try score("train:epochs=12,batch=8,rate=0.1,channels=4,augment=true", data) != many)
    #expect(try score("train:epochs=12,batch=8,rate=0.1,channels=4,share=0.5", data) != many)
  }

  @Test func aTrainingWithoutProgressEnds() throws {
    var stopping = PatienceStopping(2)
    #expect([0.3, 0.5, 0.4, 0.6, 0.6, 0.1].map { stopping.ends(after: $0) } == [false, false, false, false, false, true])
    #expect(stopping.best == 0.6)
    // As the setting has it, 0 is for never.
    var endless = PatienceStopping(0)
    #expect([0.3, 0.2, 0.1, 0.1].allSatisfy { !endless.ends(after: $0) } && endless.best == 0.3)
    // Steps too small to change anything: the first epoch is the best, and three epochs end 1,000.
    let data = EstimatorData(try syntheticDataset(classes: 3, images: 8, side: 8), seed: 4)
    let stopped = try score("train:epochs=100000,patience=2,batch=12,rate=1e-12,weightDecay=0,channels=4", data)
    #expect(try stopped == score("train:epochs=1,batch=12,rate=1e-12,weightDecay=0,channels=4", data))
  }

  /// Scores that are no numbers.
  private struct BrokenNetwork: Network {
    var layout: ParameterLayout {
      ParameterLayout(entries: [.init(name: "w", shape: [192, 3], initializer: .uniform(fanIn: 192))])
    }
    func logits(_ weights: [Tensor], images: Tensor, context: ForwardContext) -> Tensor {
      matmul(images.reshaped(to: [images.shape[0], 192]), weights[0]) * .nan
    }
  }
  private struct BrokenSpace: NetworkSpace {
    var name: String { "broken" }
    var decisions: [Decision] { [Decision("one", choices: ["only"])] }
    func architecture(choices: [Int]) -> Int? { choices.first }
    func choices(of architecture: Int) -> [Int] { [architecture] }
    func network(of architecture: Int) -> any Network { BrokenNetwork() }
    var imageShape: ImageShape { ImageShape(height: 8, width: 8, channels: 3) }
    var classCount: Int { 3 }
  }

  @Test func lossesThatAreNoNumbersAreFailures() throws {
    let dataset = try syntheticDataset(classes: 3, images: 8, side: 8)
    var settings = TrainingSettings()
    settings.batch = 4
    let training = try TrainingEstimator(
      space: BrokenSpace(), images: SupernetImages(dataset, seed: 1), settings: settings, epochs: [1], seed: 1)
    #expect(throws: BilevelError.self) { try training.estimate(0, epochs: 1) }
    let maker = try EpisodeMaker(datasets: [dataset])
    let distribution = try TaskDistribution(
      sources: [ClassSplit.whole(dataset, as: .metaValidation).pool(MetaValidation.self, of: dataset)],
      shape: TaskShape(way: 3, shot: 1, queriesPerClass: 1), seed: 1)
    let task = FewShotTask(try maker.episode(distribution.description(at: 0)))
    let colour = { (images: Tensor) in concatenate([images, images, images], axis: 3) }
    let adaptation = AdaptationEstimator(
      space: BrokenSpace(),
      tasks: [
        FewShotTask(
          supportImages: colour(task.supportImages), supportLabels: [0, 1, 2], queryImages: colour(task.queryImages),
          queryLabels: [0, 1, 2], way: 3)
      ], loop: InnerLoop(SGD(learningRate: 0.1), rounds: 1), seed: 1)
    #expect(throws: BilevelError.self) { try adaptation.estimate(0, epochs: 0) }
    // A search goes on after failures.
    var session = SearchSession(RandomSearch().strategy(for: SearchProblem(BrokenSpace(), epochs: [1], seed: 1)))
    session.run(training, budget: SearchBudget(evaluations: 3))
    #expect(session.steps.count == 3 && session.steps.allSatisfy { $0.score == nil && $0.failure != nil })
  }

  // MARK: shared

  /// Where validation images are one batch, a random search with shared weights has measured the same.
  @Test func sharedWeightsGiveTheSearchsOwnAccuracy() throws {
    let scratch = try TemporaryFolder()
    let data = EstimatorData(try syntheticDataset(classes: 3, images: 9, side: 8), seed: 3)
    let search = try trainedSupernet(space, on: data.dataset, in: scratch.path)
    let estimator = try estimator("shared:folder=\(search.path)", data)
    let found = try estimator.estimate(space.architecture(parsing: search.architecture), epochs: 0)
    #expect(abs(found.score - 100 * search.sharedAccuracy) < 1e-9)

    // Damaged, missing and foreign folders.
    var generator = Philox(seed: 2)
    func fails(_ text: String, _ data: EstimatorData, _ message: String) throws {
      let error = #expect(throws: (any Error).self) { try self.estimator(text, data) }
      #expect("\(error ?? Unexpected())".contains(message), "\(String(describing: error))")
    }
    try fails("shared:folder=\(scratch.path)", data, "holds no search of `archprior supernet` that has ended")
    let other = EstimatorData(try syntheticDataset(classes: 3, images: 9, side: 8, seed: 6))
    try fails("shared:folder=\(search.path)", other, "has other images")
    var few = data
    few.imageCount = 4
    try fails("shared:folder=\(search.path)", few, "fewer than a batch of 12")
    #expect(throws: SavedSupernet.Failure.self) {
      try SavedSupernet(search.path).run(in: DARTSSpace.cifar10, on: data.dataset)
    }
    var bytes = try Data(contentsOf: URL(fileURLWithPath: search.path + "/checkpoint"))
    bytes[bytes.count / 2 + generator.nextInt(below: 100)] ^= 1
    try bytes.write(to: URL(fileURLWithPath: search.path + "/checkpoint"))
    try fails("shared:folder=\(search.path)", data, "checkpoint is damaged: ")
  }

  /// One architecture is a table with a 1 for each of its operations, and nothing else.
  @Test func mixturesOfAnArchitectureCarryItAlone() throws {
    try check(NASBench201Space.cifar10)
    try check(DARTSSpace.cifar10)
  }

  private func check<Space: SupernetSpace>(_ registered: Space) throws {
    let space = try registered.resized(to: NetworkSize(channels: 4, cells: 3), classes: 3, side: 8)
    let model = try space.supernet(channelDivisor: 1)
    let weights = model.weightLayout.initialParameters(seed: 1).tensors
    let images = Tensor(shape: [2, 8, 8, 3], converting: FixtureValues.values("images", count: 384), to: .float32)
    var generator = Philox(seed: 6)
    for _ in 0..<3 {
      let architecture = space.sample(using: &generator)
      let chosen = try model.mixtures(of: architecture)
      let tables = zip(chosen, model.architectureLayout.entries).compactMap { mixture, entry -> Tensor? in
        guard case .chosen(let operations, let strengths, _) = mixture else { return nil }
        return Tensor.oneHot(operations, classes: entry.shape[1]) * strengths.reshaped(to: [strengths.count, 1])
      }
      #expect(try model.architecture(ParameterTree(names: model.architectureLayout.names, tensors: tables)) == architecture)
      let (one, all) = (
        model.logits(weights: weights, mixtures: chosen, images: images, context: .batch),
        model.logits(weights: weights, mixtures: tables.map { EdgeMixture.weighted($0) }, images: images, context: .batch)
      )
      #expect(relativeError(one, all) < 1e-4)
    }
  }

  // MARK: adapt

  @Test func networksAdaptToTasks() throws {
    let data = EstimatorData(try syntheticDataset(classes: 8, images: 10, side: 8), seed: 2)
    let settings = "way=4,shots=4,queries=4,tasks=6,channels=4"
    let none = try score("adapt:steps=0,\(settings)", data)
    let some = try score("adapt:steps=10,rate=0.1,\(settings)", data)
    #expect(none < 60 && some > none + 20, "\(none) % and \(some) %")
    // Tasks of other seeds are others.
    let first = try #require(try estimator("adapt:\(settings)", data) as? AdaptationEstimator<NASBench201Space>)
    let other = try #require(
      try estimator("adapt:\(settings)", EstimatorData(data.dataset, seed: 3)) as? AdaptationEstimator<NASBench201Space>)
    #expect(first.tasks.count == 6 && first.tasks[0].supportImages.shape == [16, 8, 8, 3])
    #expect(first.tasks[0].supportImages.bytes != other.tasks[0].supportImages.bytes)
    #expect(first.tasks[0].supportImages.bytes != first.tasks[1].supportImages.bytes)
  }

  // MARK: What cannot be judged

  @Test func dataThatDoNotFitAreRefusedAtOnce() throws {
    let dataset = try syntheticDataset(classes: 3, images: 8, side: 8)
    let oblong = try #require(
      ImageDataset(name: "oblong", height: 4, width: 16, channels: 1, classes: dataset.classes, pixels: dataset.pixels))
    let single = try #require(
      ImageDataset(
        name: "single", height: 8, width: 8, channels: 1, classes: [.init(name: "a", group: "g", count: 24)],
        pixels: dataset.pixels))
    for name in EstimatorRegistry.names
    where !EstimatorContractTests.rows.contains(where: { $0.name == name && $0.wantsSupernet }) {
      for data in [oblong, single] {
        #expect(throws: SupernetImages.Failure.self, "\(name)") { try estimator(name, EstimatorData(data)) }
      }
    }
    func fails(_ text: String, _ data: EstimatorData, _ message: String) {
      let error = #expect(throws: (any Error).self) { try estimator(text, data) }
      #expect("\(error ?? Unexpected())".contains(message), "\(String(describing: error))")
    }
    fails("train:batch=16", EstimatorData(dataset), "12 images to train on or to judge by are fewer than a batch of 16")
    fails("train:batch=8,share=0.5", EstimatorData(dataset), "6 images to train on or to judge by are fewer than a batch of 8")
    fails("train:batch=4", EstimatorData(dataset, imageCount: 13), "no two parts of 13")
    fails("adapt:way=4,shots=1,queries=1", EstimatorData(dataset), "has 3 distinguishable classes, a task needs 4")
    fails("adapt:way=3,shots=1,queries=1", EstimatorData(dataset, imageCount: 4), "left out; way, shots, queries")
    fails("adapt:way=3,shots=8,queries=8", EstimatorData(dataset), "has 8 images, a task needs 16")
    let odd = try syntheticDataset(classes: 3, images: 8, side: 6)
    fails("parameters", EstimatorData(odd), "take a multiple of 4")
    let method = try EstimatorRegistry.method(parsing: "parameters:cells=2")
    let error = #expect(throws: MethodError.self) {
      _ = try method.estimator(for: NASBenchMacroSpace(), on: EstimatorData(dataset))
    }
    #expect(error?.description.contains("whose networks have a fixed number") == true)
  }
}

private struct Unexpected: Error {}
