import Autodiff
import Basics
import Bilevel
import CellNetworks
import Foundation
import NeuralNetworks
import Tensors

/// A search on a supernet: the weights fit training images, architecture parameters θ learn from validation images.
///
/// All that changes is in ``State``. An epoch is a function of state, number and data: a search that is stopped between epochs goes on
/// bit for bit.
public struct DifferentiableSearch<Model: MixtureNetwork>: Sendable {
  /// The supernet.
  public let model: Model
  /// The search method.
  public let method: any SupernetMethod
  /// Epochs, batch size, optimiser settings and seed.
  public let settings: SearchSettings

  /// A search that has not begun.
  ///
  /// - Parameters:
  ///   - model: the supernet.
  ///   - method: the relaxation, how θ learns, and how an architecture is read off.
  ///   - settings: epochs, batch size, optimiser settings and seed.
  /// - Throws: ``SupernetSearchError/unsuitable(method:reason:)`` where the method cannot work with the network.
  public init(model: Model, method: any SupernetMethod, settings: SearchSettings) throws(SupernetSearchError) {
    if let reason = method.obstacle(on: model) { throw .unsuitable(method: method.name, reason: reason) }
    self.model = model
    self.method = method
    self.settings = settings
  }

  /// What changes during a search.
  public struct State: Sendable {
    /// The weights w of the supernet.
    public var weights: ParameterTree
    /// The architecture parameters θ, or what the method has in their place.
    public var architecture: ParameterTree
    /// The weights' SGD state: its momentum.
    public var weightOptimizer: OptimizerState
    /// θ's Adam state: its two moments.
    public var architectureOptimizer: OptimizerState
    /// The number of epochs done.
    public var epochs: Int
    /// The moving average of rewards, for methods that learn by them; `nil` before the first.
    public var baseline: Double?

    /// A state, such as one that was saved; ``start()`` gives the first one.
    ///
    /// - Parameters:
    ///   - weights: w, in the order of the supernet's weight layout.
    ///   - architecture: θ, in the order of the method's ``SupernetMethod/initialArchitecture(on:seed:)``.
    ///   - weightOptimizer: the SGD state that belongs to `weights`.
    ///   - architectureOptimizer: the Adam state that belongs to `architecture`.
    ///   - epochs: epochs done; the next one has this number, counted from 0.
    ///   - baseline: the moving average of rewards; `nil` before the first, and for methods without rewards.
    public init(
      weights: ParameterTree, architecture: ParameterTree, weightOptimizer: OptimizerState,
      architectureOptimizer: OptimizerState, epochs: Int, baseline: Double? = nil
    ) {
      self.weights = weights
      self.architecture = architecture
      self.weightOptimizer = weightOptimizer
      self.architectureOptimizer = architectureOptimizer
      self.epochs = epochs
      self.baseline = baseline
    }
  }

  /// What an epoch found.
  public struct Report: Sendable, Hashable, Codable {
    /// The mean training loss, before each step.
    public var trainingLoss: Double
    /// The mean validation loss in the steps of θ, before each step; `nil` where θ follows no gradient.
    public var validationLoss: Double?
    /// The mean validation accuracy in the steps of θ, in 0...1; `nil` where θ does not learn.
    public var validationAccuracy: Double?
  }

  private var weightRule: SGD {
    SGD(learningRate: 1, momentum: settings.momentum, nesterov: settings.nesterov, weightDecay: settings.weightDecay)
  }
  private var architectureRule: Adam {
    Adam(
      learningRate: settings.architectureRate, beta1: settings.architectureBeta1, weightDecay: settings.architectureWeightDecay)
  }

  /// The state before the first epoch, pure in the seed.
  public func start() -> State {
    let weights = model.weightLayout.initialParameters(seed: settings.seed)
    let architecture = method.initialArchitecture(on: model, seed: settings.seed)
    return State(
      weights: weights, architecture: architecture, weightOptimizer: weightRule.initialState(for: weights),
      architectureOptimizer: architectureRule.initialState(for: architecture), epochs: 0)
  }

  /// The state after one more epoch.
  ///
  /// - Parameters:
  ///   - state: the state before the epoch.
  ///   - training: numbers of the images that weights are trained on.
  ///   - validation: numbers of those that θ is judged by.
  ///   - batch: reads images; it is asked only for these numbers.
  /// - Throws: `BilevelError` where something is not finite any more, ``SupernetSearchError/tooFewImages(count:batch:)``, and what `batch`
  ///   throws.
  public func epoch(
    _ state: State, training: [Int], validation: [Int], batch: ([Int]) throws -> LabelledImages
  ) throws -> (state: State, report: Report) {
    var next = state
    let number = UInt64(state.epochs)
    var order = Philox(seed: settings.seed, stream: "search/order", index: number)
    var noise = Philox(seed: settings.seed, stream: "search/noise", index: number)
    let (training, validation) = (order.shuffled(training), order.shuffled(validation))
    let steps = min(training.count, validation.count) / settings.batch
    guard steps > 0 else {
      throw SupernetSearchError.tooFewImages(count: min(training.count, validation.count), batch: settings.batch)
    }
    let rate = settings.rate(epoch: state.epochs)
    let rests = Double(state.epochs) < method.warmUp * Double(settings.epochs)
    let learning =
      rests ? .none : method.learning(on: model, rate: rate, weightDecay: settings.weightDecay)
    var report = Report(trainingLoss: 0)
    for step in 0..<steps {
      let places = step * settings.batch..<(step + 1) * settings.batch
      try self.step(
        &next, learning, training: try batch(Array(training[places])), validation: { try batch(Array(validation[places])) },
        at: Place(
          rate: rate, progress: Double(state.epochs) / Double(max(1, settings.epochs - 1)), number: step, steps: steps),
        using: &noise, &report)
    }
    if case .rewards(let policy) = learning {
      report.validationAccuracy = try learn(&next, by: policy, validation: validation, batch: batch)
    }
    next.epochs += 1
    return (next, report)
  }

  /// Where a step stands in a search.
  struct Place {
    /// The weights' learning rate, as a share of the first one.
    var rate: Double
    /// The share of the search's epochs that are done.
    var progress: Double
    /// Its number in the epoch, and how many there are.
    var number, steps: Int
  }

  /// One step of θ, where it follows a gradient, and one of the weights.
  func step(
    _ state: inout State, _ learning: ArchitectureLearning, training: LabelledImages,
    validation: () throws -> LabelledImages, at place: Place, using noise: inout Philox, _ report: inout Report
  ) throws {
    if case .hypergradient(let estimator, let loop) = learning {
      let problem = SupernetProblem(
        model: model, relaxation: method.relaxation(on: model, progress: place.progress, using: &noise),
        weights: state.weights.tensors,
        training: training, validation: try validation(), architecture: state.architecture)
      let found = try estimator.hypergradient(of: problem, loop: loop, at: state.architecture.tensors)
      (state.architecture, state.architectureOptimizer) = architectureRule.step(
        state.architecture, gradient: state.architecture.with(found.gradient), state: state.architectureOptimizer)
      report.validationLoss = (report.validationLoss ?? 0) + found.outerLoss / Double(place.steps)
      report.validationAccuracy = (report.validationAccuracy ?? 0) + found.report / Double(place.steps)
    }
    let relaxation = method.relaxation(on: model, progress: place.progress, using: &noise)
    report.trainingLoss += try train(&state, relaxation, on: training, rate: place.rate, step: place.number) / Double(place.steps)
  }

  /// One step of the weights.
  ///
  /// - Returns: the loss before it.
  private func train(
    _ state: inout State, _ relaxation: Relaxation, on images: LabelledImages, rate: Double, step: Int
  ) throws -> Double {
    let mixtures = relaxation(state.architecture.tensors)
    let (loss, slope) = valueAndGradient(at: state.weights.tensors) { weights in
      softmaxCrossEntropy(
        model.logits(weights: weights, mixtures: mixtures, images: images.images, context: .batch), targets: images.targets)
    }
    guard loss.item.isFinite else { throw BilevelError.diverged(what: "the training loss", step: step) }
    var gradient = state.weights.with(slope)
    let norm = gradient.norm
    if let bound = settings.gradientNorm, norm > bound { gradient = gradient * (bound / norm) }
    (state.weights, state.weightOptimizer) = weightRule.step(
      state.weights, gradient: gradient, state: state.weightOptimizer, rateScale: rate)
    return loss.item
  }

  /// The steps of a policy after an epoch of the weights, on one validation batch after the other.
  ///
  /// - Returns: the mean accuracy of what it drew.
  private func learn(
    _ state: inout State, by policy: PolicyGradient, validation: [Int], batch: ([Int]) throws -> LabelledImages
  ) throws -> Double {
    var draw = Philox(seed: settings.seed, stream: "search/rewards", index: UInt64(state.epochs))
    let weights = state.weights.tensors
    let batches = validation.count / settings.batch
    var number = 0
    var mean = 0.0
    for _ in 0..<policy.settings.steps {
      mean +=
        try policy.step(
          &state.architecture, &state.architectureOptimizer, baseline: &state.baseline, using: &draw
        ) { mixtures in
          let start = number % batches * settings.batch
          number += 1
          return try score(mixtures, weights, on: batch(Array(validation[start..<start + settings.batch]))).accuracy
        } / Double(policy.settings.steps)
    }
    return mean
  }

  /// Accuracy in 0...1 and loss of fixed mixtures.
  ///
  /// - Throws: `BilevelError` where the loss is not finite.
  func score(
    _ mixtures: [EdgeMixture], _ weights: [Tensor], on images: LabelledImages
  ) throws -> (accuracy: Double, loss: Double) {
    let logits = model.logits(weights: weights, mixtures: mixtures, images: images.images, context: .batch)
    let loss = softmaxCrossEntropy(logits, targets: images.targets).item
    guard loss.isFinite else { throw BilevelError.diverged(what: "the validation loss", step: 0) }
    return (accuracy(of: logits, images.targets.rowArgmax), loss)
  }
}
