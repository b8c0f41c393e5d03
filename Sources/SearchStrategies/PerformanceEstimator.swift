import SearchSpaces

/// What an evaluation found, and what it took.
public struct PerformanceEstimate: Hashable, Codable, Sendable {
  /// The validation score, higher is better; not finite if the training failed.
  public let score: Double
  /// Its cost in seconds: simulated for a table, measured for a training.
  public let seconds: Double

  /// An estimate; a score that is not finite means a failed training.
  public init(score: Double, seconds: Double) {
    self.score = score
    self.seconds = seconds
  }
}

/// A way to judge architectures during a search: a table, a training, a supernet, a proxy. There is no place in it for test data.
public protocol PerformanceEstimator<Architecture>: Sendable {
  /// What is judged.
  associatedtype Architecture: Hashable & Codable & Sendable

  /// The numbers of epochs that may be asked for, ascending; at least one.
  var epochs: [Int] { get }

  /// Whether the seconds of estimates are measured on this machine: an evaluation that fails then costs what it took, and nothing where
  /// seconds are simulated. False unless said otherwise.
  var measuresSeconds: Bool { get }

  /// What scores depend on besides the estimator's settings and images, such as a digest of weights that were read from a file; `nil`, as
  /// usual, where there is nothing else.
  var fingerprint: String? { get }

  /// Judges an architecture; must be safe to call from several threads and give the same for the same arguments.
  ///
  /// - Throws: any error; the evaluation then counts as failed.
  func estimate(_ architecture: Architecture, epochs: Int) throws -> PerformanceEstimate
}

extension PerformanceEstimator {
  /// False unless an estimator says otherwise.
  public var measuresSeconds: Bool { false }
  /// `nil` unless an estimator says otherwise.
  public var fingerprint: String? { nil }
}

/// The validation accuracies of a tabular benchmark, at the cost of the trainings that they are from.
public struct TabularEstimator<Space: SearchSpace>: PerformanceEstimator {
  /// What the search sees of the benchmark.
  public let view: SearchView<Space>

  /// An estimator that reads a view, and nothing else of the benchmark.
  public init(_ view: SearchView<Space>) { self.view = view }

  /// The numbers of epochs that the view offers.
  public var epochs: [Int] { view.epochs }

  /// The table's mean validation score, with the seconds that the training took.
  ///
  /// - Throws: `BenchmarkError` for an architecture or a number of epochs that the table does not have.
  public func estimate(_ architecture: Space.Architecture, epochs: Int) throws -> PerformanceEstimate {
    let found = try view.validation(of: architecture, epochs: epochs)
    return PerformanceEstimate(score: found.score, seconds: found.seconds)
  }
}
