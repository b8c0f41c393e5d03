import Runs

/// The folder of searches on a supernet; every search has a folder of its own in it.
public typealias SupernetSearchFolder = SearchFolder<SupernetSearchSettings>

/// What all searches on a supernet in a folder have in common.
public struct SupernetSearchSettings: Codable, Equatable, Sendable {
  /// The name of the search space.
  public var space: String
  /// The name of the data set.
  public var dataset: String
  /// The SHA-256 of all pixels of the data set.
  public var pixels: String
  /// Images of each level, training and validation.
  public var images: Int
  /// Whether they are mirrored and moved at random.
  public var augments: Bool
  /// Channels of the supernet's first cells.
  public var channels: Int
  /// Cells of the supernet, counted as the space counts them (`SizedNetworkSpace.cellsMeaning`).
  public var cellsPerStage: Int
  /// The search settings; their seed is 0, since searches of several seeds share a folder.
  public var search: SearchSettings

  /// The common settings of a folder; the seed in `search` is replaced by 0.
  public init(
    space: String, dataset: String, pixels: String, images: Int, augments: Bool, channels: Int, cellsPerStage: Int,
    search: SearchSettings
  ) {
    self.space = space
    self.dataset = dataset
    self.pixels = pixels
    self.images = images
    self.augments = augments
    self.channels = channels
    self.cellsPerStage = cellsPerStage
    self.search = search
    // Searches of several seeds live side by side.
    self.search.seed = 0
  }
}
