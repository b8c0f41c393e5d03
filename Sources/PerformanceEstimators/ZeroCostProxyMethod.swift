import Basics
import CellNetworks
import SearchSpaces
import SearchStrategies
import SupernetSearch

/// Scores untrained networks by a zero-cost proxy, on one batch of images.
public struct ZeroCostProxyMethod: EstimatorMethod {
  /// What can be set.
  public struct Settings: Codable, Hashable, Sendable {
    /// Channels of the networks at the beginning; 0 for `SizedNetworkSpace.scoredSize`.
    public var channels = 0
    /// Cells of the networks, as the space counts them; 0 for `SizedNetworkSpace.scoredSize`.
    public var cells = 0

    /// The usual settings.
    public init() {}
  }

  /// The proxy.
  public let proxy: any ZeroCostProxy
  /// The settings; by default networks of the size that the space scores.
  public var settings = Settings()

  /// A method with the usual settings.
  public init(_ proxy: any ZeroCostProxy) { self.proxy = proxy }

  /// Images of the batch, where no other number is asked for and the data set has twice as many.
  public static let usualImages = 64

  /// The name of the proxy.
  public var name: String { proxy.name }
  /// What the proxy measures.
  public var summary: String { proxy.summary }
  /// Nothing in particular: empty.
  public var needs: String { "" }

  /// Checks that the sizes are in range.
  ///
  /// - Throws: `MethodError.badSetting` for more than 4,096 channels or 100 cells.
  public func checkSettings() throws(MethodError) {
    try require(settings.channels, "channels", in: 0...4_096, "from 0 to 4096")
    try require(settings.cells, "cells", in: 0...100, "from 0 to 100")
  }

  /// An estimator that scores every network on the same batch of training images.
  ///
  /// The batch has `imageCount` images; by default ``usualImages``, or half of the data set where that is less.
  ///
  /// - Throws: `SupernetImages.Failure` for images that are not square, too few or of one class, `MethodError` and the space's
  ///   errors for sizes that do not fit.
  public func estimator<Space: SizedNetworkSpace>(
    for space: Space, on data: EstimatorData
  ) throws -> any PerformanceEstimator<Space.Architecture> {
    let usual = min(Self.usualImages, max(1, data.dataset.imageCount / 2))
    let batch = try SupernetImages(data.dataset, count: data.imageCount ?? usual, seed: data.seed)
    let seen = batch.batch(batch.training)
    return ProxyEstimator(
      proxy,
      space: try space.resized(
        channels: settings.channels, cells: settings.cells, usual: Space.scoredSize, classes: batch.classes, side: batch.side,
        of: name), images: seen.images, targets: seen.targets, seed: data.seed)
  }
}
