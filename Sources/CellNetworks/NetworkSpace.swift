import Basics
import NeuralNetworks
import SearchSpaces

/// A search space whose architectures can be built and trained, not only looked up.
public protocol NetworkSpace: SearchSpace {
  /// The network of an architecture, with as many parameters as `SearchSpace.networkCost(of:)` counts.
  ///
  /// - Throws: an error that says why the architecture cannot be built.
  func network(of architecture: Architecture) throws -> any Network
  /// Height, width and channels of the images that the networks take.
  var imageShape: ImageShape { get }
  /// The number of class scores that the networks give.
  var classCount: Int { get }
}

/// Why a network cannot be built.
public enum NetworkError: ReportableError, Hashable, Sendable {
  /// The network cannot have this size.
  case badSize(space: String, reason: Fault)

  /// True: the size is of the caller's making.
  public var isUsage: Bool { true }

  /// Which space, what is wrong with the size, and mostly what to do.
  public var fault: Fault {
    switch self {
    case .badSize(let space, let reason): reason.within(.named(space))
    }
  }
}

extension DARTSSpace: NetworkSpace {
  /// The network of a genotype.
  ///
  /// - Throws: `GenotypeError` if the genotype does not belong to the space.
  public func network(of architecture: Genotype) throws -> any Network { try GenotypeNetwork(architecture, in: self) }
  /// The space's input height, width and channels.
  public var imageShape: ImageShape { ImageShape(height: inputHeight, width: inputWidth, channels: inputChannels) }
  /// The space's number of classes.
  public var classCount: Int { way }
}
