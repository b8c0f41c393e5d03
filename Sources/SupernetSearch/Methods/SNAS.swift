import Basics
import Bilevel
import CellNetworks
import NeuralNetworks
import SearchStrategies
import Tensors

/// SNAS: every operation, weighted by a softmax with Gumbel noise at a temperature that falls. Its authors train θ and weights on the same
/// images; here θ sees the validation images as in the other methods.
///
/// Source: Xie et al., "SNAS: Stochastic neural architecture search", ICLR 2019, section 2.2.
public struct SNAS: SupernetMethod {
  /// The temperature τ in the first epoch.
  public var firstTemperature: Double
  /// The temperature τ in the last epoch; it falls linearly.
  public var lastTemperature: Double

  /// SNAS with a linear temperature schedule.
  ///
  /// - Parameters:
  ///   - firstTemperature: τ in the first epoch, above 0.
  ///   - lastTemperature: τ in the last epoch, above 0.
  public init(firstTemperature: Double = 1, lastTemperature: Double = 0.1) {
    self.firstTemperature = firstTemperature
    self.lastTemperature = lastTemperature
  }

  /// `snas`.
  public var name: String { "snas" }
  /// The relaxation, for lists of methods.
  public var summary: String { "softmax of all operations with Gumbel noise" }

  /// Checks both temperatures.
  ///
  /// - Throws: `MethodError.badSetting` where one is outside 1e-6...1e6.
  public func checkSettings() throws(MethodError) {
    try requireSetting(firstTemperature, "firstTemperature", of: name, in: 1e-6...1e6, "above 0")
    try requireSetting(lastTemperature, "lastTemperature", of: name, in: 1e-6...1e6, "above 0")
  }

  /// The Gumbel softmax of θ over all operations of an edge.
  ///
  /// Noise is drawn once: the relaxation gives the same strengths whenever it is given the same θ.
  public func relaxation(on network: any MixtureNetwork, progress: Double, using generator: inout Philox) -> Relaxation {
    let noise = GumbelNoise(using: &generator)
    let temperature = firstTemperature + (lastTemperature - firstTemperature) * progress
    return { tables in
      tables.enumerated().map { .weighted(noise.softmax(of: $1, number: $0, temperature: temperature)) }
    }
  }

  /// First order: the gradient of the validation loss at the present weights.
  public func learning(on network: any MixtureNetwork, rate: Double, weightDecay: Double) -> ArchitectureLearning {
    .hypergradient(FirstOrder(), InnerLoop(SGD(learningRate: rate), rounds: 0))
  }
}
