import Datasets
import Runs

/// What to tell someone whose data sets cannot fill the tasks of a configuration: the numbers, and keys with which they can, tried out.
struct TaskAdvice {
  private let configuration: Configuration
  private let sources: [ImageDataset]
  private let heldOut: [ImageDataset]

  init(_ configuration: Configuration, sources: [ImageDataset], heldOut: [ImageDataset]) {
    self.configuration = configuration
    self.sources = sources
    self.heldOut = heldOut
  }

  /// An error that says more than one of the tasks; the same error where there is no more to say.
  func explaining(_ error: any Error) -> any Error {
    switch error as? TaskError {
    case .tooFewClasses, .tooFewImages, .noClasses: break
    default: return error
    }
    guard let datasets = try? Self.datasets(configuration, sources, heldOut) else { return error }
    let task = configuration.task
    let advice = settings(datasets).map { "--set " + $0.joined(separator: " --set ") }
    return ConfigurationError(
      key: "task",
      problem: "a task wants \(task.way) classes of \(task.shot + task.query) images each (task.shot \(task.shot) + task.query "
        + "\(task.query)), and there are too few: " + numbers(datasets),
      help: advice.isEmpty
        ? "name more data sets in data.sources, or lower task.way, task.shot and task.query"
        : advice.joined(separator: " or ") + ", or more data sets in data.sources")
  }

  /// How many classes each split of each data set has, and of how many images.
  private func numbers(_ datasets: SplitDatasets) -> String {
    let parts = datasets.members.prefix(5).map { member -> String in
      let counts = member.dataset.classes.map(\.count)
      let (least, most) = (counts.min() ?? 0, counts.max() ?? 0)
      let splits = [
        part(datasets.pools(MetaTrain.self), of: member), part(datasets.pools(MetaValidation.self), of: member),
        part(datasets.pools(MetaTest.self), of: member),
      ]
      return "\(member.dataset.name) has \(least == most ? "\(least)" : "\(least) to \(most)") images a class, "
        + splits.joined(separator: ", ")
    }
    return parts.joined(separator: "; ") + (datasets.members.count > 5 ? "; …" : "")
  }

  /// How many classes a split of a data set has, and how many of them a task can have where look-alikes make that fewer.
  private func part<Split: SplitTag>(_ pools: [ClassPool<Split>], of member: SplitDatasets.Member) -> String {
    let count = member.split.classes(in: Split.name).count
    let distinguishable = pools.first { $0.dataset.name == member.dataset.name }?.distinguishableClasses ?? count
    return "\(count) for \(Split.name.rawValue)"
      + (distinguishable < count ? ", of which a task can tell \(distinguishable) apart" : "")
  }

  /// Keys with their values, each a choice by itself, with which the data sets suffice.
  private func settings(_ datasets: SplitDatasets) -> [[String]] {
    var result: [[String]] = []
    if let smaller = smallerTask(datasets), works(smaller) { result.append(smaller) }
    // Look-alikes stay together and count once, so that some more classes are wanted than a task has.
    if let fractions = [1.2, 1.6, 2.4].lazy.compactMap(largerSplits).first(where: works) { result.append(fractions) }
    return result
  }

  /// The largest tasks that all splits can fill: as many ways as possible, then as many shots, then as many queries.
  private func smallerTask(_ datasets: SplitDatasets) -> [String]? {
    let task = configuration.task
    let (train, validation) = (datasets.pools(MetaTrain.self), datasets.pools(MetaValidation.self))
    let test = datasets.pools(MetaTest.self)
    func suffice(_ way: Int, _ images: Int) -> Bool {
      func some<Split: SplitTag>(_ pools: [ClassPool<Split>]) -> Bool {
        pools.contains { $0.droppingClasses(withFewerImagesThan: images).distinguishableClasses >= way }
      }
      return some(train) && some(validation) && some(test)
    }
    let counts = Set((sources + heldOut).flatMap { $0.classes.map(\.count) }).sorted(by: >)
    for way in stride(from: task.way, through: 2, by: -1) where suffice(way, 2) {
      for shot in Set([task.shot, min(task.shot, max(1, (counts.first ?? 2) / 2)), 1]).sorted(by: >) {
        for count in [shot + task.query] + counts where count > shot && count <= shot + task.query && suffice(way, count) {
          return [("way", task.way, way), ("shot", task.shot, shot), ("query", task.query, count - shot)]
            .filter { $0.1 != $0.2 }.map { "task.\($0.0)=\($0.2)" }
        }
      }
    }
    return nil
  }

  /// Shares of the classes that give every split some times as many as a task has, where the classes have images enough.
  private func largerSplits(_ times: Double) -> [String]? {
    guard configuration.data.split == .random, let most = sources.map(\.classes.count).max() else { return nil }
    let data = configuration.data
    let share = (100 * times * Double(configuration.task.way) / Double(most)).rounded(.up) / 100
    let validation = max(data.validationFraction, share)
    let test = max(1 - data.trainFraction - data.validationFraction, share)
    let train = (100 * (1 - validation - test)).rounded(.down) / 100
    guard train >= share else { return nil }
    return [("train", data.trainFraction, train), ("validation", data.validationFraction, validation)]
      .filter { $0.1 != $0.2 }.map { "data.\($0.0)_fraction=\($0.2)" }
  }

  private func works(_ overrides: [String]) -> Bool {
    guard !overrides.isEmpty, let changed = try? configuration.setting(overrides) else { return false }
    return (try? StudyData(changed, sources: sources, heldOut: heldOut)) != nil
  }

  private static func datasets(
    _ configuration: Configuration, _ sources: [ImageDataset], _ heldOut: [ImageDataset]
  ) throws -> SplitDatasets {
    let members = try sources.map { dataset in
      SplitDatasets.Member(dataset: dataset, split: try configuration.data.split(of: dataset, seed: configuration.seed))
    }
    return try SplitDatasets.droppingSharedClasses(
      members + heldOut.map { .init(dataset: $0, split: .whole($0, as: .metaTest)) }
    ).datasets
  }
}
