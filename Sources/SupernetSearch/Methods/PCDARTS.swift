import Autodiff
import Basics
import Bilevel
import CellNetworks
import NeuralNetworks
import SearchStrategies
import Tensors

/// PC-DARTS: first-order DARTS with operations that see a K-th of the channels and edges that are weighted among those into the same node.
///
/// θ holds a table α `[edges, operations]` and a vector β `[edges]` for each table of the network. α and β rest for the first 15 of 50
/// epochs, scaled to the length of the search. Where every edge keeps one operation, as in NAS-Bench-201, β has no part in the decoding.
///
/// Source: Xu et al., "PC-DARTS: Partial channel connections for memory-efficient architecture search", ICLR 2020, eq. 2–4, section 4.2.
public struct PCDARTS: SupernetMethod {
  /// K: operations see 1/K of the channels.
  public var channelDivisor: Int
  /// The share of the epochs at the beginning in which only the weights are trained, in 0...1.
  public var warmUp: Double

  /// PC-DARTS with the authors' settings by default.
  ///
  /// - Parameters:
  ///   - channelDivisor: K; operations see 1/K of the channels. From 1 to 4096.
  ///   - warmUp: the share of the epochs in which θ rests, in 0...1.
  public init(channelDivisor: Int = 4, warmUp: Double = 0.3) {
    self.channelDivisor = channelDivisor
    self.warmUp = warmUp
  }

  /// `pc-darts`.
  public var name: String { "pc-darts" }
  /// What differs from DARTS, for lists of methods.
  public var summary: String { "DARTS on 1/\(channelDivisor) of the channels, with weighted edges, first order" }

  /// Checks both settings.
  ///
  /// - Throws: `MethodError.badSetting` where `channelDivisor` is outside 1...4096 or `warmUp` outside 0...1.
  public func checkSettings() throws(MethodError) {
    try requireSetting(channelDivisor, "channelDivisor", of: name, in: 1...4_096, "from 1 to 4096")
    try requireSetting(warmUp, "warmUp", of: name, in: 0...1, "from 0 to 1")
  }

  /// A reason where the network was built for another share of channels than ``channelDivisor``.
  public func obstacle(on network: any MixtureNetwork) -> Fault? {
    guard network.channelDivisor != channelDivisor else { return nil }
    return Fault(
      "its operations see 1/\(network.channelDivisor) of the channels, not 1/\(channelDivisor)",
      help: "build it with channelDivisor: \(channelDivisor)")
  }

  /// α, the network's tables, then β, a vector `[edges]` for each of them; both normal with deviation 1e-3.
  public func initialArchitecture(on network: any MixtureNetwork, seed: UInt64) -> ParameterTree {
    let alpha = network.architectureLayout.entries
    let beta = alpha.map {
      ParameterLayout.Entry(name: "\($0.name).edges", shape: [$0.shape[0]], initializer: .normal(standardDeviation: 1e-3))
    }
    return ParameterLayout(entries: alpha + beta).initialParameters(seed: seed)
  }

  /// The same as ``strengths(on:)``: the method has no noise.
  public func relaxation(on network: any MixtureNetwork, progress: Double, using generator: inout Philox) -> Relaxation {
    strengths(on: network)
  }

  /// The softmax of α over operations and of β over the edges into each node.
  public func strengths(on network: any MixtureNetwork) -> Relaxation {
    let targets = network.edgeTargets
    return { parameters in
      zip(targets, zip(parameters, parameters.dropFirst(targets.count))).map { targets, pair in
        .normalized(pair.0.softmax(), edges: Self.edgeSoftmax(pair.1, targets: targets))
      }
    }
  }

  /// The softmax of a vector `[edges]` over the edges into each node.
  ///
  /// - Precondition: edges into the same node stand together.
  static func edgeSoftmax(_ logits: Tensor, targets: [Int]) -> Tensor {
    var pieces: [Tensor] = []
    var start = 0
    while start < targets.count {
      let count = targets[start...].prefix { $0 == targets[start] }.count
      pieces.append(logits.slice(axis: 0, from: start, count: count).reshaped(to: [1, count]).softmax().reshaped(to: [count]))
      start += count
    }
    return concatenate(pieces, axis: 0)
  }

  /// First order: the gradient of the validation loss in α and β at the present weights.
  public func learning(on network: any MixtureNetwork, rate: Double, weightDecay: Double) -> ArchitectureLearning {
    .hypergradient(FirstOrder(), InnerLoop(SGD(learningRate: rate), rounds: 0))
  }
}
