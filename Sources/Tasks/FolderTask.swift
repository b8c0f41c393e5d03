import Datasets

/// A user's own task, read from a folder: `support/<class>/` to learn from and `query/` to classify (PNG or JPEG).
///
/// Query images may also lie in `query/<class>/`, which gives them labels to be scored by. Hidden files are left out. Classes and
/// files come in the order of their names.
public struct FolderTask: Sendable {
  /// Class names; a class's place is its label.
  public let classNames: [String]
  /// The support images, class after class.
  public let support: ImageBatch
  /// One label for each support image.
  public let supportLabels: [Int]
  /// Paths of the support images.
  public let supportFiles: [String]
  /// The query images.
  public let query: ImageBatch
  /// One label for each query image; `nil` where it lies in no class folder.
  public let queryLabels: [Int?]
  /// Paths of the query images.
  public let queryFiles: [String]
  /// Whether the images were inverted, because their ink is dark on light paper.
  public let inverted: Bool
  /// Images that seem to have their ink the other way round than most; to be shown to the user as a warning.
  public let unlikeTheOthers: [String]

  /// Number of classes.
  public var way: Int { classNames.count }

  /// How ink and paper are told apart.
  public enum Ink: String, Codable, Hashable, Sendable, CaseIterable {
    /// Grey images whose border is light are inverted, all or none of them, as most are; colour images are left as they are.
    case automatic
    /// Images are inverted.
    case darkOnLight = "dark-on-light"
    /// Images are left as they are.
    case lightOnDark = "light-on-dark"
  }

  /// Reads a folder. Images of any size, grey or colour, are scaled to fit, centred, to the model's height, width and channels.
  ///
  /// - Parameters:
  ///   - folder: path of the folder that holds `support` and `query`.
  ///   - height: the model's image height, at least 1.
  ///   - width: the model's image width, at least 1.
  ///   - channels: the model's channels, 1 or 3.
  ///   - ink: how ink and paper are told apart.
  ///   - scaling: how bytes become numbers, as in meta-training.
  /// - Throws: ``FolderTaskError`` with the path and what to do; ``TaskError/badScaling(_:)``.
  public init(
    folder: String, height: Int, width: Int, channels: Int, ink: Ink = .automatic, scaling: PixelScaling = .unit
  ) throws {
    precondition(height >= 1 && width >= 1 && (channels == 1 || channels == 3), "not the shape of a model's images")
    let table = try scaling.checkedTable()
    let files = try FolderTaskFiles(folder: folder)
    let support = try files.support.map { try Self.read($0.path, channels: channels) }
    let query = try files.query.map { try Self.read($0.path, channels: channels) }
    supportFiles = files.support.map(\.path)
    queryFiles = files.query.map(\.path)
    let lightBorder = zip(supportFiles + queryFiles, (support + query).map { $0.hasLightBorder })
    let light = lightBorder.filter(\.1)
    let mostAreLight = 2 * light.count > support.count + query.count
    switch ink {
    case .automatic where channels == 1:
      inverted = mostAreLight
      unlikeTheOthers = lightBorder.filter { $0.1 != mostAreLight }.map(\.0)
    case .automatic, .lightOnDark:
      inverted = false
      unlikeTheOthers = []
    case .darkOnLight:
      inverted = true
      unlikeTheOthers = []
    }
    let invert = inverted
    func batch(_ images: [PixelImage]) -> ImageBatch {
      let pixels = images.flatMap { image in
        (invert ? image.inverted() : image).fitted(height: height, width: width, background: 0).pixels.map { table[Int($0)] }
      }
      return ImageBatch(count: images.count, height: height, width: width, channels: channels, pixels: pixels)
    }
    classNames = files.classNames
    self.support = batch(support)
    supportLabels = files.support.map(\.label)
    self.query = batch(query)
    queryLabels = files.query.map(\.label)
  }

  private static func read(_ path: String, channels: Int) throws(FolderTaskError) -> PixelImage {
    do {
      return try PixelImage(file: path).converted(toChannels: channels)
    } catch {
      throw .unreadableImage(path: path, reason: error.reason)
    }
  }
}

extension PixelImage {
  /// Whether the outermost pixels are light on average: paper, if the picture is a drawing.
  fileprivate var hasLightBorder: Bool {
    var sum = 0
    var count = 0
    for row in 0..<height {
      let isEdge = row == 0 || row == height - 1
      for column in 0..<width where isEdge || column == 0 || column == width - 1 {
        for channel in 0..<channels { sum += Int(self[row, column, channel]) }
        count += channels
      }
    }
    return 2 * sum > 255 * count
  }
}

extension PNGError {
  /// The message without the path that it begins with.
  fileprivate var reason: String {
    switch self {
    case .unreadable(_, let reason): "cannot be read: \(reason)"
    case .damaged(_, let reason): "not a whole picture: \(reason); replace the file"
    case .unwritable(_, let reason): reason
    case .tooLarge(_, let height, let width, _): "\(width)×\(height) pixels are too many; scale it down"
    }
  }
}
