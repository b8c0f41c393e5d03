import Basics
import Foundation

/// Reads data sets of the MNIST family: pairs of IDX files, images [count, height, width] and labels [count].
public struct IDXReader: Sendable {
  /// A reader; it has no settings.
  public init() {}

  /// Two files that belong together.
  public struct Pair: Sendable, Hashable {
    /// Path of the images.
    public var images: String
    /// Path of the labels.
    public var labels: String

    /// Stores the two paths.
    public init(images: String, labels: String) {
      self.images = images
      self.labels = labels
    }
  }

  /// The class names of Fashion-MNIST (Xiao, Rasul, Vollgraf, 2017), by label.
  public static let fashionMNISTClasses = [
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
  ]

  /// Reads a folder with the family's usual file names: `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`,
  /// `t10k-images-idx3-ubyte` and `t10k-labels-idx1-ubyte`, each with or without `.gz`, also with a data set's name before them
  /// (`emnist-letters-train-…`) or dots (`train-images.idx3-ubyte`); one of the two pairs is enough.
  ///
  /// - Throws: `ReaderError`: no such files, one of a pair, those of several data sets, and what
  ///   ``dataset(name:pairs:classNames:)`` throws.
  public static func dataset(name: String, folder: String, classNames: [String]? = nil) throws(ReaderError) -> ImageDataset {
    try dataset(name: name, pairs: IDXFiles.pairs(in: folder), classNames: classNames)
  }

  /// Whether a folder is called as Fashion-MNIST is: what its names of classes are taken for granted by, and no other part of a path.
  static func isFashionMNIST(folder: String) -> Bool {
    let name = URL(fileURLWithPath: folder).standardizedFileURL.lastPathComponent.lowercased()
    return ["fashionmnist", "fashion"].contains(name.filter { !"-_ .".contains($0) })
  }

  /// Reads a folder, or the pair that a file belongs to, with the names of a user or those of Fashion-MNIST where the folder is called
  /// so.
  ///
  /// - Parameter notes: gets what was taken for granted, a line each.
  /// - Throws: ``ReaderError``, as ``dataset(name:folder:classNames:)``.
  static func dataset(
    name: String, source: String, isFolder: Bool, names: ClassNames?, notes: inout [String]
  ) throws(ReaderError) -> ImageDataset {
    let url = URL(fileURLWithPath: source)
    let folder = isFolder ? source : url.deletingLastPathComponent().path
    let pairs = try IDXFiles.pairs(in: folder, file: isFolder ? nil : url.lastPathComponent)
    if pairs.count > 1 {
      notes.append(
        "the parts \(pairs.map { URL(fileURLWithPath: $0.images).lastPathComponent }.joined(separator: ", ")) "
          + "are put together; runs divide classes, not images")
    }
    let read = try dataset(name: name, pairs: pairs)
    // The labels are those of the classes' numbers.
    let used = Set(read.classes.indices.filter { read.classes[$0].count > 0 })
    var names = names?.fitted(to: used, notes: &notes)
    if names == nil, isFashionMNIST(folder: folder) {
      if (used.max() ?? 0) < fashionMNISTClasses.count {
        names = try ClassNames(fashionMNISTClasses, origin: folder)
        notes.append("the classes are called as Fashion-MNIST's, because the folder is; --class-names gives others")
      } else {
        notes.append("the folder is called as Fashion-MNIST is, but has other labels: the classes are called by their numbers")
      }
    }
    var classes = read.classes
    for label in used {
      guard let names else { break }
      guard let className = names[label] else {
        throw .badClassNames(
          path: names.origin, reason: Fault("there is no name for label \(label), which \(folder) has", help: "name every class"))
      }
      (classes[label].name, classes[label].group) = (className, className)
    }
    if used.count < classes.count {
      let unused = classes.indices.filter { !used.contains($0) }.map(String.init)
      notes.append("no image has label \(unused.prefix(8).joined(separator: ", "))\(unused.count > 8 ? ", …" : "")")
    }
    guard
      let dataset = ImageDataset(
        name: name, height: read.height, width: read.width, channels: read.channels, classes: classes.filter { $0.count > 0 },
        pixels: read.pixels)
    else { throw .badSize(path: folder, offset: 4, reason: "sizes do not fit the data") }
    return dataset
  }

  /// Reads pairs of files into one data set: class after class, each in the order of the files.
  ///
  /// Without `classNames`, classes are 0 to the largest label, named by their numbers; every class is its own group.
  /// - Throws: `ReaderError`: what ``IDXArray/init(path:)`` throws, a wrong number of dimensions, images and labels that differ
  ///   in number, labels that are not classes, pairs with images of different sizes.
  public static func dataset(name: String, pairs: [Pair], classNames: [String]? = nil) throws(ReaderError) -> ImageDataset {
    var parts = [(images: IDXArray, labels: IDXArray)]()
    for pair in pairs {
      let images = try IDXArray(path: pair.images)
      let labels = try IDXArray(path: pair.labels)
      try check(images, labels, pair, first: parts.first?.images)
      parts.append((images, labels))
    }
    guard let first = parts.first else { throw .missingFiles(path: name, expected: ["a pair of IDX files"]) }
    let largest = parts.compactMap { $0.labels.bytes.max() }.max().map(Int.init) ?? -1
    let classes = classNames?.count ?? largest + 1
    if largest >= classes { throw labelError(pairs, parts.map(\.labels), classes: classes) }

    let (height, width) = (first.images.dimensions[1], first.images.dimensions[2])
    let size = height * width
    var counts = [Int](repeating: 0, count: classes)
    for part in parts { for label in part.labels.bytes { counts[Int(label)] += 1 } }
    var next = [Int]()
    var total = 0
    for count in counts {
      next.append(total)
      total += count
    }
    try AvailableMemory.check(2 * total * size, path: pairs[0].images)
    var pixels = [UInt8](repeating: 0, count: total * size)
    for part in parts {
      for (index, label) in part.labels.bytes.enumerated() {
        let target = next[Int(label)] * size
        pixels.replaceSubrange(target..<target + size, with: part.images.bytes[index * size..<(index + 1) * size])
        next[Int(label)] += 1
      }
    }
    let entries = counts.enumerated().map { label, count in
      let className = classNames?[label] ?? String(label)
      return ImageDataset.ImageClass(name: className, group: className, count: count)
    }
    guard
      let dataset = ImageDataset(name: name, height: height, width: width, channels: 1, classes: entries, pixels: pixels)
    else { throw .badSize(path: pairs[0].images, offset: 4, reason: "sizes do not fit the data") }
    return dataset
  }

  private static func check(_ images: IDXArray, _ labels: IDXArray, _ pair: Pair, first: IDXArray?) throws(ReaderError) {
    guard images.dimensions.count == 3 else {
      throw .wrongMagic(
        path: pair.images, offset: 3, found: "\(images.dimensions.count) dimensions", expected: "3 (count, height, width)")
    }
    guard labels.dimensions.count == 1 else {
      throw .wrongMagic(path: pair.labels, offset: 3, found: "\(labels.dimensions.count) dimensions", expected: "1 (count)")
    }
    let (height, width) = (images.dimensions[1], images.dimensions[2])
    guard height >= 1, width >= 1 else {
      throw .badSize(path: pair.images, offset: 8, reason: "images of \(height)×\(width) pixels")
    }
    guard images.dimensions[0] == labels.dimensions[0] else {
      throw .countMismatch(
        images: pair.images, imageCount: images.dimensions[0], labels: pair.labels, labelCount: labels.dimensions[0])
    }
    if let first, [height, width] != Array(first.dimensions[1...]) {
      throw .sizeMismatch(
        path: pair.images, height: height, width: width, expectedHeight: first.dimensions[1], expectedWidth: first.dimensions[2])
    }
  }

  /// The error for the first label that is not a class.
  private static func labelError(_ pairs: [Pair], _ labels: [IDXArray], classes: Int) -> ReaderError {
    for (pair, labels) in zip(pairs, labels) {
      if let index = labels.bytes.firstIndex(where: { Int($0) >= classes }) {
        return .labelOutOfRange(
          path: pair.labels, offset: labels.headerBytes + index, label: Int(labels.bytes[index]), classes: classes)
      }
    }
    return .missingFiles(path: pairs.first?.labels ?? "", expected: ["labels"])
  }
}
