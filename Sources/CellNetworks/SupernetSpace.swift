import Basics
import SearchSpaces

/// A space with a supernet, a network that contains all its architectures.
public protocol SupernetSpace: SizedNetworkSpace {
  /// The network of all architectures.
  associatedtype Model: MixtureNetwork where Model.Architecture == Architecture

  /// The supernet, for the space's images and in its size.
  ///
  /// - Parameter channelDivisor: as ``MixtureNetwork/channelDivisor``.
  /// - Throws: ``NetworkError`` if the sizes do not fit together, or partial channels are requested and the supernet has none.
  func supernet(channelDivisor: Int) throws -> Model
}

extension NASBench201Space: SupernetSpace {
  /// The supernet of all cells.
  ///
  /// - Throws: ``NetworkError/badSize(space:reason:)`` if the image side is not a multiple of 4, or the channels none of
  ///   `channelDivisor`.
  public func supernet(channelDivisor: Int) throws -> NASBench201Supernet {
    try NASBench201Supernet(self, channelDivisor: channelDivisor)
  }
}

extension DARTSSpace: SupernetSpace {
  /// The supernet of all genotypes, without partial channel connections.
  ///
  /// - Throws: ``NetworkError/badSize(space:reason:)`` if `channelDivisor` is not 1.
  public func supernet(channelDivisor: Int) throws -> Supernet {
    guard channelDivisor == 1 else {
      throw NetworkError.badSize(
        space: name,
        reason: Fault(
          "the supernet has no partial channel connections, which pc-darts wants",
          help: "search in \(NASBench201Space.cifar10.name), or by another method"))
    }
    return Supernet(self)
  }
}

extension SearchSpaceRegistry {
  /// The spaces with a supernet.
  public static var supernetSpaces: [any SupernetSpace] { all.compactMap { $0 as? any SupernetSpace } }
}
