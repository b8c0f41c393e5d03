import CellNetworks
import NeuralNetworks
import SearchSpaces
import SearchStrategies
import SupernetSearch

/// Judges architectures by a supernet that `archprior supernet` has trained.
public struct SharedWeightsMethod: EstimatorMethod {
  /// What can be set.
  public struct Settings: Codable, Hashable, Sendable {
    /// The folder of the search, `METHOD-SEED`.
    public var folder = ""

    /// The usual settings.
    public init() {}
  }

  public var settings = Settings()

  /// A method that lacks its folder yet.
  public init() {}

  public var name: String { "shared" }
  public var summary: String { "validation accuracy in percent with a supernet's shared weights" }
  public var needs: String {
    "a folder of `archprior supernet`, its images; \(SearchSpaceRegistry.supernetSpaces.map { $0.name }.joined(separator: ", "))"
  }

  public func checkSettings() throws(StrategyError) {
    guard !settings.folder.isEmpty else {
      throw .badSetting(
        method: name, name: "folder", value: "''", allowed: "a folder METHOD-SEED that `archprior supernet` wrote")
    }
  }

  public func estimator<Space: SizedNetworkSpace>(
    for space: Space, on data: EstimatorData
  ) throws -> any PerformanceEstimator<Space.Architecture> {
    guard let space = space as? any SupernetSpace,
      let found = try judge(space, data) as? any PerformanceEstimator<Space.Architecture>
    else {
      throw EstimatorError.noSupernet(
        estimator: name, space: space.name, known: SearchSpaceRegistry.supernetSpaces.map { $0.name })
    }
    return found
  }

  private func judge<Space: SupernetSpace>(_ space: Space, _ data: EstimatorData) throws -> any PerformanceEstimator {
    let saved = try SavedSupernet(settings.folder)
    let run = try saved.run(in: space, on: data.dataset)
    return try SharedWeightsEstimator(
      run.search, weights: run.savedState().weights, images: run.images, fingerprint: saved.fingerprint(),
      imageCount: data.imageCount)
  }
}

/// Judges architectures by the validation accuracy of a supernet's weights, in percent: every architecture has those of its operations.
public struct SharedWeightsEstimator<Model: MixtureNetwork>: PerformanceEstimator {
  /// The search that has trained the weights.
  public let search: DifferentiableSearch<Model>
  /// The weights.
  public let weights: ParameterTree
  /// The images of the search.
  public let images: SupernetImages
  /// A digest of what the weights were read from; `nil` where they are not from a file.
  public let fingerprint: String?
  /// Numbers of the images that architectures are judged by.
  private let validation: [Int]

  /// An estimator.
  ///
  /// - Parameters:
  ///   - fingerprint: a digest of what the weights were read from.
  ///   - imageCount: how many of the search's validation images are looked at; all where it is `nil`.
  /// - Throws: `SupernetSearchError.tooFewImages` where they are no whole batch.
  public init(
    _ search: DifferentiableSearch<Model>, weights: ParameterTree, images: SupernetImages, fingerprint: String? = nil,
    imageCount: Int? = nil
  ) throws(SupernetSearchError) {
    validation = Array(images.validation.prefix(imageCount ?? images.validation.count))
    guard validation.count >= search.settings.batch else {
      throw .tooFewImages(count: validation.count, batch: search.settings.batch)
    }
    self.search = search
    self.weights = weights
    self.images = images
    self.fingerprint = fingerprint
  }

  /// Nothing is trained any more.
  public var epochs: [Int] { [0] }
  public var measuresSeconds: Bool { true }

  /// - Throws: what the network throws for an architecture of another space, `BilevelError` where the loss is not finite.
  public func estimate(_ architecture: Model.Architecture, epochs: Int) throws -> PerformanceEstimate {
    let clock = ContinuousClock()
    let start = clock.now
    let found = try search.score(architecture, weights, validation: validation, batch: images.batch)
    return PerformanceEstimate(score: 100 * found.accuracy, seconds: (clock.now - start) / .seconds(1))
  }
}
