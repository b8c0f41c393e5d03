/// A validation accuracy in a table: what a search may ask for. Data set and epochs have no default.
public struct ValidationMetric: Hashable, Codable, Sendable {
  /// The data set that the architecture was trained on.
  public let dataset: String
  /// For how many epochs it was trained.
  public let epochs: Int

  /// The validation accuracy on a data set after a training of some epochs.
  public init(dataset: String, epochs: Int) {
    self.dataset = dataset
    self.epochs = epochs
  }
}

/// A test accuracy in a table: what only a final report may ask for. A search has nothing that takes one.
public struct TestMetric: Hashable, Codable, Sendable {
  /// The data set that the architecture was trained on.
  public let dataset: String
  /// For how many epochs it was trained.
  public let epochs: Int

  /// The test accuracy on a data set after a training of some epochs.
  public init(dataset: String, epochs: Int) {
    self.dataset = dataset
    self.epochs = epochs
  }
}

/// What a table says about a training.
public struct TrainingMeasurement: Hashable, Codable, Sendable {
  /// The accuracy in percent (or another score, higher is better), the mean over the table's runs.
  public let score: Double
  /// What the training took, in seconds on the benchmark's machine.
  public let seconds: Double

  /// A mean score, in percent where it is an accuracy, and the seconds of the training.
  public init(score: Double, seconds: Double) {
    self.score = score
    self.seconds = seconds
  }
}

/// What a benchmark has of one data set.
public struct BenchmarkDataset: Hashable, Codable, Sendable {
  /// The name of the data set.
  public let name: String
  /// Numbers of epochs with validation accuracies, ascending; empty if the benchmark has none.
  public let validationEpochs: [Int]
  /// Numbers of epochs with test accuracies, ascending.
  public let testEpochs: [Int]

  /// A data set with the numbers of epochs, ascending, that the table has values for.
  public init(name: String, validationEpochs: [Int], testEpochs: [Int]) {
    self.name = name
    self.validationEpochs = validationEpochs
    self.testEpochs = testEpochs
  }
}

/// A table of trainings of the architectures of a space.
public protocol TabularBenchmark<Space>: Sendable {
  /// The space whose architectures the table holds.
  associatedtype Space: SearchSpace

  /// The benchmark's name.
  var name: String { get }
  /// The space.
  var space: Space { get }
  /// The data sets.
  var datasets: [BenchmarkDataset] { get }
  /// All architectures that the table has, in its order.
  var architectures: [Space.Architecture] { get }

  /// The validation accuracy, with the seconds of the training.
  ///
  /// - Throws: `BenchmarkError` if the table has no such value.
  func validation(of architecture: Space.Architecture, _ metric: ValidationMetric) throws(BenchmarkError) -> TrainingMeasurement

  /// The test accuracy.
  ///
  /// - Throws: `BenchmarkError` if the table has no such value.
  func test(of architecture: Space.Architecture, _ metric: TestMetric) throws(BenchmarkError) -> Double
}

extension TabularBenchmark {
  /// The data set of this name.
  ///
  /// - Throws: `BenchmarkError.noDataset`.
  public func dataset(_ name: String) throws(BenchmarkError) -> BenchmarkDataset {
    guard let found = datasets.first(where: { $0.name == name }) else {
      throw .noDataset(benchmark: self.name, name: name, known: datasets.map(\.name))
    }
    return found
  }

  /// The best architecture of the table by test accuracy, the first of equals; `nil` for an empty table.
  ///
  /// - Throws: `BenchmarkError` if the table has no such values.
  public func best(_ metric: TestMetric) throws(BenchmarkError) -> (architecture: Space.Architecture, score: Double)? {
    var best: (architecture: Space.Architecture, score: Double)?
    for architecture in architectures {
      let score = try test(of: architecture, metric)
      if score > best?.score ?? -.infinity { best = (architecture, score) }
    }
    return best
  }
}

/// What a search sees of a benchmark: the validation accuracies of one data set. It gives no access to a test accuracy.
public struct SearchView<Space: SearchSpace>: Sendable {
  /// The space.
  public let space: Space
  /// The benchmark's name.
  public let benchmark: String
  /// The data set that is searched on.
  public let dataset: String
  /// The numbers of epochs that may be asked for, ascending.
  public let epochs: [Int]
  private let read: @Sendable (Space.Architecture, ValidationMetric) throws(BenchmarkError) -> TrainingMeasurement

  /// The view of a data set of a benchmark.
  ///
  /// - Parameters:
  ///   - benchmark: the benchmark that is looked into.
  ///   - dataset: the data set's name in the benchmark.
  ///   - epochs: which numbers of epochs the search may use; all where it is left out.
  /// - Throws: `BenchmarkError` if the benchmark has no such data set, no validation accuracy of it or not after these epochs.
  public init(
    of benchmark: some TabularBenchmark<Space>, dataset: String, epochs: [Int]? = nil
  ) throws(BenchmarkError) {
    let found = try benchmark.dataset(dataset)
    guard !found.validationEpochs.isEmpty else {
      throw .noSplit(benchmark: benchmark.name, dataset: dataset, split: "validation")
    }
    for number in epochs ?? [] where !found.validationEpochs.contains(number) {
      throw .noFidelity(benchmark: benchmark.name, dataset: dataset, epochs: number, known: found.validationEpochs)
    }
    space = benchmark.space
    self.benchmark = benchmark.name
    self.dataset = dataset
    self.epochs = (epochs ?? found.validationEpochs).sorted()
    read = { (architecture, metric) throws(BenchmarkError) in try benchmark.validation(of: architecture, metric) }
  }

  /// The validation accuracy after some epochs, with the seconds of the training.
  ///
  /// - Throws: `BenchmarkError` for an architecture that the table does not have or epochs that are not among ``epochs``.
  public func validation(of architecture: Space.Architecture, epochs: Int) throws(BenchmarkError) -> TrainingMeasurement {
    guard self.epochs.contains(epochs) else {
      throw .noFidelity(benchmark: benchmark, dataset: dataset, epochs: epochs, known: self.epochs)
    }
    return try read(architecture, ValidationMetric(dataset: dataset, epochs: epochs))
  }
}
