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
  /// τ at the beginning.
  public var firstTemperature: Double
  /// τ at the end; it falls in a line.
  public var lastTemperature: Double

  public init(firstTemperature: Double = 1, lastTemperature: Double = 0.1) {
    self.firstTemperature = firstTemperature
    self.lastTemperature = lastTemperature
  }

  public var name: String { "snas" }
  public var summary: String { "softmax of all operations with Gumbel noise" }

  public func checkSettings() throws(StrategyError) {
    try requireSetting(firstTemperature, "firstTemperature", of: name, in: 1e-6...1e6, "above 0")
    try requireSetting(lastTemperature, "lastTemperature", of: name, in: 1e-6...1e6, "above 0")
  }

  public func relaxation(on network: any MixtureNetwork, progress: Double, using generator: inout Philox) -> Relaxation {
    let noise = GumbelNoise(using: &generator)
    let temperature = firstTemperature + (lastTemperature - firstTemperature) * progress
    return { tables in
      tables.enumerated().map { .weighted(noise.softmax(of: $1, number: $0, temperature: temperature)) }
    }
  }

  public func learning(on network: any MixtureNetwork, rate: Double, weightDecay: Double) -> ArchitectureLearning {
    .hypergradient(FirstOrder(), InnerLoop(SGD(learningRate: rate), rounds: 0))
  }
}
