import Autodiff
import Bilevel
import NeuralNetworks
import Tensors

/// MAML with a multi-step loss, learned rates, and batch norm parameters of every step (Antoniou et al., ICLR 2019).
public struct MAMLPlusPlus: FewShotMethod {
  /// `maml++`.
  public static let name = "maml++"
  /// What it does, with its source.
  public static let summary = "MAML with multi-step loss, learned rates and batch norm of every step (Antoniou et al., ICLR 2019)"
  /// Shares of the training.
  public static let settings = [
    MethodSetting("multi_step_share", \Self.annealing.multiStepShare, from: 0, to: 1),
    MethodSetting("first_order_share", \Self.annealing.firstOrderShare, from: 0, to: 1),
  ]
  /// What is annealed depends on the length of the training.
  public static let changesWithBudget = true

  /// What changes during the training.
  public var annealing = MAMLPlusPlusAnnealing()

  /// The method with the settings for Omniglot.
  public init() {}

  /// MAML++'s outer loop; the inner rate is the first value of all rates.
  public func trainer(for network: any Network, _ setup: FewShotSetup) -> MetaTrainer<AnyAdaptableModel> {
    MetaTrainer<PerStepNormModel>.mamlPlusPlus(
      network, initialRate: setup.innerRate, innerSteps: setup.innerSteps, estimator: setup.estimator, annealing: annealing,
      outer: setup.outer, batchNorm: setup.batchNorm, gradientClip: setup.gradientClip
    ).erased
  }
}

/// A network whose batch norm has a scale and a bias of its own for every inner step; they are meta-learned and do not adapt.
///
/// ω is the weights that adapt, then the rows `[rounds, channels]` of every scale and bias, then the rates `[rounds]` of every tensor that
/// adapts. Statistics are those of the batch at hand, at every step anew: the authors' code keeps running averages for every step, but
/// normalises by the batch in training and in evaluation alike.
public struct PerStepNormModel: AdaptableModel {
  /// The network as it is without steps.
  public let network: any Network
  /// The weights that adapt, the rows of scales and biases, then the rates.
  public let layout: ParameterLayout
  /// The number of weight tensors that are not a batch norm's scale or bias.
  public let adaptedCount: Int
  /// Where the network's own parameters stand in ω.
  private let places: [Int]
  private let isNorm: [Bool]
  private let rounds: Int

  /// A model with batch norm rows and rates for so many inner steps.
  ///
  /// - Parameters:
  ///   - network: a `scale` or `bias` below a part of the name that begins with `norm` is taken for batch norm's.
  ///   - initialRate: the first value of all rates.
  ///   - rounds: inner steps, at least 1; later ones use the last row.
  public init(_ network: any Network, initialRate: Double, rounds: Int) {
    self.network = network
    self.rounds = max(1, rounds)
    let entries = network.layout.entries
    isNorm = entries.map { entry in
      let parts = entry.name.split(separator: ".")
      return parts.dropLast().contains { $0.hasPrefix("norm") } && ["scale", "bias"].contains(parts.last)
    }
    let adapted = entries.indices.filter { [isNorm] in !isNorm[$0] }
    let norms = entries.indices.filter { [isNorm] in isNorm[$0] }
    adaptedCount = adapted.count
    let rows = norms.map { index in
      ParameterLayout.Entry(
        name: entries[index].name, shape: Shape([max(1, rounds)] + entries[index].shape.array),
        initializer: entries[index].initializer)
    }
    layout = ParameterLayout(
      entries: adapted.map { entries[$0] } + rows + adapted.map { entries[$0] }.rates(initialRate, rounds: max(1, rounds)))
    var places = [Int](repeating: 0, count: entries.count)
    for (place, index) in (adapted + norms).enumerated() { places[index] = place }
    self.places = places
  }

  /// The network's parameters, batch norm's counted once; without rates.
  public var parameterCount: Int { network.layout.scalarCount }

  /// The places of the rates in ω.
  public var rateRange: Range<Int> { layout.entries.count - adaptedCount..<layout.entries.count }

  /// The network's scores with the batch norm row of the context's round.
  public func logits(_ parameters: [Tensor], images: Tensor, context: ForwardContext) -> Tensor {
    let weights = zip(zip(places, isNorm), network.layout.entries).map { place, entry -> Tensor in
      let tensor = parameters[place.0]
      guard place.1 else { return tensor }
      return tensor.slice(axis: 0, from: min(context.round, rounds - 1), count: 1).reshaped(to: entry.shape)
    }
    return network.logits(weights, images: images, context: context)
  }
}

/// What MAML++ changes while it trains.
public struct MAMLPlusPlusAnnealing: Sendable, Hashable {
  /// The share of the training during which the outer loss is taken after every step; then only at the end. 0.1 for Omniglot, 0.15 for
  /// mini-ImageNet (10 and 15 of 100 epochs).
  public var multiStepShare: Double
  /// The share of the training that runs with first-order gradients before the exact ones. The paper has a half, the released
  /// configurations none.
  public var firstOrderShare: Double

  /// The schedule of MAML++; both numbers are shares of the training, in 0...1.
  public init(multiStepShare: Double = 0.1, firstOrderShare: Double = 0) {
    self.multiStepShare = multiStepShare
    self.firstOrderShare = firstOrderShare
  }

  /// The weights of the outer losses after each of so many steps, at a point of the training in 0...1: equal at first, then those before
  /// the last fall linearly to 0.03 of that while the last one gains what they lose; empty once only the last counts.
  public func lossWeights(steps: Int, at progress: Double) -> [Double] {
    guard steps > 1 && progress < multiStepShare else { return [] }
    let equal = 1 / Double(steps)
    let early = max(equal * (1 - progress / multiStepShare), 0.03 * equal)
    return Array(repeating: early, count: steps - 1) + [1 - early * Double(steps - 1)]
  }
}

extension MetaTrainer where Model == PerStepNormModel {
  /// MAML++ (Antoniou et al., ICLR 2019, §4): multi-step loss, batch norm parameters of every step, learned rates of every tensor and
  /// step, and first-order gradients at first if wanted. The cosine of the outer rate is the training's schedule.
  ///
  /// - Parameters:
  ///   - network: the network whose weights are meta-learned.
  ///   - initialRate: the first value of all rates; 0.1 for Omniglot, 0.01 for mini-ImageNet.
  ///   - innerSteps: the number of inner steps, each with rates and batch norm parameters of its own.
  ///   - estimator: computes the hypergradient wherever it is not first-order by the schedule.
  ///   - annealing: the shares of the training with a multi-step loss and with first-order gradients.
  ///   - outer: the optimiser of weights and rates.
  ///   - batchNorm: which images the statistics come from when query images are classified.
  ///   - gradientClip: ±10 for mini-ImageNet in the authors' code.
  public static func mamlPlusPlus(
    _ network: any Network, initialRate: Double = 0.1, innerSteps: Int = 5,
    estimator: any HypergradientEstimator = UnrolledRematerialized(), annealing: MAMLPlusPlusAnnealing = .init(),
    outer: any Optimizer = Adam(), batchNorm: BatchNormPolicy = .transductive, gradientClip: Double? = nil
  ) -> MetaTrainer {
    let model = PerStepNormModel(network, initialRate: initialRate, rounds: innerSteps)
    var trainer = MetaTrainer(
      model: model,
      loop: InnerLoop(rounds: innerSteps, learnedRates: LearnedRates(.perRound, first: model.rateRange.lowerBound)),
      estimator: estimator, batchNorm: batchNorm,
      blocks: [
        ParameterBlock(name: "weights", range: 0..<model.rateRange.lowerBound, optimizer: outer),
        ParameterBlock(name: "rates", range: model.rateRange, optimizer: outer),
      ], gradientClip: gradientClip)
    trainer.annealing = annealing
    return trainer
  }
}
