import Basics
import CellNetworks
import Datasets
import SearchSpaces
import SearchStrategies

/// What estimators look at, besides a space.
public struct EstimatorData: Sendable {
  /// Labelled images that a search may see: never those that what it finds is tested on.
  public var dataset: ImageDataset
  /// Images of each part that an estimator looks at; as many as it usually takes where it is `nil`.
  public var imageCount: Int?
  /// Determines parts, batches, tasks and first weights.
  public var seed: UInt64

  /// Data; by default with as many images as an estimator usually takes.
  public init(_ dataset: ImageDataset, imageCount: Int? = nil, seed: UInt64 = 1) {
    self.dataset = dataset
    self.imageCount = imageCount
    self.seed = seed
  }
}

/// A way to judge architectures by their networks, with its settings: makes an estimator for any space that has some.
///
/// `EstimatorContract` checks what is asked of the estimators. Your own is registered in ``EstimatorRegistry``,
/// or a `PerformanceEstimator` that is used directly.
public protocol EstimatorMethod: Sendable {
  /// What can be set, by name: the fields of its JSON.
  associatedtype Settings: Codable & Hashable & Sendable

  /// The name on the command line and in files.
  var name: String { get }
  /// What the score is, in a few words.
  var summary: String { get }
  /// What it wants of spaces and images, in a few words; empty for nothing in particular.
  var needs: String { get }
  /// The settings; the usual ones in a method of the registry.
  var settings: Settings { get set }

  /// Checks the settings.
  ///
  /// - Throws: `MethodError.badSetting` where one is out of its range.
  func checkSettings() throws(MethodError)
  /// An estimator of the space's architectures. Everything that would fail for all of them is found here.
  ///
  /// - Throws: an error that says what is missing, and what to do.
  func estimator<Space: SizedNetworkSpace>(
    for space: Space, on data: EstimatorData
  ) throws -> any PerformanceEstimator<Space.Architecture>
}

extension EstimatorMethod {
  /// The method as ``EstimatorRegistry/method(parsing:)`` reads it: the name and the settings that differ from the usual ones.
  public var label: String {
    guard let usual = EstimatorRegistry.registry[name] as? Self else { return name }
    return SettingsText.label(name, settings, usual: usual.settings)
  }

  /// The settings and their usual values, as people write them.
  public var settingsText: String { SettingsText.text(settings) }

  /// Fails unless a setting is in its range.
  package func require<Value: Comparable>(
    _ value: Value, _ setting: String, in range: some RangeExpression<Value>, _ allowed: String
  ) throws(MethodError) {
    try requireSetting(value, setting, of: name, in: range, allowed)
  }
}

/// The estimators that are known by name. A new one is a line of ``registry``, or registered by a program of its own; zero-cost proxies
/// join by ``ZeroCostProxyRegistry``.
public enum EstimatorRegistry: KindRegistry {
  /// The estimators, in the order of lists; after them one for every zero-cost proxy.
  public static let registry = Registry<any EstimatorMethod>(
    "estimator",
    [
      TrainingMethod(),
      SharedWeightsMethod(),
      AdaptationMethod(),
    ], derived: { ZeroCostProxyRegistry.all.map { ZeroCostProxyMethod($0) } }, name: { $0.name })

  /// The estimator that a text such as `train:epochs=1/3/9,batch=32` describes: a name and, after a colon, settings that differ from
  /// the usual ones.
  ///
  /// - Throws: `MethodError` for an unknown name or setting, or a value that the estimator does not take.
  public static func method(parsing text: String) throws(MethodError) -> any EstimatorMethod {
    try registry.parse(text) { (usual, settings) throws(MethodError) in try configured(usual, settings: settings) }
  }

  private static func configured<Method: EstimatorMethod>(
    _ usual: Method, settings text: String
  ) throws(MethodError) -> any EstimatorMethod {
    var method = usual
    method.settings = try SettingsText.applied(text, to: usual.settings, of: usual.name)
    try method.checkSettings()
    return method
  }
}

/// Why there is no estimator of a space's architectures.
public enum EstimatorError: ReportableError, Hashable, Sendable {
  /// The space's architectures are not built here.
  case noNetworks(space: String)
  /// The space has no supernet.
  case noSupernet(estimator: String, space: String, known: [String])

  /// True: estimator and space are of the caller's choice.
  public var isUsage: Bool { true }

  /// What is missing, and what to do.
  public var fault: Fault {
    switch self {
    case .noNetworks(let space): Fault("architectures of \(space) cannot be built", help: "search it by a table")
    case .noSupernet(let estimator, let space, let known):
      Fault(
        "\(estimator) judges by a supernet, which \(space) does not have",
        help: "spaces with one: \(known.joined(separator: ", "))")
    }
  }
}

extension SizedNetworkSpace {
  /// The space with networks for the images of a data set.
  ///
  /// - Parameters:
  ///   - channels: 0 for those of `usual`; `cells` as well.
  ///   - estimator: its name, for messages.
  /// - Throws: `MethodError` for cells where their number is fixed, and what building a network throws: one of a size that cannot be
  ///   built would fail at every evaluation.
  func resized(
    channels: Int, cells: Int, usual: NetworkSize, classes: Int, side: Int, of estimator: String
  ) throws -> Self {
    guard cells == 0 || Self.cellsMeaning != nil else {
      throw MethodError.badSetting(
        method: estimator, name: "cells", value: "\(cells)", allowed: "left out in \(name), whose networks have a fixed number")
    }
    let space = try resized(
      to: NetworkSize(channels: channels > 0 ? channels : usual.channels, cells: cells > 0 ? cells : usual.cells),
      classes: classes, side: side)
    var draw = Philox(seed: 1, stream: "estimators/trial")
    _ = try space.network(of: space.sample(using: &draw))
    return space
  }
}
