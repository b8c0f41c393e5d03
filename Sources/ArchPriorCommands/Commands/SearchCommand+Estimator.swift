import ArchPrior

extension SearchCommand {
  static let table = "table"

  /// What the command's help says of estimators.
  static var estimatorHelp: String {
    let trained = EstimatorRegistry.all.filter { !($0 is ZeroCostProxyMethod) }
    return """
      With --estimator and --images, architectures are judged by their networks in the table's place; seconds are then measured, \
      and without --benchmark nothing is looked up. Settings follow a colon, as those of strategies:

      \(trained.map { "\($0.name): \($0.summary). Settings: \($0.settingsText)" }.joined(separator: "\n\n"))

      Zero-cost proxies of untrained networks: \(ZeroCostProxyRegistry.names.joined(separator: ", ")). Settings: \
      channels=0,cells=0

      Channels and cells are those of a size of each space's own where they are 0. Networks have the images' classes and size.
      """
  }

  /// The estimator that takes the table's place, where one is asked for.
  ///
  /// - Parameters:
  ///   - dataset: the images that were asked for; `nil` where the table judges.
  ///   - besideTable: whether a table has test accuracies of what is found, so that test images are refused.
  func makeEstimator<Space: SearchSpace>(
    for space: Space, on dataset: ImageDataset?, besideTable: Bool
  ) throws -> (any PerformanceEstimator<Space.Architecture>)? {
    guard let dataset else { return nil }
    let method = try estimatorMethod()
    guard let sized = space as? any SizedNetworkSpace else { throw EstimatorError.noNetworks(space: space.name) }
    if besideTable { try dataset.checkForSearch() }
    let made = try Self.estimator(method, sized, EstimatorData(dataset, imageCount: imageCount, seed: seed))
    guard let found = made as? any PerformanceEstimator<Space.Architecture> else {
      throw EstimatorError.noNetworks(space: space.name)
    }
    return found
  }

  /// Finds what is wrong with the estimator's name and settings before anything is read.
  func checkEstimator() throws { if estimator != Self.table { _ = try estimatorMethod() } }

  private static func estimator<Space: SizedNetworkSpace>(
    _ method: any EstimatorMethod, _ space: Space, _ data: EstimatorData
  ) throws -> any PerformanceEstimator { try method.estimator(for: space, on: data) }

  private func estimatorMethod() throws -> any EstimatorMethod {
    do {
      return try EstimatorRegistry.method(parsing: estimator)
    } catch {
      guard case .unknown(let kind, let name, let known) = error else { throw error }
      guard name != Self.table else {
        throw CommandError("the table has no settings", help: "take --estimator table, or leave it out")
      }
      throw CommandError.unknown(kind, name, [Self.table] + known)
    }
  }

  /// What judges, for people; `nil` for the table.
  var estimatorName: String? {
    images.map { images in
      "\((try? estimatorMethod())?.label ?? estimator) on \(imageCount.map { "\($0) " } ?? "")images of \(images)"
    }
  }
}
