import NeuralNetworks
import Tensors

/// A network with an inner learning rate for every weight, or for every tensor in every round, as meta-parameters `rate.NAME`.
public struct LearnedRateModel: AdaptableModel {
  /// The network, whose parameters come first in ω; the rates follow.
  public let network: any Network
  /// The network's parameters, then `rate.NAME` of each: of its shape, or `[rounds]`.
  public let layout: ParameterLayout

  /// A model with a learned rate for every weight, or for every tensor and round.
  ///
  /// - Parameters:
  ///   - network: the network whose weights adapt.
  ///   - initialRate: the first value of all rates.
  ///   - rounds: rounds of the inner loop where a rate belongs to a tensor and a round; `nil` where it belongs to a weight.
  public init(_ network: any Network, initialRate: Double, rounds: Int? = nil) {
    self.network = network
    let weights = network.layout.entries
    layout = ParameterLayout(entries: weights + weights.rates(initialRate, rounds: rounds))
  }

  /// The network's parameters adapt; the rates are only read.
  public var adaptedCount: Int { network.layout.entries.count }
  /// The network's parameters, without the rates.
  public var parameterCount: Int { network.layout.scalarCount }

  /// The network's scores; rates have no part in them.
  public func logits(_ parameters: [Tensor], images: Tensor, context: ForwardContext) -> Tensor {
    network.logits(Array(parameters.prefix(adaptedCount)), images: images, context: context)
  }
}

extension [ParameterLayout.Entry] {
  /// The entries of rates for these parameters.
  func rates(_ initial: Double, rounds: Int?) -> [ParameterLayout.Entry] {
    map { entry in
      .init(name: "rate.\(entry.name)", shape: rounds.map { [Swift.max(1, $0)] } ?? entry.shape, initializer: .constant(initial))
    }
  }
}
