import Autodiff
import Basics
import Bilevel
import Datasets
import Foundation
import MetaLearning
import NeuralNetworks
import Runs
import SearchSpaces
import Tensors

/// What a meta-training run would do, with estimates from a short trial: `meta-train --dry-run`.
public struct RunPlan: Sendable, Codable {
  /// A stage of the run.
  public struct Stage: Sendable, Codable {
    /// The stage's name, such as `prior` or `decoded`.
    public var name: String
    /// Tasks of the budget; `nil` under a budget of time.
    public var tasks: Int?
    /// Outer steps; `nil` under a budget of time.
    public var outerSteps: Int?
    /// Seconds of the budget, or the estimate.
    public var seconds: Double
    /// Whether ``seconds`` is estimated, from ``secondsPerStep``.
    public var isEstimated: Bool
    /// Seconds of an outer step, measured in the trial.
    public var secondsPerStep: Double
    /// Seconds of one evaluation on meta-validation tasks, measured on a few of them.
    public var secondsPerValidation: Double
    /// Trainable numbers of the network that classifies (`AdaptableModel.parameterCount`), as in results and reports.
    public var parameters: Int
    /// Numbers that are meta-trained: those with architecture parameters, learned rates and what Reptile's inner optimiser hands on.
    public var metaTrained: Int
    /// How many checkpoints will be written; `nil` where a time is the limit.
    public var checkpoints: Int?
  }

  /// The run's parts, one after the other.
  public var stages: [Stage]
  /// Data sets with the number of their classes in meta-train, meta-validation and meta-test.
  public var datasets: [Dataset]
  /// What has too few images or classes for the tasks.
  public var leftOut: [String]
  /// Tasks at a time.
  public var threads: Int
  /// The most memory that the run will have resident, in bytes: an estimate; `nil` where the first steps fail.
  public var peakMemory: Int?
  /// Bytes of the checkpoints that are kept.
  public var checkpointBytes: Int

  /// A data set's part in the run.
  public struct Dataset: Sendable, Codable {
    /// The data set's name.
    public var name: String
    /// Classes that are trained on.
    public var metaTrain: Int
    /// Classes that settings are chosen by.
    public var metaValidation: Int
    /// Classes that are tested on.
    public var metaTest: Int
  }

  /// Seconds of all stages.
  public var seconds: Double { stages.reduce(0) { $0 + $1.seconds } }

  /// Makes a plan: a few outer steps of every stage, of which nothing is kept.
  ///
  /// - Parameters:
  ///   - configuration: the settings of the run that is planned.
  ///   - data: the data sets that it would train on, split into classes.
  ///   - threads: how many threads the run and its trial may use.
  ///   - trialSeconds: how long the trial of a stage may take, beyond its first two steps.
  /// - Throws: the errors that the run itself would begin with.
  public init(_ configuration: Configuration, data: StudyData, threads: Int, trialSeconds: Double = 2) throws {
    self.threads = threads
    leftOut = data.leftOut
    datasets = data.datasets.members.map { member in
      func count<Split: SplitTag>(_ pools: [ClassPool<Split>]) -> Int {
        pools.first { $0.dataset.name == member.dataset.name }?.classes.count ?? 0
      }
      return Dataset(
        name: member.dataset.name, metaTrain: count(data.datasets.pools(MetaTrain.self)),
        metaValidation: count(data.datasets.pools(MetaValidation.self)), metaTest: count(data.datasets.pools(MetaTest.self)))
    }
    // Before the trial, which takes memory of its own.
    peakMemory = try? configuration.estimatedPeakMemory(data: data, threads: threads)
    let trial = Trial(configuration: configuration, data: data, threads: threads, seconds: trialSeconds)
    let plan = try configuration.stagePlan(imageShape: data.imageShape)
    stages = [try trial.run(plan.first)]
    if let decoding = plan.decoding {
      // What will be decoded is not known; a random genotype of the space costs about as much.
      let genotype = configuration.randomGenotype(in: decoding.space)
      stages.append(try trial.run(configuration.decodedStage(genotype, imageShape: data.imageShape)))
    }
    // Weights and two moments of Adam, 4 bytes each, in both of the checkpoints that are kept.
    checkpointBytes = 2 * 3 * 4 * stages.reduce(0) { $0 + $1.metaTrained }
  }

  private struct Trial {
    var configuration: Configuration
    var data: StudyData
    var threads: Int
    var seconds: Double

    func run(_ stage: PriorStage) throws -> Stage {
      var state = stage.trainer.initialState(seed: configuration.seed)
      func step() throws -> Double {
        let clock = Stopwatch()
        _ = try stage.trainer.step(&state, count: stage.metaBatch, threads: threads) { index in
          try data.trainingTask(index, for: stage.trainer.model)
        }
        return clock.seconds
      }
      // The first step fills the pools of buffers.
      _ = try step()
      var times = [try step()]
      while times.reduce(0, +) < seconds && times.count < 20 { times.append(try step()) }
      let perStep = times.sorted()[times.count / 2]

      let count = min(2 * threads, configuration.evaluation.validationTasks)
      let clock = Stopwatch()
      _ = try FewShotLearner(
        stage.trainer.model, parameters: state.parameters, loop: stage.testLoop, batchNorm: configuration.batchNorm
      ).evaluate(on: data.metaValidation, maker: data.maker, count: count, threads: threads)
      let perValidation = clock.seconds / Double(count) * Double(configuration.evaluation.validationTasks)

      let outerSteps = stage.budget.tasks.map { ($0 + stage.metaBatch - 1) / stage.metaBatch }
      let validations = stage.budget.tasks.flatMap { tasks in configuration.evaluation.validationEvery.map { tasks / $0 } } ?? 0
      let estimate = outerSteps.map { Double($0) * perStep + Double(validations) * perValidation }
      return Stage(
        name: stage.name, tasks: stage.budget.tasks, outerSteps: outerSteps, seconds: estimate ?? stage.budget.seconds ?? 0,
        isEstimated: estimate != nil, secondsPerStep: perStep, secondsPerValidation: perValidation,
        parameters: stage.trainer.model.parameterCount, metaTrained: stage.trainer.model.metaTrainedCount,
        checkpoints: stage.budget.tasks.map { max(1, $0 / configuration.checkpointEvery) })
    }
  }
}
