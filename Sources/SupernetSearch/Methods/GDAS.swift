import Autodiff
import Basics
import Bilevel
import CellNetworks
import Foundation
import NeuralNetworks
import SearchStrategies
import Tensors

/// GDAS: in every forward pass one operation an edge is drawn by the Gumbel-max trick, and only this one is computed.
///
/// The gradient of its weight goes straight through to the softmax, at a temperature that falls. The authors' code, which
/// NAS-Bench-201's numbers are from, departs from the paper: see ``weighsUndrawn``.
///
/// Source: Dong, Yang, "Searching for a robust neural architecture in four GPU hours", CVPR 2019, section 3.
public struct GDAS: SupernetMethod {
  /// The temperature τ in the first epoch.
  public var firstTemperature: Double
  /// The temperature τ in the last epoch; it falls linearly.
  public var lastTemperature: Double
  /// Whether the weights of operations that were not drawn, which are zero, are added as numbers to what comes from an edge, as in the
  /// authors' code (`forward_gdas`). Values stay, but θ gets a further gradient: the drawn operation is then judged by what its output less
  /// one does, not its output. The paper's eq. 5–7 have no such terms.
  public var weighsUndrawn: Bool

  /// GDAS with a linear temperature schedule.
  ///
  /// - Parameters:
  ///   - firstTemperature: τ in the first epoch, above 0.
  ///   - lastTemperature: τ in the last epoch, above 0.
  ///   - weighsUndrawn: whether θ also gets the gradient terms of the authors' code; `false` is the paper.
  public init(firstTemperature: Double = 10, lastTemperature: Double = 0.1, weighsUndrawn: Bool = false) {
    self.firstTemperature = firstTemperature
    self.lastTemperature = lastTemperature
    self.weighsUndrawn = weighsUndrawn
  }

  /// `gdas`.
  public var name: String { "gdas" }
  /// The relaxation, for lists of methods.
  public var summary: String { "one operation an edge, drawn by Gumbel's trick" }

  /// Checks both temperatures.
  ///
  /// - Throws: `MethodError.badSetting` where one is outside 1e-6...1e6.
  public func checkSettings() throws(MethodError) {
    try requireSetting(firstTemperature, "firstTemperature", of: name, in: 1e-6...1e6, "above 0")
    try requireSetting(lastTemperature, "lastTemperature", of: name, in: 1e-6...1e6, "above 0")
  }

  /// One operation an edge, the argmax of the Gumbel softmax, with weight 1 and the gradient of its probability (straight-through).
  ///
  /// Noise is drawn once: the relaxation draws the same operations whenever it is given the same θ.
  public func relaxation(on network: any MixtureNetwork, progress: Double, using generator: inout Philox) -> Relaxation {
    let noise = GumbelNoise(using: &generator)
    let temperature = firstTemperature + (lastTemperature - firstTemperature) * progress
    return { tables in
      tables.enumerated().map { number, table in
        let soft = noise.softmax(of: table, number: number, temperature: temperature)
        let chosen = soft.stopGradient().rowArgmax
        let strength = (soft * .oneHot(chosen, classes: table.shape[1], table.elementType)).sum([1])
        // 1 in value, with the gradient of the probability.
        let weights = strength - strength.stopGradient() + 1
        guard weighsUndrawn else { return .chosen(chosen, weights: weights) }
        // All probabilities of an edge have the sum 1, so the others' gradient is the opposite of the drawn one's.
        return .chosen(chosen, weights: weights, offsets: strength.stopGradient() - strength)
      }
    }
  }

  /// First order: the gradient of the validation loss at the present weights.
  public func learning(on network: any MixtureNetwork, rate: Double, weightDecay: Double) -> ArchitectureLearning {
    .hypergradient(FirstOrder(), InnerLoop(SGD(learningRate: rate), rounds: 0))
  }
}

/// Gumbel noise for tables, the same whenever a pass asks for it.
struct GumbelNoise: Sendable {
  private let key: UInt64

  /// Noise of its own, determined by the generator's next number.
  init(using generator: inout Philox) { key = generator.next() }

  /// `softmax((log softmax θ + g) / τ)`.
  func softmax(of table: Tensor, number: Int, temperature: Double) -> Tensor {
    var generator = Philox(seed: key, stream: "gumbel", index: UInt64(number))
    let values = (0..<table.count).map { _ in -log(max(-log(1 - generator.nextDouble()), .leastNormalMagnitude)) }
    let noise = Tensor(shape: table.shape, converting: values, to: table.elementType)
    return ((table.logSoftmax() + noise) / temperature).softmax()
  }
}
