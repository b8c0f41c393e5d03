import ArchPrior
import Testing

@testable import MetaLearning

/// Random labels: whoever is better than chance has seen the answers.
@Suite struct LabelCanaryTests {
  /// Pictures with clearly different classes: a bright bar at a place of the class's own, with noise.
  static func bars(classes: Int = 30, images: Int = 12) throws -> ImageDataset {
    var random = Philox(seed: 11, stream: "bars")
    var pixels = [UInt8]()
    for index in 0..<classes {
      for _ in 0..<images {
        for position in 0..<64 { pixels.append(UInt8(random.nextInt(below: 60)) + (position % classes == index % 64 ? 180 : 0)) }
      }
    }
    let entries = (0..<classes).map { ImageDataset.ImageClass(name: "c\($0)", group: "g", count: images) }
    return try #require(ImageDataset(name: "bars", height: 8, width: 8, channels: 1, classes: entries, pixels: pixels))
  }

  /// Meta-trains a prototypical network on two thirds of the classes and tests it on the others.
  static func accuracies(_ dataset: ImageDataset, training: Int = 40, tasks: Int = 300) throws -> [Double] {
    let split = try ClassSplit(of: dataset, metaTrain: Array(0..<20), metaTest: Array(20..<30))
    let datasets = try SplitDatasets([.init(dataset: dataset, split: split)])
    let shape = try TaskShape(way: 5, shot: 1, queriesPerClass: 3)
    let maker = try datasets.episodeMaker()
    let train = try datasets.distribution(MetaTrain.self, shape: shape, seed: 1)
    let test = try datasets.distribution(MetaTest.self, shape: shape, seed: 2)
    let trainer = MetaTrainer.protoNet(Conv4(filters: 4, inputHeight: 8, inputWidth: 8, inputChannels: 1, way: 5))
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
    let honest = try Self.bars()
    // The learner can tell the classes when they mean something …
    #expect(!LabelCanary.verdict(accuracies: try Self.accuracies(honest), way: 5).isAtChance)
    // … and cannot when they do not.
    let shuffled = LabelCanary.shufflingImages(of: honest, seed: 5)
    #expect(shuffled.classes == honest.classes && shuffled.pixels.sorted() == honest.pixels.sorted())
    #expect(LabelCanary.shufflingImages(of: honest, seed: 5).pixels == shuffled.pixels)
    let verdict = LabelCanary.verdict(accuracies: try Self.accuracies(shuffled), way: 5)
    #expect(verdict.isAtChance, "\(verdict)")
  }

  /// A planted leak: each picture of the meaningless classes is there several times, so that queries repeat support images.
  @Test func aLeakOfQueriesIntoSupportIsSeen() throws {
    let shuffled = LabelCanary.shufflingImages(of: try Self.bars(), seed: 5)
    let size = shuffled.bytesPerImage
    var pixels: [UInt8] = []
    for image in 0..<shuffled.imageCount {
      // Images 3k, 3k + 1 and 3k + 2 of a class become one.
      let start = image / 3 * 3 * size
      pixels += shuffled.pixels[start..<start + size]
    }
    let leaking = try #require(
      ImageDataset(name: "bars", height: 8, width: 8, channels: 1, classes: shuffled.classes, pixels: pixels))
    let verdict = LabelCanary.verdict(accuracies: try Self.accuracies(leaking), way: 5)
    #expect(!verdict.isAtChance && verdict.deviation > 3, "\(verdict)")
  }
}
