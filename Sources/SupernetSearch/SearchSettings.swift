import NeuralNetworks

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
