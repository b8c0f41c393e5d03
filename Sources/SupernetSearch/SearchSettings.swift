import NeuralNetworks

/// The settings of a search; by default those of DARTS' authors, whom the authors of the other methods follow.
///
/// Source: Liu, Simonyan, Yang, ICLR 2019, appendix A.1.
public struct SearchSettings: Hashable, Codable, Sendable {
  /// Epochs of the whole search; the schedules span them.
  public var epochs = 50
  /// Images a batch, for either level.
  public var batch = 64
  /// The weights' learning rate in the first epoch; it falls by half a cosine.
  public var rate = 0.025
  /// What the weights' learning rate falls to.
  public var lastRate = 0.001
  /// The weights' momentum; 0 for none.
  public var momentum = 0.9
  /// Whether the momentum is Nesterov's.
  public var nesterov = false
  /// L2 weight decay of the weights, added to their gradient after it is clipped.
  public var weightDecay = 3e-4
  /// The norm that the weights' gradient is clipped to; `nil` for no clipping.
  public var gradientNorm: Double? = 5
  /// θ's learning rate.
  public var architectureRate = 3e-4
  /// Adam's decay of the first moment of θ.
  public var architectureBeta1 = 0.5
  /// L2 weight decay of θ, added to its gradient.
  public var architectureWeightDecay = 1e-3
  /// Determines first weights, the order of images and noise.
  public var seed: UInt64 = 1

  /// The settings of DARTS' authors; change the properties for others.
  public init() {}

  /// The weights' learning rate in an epoch, counted from 0.
  public func rate(epoch: Int) -> Double {
    lastRate + (rate - lastRate) * RateSchedule.cosine.scale(at: Double(epoch) / Double(max(1, epochs)))
  }
}
