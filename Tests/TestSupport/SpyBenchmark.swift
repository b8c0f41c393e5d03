import SearchSpaces
import Synchronization

/// A benchmark that knows who asked what.
public final class SpyBenchmark: TabularBenchmark {
  public typealias Space = NASBench201Space

  public let name = "spy"
  public let space = NASBench201Space.cifar10
  public let datasets = [BenchmarkDataset(name: "cifar10", validationEpochs: [12, 200], testEpochs: [200])]
  public let architectures: [NASBench201Cell]
  /// The order of questions: true for a test accuracy.
  public let questions = Mutex<[Bool]>([])

  public init(architectures: [NASBench201Cell] = Array(NASBench201Space.cifar10.enumerated().prefix(50))) {
    self.architectures = architectures
  }

  public func validation(of architecture: NASBench201Cell, _ metric: ValidationMetric) throws(BenchmarkError)
    -> TrainingMeasurement
  {
    questions.withLock { $0.append(false) }
    return TrainingMeasurement(score: Double(architecture.code % 97), seconds: Double(metric.epochs))
  }

  public func test(of architecture: NASBench201Cell, _ metric: TestMetric) throws(BenchmarkError) -> Double {
    questions.withLock { $0.append(true) }
    return Double(architecture.code % 89)
  }
}
