import Basics
import Tensors

/// A score of an untrained network, to be compared with that of another: higher is better.
public protocol ZeroCostProxy: Sendable {
  /// The name on the command line and in tables.
  var name: String { get }
  /// What it measures, in a few words.
  var summary: String { get }
  /// Whether it reads ``ProxySubject/lossGradient``, which is computed once for all that do.
  var usesLossGradient: Bool { get }
  /// The score.
  ///
  /// - Throws: ``ProxyError`` where the network does not have what is measured.
  func score(_ subject: ProxySubject) throws -> Double
}

extension ZeroCostProxy {
  /// False unless a proxy says otherwise.
  public var usesLossGradient: Bool { false }
}

/// Why a score cannot be given.
public enum ProxyError: ReportableError, Hashable, Sendable {
  /// The network does not show its activations.
  case notObservable(proxy: String)
  /// The space does not count parameters and multiply-adds.
  case noCost(proxy: String)
  /// Too few images.
  case tooFewImages(proxy: String, images: Int, needed: Int)
  /// No proxy of this name.
  case unknown(name: String, known: [String])

  /// What is missing, and what to do.
  public var fault: Fault {
    switch self {
    case .notObservable(let proxy):
      Fault("\(proxy) reads activations, which this network does not show", help: "choose another proxy")
    case .noCost(let proxy): Fault("\(proxy) needs a count of parameters and multiply-adds, which this space does not have")
    case .tooFewImages(let proxy, let images, let needed):
      Fault("\(proxy) needs a batch of at least \(needed) images, not \(images)")
    case .unknown(let name, let known):
      Fault("there is no proxy \(name)", help: "choose of \(known.joined(separator: ", "))")
    }
  }
}

/// The zero-cost proxies that are known by name. A new one is a line of ``registry``, or registered by a program of its own; each is an
/// estimator of the same name as well.
public enum ZeroCostProxyRegistry: KindRegistry {
  /// The proxies, in the order of lists.
  public static let registry = Registry<any ZeroCostProxy>(
    "zero-cost proxy",
    [
      SynFlow(),
      NASWOT(),
      JacobianCovariance(),
      SNIP(),
      GraSP(),
      Fisher(),
      GradientNorm(),
      ParameterCount(),
      MultiplyAddCount(),
    ]
  ) { $0.name }

  /// Adds a proxy, which is then also an estimator of its name.
  ///
  /// - Throws: `RegistryError` where a proxy or an estimator has the name, or it cannot be one.
  public static func register(_ proxy: any ZeroCostProxy) throws(RegistryError) {
    guard EstimatorRegistry.registry[proxy.name] == nil else {
      throw .nameTaken(kind: registry.kind, name: proxy.name)
    }
    try registry.register(proxy)
  }

  /// The proxy of this name.
  ///
  /// - Throws: ``ProxyError/unknown(name:known:)``.
  public static func proxy(named name: String) throws(ProxyError) -> any ZeroCostProxy {
    guard let found = registry[name] else { throw .unknown(name: name, known: names) }
    return found
  }
}
