import ArchPrior

/// A search space with a network of all its architectures, as `archprior supernet` offers it.
protocol SupernetSpace: Sendable {
  associatedtype Model: MixtureNetwork

  /// That of the search space.
  static var name: String { get }
  /// What `--cells` counts, and how many there are where it is left out.
  static var cells: (meaning: String, usual: Int) { get }
  /// The network for images of three channels.
  ///
  /// - Throws: an error that says which number does not fit.
  static func network(_ size: SupernetSize, channelDivisor: Int) throws -> Model
  /// An architecture in words.
  static func text(of architecture: Model.Architecture) -> String
}

/// How large a supernet is.
struct SupernetSize {
  var classes: Int
  /// Height and width of the images, in pixels.
  var side: Int
  /// Channels at the beginning.
  var channels: Int
  var cells: Int
}

/// All spaces with a supernet.
enum SupernetSpaces {
  static let all: [any SupernetSpace.Type] = [NASBench201Supernets.self, DARTSSupernets.self]

  static var names: [String] { all.map { $0.name } }
}

enum NASBench201Supernets: SupernetSpace {
  static var name: String { NASBench201Space.cifar10.name }
  static let cells = (meaning: "in each of the three stages", usual: 1)

  static func network(_ size: SupernetSize, channelDivisor: Int) throws -> NASBench201Supernet {
    try NASBench201Supernet(
      NASBench201Space(
        classes: size.classes, imageSize: max(4, size.side), channels: size.channels, cellsPerStage: size.cells),
      channelDivisor: channelDivisor)
  }

  static func text(of architecture: NASBench201Cell) -> String { architecture.text }
}

enum DARTSSupernets: SupernetSpace {
  static var name: String { DARTSSpace.cifar10.name }
  static let cells = (meaning: "in all", usual: 3)

  static func network(_ size: SupernetSize, channelDivisor: Int) throws -> Supernet {
    guard channelDivisor == 1 else {
      throw CommandError(
        "the supernet of \(name) has no partial channel connections, which pc-darts wants",
        help: "search in \(NASBench201Supernets.name), or by another method")
    }
    let kinds = (0..<size.cells).map { place -> CellKind in
      size.cells >= 3 && (place == size.cells / 3 || place == 2 * size.cells / 3) ? .reduction : .normal
    }
    return Supernet(
      try DARTSSpace(
        cells: kinds, channels: size.channels, stem: .flat, inputHeight: size.side, inputWidth: size.side, inputChannels: 3,
        way: size.classes))
  }

  static func text(of architecture: Genotype) -> String { architecture.text }
}
