import SearchSpaces

/// How large the networks of a space are made.
public struct NetworkSize: Hashable, Codable, Sendable {
  /// Channels at the beginning.
  public var channels: Int
  /// Cells, as ``SizedNetworkSpace/cellsMeaning`` counts them; ignored where their number is fixed.
  public var cells: Int

  /// A size with these numbers of channels and cells.
  public init(channels: Int, cells: Int) {
    self.channels = channels
    self.cells = cells
  }
}

/// A space whose networks can be made for other images, and in other sizes, than those of its publication.
public protocol SizedNetworkSpace: NetworkSpace {
  /// What a number of cells counts, such as `in all`; `nil` if the number is fixed.
  static var cellsMeaning: String? { get }
  /// The size in which untrained networks are scored: that of the publication, unless scoring would then take minutes per architecture.
  static var scoredSize: NetworkSize { get }
  /// The default size in which networks and supernets are trained, reduced so that no GPU is needed.
  static var trainedSize: NetworkSize { get }
  /// The space with networks for square images of three channels.
  ///
  /// - Parameters:
  ///   - size: channels and cells of the networks.
  ///   - classes: the number of classes that the networks tell apart.
  ///   - side: height and width of the images, in pixels.
  /// - Throws: `SearchSpaceError` for a number out of range.
  func resized(to size: NetworkSize, classes: Int, side: Int) throws -> Self
}

extension NASBench201Space: SizedNetworkSpace {
  /// Cells are counted in each of the three stages.
  public static var cellsMeaning: String? { "in each of the three stages" }
  /// The benchmark's own size: 16 channels, 5 cells a stage.
  public static var scoredSize: NetworkSize { NetworkSize(channels: 16, cells: 5) }
  /// 16 channels, 1 cell a stage.
  public static var trainedSize: NetworkSize { NetworkSize(channels: 16, cells: 1) }

  /// The benchmark's space with other classes, images and size.
  ///
  /// - Throws: `SearchSpaceError` for a number out of range.
  public func resized(to size: NetworkSize, classes: Int, side: Int) throws -> NASBench201Space {
    try NASBench201Space(classes: classes, imageSize: side, channels: size.channels, cellsPerStage: size.cells)
  }
}

extension NASBench101Space: SizedNetworkSpace {
  /// Cells are counted in each of the three stacks.
  public static var cellsMeaning: String? { "in each of the three stacks" }
  /// 16 channels instead of the benchmark's 128, with its 3 cells per stack.
  public static var scoredSize: NetworkSize { NetworkSize(channels: 16, cells: 3) }
  /// 16 channels, 1 cell per stack.
  public static var trainedSize: NetworkSize { NetworkSize(channels: 16, cells: 1) }

  /// The benchmark's space with other classes, images and size.
  ///
  /// - Throws: `SearchSpaceError` for a number out of range.
  public func resized(to size: NetworkSize, classes: Int, side: Int) throws -> NASBench101Space {
    try NASBench101Space(classes: classes, imageSize: side, channels: size.channels, cellsPerStack: size.cells)
  }
}

extension NASBenchMacroSpace: SizedNetworkSpace {
  /// `nil`: there are always eight layers.
  public static var cellsMeaning: String? { nil }
  /// The benchmark's own 32 channels.
  public static var scoredSize: NetworkSize { NetworkSize(channels: 32, cells: 1) }
  /// 8 channels in the stem.
  public static var trainedSize: NetworkSize { NetworkSize(channels: 8, cells: 1) }

  /// The benchmark's space with other classes, images and channels; the number of cells is ignored.
  ///
  /// - Throws: `SearchSpaceError` for a number out of range.
  public func resized(to size: NetworkSize, classes: Int, side: Int) throws -> NASBenchMacroSpace {
    try NASBenchMacroSpace(classes: classes, imageSize: side, channels: size.channels)
  }
}

extension NASNetSpace: SizedNetworkSpace {
  /// Cells are counted in all, reduction cells included.
  public static var cellsMeaning: String? { "in all" }
  /// 16 channels, 5 cells, two of them reductions.
  public static var scoredSize: NetworkSize { NetworkSize(channels: 16, cells: 5) }
  /// 8 channels, 3 cells, two of them reductions.
  public static var trainedSize: NetworkSize { NetworkSize(channels: 8, cells: 3) }

  /// The space with the same blocks and other classes, images and size.
  ///
  /// With three or more cells, those after one third and two thirds are reductions.
  /// - Throws: `SearchSpaceError` for a number out of range.
  public func resized(to size: NetworkSize, classes: Int, side: Int) throws -> NASNetSpace {
    try NASNetSpace(
      blocks: blocks, cells: CellKind.network(of: size.cells), channels: size.channels, imageSize: side, classes: classes)
  }
}

extension DARTSSpace: SizedNetworkSpace {
  /// Cells are counted in all, reduction cells included.
  public static var cellsMeaning: String? { "in all" }
  /// 16 channels, 8 cells, two of them reductions.
  public static var scoredSize: NetworkSize { NetworkSize(channels: 16, cells: 8) }
  /// 16 channels, 3 cells, two of them reductions.
  public static var trainedSize: NetworkSize { NetworkSize(channels: 16, cells: 3) }

  /// The space with the same cell and other classes, images and size, with a flat stem.
  ///
  /// With three or more cells, those after one third and two thirds are reductions.
  /// - Throws: `SearchSpaceError` for a number out of range.
  public func resized(to size: NetworkSize, classes: Int, side: Int) throws -> DARTSSpace {
    try DARTSSpace(
      cell: cell, cells: CellKind.network(of: size.cells), channels: size.channels, stem: .flat, inputHeight: side,
      inputWidth: side, inputChannels: 3, way: classes)
  }
}

extension CellKind {
  /// This many cells, with a reduction after one third and two thirds of them, as in DARTS; none if there are fewer than three.
  static func network(of count: Int) -> [CellKind] {
    (0..<max(0, count)).map { place in
      count >= 3 && (place == count / 3 || place == 2 * count / 3) ? .reduction : .normal
    }
  }
}
