import Autodiff
import Basics
import Bilevel
import CellNetworks
import NeuralNetworks
import SearchSpaces
import SearchStrategies
import SupernetSearch
import Tensors

/// Trains networks, and judges them by the validation images.
public struct TrainingMethod: EstimatorMethod {
  /// The settings; by default one epoch on batches of 64.
  public var settings = TrainingSettings()

  /// A method with the usual settings.
  public init() {}

  /// The estimator's name: `train`.
  public var name: String { "train" }
  /// What the score is: validation accuracy in percent.
  public var summary: String { "validation accuracy in percent after a training of its own" }
  /// What it wants: images.
  public var needs: String { "images" }

  /// Checks that the lengths ascend and that all other settings are in range.
  ///
  /// - Throws: `MethodError.badSetting` for the first setting that is not.
  public func checkSettings() throws(MethodError) {
    _ = try epochs()
    try require(settings.batch, "batch", in: 2...65_536, "from 2 to 65536")
    try require(settings.rate, "rate", in: 1e-12...1e3, "above 0, and 1000 at most")
    try require(settings.weightDecay, "weightDecay", in: 0...1e3, "0 or more")
    try require(settings.share, "share", in: 1e-6...1, "above 0, and 1 at most")
    try require(settings.patience, "patience", in: 0...100_000, "from 0 to 100000")
    try require(settings.channels, "channels", in: 0...4_096, "from 0 to 4096")
    try require(settings.cells, "cells", in: 0...100, "from 0 to 100")
  }

  /// The lengths of trainings that may be asked for.
  ///
  /// - Throws: `MethodError.badSetting`.
  private func epochs() throws(MethodError) -> [Int] {
    let numbers = settings.epochs.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    guard numbers.allSatisfy((1...100_000).contains), zip(numbers, numbers.dropFirst()).allSatisfy({ $0 < $1 }) else {
      throw .badSetting(
        method: name, name: "epochs", value: "'\(settings.epochs)'", allowed: "ascending numbers from 1 to 100000, such as 1/3/9")
    }
    return numbers
  }

  /// An estimator that trains on one half of the images, or on `imageCount` of them, and judges by as many others.
  ///
  /// - Throws: `SupernetImages.Failure` for images that are not square, too few or of one class; `SupernetSearchError.tooFewImages`
  ///   where there is no whole batch; `MethodError` and the space's errors for sizes that do not fit.
  public func estimator<Space: SizedNetworkSpace>(
    for space: Space, on data: EstimatorData
  ) throws -> any PerformanceEstimator<Space.Architecture> {
    let images = try SupernetImages(data.dataset, count: data.imageCount, seed: data.seed)
    let space = try space.resized(
      channels: settings.channels, cells: settings.cells, usual: Space.trainedSize, classes: images.classes, side: images.side,
      of: name)
    return try TrainingEstimator(space: space, images: images, settings: settings, epochs: epochs(), seed: data.seed)
  }
}

/// How networks are trained to be judged.
public struct TrainingSettings: Codable, Hashable, Sendable {
  /// The lengths that a training may have, in epochs, ascending, separated by slashes. A longer training begins anew: its learning rate
  /// falls over all of it.
  public var epochs = "1"
  /// Images a batch.
  public var batch = 64
  /// The learning rate at the beginning; it falls to 0 by half a cosine. NAS-Bench-201's 0.1 for batches of 256, in proportion.
  public var rate = 0.025
  /// L2 weight decay.
  public var weightDecay = 5e-4
  /// The share of the training images that is trained on.
  public var share = 1.0
  /// Epochs in a row without a better validation accuracy after which a training ends; its best one counts then. 0 for never.
  public var patience = 0
  /// Whether training images are mirrored and moved at random (`SupernetImages.augmentedBatch(_:epoch:)`).
  public var augment = false
  /// Channels of the networks at the beginning; 0 for `SizedNetworkSpace.trainedSize`.
  public var channels = 0
  /// Cells of the networks, as the space counts them; 0 for `SizedNetworkSpace.trainedSize`.
  public var cells = 0

  /// The usual settings.
  public init() {}
}

/// Judges an architecture by training its network on one part of the images: the accuracy on the other part, in percent.
///
/// All architectures get the same batches in the same order, and first weights of the same seed. SGD with Nesterov momentum of 0.9 on
/// the cross-entropy, as in NAS-Bench-201; batch norms use the statistics of their batch, also where accuracy is measured.
///
/// Source: Dong, Yang, ICLR 2020, table 1.
public struct TrainingEstimator<Space: NetworkSpace>: PerformanceEstimator {
  /// The space, with networks for the images.
  public let space: Space
  /// What is trained on, and judged by.
  public let images: SupernetImages
  /// How networks are trained.
  public let settings: TrainingSettings
  /// The lengths of trainings that may be asked for, in epochs, ascending.
  public let epochs: [Int]
  /// Determines first weights and the order of images.
  public let seed: UInt64
  /// Numbers of the images that are trained on.
  private let training: [Int]

  /// True: the seconds are measured on this machine.
  public var measuresSeconds: Bool { true }

  /// An estimator that trains on the images' training part, or on `settings.share` of it.
  ///
  /// - Parameters:
  ///   - space: the space, with networks for the images.
  ///   - images: what is trained on, and judged by.
  ///   - settings: how networks are trained.
  ///   - epochs: the lengths of trainings that may be asked for, ascending; at least one.
  ///   - seed: determines first weights and the order of images.
  /// - Throws: `SupernetSearchError.tooFewImages` where there is no whole batch to train on.
  public init(
    space: Space, images: SupernetImages, settings: TrainingSettings, epochs: [Int], seed: UInt64
  ) throws(SupernetSearchError) {
    precondition(!epochs.isEmpty, "a training needs a length")
    // The parts are in random order.
    training = Array(images.training.prefix(Int((Double(images.training.count) * settings.share).rounded())))
    guard training.count >= settings.batch else {
      throw .tooFewImages(count: training.count, batch: settings.batch)
    }
    self.space = space
    self.images = images
    self.settings = settings
    self.epochs = epochs
    self.seed = seed
  }

  /// The validation accuracy in percent after a training from the initial weights; with early stopping, that of the best epoch.
  ///
  /// - Parameters:
  ///   - architecture: the architecture whose network is trained.
  ///   - epochs: the length of the training, over which the learning rate falls to 0.
  /// - Throws: what the space throws for an architecture that cannot be built, `BilevelError.diverged` where a loss is not finite.
  public func estimate(_ architecture: Space.Architecture, epochs: Int) throws -> PerformanceEstimate {
    let clock = ContinuousClock()
    let start = clock.now
    let network = try space.network(of: architecture)
    let rule = SGD(learningRate: settings.rate, momentum: 0.9, nesterov: true, weightDecay: settings.weightDecay)
    var weights = network.layout.initialParameters(seed: seed)
    var state = rule.initialState(for: weights)
    var stopping = PatienceStopping(settings.patience)
    for epoch in 0..<epochs {
      try train(network, &weights, by: rule, &state, epoch: epoch, of: epochs)
      // Without early stopping the accuracies on the way are of no use.
      guard settings.patience > 0 else { continue }
      if stopping.ends(after: try accuracy(of: network, weights)) { break }
    }
    let score = try settings.patience > 0 ? stopping.best : accuracy(of: network, weights)
    return PerformanceEstimate(score: 100 * score, seconds: (clock.now - start) / .seconds(1))
  }

  /// An epoch; images that fill no batch wait for another one.
  private func train(
    _ network: any Network, _ weights: inout ParameterTree, by rule: SGD, _ state: inout OptimizerState, epoch: Int,
    of epochs: Int
  ) throws {
    var draw = Philox(seed: seed, stream: "estimators/order", index: UInt64(epoch))
    let order = draw.shuffled(training)
    let steps = order.count / settings.batch
    for step in 0..<steps {
      let numbers = Array(order[step * settings.batch..<(step + 1) * settings.batch])
      let batch = settings.augment ? images.augmentedBatch(numbers, epoch: epoch) : images.batch(numbers)
      let (loss, slope) = valueAndGradient(at: weights.tensors) { tensors in
        softmaxCrossEntropy(network.logits(tensors, images: batch.images, context: .batch), targets: batch.targets)
      }
      guard loss.item.isFinite else { throw BilevelError.diverged(what: "the training loss", step: epoch * steps + step) }
      (weights, state) = rule.step(
        weights, gradient: weights.with(slope), state: state,
        rateScale: RateSchedule.cosine.scale(at: Double(epoch * steps + step) / Double(epochs * steps)))
    }
  }

  /// The share of the validation images that are classified rightly, in 0...1.
  private func accuracy(of network: any Network, _ weights: ParameterTree) throws -> Double {
    let numbers = images.validation
    // Batches as equal as can be: statistics of a few images left over would be poor.
    let batches = (numbers.count + settings.batch - 1) / settings.batch
    var right = 0
    for number in 0..<batches {
      let batch = images.batch(Array(numbers[number * numbers.count / batches..<(number + 1) * numbers.count / batches]))
      let scores = network.logits(weights.tensors, images: batch.images, context: .batch)
      guard scores.isFinite else { throw BilevelError.diverged(what: "the scores of validation images", step: 0) }
      right += rightCount(of: scores, batch.targets.rowArgmax)
    }
    return Double(right) / Double(numbers.count)
  }
}

/// Ends a training whose validation accuracy has not risen for some epochs in a row.
///
/// Source: Prechelt, "Early stopping – but when?", 1998, whose class UP counts such strips; here against the best epoch.
public struct PatienceStopping: Hashable, Sendable {
  private let patience: Int
  private var waited = 0
  /// The best accuracy so far.
  public private(set) var best = 0.0

  /// A rule that has seen nothing yet.
  ///
  /// - Parameter patience: epochs in a row that need not be better than the best one before; 0 for a training that never ends early.
  public init(_ patience: Int) { self.patience = patience }

  /// Whether the training ends after an epoch with this accuracy.
  public mutating func ends(after accuracy: Double) -> Bool {
    if accuracy > best {
      (best, waited) = (accuracy, 0)
    } else {
      waited += 1
    }
    return patience > 0 && waited >= patience
  }
}
