import Basics

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
  /// One label for each query image; `nil` if it lies in no class folder.
  public let queryLabels: [Int?]
  /// Paths of the query images.
  public let queryFiles: [String]
  /// The rule by which the pictures were read; its ink is never `automatic` where that had to be decided.
  public let reading: PictureReading
  /// Whether the images were inverted.
  public var inverted: Bool { reading.format.ink == .dark }
  /// Images whose ink and paper seem to be inverted compared with most; shown to the user as a warning.
  public let unlikeTheOthers: [String]
  /// What cannot be classified, with why, and is left out: pictures of the query that cannot be read, other files beside them, folders
  /// that cannot be read, and symbolic links to folders.
  public let leftOut: [FolderTaskError]

  /// Number of classes.
  public var way: Int { classNames.count }

  /// Reads a folder. Images of any size, grey or colour, are scaled to fit, centred, to the model's height, width and channels.
  ///
  /// - Parameters:
  ///   - folder: path of the folder that holds `support` and `query`.
  ///   - height: the model's image height, 1…16,384.
  ///   - width: the model's image width, 1…16,384.
  ///   - channels: the model's channels, 1 or 3.
  ///   - ink: how ink and paper are told apart.
  ///   - scaling: how bytes become numbers, as in meta-training.
  /// - Throws: ``FolderTaskError`` with the path and what to do; ``TaskError/badScaling(_:)``.
  public init(
    folder: String, height: Int, width: Int, channels: Int, ink: ImageFormat.Ink = .automatic, scaling: PixelScaling = .unit
  ) throws {
    guard let format = ImageFormat(height: height, width: width, channels: channels, ink: ink) else {
      preconditionFailure("not the shape of a model's images")
    }
    try self.init(folder: folder, reading: PictureReading(format: format), scaling: scaling)
  }

  /// Reads a folder by the rule that the model's own data were read by.
  ///
  /// Where the rule's ink is `automatic` and its images are grey, all pictures or none are inverted, as the borders of most support
  /// pictures say: how a picture of the query is read must not depend on the others.
  /// - Parameters:
  ///   - folder: path of the folder that holds `support` and `query`.
  ///   - reading: how a picture becomes an image of the model.
  ///   - scaling: how bytes become numbers, as in meta-training.
  /// - Throws: ``FolderTaskError`` with the path and what to do, also for a picture of `support` that cannot be read;
  ///   ``TaskError/badScaling(_:)``.
  public init(folder: String, reading: PictureReading, scaling: PixelScaling = .unit) throws {
    let table = try scaling.checkedTable()
    let files = try FolderTaskFiles(folder: folder)
    let support = try files.support.map { try Picture($0.path, reading) }
    var query: [(picture: Picture, label: Int?)] = []
    var leftOut = files.leftOut
    for file in files.query {
      do throws(FolderTaskError) {
        query.append((try Picture(file.path, reading), file.label))
      } catch {
        leftOut.append(error)
      }
    }
    // If no picture is left to classify, the first picture's error says more than "there are none".
    if query.isEmpty, let error = leftOut.first { throw error }
    let all = support + query.map(\.picture)
    var rule = reading
    var unlike: [String] = []
    if reading.looksAtBorders {
      let inverts = 2 * support.count(where: \.isOtherWayRound) > support.count
      rule.format.ink = inverts ? .dark : .keep
      unlike = all.filter { $0.isOtherWayRound != inverts }.map(\.path)
    }
    func batch(_ pictures: [Picture]) -> ImageBatch {
      let pixels = pictures.flatMap { picture in
        (rule.format.ink == .dark ? picture.inverted ?? picture.image : picture.image).pixels.map { table[Int($0)] }
      }
      return ImageBatch(
        count: pictures.count, height: rule.shape[0], width: rule.shape[1], channels: rule.shape[2], pixels: pixels)
    }
    classNames = files.classNames
    self.support = batch(support)
    supportLabels = files.support.map(\.label)
    supportFiles = support.map(\.path)
    self.query = batch(query.map(\.picture))
    queryLabels = query.map(\.label)
    queryFiles = query.map(\.picture.path)
    self.reading = rule
    unlikeTheOthers = unlike
    self.leftOut = leftOut
  }

  /// Whether at least half of the folder's support pictures have colours; those that cannot be read do not count.
  ///
  /// - Throws: ``FolderTaskError`` for the folder.
  public static func hasColours(folder: String) throws -> Bool {
    let files = try FolderTaskFiles(folder: folder)
    let coloured = files.support.map(\.path).compactMap { try? PixelImage(file: $0).hasColours }
    return 2 * coloured.count { $0 } >= coloured.count && !coloured.isEmpty
  }
}

/// A picture of the folder at the model's size: photographs are large, and only this is kept of them.
private struct Picture {
  let path: String
  /// By the rule; not inverted where that is yet to be decided.
  let image: PixelImage
  /// The same inverted, where that is yet to be decided.
  let inverted: PixelImage?
  let isOtherWayRound: Bool

  init(_ path: String, _ reading: PictureReading) throws(FolderTaskError) {
    let picture: PixelImage
    do {
      picture = try PixelImage(file: path, background: reading.format.paper)
    } catch {
      throw .unreadableImage(path: path, reason: error.problem)
    }
    self.path = path
    image = reading.apply(to: picture)
    isOtherWayRound = reading.looksAtBorders && reading.isOtherWayRound(picture)
    var other = reading
    other.format.ink = .dark
    inverted = reading.looksAtBorders ? other.apply(to: picture) : nil
  }
}
