/// What stands before the cells. Convolutions are 3×3 at stride 1 without bias; poolings take the maximum of 2×2 (odd sizes
/// round down).
public enum Stem: String, CaseIterable, Codable, Hashable, Sendable {
  /// Convolution in → 3C and batch norm at full resolution: DARTS' stem for CIFAR.
  case flat
  /// Convolution in → 3C, batch norm, pooling.
  case pooledOnce
  /// Convolution in → 3C/2, batch norm, pooling, ReLU, convolution 3C/2 → 3C, batch norm, pooling: T-NAS' stem for 84×84 images.
  case pooledTwice

  /// How often the stem halves the resolution.
  public var poolings: Int {
    switch self {
    case .flat: 0
    case .pooledOnce: 1
    case .pooledTwice: 2
    }
  }

  /// The smallest image side that leaves a pixel.
  public var poolingFactor: Int { 1 << poolings }
}

/// A network of stem, cells and linear head, with the cells' edges to be searched.
///
/// Source: DARTS (Liu et al., ICLR 2019, sections 2.1 and 3.1.1); the defaults `cells` and `channels` are T-NAS' (Lian et al.,
/// ICLR 2020).
public struct DARTSSpace: Hashable, Sendable {
  /// The graph of each cell.
  public let cell: CellSpace
  /// The cells, from the stem on; cells of one kind share their architecture parameters, not their weights.
  public let cells: [CellKind]
  /// Channels of the first cell's nodes (C); doubled in every reduction cell. The stem has 3C.
  public let channels: Int
  /// The stem.
  public let stem: Stem
  /// Height of the images in pixels.
  public let inputHeight: Int
  /// Width of the images in pixels.
  public let inputWidth: Int
  /// Channels of the images.
  public let inputChannels: Int
  /// Classes a task has.
  public let way: Int

  /// A space whose networks are these cells after a stem; `way` is 2 or more, all other numbers 1 or more.
  ///
  /// - Throws: `SearchSpaceError` if a number is out of range or the sizes do not fit together.
  public init(
    cell: CellSpace, cells: [CellKind] = [.normal, .reduction], channels: Int = 16, stem: Stem, inputHeight: Int,
    inputWidth: Int, inputChannels: Int, way: Int
  ) throws(SearchSpaceError) {
    guard !cells.isEmpty else { throw .noCells }
    for (key, value) in [
      ("channels", channels), ("inputHeight", inputHeight), ("inputWidth", inputWidth), ("inputChannels", inputChannels),
    ] {
      guard value >= 1 else { throw .outOfRange(key: key, value: value, allowed: "1 or more") }
    }
    guard way >= 2 else { throw .outOfRange(key: "way", value: way, allowed: "2 or more") }
    // What every reduction doubles stays a number.
    let doublings = cells.count { $0 == .reduction }
    guard doublings <= 24, channels << doublings <= 1 << 24, channels <= 1 << 24 else {
      throw .outOfRange(key: "channels", value: channels, allowed: "at most 2^24 after \(doublings) doublings by reduction cells")
    }
    guard stem != .pooledTwice || channels.isMultiple(of: 2) else { throw .oddChannels(channels) }
    guard min(inputHeight, inputWidth) >= stem.poolingFactor else {
      throw .imageTooSmall(height: inputHeight, width: inputWidth, stem: stem)
    }
    self.cell = cell
    self.cells = cells
    self.channels = channels
    self.stem = stem
    self.inputHeight = inputHeight
    self.inputWidth = inputWidth
    self.inputChannels = inputChannels
    self.way = way
  }

  /// A space whose cells have so many intermediate nodes and all operations.
  ///
  /// - Throws: `SearchSpaceError` if a number is out of range or the sizes do not fit together.
  public init(
    nodes: Int = 4, cells: [CellKind] = [.normal, .reduction], channels: Int = 16, stem: Stem, inputHeight: Int,
    inputWidth: Int, inputChannels: Int, way: Int
  ) throws(SearchSpaceError) {
    try self.init(
      cell: CellSpace(nodes: nodes), cells: cells, channels: channels, stem: stem,
      inputHeight: inputHeight, inputWidth: inputWidth, inputChannels: inputChannels, way: way)
  }

  /// A space of colour images whose values are known to fit together.
  init(unchecked cell: CellSpace, cells: [CellKind], channels: Int, stem: Stem, side: Int, way: Int) {
    self.cell = cell
    self.cells = cells
    self.channels = channels
    self.stem = stem
    inputHeight = side
    inputWidth = side
    inputChannels = 3
    self.way = way
  }

  /// Intermediate nodes of a cell.
  public var nodes: Int { cell.nodes }
  /// Candidate operations of an edge.
  public var operations: [CellOperation] { cell.operations }

  /// The kinds of cell that occur, normal first: one table of architecture parameters each, in this order.
  public var cellKinds: [CellKind] { CellKind.allCases.filter(cells.contains) }

  /// How many architecture parameters: kinds of cell × edges × operations.
  public var architectureParameterCount: Int { cellKinds.count * cell.edgeCount * operations.count }
}

extension DARTSSpace: Codable {
  private enum CodingKeys: String, CodingKey {
    case nodes, operations, cells, channels, stem, inputHeight, inputWidth, inputChannels, way
  }

  /// Reads and validates a space.
  ///
  /// - Throws: `DecodingError` with the place in the document, for impossible values with a `SearchSpaceError` underneath.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    func number(_ key: CodingKeys) throws -> Int { try values.decode(Int.self, forKey: key) }
    let (nodes, operations) = (try number(.nodes), try values.decode([CellOperation].self, forKey: .operations))
    let (cells, channels) = (try values.decode([CellKind].self, forKey: .cells), try number(.channels))
    let (stem, way) = (try values.decode(Stem.self, forKey: .stem), try number(.way))
    let input = (try number(.inputHeight), try number(.inputWidth), try number(.inputChannels))
    do {
      try self.init(
        cell: CellSpace(nodes: nodes, operations: operations), cells: cells, channels: channels, stem: stem,
        inputHeight: input.0, inputWidth: input.1, inputChannels: input.2, way: way)
    } catch {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: error.description, underlyingError: error))
    }
  }

  /// Writes the space with every value, defaults included.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(nodes, forKey: .nodes)
    try values.encode(operations, forKey: .operations)
    try values.encode(cells, forKey: .cells)
    try values.encode(channels, forKey: .channels)
    try values.encode(stem, forKey: .stem)
    try values.encode(inputHeight, forKey: .inputHeight)
    try values.encode(inputWidth, forKey: .inputWidth)
    try values.encode(inputChannels, forKey: .inputChannels)
    try values.encode(way, forKey: .way)
  }
}
