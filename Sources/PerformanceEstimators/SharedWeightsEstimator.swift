import Basics
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

  /// The settings: the folder, which must be set.
  public var settings = Settings()

  /// A method that lacks its folder yet.
  public init() {}

  /// The estimator's name: `shared`.
  public var name: String { "shared" }
  /// What the score is: validation accuracy in percent with a supernet's weights.
  public var summary: String { "validation accuracy in percent with a supernet's shared weights" }
  /// What it wants: the folder of a supernet search, its images, and a space that has a supernet.
  public var needs: String {
    "a folder of `archprior supernet`, its images; \(SearchSpaceRegistry.supernetSpaces.map { $0.name }.joined(separator: ", "))"
  }

  /// Checks that a folder is given; whether it holds a search is found when the estimator is made.
  ///
  /// - Throws: `MethodError.badSetting` where `folder` is empty.
  public func checkSettings() throws(MethodError) {
    guard !settings.folder.isEmpty else {
      throw .badSetting(
        method: name, name: "folder", value: "''", allowed: "a folder METHOD-SEED that `archprior supernet` wrote")
    }
  }

  /// An estimator with the weights of the search in `folder`.
  ///
  /// - Throws: ``EstimatorError/noSupernet(estimator:space:known:)`` where the space has no supernet; `SavedSupernet.Failure` where
  ///   the folder holds no finished search, or one of another space or other images; `RunError` and `SupernetSearchError` where its
  ///   files are damaged.
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

  /// An estimator with given weights of a search.
  ///
  /// - Parameters:
  ///   - search: the search that has trained the weights.
  ///   - weights: the shared weights w of the supernet.
  ///   - images: the images of the search.
  ///   - fingerprint: a digest of what the weights were read from.
  ///   - imageCount: how many of the search's validation images are looked at; all where it is `nil`.
  /// - Throws: `SupernetSearchError.tooFewImages` where they do not fill a batch.
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
  /// True: the seconds are measured on this machine.
  public var measuresSeconds: Bool { true }

  /// The accuracy in percent of the architecture's part of the supernet on the validation images; `epochs` is not read.
  ///
  /// - Throws: what the network throws for an architecture of another space, `BilevelError` where the loss is not finite.
  public func estimate(_ architecture: Model.Architecture, epochs: Int) throws -> PerformanceEstimate {
    let clock = ContinuousClock()
    let start = clock.now
    let found = try search.score(architecture, weights, validation: validation, batch: images.batch)
    return PerformanceEstimate(score: 100 * found.accuracy, seconds: (clock.now - start) / .seconds(1))
  }
}
