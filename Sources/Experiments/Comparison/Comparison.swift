import ArchitecturePriors
import Autodiff
import Basics
import Bilevel
import CellNetworks
import Datasets
import Foundation
import MetaLearning
import NeuralNetworks
import Reports
import Runs
import SearchSpaces
import Statistics
import Tensors

/// The comparison of a T-NAS prior with what it has to beat, on the same tasks: the study behind `make run`.
///
/// Every method is meta-trained on the meta-train classes, watched on the meta-validation classes and evaluated once on the
/// meta-test classes, all with the same task descriptions. The prior and MAML with the four-layer network get the same time.
public struct Comparison: Sendable {
  /// One meta-trained or fresh model, ready for evaluation.
  struct Contestant: Sendable {
    var name: String
    var model: any AdaptableModel
    var parameters: ParameterTree
    var loop: InnerLoop
    var cost: NetworkCost
    var trainingSeconds: Double?
    var curve: [CurvePoint] = []
  }

  /// What every method is given.
  public let settings: ComparisonSettings
  /// The tasks.
  public let data: StudyData
  /// Worker threads.
  public let threads: Int
  /// What to say about the run in the report.
  public var information: ComparisonResults.RunInformation
  /// Gets a line for people at every stage.
  public var say: @Sendable (String) -> Void = { _ in }
  /// Gets the progress of a meta-training, with its name.
  public var progress: @Sendable (String, TrainingProgress) -> Void = { _, _ in }
  /// Keeps what was trained as runs; `nil` where nothing is to be kept.
  public var runs: ComparisonRuns?
  /// Gets how many tasks of an evaluation are done, with what is evaluated on what and the number of tasks in all; from several threads.
  public var evaluating: @Sendable (String, Int, Int) -> Void = { _, _, _ in }
  /// Whether the user wants to stop.
  public var isInterrupted: @Sendable () -> Bool = { false }
  /// Called where the disk is full, with the error: returns when it is worth trying to save again, `false` to give up.
  public var waitForSpace: @Sendable (any Error) -> Bool = { _ in false }

  /// A comparison, not yet run.
  public init(
    settings: ComparisonSettings, data: StudyData, threads: Int, information: ComparisonResults.RunInformation
  ) {
    self.settings = settings
    self.data = data
    self.threads = threads
    self.information = information
  }

  /// Why a comparison ended early.
  public enum Failure: ReportableError {
    /// The user asked for it.
    case interrupted(during: String)
    /// The settings name an estimator that does not exist.
    case unknownGradient(String)

    /// What happened and, where something helps, what to do.
    public var fault: Fault {
      switch self {
      case .interrupted(let stage):
        Fault(
          "stopped during \(stage); no results were written, since only a whole comparison is worth something",
          help: "call it again")
      case .unknownGradient(let name):
        Fault(
          "there is no hypergradient estimator '\(name)'",
          help: "one of \(HypergradientRegistry.all.map(\.name).joined(separator: ", "))")
      }
    }
  }

  /// Meta-trains and evaluates everything.
  ///
  /// - Throws: `BilevelError` where a training diverges, ``Failure`` where the user stops it, and errors of the data.
  public func run() throws -> ComparisonResults {
    let space = try DARTSSpace(
      nodes: settings.nodes, channels: settings.channels, stem: settings.stem, inputHeight: data.imageShape[0],
      inputWidth: data.imageShape[1], inputChannels: data.imageShape[2], way: settings.way)
    let supernet = Supernet(space)
    let estimator = try estimator(settings.prior.gradient)
    let tnas = TNAS(
      variant: settings.variant, steps: settings.prior.innerSteps, weightRate: settings.prior.innerRate,
      architectureRate: settings.architectureRate)
    let trainer = tnas.trainer(
      for: supernet, estimator: estimator, weightOptimizer: Adam(learningRate: settings.prior.outerRate),
      architectureOptimizer: Adam(
        learningRate: settings.architectureOuterRate, beta1: 0.5, beta2: 0.999, weightDecay: 1e-3),
      batchNorm: settings.batchNorm)
    let model = trainer.model
    var testing = tnas
    testing.steps = settings.prior.testSteps
    var frozen = testing
    frozen.architectureRate = 0

    let (priorStage, priorSeconds) = try train(
      "T-NAS prior", trainer, testLoop: testing.loop(for: model), metaBatch: settings.prior.metaBatch,
      seconds: settings.priorSeconds)
    let (prior, priorCurve) = (priorStage.state, priorStage.curve)
    let genotype = try supernet.decode(
      meanAdaptedArchitecture(
        model, prior.parameters, loop: testing.loop(for: model), batchNorm: settings.batchNorm, tasks: data.metaValidation,
        maker: data.maker, count: settings.validationTasks, threads: threads))
    say("decoded cell: \(genotype.text)")
    var generator = Philox(seed: settings.seed, stream: "random genotype")
    let random = Genotype.random(in: space, using: &generator)

    var contestants = [
      Contestant(
        name: "T-NAS adapted (w and θ)", model: model, parameters: prior.parameters, loop: testing.loop(for: model),
        cost: space.supernetCost, trainingSeconds: priorSeconds, curve: priorCurve),
      Contestant(
        name: "T-NAS prior, θ frozen", model: model, parameters: prior.parameters, loop: frozen.loop(for: model),
        cost: space.supernetCost, trainingSeconds: priorSeconds),
      Contestant(
        name: "supernet without meta-training", model: model,
        parameters: trainer.initialState(seed: settings.seed).parameters, loop: testing.loop(for: model),
        cost: space.supernetCost, trainingSeconds: 0),
    ]
    for (name, choice) in [("decoded network, MAML", genotype), ("random genotype, MAML", random)] {
      let isDecoded = contestants.count == 3
      let (contestant, trained) = try mamlContestant(
        name, stage: isDecoded ? "decoded" : "prior", GenotypeNetwork(choice, in: space), settings.decoded,
        seconds: settings.decodedSeconds, cost: try space.cost(of: choice))
      contestants.append(contestant)
      keep { runs in
        isDecoded
          ? try runs.keepPrior(priorStage, genotype: genotype, decoded: trained)
          : try runs.keepNetwork(trained, settings.decoded, genotype: random)
      }
    }
    let conv4 = Conv4(
      filters: settings.conv4Filters, inputHeight: data.imageShape[0], inputWidth: data.imageShape[1],
      inputChannels: data.imageShape[2], way: settings.way)
    let (contestant, trained) = try mamlContestant(
      "MAML conv-4", stage: "prior", conv4, settings.conv4, seconds: settings.priorSeconds,
      cost: NetworkCost(
        parameters: conv4.layout.scalarCount,
        multiplyAdds: conv4.multiplyAdds(inputHeight: data.imageShape[0], inputWidth: data.imageShape[1])))
    contestants.append(contestant)
    keep { try $0.keepNetwork(trained, settings.conv4, genotype: nil) }

    return try results(contestants, model: model, prior: prior.parameters, genotype: genotype, random: random)
  }

  /// Keeps something as a run; the comparison does not fail where that does.
  private func keep(_ work: (ComparisonRuns) throws -> String) {
    guard let runs else { return }
    do {
      let path = try DiskSpace.persist(waiting: waitForSpace, say: say) { try work(runs) }
      say("  kept as the run \(path)")
    } catch {
      say("  note: it could not be kept as a run: \((error as? any ReportableError)?.message ?? "\(error)")")
    }
  }

  private func mamlContestant(
    _ name: String, stage: String, _ network: some Network, _ learner: ComparisonSettings.Learner, seconds: Double,
    cost: NetworkCost
  ) throws -> (Contestant, TrainedStage<NetworkModel>) {
    let trainer = MetaTrainer.maml(
      network, innerRate: learner.innerRate, innerSteps: learner.innerSteps, estimator: try estimator(learner.gradient),
      outer: Adam(learningRate: learner.outerRate), batchNorm: settings.batchNorm)
    var testLoop = trainer.loop
    testLoop.rounds = learner.testSteps
    let (trained, spent) = try train(
      name, stage: stage, trainer, testLoop: testLoop, metaBatch: learner.metaBatch, seconds: seconds)
    let contestant = Contestant(
      name: name, model: trainer.model, parameters: trained.state.parameters, loop: testLoop, cost: cost,
      trainingSeconds: spent, curve: trained.curve)
    return (contestant, trained)
  }

  private func estimator(_ name: String) throws -> any HypergradientEstimator {
    guard let estimator = HypergradientRegistry.estimator(named: name) else { throw Failure.unknownGradient(name) }
    return estimator
  }

  /// Meta-trains for a time, with points of a learning curve at equal distances of time; validation is not counted as training.
  private func train<Model: AdaptableModel>(
    _ name: String, stage: String = "prior", _ trainer: MetaTrainer<Model>, testLoop: InnerLoop, metaBatch: Int,
    seconds: Double
  ) throws -> (trained: TrainedStage<Model>, seconds: Double) {
    say("meta-training: \(name) (\(Int(seconds)) s)")
    var state = trainer.initialState(seed: settings.seed)
    var curve: [CurvePoint] = []
    var spent = 0.0
    func validate() throws -> Double {
      try evaluate(
        trainer.model, parameters: state.parameters, loop: testLoop, batchNorm: settings.batchNorm,
        tasks: data.metaValidation, maker: data.maker, count: settings.validationTasks, threads: threads
      ).mean
    }
    for point in 1...max(1, settings.curvePoints) {
      let clock = Stopwatch()
      let goal = seconds * Double(point) / Double(max(1, settings.curvePoints))
      let segment = try metaTrain(
        trainer, state: &state, data: data, budget: TrainingBudget(seconds: goal), metaBatch: metaBatch,
        schedule: settings.schedule, scheduleBudget: TrainingBudget(seconds: seconds), threads: threads, pointEvery: .max,
        elapsed: spent, isInterrupted: isInterrupted
      ) { update in
        var whole = update
        whole.fraction = min(1, update.seconds / seconds)
        progress(name, whole)
      }
      if case .interrupted = segment.end { throw Failure.interrupted(during: name) }
      spent += clock.seconds
      if var last = segment.curve.last {
        last.seconds = spent
        last.validationAccuracy = try validate()
        curve.append(last)
      }
    }
    if let last = curve.last {
      say(
        String(
          format: "  %d tasks in %.0f s; meta-validation %.1f %%", last.tasks, spent, 100 * (last.validationAccuracy ?? 0)))
    }
    let kept = PriorStage(
      name: stage, trainer: trainer, testLoop: testLoop, metaBatch: metaBatch, budget: TrainingBudget(seconds: seconds))
    return (TrainedStage(stage: kept, state: state, curve: curve), spent)
  }
}
