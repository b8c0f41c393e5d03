import ArchPrior
import Foundation
import Testing

@testable import Experiments

/// What a configuration says of data and tasks, on the packs that come with ArchPrior.
@Suite struct DataConfigurationTests {
  static func data(_ yaml: String) throws -> StudyData { try StudyData(Configuration(yaml: yaml)) }

  /// Grey scripts of 28 pixels and coloured icons of 32 in one mixture.
  static let mixture = """
    data: {sources: [glyphs-greek, 'glyphs-t*', icons-actions], holdout_sources: [glyphs-thai], image_size: 16}
    task: {way: 3, shot: 1, query: 3}
    """

  @Test func greyAndColourOfAnySizeBecomeUniform() throws {
    let data = try Self.data(Self.mixture)
    #expect(data.imageShape == [16, 16, 3])
    let names = data.metaTrain.sources.map(\.dataset.name)
    #expect(names.contains("glyphs-greek") && names.contains("icons-actions") && names.contains("glyphs-telugu"))
    #expect(!names.contains("glyphs-thai"))
    #expect(data.metaTest.map(\.name) == ["unseen classes", "unseen scripts"] && data.metaTest[1].datasets == ["glyphs-thai"])
    let drawn = Set(data.metaTrain.descriptions(in: 0..<200).map(\.dataset))
    #expect(drawn == Set(names))
    // Grey images have three equal channels, icons do not.
    for name in ["glyphs-greek", "icons-actions"] {
      let dataset = try #require(data.datasets.members.first { $0.dataset.name == name }).dataset
      let pixels = dataset.pixels
      let isGrey = stride(from: 0, to: pixels.count, by: 3).allSatisfy { (start: Int) -> Bool in
        Set(pixels[start..<start + 3]).count == 1
      }
      #expect(isGrey == (name == "glyphs-greek"))
    }
    #expect(try StudyData(Configuration(yaml: Self.mixture).setting(["data.channels=1"])).imageShape == [16, 16, 1])
  }

  @Test func leavingOneOutIsOneKey() throws {
    let configuration = try Configuration(
      yaml: "data: {sources: [glyphs-greek, glyphs-thai, glyphs-telugu]}\ntask: {way: 3, query: 3}")
    for held in configuration.data.sources {
      let data = try StudyData(configuration.setting(["data.holdout_sources=[\(held)]"]))
      #expect(Set(data.metaTrain.sources.map(\.dataset.name)) == Set(configuration.data.sources).subtracting([held]))
      #expect(data.metaTest.last?.datasets == [held])
    }
  }

  @Test func weightsAndTemperatureSetTheMixture() throws {
    let base = "task: {way: 3, query: 3}\ndata: {sources: [glyphs-greek, glyphs-thai, glyphs-han], "
    let weighted = try Self.data(base + "weights: {glyphs-han: 2, 'glyphs-t*': 0}}").metaTrain
    #expect(weighted.sources.map(\.dataset.name) == ["glyphs-greek", "glyphs-thai", "glyphs-han"])
    for (found, expected) in zip(weighted.probabilities, [1.0 / 3, 0, 2.0 / 3]) { #expect(abs(found - expected) < 1e-12) }
    let even = try Self.data(base + "temperature: 1e9}").metaTrain
    for probability in even.probabilities { #expect(abs(probability - 1.0 / 3) < 1e-6) }
    let proportional = try Self.data(base + "temperature: 1}").metaTrain
    let counts = proportional.sources.map { Double($0.classes.count) }
    for (found, count) in zip(proportional.probabilities, counts) {
      #expect(abs(found - count / counts.reduce(0, +)) < 1e-12)
    }
  }

  @Test func rangesAndCurriculumAreOfMetaTrainingAlone() throws {
    let base = "data: {sources: [glyphs-greek]}\ntask: {way: 4, shot: 2, query: 3, train_way: [2, 4], train_shot: [1, 5]"
    let drawn = try Self.data(base + "}")
    let tasks = drawn.metaTrain.descriptions(in: 0..<300)
    #expect(Set(tasks.map(\.way)) == [2, 3, 4] && Set(tasks.map { $0.classes[0].support.count }) == [1, 2, 3, 4, 5])
    for task in drawn.metaTest[0].tasks.descriptions(in: 0..<20) {
      #expect(task.way == 4 && task.classes.allSatisfy { $0.support.count == 2 && $0.query.count == 3 })
    }
    let grown = try Self.data(base + ", curriculum: 100}").metaTrain
    #expect(grown.description(at: 0).way == 2 && grown.description(at: 0).classes[0].support.count == 1)
    #expect(grown.description(at: 100).way == 4 && grown.description(at: 5000).classes[0].support.count == 5)
    // The trial for memory takes one of the largest.
    let largest = try Self.data(base + ", curriculum: 100}")
    #expect(largest.metaTrain.description(at: largest.largestTask).way == 4)
  }

  /// Fewer classes than outputs: those beyond are never right, and a prototypical network has none.
  @Test func tasksOfFewerClassesFillTheOutputs() throws {
    let data = try Self.data("data: {sources: [glyphs-greek]}\ntask: {way: 5, query: 3, train_way: [2, 2]}")
    let network = Conv4(filters: 2, inputHeight: 28, inputWidth: 28, inputChannels: 1, way: 5)
    let task = try data.trainingTask(0, for: NetworkModel(network))
    #expect(task.way == 5 && task.supportTargets.shape == Shape([2, 5]))
    #expect(try data.trainingTask(0, for: PrototypeModel(network)).way == 2)
  }

  @Test func superclassesStayTogetherAndTurnsAreClasses() throws {
    let data = try Self.data("data: {sources: [icons-actions], rotations: as-classes, split_by: class}\ntask: {way: 3, query: 3}")
    #expect(data.metaTrain.rotations == .asClasses && data.metaTrain.augmentation.isNone)
    let changed = try Self.data(
      "data: {sources: [glyphs-thai], augmentation: {shift: 2, flip: true, crop: 0.8}}\ntask: {way: 3, query: 3}")
    #expect(
      changed.metaTrain.augmentation == Augmentation(maximumShift: 2, horizontalFlip: true, smallestCrop: 0.8)
        && changed.metaTest[0].tasks.augmentation.isNone)
  }

  @Test func whatIsTooSmallIsSaid() throws {
    // 16 images a class are too few for 5 + 15.
    let data = try Self.data("data: {sources: [glyphs-greek, glyphs-tibetan]}\ntask: {shot: 5}")
    #expect(data.metaTrain.sources.map(\.dataset.name) == ["glyphs-greek"])
    #expect(
      data.leftOut.contains { $0.hasPrefix("glyphs-tibetan, meta-train: all of it; a task can tell 0 classes apart") },
      "\(data.leftOut)")
  }

  /// Telugu's letters are enough by their number for every split, but in some divisions too many of one split look alike.
  @Test func lookalikesAreSaidWhereTheyAreTheReason() throws {
    let dataset = try DatasetCatalog.load("glyphs-telugu").dataset
    var configuration = try Configuration(yaml: "data: {sources: [glyphs-telugu]}")
    var counts = (classes: 0, kinds: 0)
    for seed in 1...100 {
      configuration.seed = UInt64(seed)
      let classes = try configuration.data.split(of: dataset, seed: configuration.seed).metaValidation.map { dataset.classes[$0] }
      counts = (classes.count, Set(classes.map { $0.lookalike ?? $0.name }).count)
      if counts.classes >= 5, counts.kinds < 5 { break }
    }
    try #require(counts.classes >= 5 && counts.kinds < 5)
    let error = #expect(throws: ConfigurationError.self) { try StudyData(configuration) }
    #expect(
      error?.problem.contains("\(counts.classes) for meta-validation, of which a task can tell \(counts.kinds) apart, ") == true,
      "\(error as Any)")
  }

  @Test(arguments: [
    ("data: {sources: ['iconz-*']}", "data.sources"),
    ("data: {sources: [glyphs-thai], weights: {glyphs-greek: 2}}", "data.weights"),
    ("data: {sources: [glyphs-thai], split: cifar-fs}", "data.split"),
    ("data: {sources: [glyphs-thai], split: omniglot-vinyals}", "data.split"),
  ])
  func whatDoesNotFitIsNamed(yaml: String, key: String) throws {
    let error = #expect(throws: ConfigurationError.self) { try Self.data(yaml) }
    #expect(error?.key.hasPrefix(key) == true && error?.help != nil, "\(String(describing: error))")
  }

  /// CIFAR-100's published splits on a made-up data set with its class names.
  @Test(arguments: [(Configuration.Data.Split.cifarFS, [64, 16, 20]), (.fc100, [60, 20, 20])])
  func publishedSplitsAreTaken(split: Configuration.Data.Split, counts: [Int]) throws {
    let classes = CIFARReader.cifar100Classes.map { ImageDataset.ImageClass(name: $0, group: "g", count: 1) }
    let dataset = try #require(
      ImageDataset(name: "cifar-100", height: 1, width: 1, channels: 1, classes: classes, pixels: (0..<100).map { UInt8($0) }))
    var data = Configuration.Data()
    data.split = split
    let found = try data.split(of: dataset, seed: 1)
    #expect([found.metaTrain.count, found.metaValidation.count, found.metaTest.count] == counts)
  }
}
