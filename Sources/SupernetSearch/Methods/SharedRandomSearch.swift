import Basics
import CellNetworks
import NeuralNetworks
import SearchStrategies
import Tensors

/// Random search with weight sharing: a path drawn uniformly trains the shared weights at every step; in the end the best of some paths,
/// drawn in the same way, is taken. There are no architecture parameters.
///
/// Source: Li, Talwalkar, "Random search and reproducibility for neural architecture search", UAI 2019, section 3.2. Their 1,000 candidates
/// are for a space of 10^18; the 100 here are those of NAS-Bench-201's authors.
public struct SharedRandomSearch: SupernetMethod {
  /// Architectures that are drawn in the end.
  public var candidates: Int
  /// Of these, how many are judged on all validation images.
  public var finalists: Int

  /// Random search with weight sharing.
  ///
  /// - Parameters:
  ///   - candidates: architectures that are drawn in the end, at least 1.
  ///   - finalists: how many of them are judged on all validation images, at least 1.
  public init(candidates: Int = 100, finalists: Int = 10) {
    self.candidates = candidates
    self.finalists = finalists
  }

  /// `random-shared`.
  public var name: String { "random-shared" }
  /// What is sampled and selected, for lists of methods.
  public var summary: String { "random search with weight sharing: uniform paths, the best of some in the end" }

  /// Checks both counts.
  ///
  /// - Throws: `MethodError.badSetting` where one is outside 1...10,000,000.
  public func checkSettings() throws(MethodError) {
    try requireSetting(candidates, "candidates", of: name, in: 1...10_000_000, "from 1 to 10000000")
    try requireSetting(finalists, "finalists", of: name, in: 1...10_000_000, "from 1 to 10000000")
  }

  /// No parameters: there is nothing to learn.
  public func initialArchitecture(on network: any MixtureNetwork, seed: UInt64) -> ParameterTree { ParameterTree() }

  /// One path, drawn uniformly: an operation for every edge, with weight 1.
  public func relaxation(on network: any MixtureNetwork, progress: Double, using generator: inout Philox) -> Relaxation {
    let mixtures = network.architectureLayout.entries.map { table in
      EdgeMixture.chosen(
        (0..<table.shape[0]).map { _ in generator.nextInt(below: table.shape[1]) }, weights: .ones([table.shape[0]]))
    }
    return { _ in mixtures }
  }

  /// The same strength for every operation.
  public func strengths(on network: any MixtureNetwork) -> Relaxation {
    let mixtures = network.architectureLayout.entries.map { table in
      EdgeMixture.weighted(Tensor(repeating: 1 / Double(table.shape[1]), shape: table.shape))
    }
    return { _ in mixtures }
  }

  /// ``ArchitectureLearning/none``: only the weights are trained.
  public func learning(on network: any MixtureNetwork, rate: Double, weightDecay: Double) -> ArchitectureLearning { .none }

  /// The best of ``candidates`` uniform paths, of which ``finalists`` see all validation images.
  public var selection: ArchitectureSelection { .best(of: candidates, finalists: finalists) }
}
