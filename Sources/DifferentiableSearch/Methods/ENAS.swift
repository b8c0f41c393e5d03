import Optimizers
import Randomness
import Supernets
import Tensors

/// ENAS: a path that an LSTM controller draws trains the shared weights at every step; after each epoch the controller learns by REINFORCE
/// from validation accuracies with the shared weights. In the end the best of some drawn architectures is taken.
///
/// Learning rate and LSTM size are those of ENAS' authors; steps an epoch, architectures a step, the bound of logits and the 100
/// architectures in the end are those of NAS-Bench-201's authors. The LSTM has one layer, and an embedding of its own for each edge.
///
/// Source: Pham, Guan, Zoph, Le, Dean, "Efficient neural architecture search via parameter sharing", ICML 2018; Dong, Yang, ICLR 2020.
public struct ENAS: SupernetMethod, Hashable {
  /// Of the controller.
  public var settings: PolicyGradient.Settings
  /// Architectures that are drawn in the end.
  public var candidates: Int

  public init(settings: PolicyGradient.Settings = PolicyGradient.Settings(), candidates: Int = 100) {
    self.settings = settings
    self.candidates = candidates
  }

  public var name: String { "enas" }
  public var summary: String { "paths drawn by an LSTM controller that learns by REINFORCE" }

  public func initialArchitecture(on network: any MixtureNetwork, seed: UInt64) -> ParameterTree {
    PolicyGradient(on: network, settings: settings).initialParameters(seed: seed)
  }

  public func relaxation(on network: any MixtureNetwork, progress: Double, using generator: inout Philox) -> Relaxation {
    let policy = PolicyGradient(on: network, settings: settings)
    let key = generator.next()
    return { parameters in
      var own = Philox(seed: key, stream: "controller")
      return policy.mixtures(policy.sample(parameters, using: &own))
    }
  }

  /// Shares of 100 draws, for diagnostics.
  public func strengths(on network: any MixtureNetwork) -> Relaxation {
    let policy = PolicyGradient(on: network, settings: settings)
    return { parameters in
      var own = Philox(seed: 0, stream: "controller/shares")
      return policy.shares(parameters.map { $0.stopGradient() }, draws: 100, using: &own).map { .weighted($0) }
    }
  }

  public func learning(on network: any MixtureNetwork, rate: Double, weightDecay: Double) -> ArchitectureLearning {
    .rewards(PolicyGradient(on: network, settings: settings))
  }

  public var selection: ArchitectureSelection { .best(of: candidates, finalists: 10) }
}
