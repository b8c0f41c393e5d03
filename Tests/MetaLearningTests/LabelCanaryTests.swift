import ArchPrior
import ArchPriorTesting
import TestSupport
import Testing

@testable import MetaLearning

/// Random labels: whoever is better than chance has seen the answers.
@Suite struct LabelCanaryTests {
  /// Pictures with clearly different classes: a pattern of the class's own, with noise.
  static func patterns() throws -> ImageDataset { try syntheticDataset(name: "patterns", classes: 30, images: 12, side: 16) }

  /// Meta-trains a prototypical network on two thirds of the classes and tests it on the others.
  static func accuracies(_ dataset: ImageDataset, training: Int = 40, tasks: Int = 300) throws -> [Double] {
    let split = try ClassSplit(of: dataset, metaTrain: Array(0..<20), metaTest: Array(20..<30))
    let datasets = try SplitDatasets([.init(dataset: dataset, split: split)])
    let shape = try TaskShape(way: 5, shot: 1, queriesPerClass: 3)
    let maker = try datasets.episodeMaker()
    let train = try datasets.distribution(MetaTrain.self, shape: shape, seed: 1)
    let test = try datasets.distribution(MetaTest.self, shape: shape, seed: 2)
    let trainer = MetaTrainer.protoNet(Conv4(filters: 8, inputHeight: 16, inputWidth: 16, inputChannels: 1, way: 5))
    var state = trainer.initialState(seed: 3)
    for _ in 0..<training {
      _ = try trainer.step(&state, count: 2, threads: 1) { try FewShotTask(maker.episode(train.description(at: $0))) }
    }
    return try (0..<tasks).map { index in
      let task = FewShotTask(try maker.episode(test.description(at: index)))
      let found = trainer.model.queryLogits(state.parameters.tensors, task: task, batchNorm: .transductive, round: 0).rowArgmax
      let labels = task.queryLabels
      let right = zip(found, labels).count { $0 == $1 }
      return Double(right) / Double(labels.count)
    }
  }

  @Test func meaninglessLabelsAreAtChanceAndTheLearnerIsNot() throws {
    let honest = try Self.patterns()
    // The learner can tell the classes when they mean something …
    let able = LabelCanary.verdict(accuracies: try Self.accuracies(honest), way: 5)
    #expect(able.deviation > 3 && able.mean > 0.3, "\(able)")
    // … and cannot when they do not.
    let shuffled = LabelCanary.shufflingImages(of: honest, seed: 5)
    #expect(shuffled.classes == honest.classes && shuffled.pixels.sorted() == honest.pixels.sorted())
    #expect(LabelCanary.shufflingImages(of: honest, seed: 5).pixels == shuffled.pixels)
    let verdict = LabelCanary.verdict(accuracies: try Self.accuracies(shuffled), way: 5)
    // Its answers vary, so that being at chance is no accident of giving only one.
    #expect(verdict.isAtChance && verdict.standardError > 0.001, "\(verdict)")
  }

  /// A planted leak: each picture of the meaningless classes is there several times, so that queries repeat support images.
  @Test func aLeakOfQueriesIntoSupportIsSeen() throws {
    let shuffled = LabelCanary.shufflingImages(of: try Self.patterns(), seed: 5)
    let size = shuffled.bytesPerImage
    var pixels: [UInt8] = []
    for image in 0..<shuffled.imageCount {
      // Images 3k, 3k + 1 and 3k + 2 of a class become one.
      let start = image / 3 * 3 * size
      pixels += shuffled.pixels[start..<start + size]
    }
    let leaking = try #require(
      ImageDataset(name: "patterns", height: 16, width: 16, channels: 1, classes: shuffled.classes, pixels: pixels))
    let verdict = LabelCanary.verdict(accuracies: try Self.accuracies(leaking), way: 5)
    #expect(!verdict.isAtChance && verdict.deviation > 3, "\(verdict)")
  }
}
