import Autodiff
import Bilevel
import Foundation
import Layers
import Optimizers
import Randomness
import Supernets
import Tensors

/// A search on a supernet: in turns, θ moves by a validation batch and the weights by a training batch.
///
/// All that changes is in ``State``; an epoch is a function of state, number and data, so that a search that is stopped between epochs goes on
/// bit for bit.
public struct DifferentiableSearch<Model: MixtureNetwork>: Sendable {
  /// The supernet.
  public let model: Model
  /// The method.
  public let method: any SupernetMethod
  public let settings: SearchSettings

  public init(model: Model, method: any SupernetMethod, settings: SearchSettings) {
    self.model = model
    self.method = method
    self.settings = settings
  }

  /// What changes during a search.
  public struct State: Sendable {
    /// w
    public var weights: ParameterTree
    /// θ
    public var architecture: ParameterTree
    /// Momentum of the weights.
    public var weightOptimizer: OptimizerState
    /// Adam's moments of θ.
    public var architectureOptimizer: OptimizerState
    /// Epochs done.
    public var epochs: Int

    public init(
      weights: ParameterTree, architecture: ParameterTree, weightOptimizer: OptimizerState,
      architectureOptimizer: OptimizerState, epochs: Int
    ) {
      self.weights = weights
      self.architecture = architecture
      self.weightOptimizer = weightOptimizer
      self.architectureOptimizer = architectureOptimizer
      self.epochs = epochs
    }
  }

  /// What an epoch found.
  public struct Report: Sendable, Hashable, Codable {
    /// The mean training loss, before each step.
    public var trainingLoss: Double
    /// The mean validation loss that θ was moved by.
    public var validationLoss: Double
    /// The share of validation images that were classified correctly on the way, in 0...1.
    public var validationAccuracy: Double
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
    let architecture = model.architectureLayout.initialParameters(seed: settings.seed)
    return State(
      weights: weights, architecture: architecture, weightOptimizer: weightRule.initialState(for: weights),
      architectureOptimizer: architectureRule.initialState(for: architecture), epochs: 0)
  }

  /// The state after one more epoch.
  ///
  /// - Parameters:
  ///   - training: numbers of the images that weights are trained on.
  ///   - validation: numbers of those that θ is judged by.
  ///   - batch: reads images.
  /// - Throws: `BilevelError` where something is not finite any more.
  public func epoch(
    _ state: State, training: [Int], validation: [Int], batch: ([Int]) -> LabelledImages
  ) throws -> (state: State, report: Report) {
    var next = state
    let number = UInt64(state.epochs)
    var order = Philox(seed: settings.seed, stream: "search/order", index: number)
    var noise = Philox(seed: settings.seed, stream: "search/noise", index: number)
    let (training, validation) = (order.shuffled(training), order.shuffled(validation))
    let steps = min(training.count, validation.count) / settings.batch
    let rate = settings.rate(epoch: state.epochs)
    let progress = Double(state.epochs) / Double(max(1, settings.epochs - 1))
    var report = Report(trainingLoss: 0, validationLoss: 0, validationAccuracy: 0)
    for step in 0..<steps {
      let places = step * settings.batch..<(step + 1) * settings.batch
      let own = batch(Array(training[places]))
      let problem = SupernetProblem(
        model: model, relaxation: method.relaxation(progress: progress, using: &noise), weights: next.weights.tensors,
        training: own, validation: batch(Array(validation[places])))
      let found = try method.estimator.hypergradient(
        of: problem, loop: method.innerLoop(rate: rate, weightDecay: settings.weightDecay), at: next.architecture.tensors)
      (next.architecture, next.architectureOptimizer) = architectureRule.step(
        next.architecture, gradient: next.architecture.with(found.gradient), state: next.architectureOptimizer)

      let relaxation = method.relaxation(progress: progress, using: &noise)
      let mixtures = relaxation(next.architecture.tensors)
      let (loss, slope) = valueAndGradient(at: next.weights.tensors) { weights in
        softmaxCrossEntropy(
          model.logits(weights: weights, mixtures: mixtures, images: own.images, context: .batch), targets: own.targets)
      }
      guard loss.item.isFinite else { throw BilevelError.diverged(what: "the training loss", step: step) }
      var gradient = next.weights.with(slope)
      let norm = gradient.norm
      if let bound = settings.gradientNorm, norm > bound { gradient = gradient * (bound / norm) }
      (next.weights, next.weightOptimizer) = weightRule.step(
        next.weights, gradient: gradient, state: next.weightOptimizer, rateScale: rate)

      report.trainingLoss += loss.item / Double(steps)
      report.validationLoss += found.outerLoss / Double(steps)
      report.validationAccuracy += found.report / Double(steps)
    }
    next.epochs += 1
    return (next, report)
  }
}

/// The settings of a search. By default those of DARTS' authors, who the other methods' authors follow.
///
/// Source: Liu, Simonyan, Yang, ICLR 2019, appendix A.1.
public struct SearchSettings: Hashable, Codable, Sendable {
  public var epochs = 50
  /// Images a batch, for either level.
  public var batch = 64
  /// The weights' learning rate at the beginning; it falls by half a cosine.
  public var rate = 0.025
  /// And at the end.
  public var lastRate = 0.001
  public var momentum = 0.9
  public var nesterov = false
  public var weightDecay = 3e-4
  /// The norm that the weights' gradients are shortened to; `nil` for never.
  public var gradientNorm: Double? = 5
  /// θ's learning rate.
  public var architectureRate = 3e-4
  /// Adam's first decay for θ.
  public var architectureBeta1 = 0.5
  public var architectureWeightDecay = 1e-3
  /// Determines first weights, order of images and noise.
  public var seed: UInt64 = 1

  public init() {}

  /// The weights' learning rate in an epoch, counted from 0.
  public func rate(epoch: Int) -> Double {
    lastRate + (rate - lastRate) * RateSchedule.cosine.scale(at: Double(epoch) / Double(max(1, epochs)))
  }
}
