import Basics
import Datasets
import Foundation
import Runs

extension StudyData {
  /// The data that a configuration asks for: Omniglot in a folder, or data sets by name.
  ///
  /// - Throws: `ConfigurationError`, `CatalogError`, `PackError`, `ReaderError`, `TaskError` and `Leak`.
  public init(_ configuration: Configuration) throws {
    let data = configuration.data
    let chosen = try data.chosenNames()
    let heldOut = try data.uniform(
      chosen.heldOut.map { try NamedDataset.load($0, folder: data.path) }, beside: chosen.sources, folder: data.path)
    if let first = heldOut.sources.first ?? heldOut.heldOut.first {
      try configuration.checkNetwork(imageShape: first.imageShape)
    }
    do {
      try self.init(configuration, sources: heldOut.sources, heldOut: heldOut.heldOut)
    } catch {
      throw TaskAdvice(configuration, sources: heldOut.sources, heldOut: heldOut.heldOut).explaining(error)
    }
  }

  /// Data sets that have been made uniform, split and checked as a configuration says.
  ///
  /// - Throws: `ConfigurationError`, `TaskError` and `Leak`.
  init(_ configuration: Configuration, sources: [ImageDataset], heldOut: [ImageDataset]) throws {
    let data = configuration.data
    let shape = try TaskShape(
      way: configuration.task.way, shot: configuration.task.shot, queriesPerClass: configuration.task.query)
    let members = try sources.map { dataset in
      SplitDatasets.Member(dataset: dataset, split: try data.split(of: dataset, seed: configuration.seed))
    }
    try data.checkSplit(sources)
    try self.init(
      split: members, heldOut: heldOut, shape: shape, rules: configuration.trainingRules(), seed: configuration.seed)
  }
}

extension Configuration {
  /// How meta-training tasks are drawn.
  ///
  /// - Throws: `TaskError` for ranges that are none.
  func trainingRules() throws -> TrainingRules {
    var rules = TrainingRules(rotations: data.rotations)
    func range(_ ends: [Int]?, _ value: Int) -> ClosedRange<Int> {
      guard let ends, ends.count == 2, ends[0] <= ends[1] else { return value...value }
      return ends[0]...ends[1]
    }
    if task.trainWay != nil || task.trainShot != nil {
      rules.shapes = try TaskShapeRange(
        way: range(task.trainWay, task.way), shot: range(task.trainShot, task.shot), queriesPerClass: task.query)
    }
    rules.curriculum = task.curriculum
    rules.sampling = task.sampling
    let changes = data.augmentation
    rules.augmentation = Datasets.Augmentation(
      maximumShift: changes.shift, horizontalFlip: changes.flip, verticalFlip: changes.verticalFlip, smallestCrop: changes.crop)
    let weights = data.weights
    rules.mixture = weights.entries.isEmpty ? .temperature(data.temperature) : .weights { weights.weight(of: $0) }
    return rules
  }
}

extension Configuration.Data {
  /// The names of sources and of data sets that are held out, patterns expanded; what is held out is no source.
  ///
  /// - Throws: `ConfigurationError` for a pattern or a weight that stands for no data set.
  func chosenNames() throws -> (sources: [String], heldOut: [String]) {
    // An Omniglot folder alone means Omniglot.
    if path != nil && sources.isEmpty && holdoutSources.isEmpty { return (["omniglot"], []) }
    let known = DatasetCatalog().list().map(\.name)
    func expanded(_ texts: [String], _ key: String) throws -> [String] {
      var result: [String] = []
      for pattern in texts.map(NamePattern.init) {
        guard pattern.isPattern else {
          if !result.contains(pattern.text) { result.append(pattern.text) }
          continue
        }
        let names = known.filter(pattern.matches)
        guard !names.isEmpty else {
          throw ConfigurationError(
            key: "data.\(key)", problem: "no data set has a name like \(pattern.text)", help: "see \(Advice.listDatasets)")
        }
        result += names.filter { !result.contains($0) }
      }
      return result
    }
    let heldOut = try expanded(holdoutSources, "holdout_sources")
    let chosen = try expanded(sources.isEmpty ? ["glyphs-*"] : sources, "sources").filter { !heldOut.contains($0) }
    for entry in weights.entries where !chosen.contains(where: entry.pattern.matches) {
      throw ConfigurationError(
        key: "data.weights.\(entry.pattern.text)", problem: "there is no such data set among the sources",
        help: "the sources are \(chosen.joined(separator: ", "))")
    }
    return (chosen, heldOut)
  }

  /// Data sets made uniform by one rule: the side and the channels of the configuration; where it says nothing, sides stay and all
  /// become colour if one has colours.
  func uniform(
    _ heldOut: [ImageDataset], beside names: [String], folder: String?
  ) throws -> (sources: [ImageDataset], heldOut: [ImageDataset]) {
    let sources = try names.map { try NamedDataset.load($0, folder: folder) }
    let count = channels ?? ((sources + heldOut).contains { $0.channels == 3 } ? 3 : 1)
    try MemoryNeed(sources + heldOut, side: imageSize, channels: count).check(available: MemoryNeed.physical)
    func uniform(_ dataset: ImageDataset) -> ImageDataset {
      dataset.uniform(height: imageSize, width: imageSize, channels: count, fit: fit)
    }
    return (sources.map(uniform), heldOut.map(uniform))
  }

  /// The split of a data set's classes.
  ///
  /// - Throws: `TaskError` where the data set is too small.
  func split(of dataset: ImageDataset, seed: UInt64) throws -> ClassSplit {
    switch split {
    case .cifarFS where Self.isCIFAR100(dataset): return try Self.published(.cifarFS, dataset)
    case .fc100 where Self.isCIFAR100(dataset): return try Self.published(.fc100, dataset)
    case .omniglotVinyals where Self.isOmniglot(dataset): return try .omniglotVinyals(of: dataset)
    case .random where path != nil && Self.isOmniglot(dataset) && splitBy == .singleClass:
      return try .omniglotRandom(of: dataset, seed: splitSeed ?? seed)
    default:
      return try .random(
        of: dataset, validationFraction: validationFraction, testFraction: max(0, 1 - trainFraction - validationFraction),
        seed: splitSeed ?? seed, keeping: splitBy)
    }
  }

  /// A published split that no data set is for is a mistake.
  ///
  /// - Throws: `ConfigurationError`.
  func checkSplit(_ datasets: [ImageDataset]) throws {
    let (fits, wanted): (Bool, String) =
      switch split {
      case .random: (true, "")
      case .cifarFS, .fc100: (datasets.contains(where: Self.isCIFAR100), "all 100 classes of CIFAR-100")
      case .omniglotVinyals: (datasets.contains(where: Self.isOmniglot), "all 1,623 characters of Omniglot")
      }
    guard !fits else { return }
    throw ConfigurationError(
      key: "data.split", problem: "\(split.rawValue) divides \(wanted), and no source has them",
      help: "name such a data set, or use random")
  }

  private static func isCIFAR100(_ dataset: ImageDataset) -> Bool { dataset.classes.map(\.name) == CIFARReader.cifar100Classes }
  private static func isOmniglot(_ dataset: ImageDataset) -> Bool {
    dataset.classes.count == 1623 && dataset.classes.first?.group == "Alphabet_of_the_Magi"
  }

  private static func published(_ split: CIFARReader.FewShotSplit, _ dataset: ImageDataset) throws -> ClassSplit {
    try ClassSplit(
      of: dataset, namesOfMetaTrain: split.classes(ofPart: 0), metaValidation: split.classes(ofPart: 1),
      metaTest: split.classes(ofPart: 2))
  }
}
