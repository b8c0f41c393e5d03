import Basics
import Foundation

/// Reads data sets from `.npz`: a zip of NPY arrays, one of images and one of labels.
///
/// Images are [N, H, W], [N, H, W, 1] or [N, H, W, 3], of a ``PixelScale``. Labels are whole numbers [N], or one-hot rows [N, K].
/// Parts such as `x_train`, `y_train`, `x_test`, `y_test` (or `train_images`, `train_labels`, …) are put together.
public struct NPZReader: Sendable {
  /// A reader; it has no settings.
  public init() {}

  /// The names that arrays of images are looked for under, in this order, and those of labels.
  public static let imageNames = ["images", "image", "x", "data", "arr_0"]
  /// See ``imageNames``.
  public static let labelNames = ["label", "labels", "y", "targets", "arr_1"]
  /// The parts that arrays may be divided into, in this order.
  static let partNames = ["train", "training", "val", "valid", "validation", "dev", "test", "testing"]
  /// Arrays of more bytes are refused.
  static let arrayLimit = 1 << 32

  /// Reads a file; class names are `classNames`, else those of a JSON file of the same name beside it, else the labels.
  ///
  /// The group of a class is what its name says before a `/`, else the class itself. Classes without an image are left out.
  /// - Parameters:
  ///   - name: the data set's name.
  ///   - path: the archive's path.
  ///   - scale: what the numbers of images mean; by their type, where it is `nil` and they leave no doubt.
  ///   - classNames: names of the classes; `nil` takes those beside the file, else the labels.
  ///   - notes: gets what was taken for granted or left out, a line each.
  /// - Throws: `ReaderError`: an unreadable or damaged archive, arrays that are missing, of other shapes or types, labels below 0,
  ///   numbers that are not a brightness (NaN, negative, too large) or have no clear scale, a side-car that cannot be read.
  public static func dataset(
    name: String, path: String, scale: PixelScale? = nil, classNames: ClassNames? = nil, notes: inout [String]
  ) throws(ReaderError) -> ImageDataset {
    let sidecar = try DatasetSidecar(beside: path)
    return try dataset(
      name: name, archive: ZipArchive(path: path), scale: scale, names: classNames ?? sidecar?.classNames, notes: &notes)
  }

  /// The same, without notes.
  public static func dataset(name: String, path: String) throws(ReaderError) -> ImageDataset {
    var notes: [String] = []
    return try dataset(name: name, path: path, notes: &notes)
  }

  /// Reads an archive that is open; see ``dataset(name:path:)``.
  package static func dataset(
    name: String, archive: borrowing ZipArchive, classNames: [String]? = nil
  ) throws(ReaderError) -> ImageDataset {
    var notes: [String] = []
    var names: ClassNames?
    if let classNames { names = try ClassNames(classNames, origin: archive.path) }
    return try dataset(name: name, archive: archive, scale: nil, names: names, notes: &notes)
  }

  /// Reads an archive that is open; see ``dataset(name:path:scale:classNames:notes:)``.
  package static func dataset(
    name: String, archive: borrowing ZipArchive, scale: PixelScale?, names: ClassNames?, notes: inout [String]
  ) throws(ReaderError) -> ImageDataset {
    let path = archive.path
    let parts = try parts(of: archive, notes: &notes)
    // Pixels, twice; a label is a whole number thrice, with the room in which lists grow.
    let images = parts.reduce(0) { $0 + $1.images.array.count }
    let numbers = parts.reduce(0) { $0 + $1.labels.array.count }
    try AvailableMemory.check(2 * images + 32 * numbers, path: path)
    var pixels: [UInt8] = []
    pixels.reserveCapacity(images)
    var labels: [Int] = []
    let shape = parts[0].images.array.shape
    for part in parts {
      try check(part, like: shape, path: path)
      pixels += try PixelScale.bytes(of: part.images.array, path: "\(path): \(part.images.name)", scale: scale, notes: &notes)
      labels += try classes(of: part.labels.array, path: "\(path): \(part.labels.name)", notes: &notes)
    }
    let size = shape.dropFirst().reduce(1, *)
    var members: [Int: [Int]] = [:]
    for (index, label) in labels.enumerated() { members[label, default: []].append(index) }
    let used = members.keys.sorted()
    let fitted = names?.fitted(to: Set(used), notes: &notes)
    var entries: [ImageDataset.ImageClass] = []
    for label in used {
      if let fitted, fitted[label] == nil {
        throw .badClassNames(
          path: fitted.origin, reason: Fault("there is no name for label \(label), which \(path) has", help: "name every class"))
      }
      let className = fitted?[label] ?? "\(label)"
      let words = className.split(separator: "/", maxSplits: 1)
      entries.append(
        .init(name: className, group: words.count == 2 ? String(words[0]) : className, count: members[label]?.count ?? 0))
    }
    if let fitted, fitted.count > used.count {
      let unused = fitted.byLabel.keys.filter { members[$0] == nil }.sorted().compactMap { fitted[$0] }
      notes.append(
        "\(fitted.origin) names \(counted(unused.count, "class that has", "classes that have")) no image: \(unused.prefix(5).joined(separator: ", "))"
          + (unused.count > 5 ? ", …" : ""))
    }
    var sorted: [UInt8] = []
    sorted.reserveCapacity(pixels.count)
    for label in used { for index in members[label] ?? [] { sorted += pixels[index * size..<(index + 1) * size] } }
    guard !used.isEmpty, Set(entries.map(\.name)).count == entries.count,
      let dataset = ImageDataset(
        name: name, height: shape[1], width: shape[2], channels: shape.count == 4 ? shape[3] : 1, classes: entries, pixels: sorted
      )
    else { throw .badSize(path: path, offset: 0, reason: "there is no image, or two classes have one name") }
    return dataset
  }

  private typealias Named = (name: String, array: NPYArray)
  private typealias Part = (images: Named, labels: Named)

  /// One pair of arrays, or one for each part that they are divided into.
  private static func parts(of archive: borrowing ZipArchive, notes: inout [String]) throws(ReaderError) -> [Part] {
    let present = Set(archive.entries.map { $0.name.lowercased() })
    func spellings(_ names: [String], _ part: String) -> [String] { names.flatMap { ["\($0)_\(part)", "\(part)_\($0)"] } }
    func holds(_ names: [String]) -> Bool { names.contains { present.contains($0 + ".npy") } }
    let found = partNames.filter { holds(spellings(imageNames, $0)) && holds(spellings(labelNames, $0)) }
    guard !holds(imageNames), !found.isEmpty else {
      return [(try array(imageNames, "images", in: archive), try array(labelNames, "labels", in: archive))]
    }
    if found.count > 1 {
      notes.append(
        "\(archive.path): the parts \(found.joined(separator: ", ")) are put together; runs divide classes, not images")
    }
    var parts: [Part] = []
    for part in found {
      parts.append(
        (
          try array(spellings(imageNames, part), "images", in: archive),
          try array(spellings(labelNames, part), "labels", in: archive)
        ))
    }
    return parts
  }

  private static func check(_ part: Part, like shape: [Int], path: String) throws(ReaderError) {
    let (images, labels) = part
    guard (3...4).contains(images.array.shape.count), images.array.shape.dropFirst().allSatisfy({ (1...16_384).contains($0) }),
      images.array.shape.count == 3 || images.array.shape[3] == 1 || images.array.shape[3] == 3
    else {
      throw .badSize(
        path: "\(path): \(images.name)", offset: 0,
        reason: "shape \(images.array.shape), images are [N, H, W], [N, H, W, 1] or [N, H, W, 3]")
    }
    guard images.array.shape.dropFirst() == shape.dropFirst() else {
      throw .badSize(
        path: "\(path): \(images.name)", offset: 0, reason: "shape \(images.array.shape), the part before has \(shape)")
    }
    let count = images.array.shape[0]
    guard (1...2).contains(labels.array.shape.count), labels.array.shape[0] == count else {
      throw .countMismatch(
        images: "\(path): \(images.name) (byte 0)", imageCount: count, labels: "\(path): \(labels.name)",
        labelCount: labels.array.shape.first ?? 0)
    }
  }

  private static func array(
    _ names: [String], _ what: String, in archive: borrowing ZipArchive
  ) throws(ReaderError) -> (name: String, array: NPYArray) {
    for name in names {
      guard let entry = archive.entries.first(where: { $0.name.lowercased() == name + ".npy" }) else { continue }
      // The array, its pixels, and those again in the order of their classes. What it really holds is not known before it is read.
      let size = NPYArray.elementType(start: archive.start(of: entry, count: 256))?.size ?? 8
      let bytesAtMost = min(entry.size, arrayLimit, UnpackingBudget.pictures.bytes(of: entry.stored))
      try AvailableMemory.check(bytesAtMost / size * (size + 2), path: "\(archive.path): \(entry.name)")
      let bytes = try archive.contents(of: entry, limit: arrayLimit)
      return (entry.name, try NPYArray(bytes, path: "\(archive.path): \(entry.name)"))
    }
    throw .unexpectedLayout(
      path: archive.path, entry: "the directory (byte 0)",
      reason: Fault(
        "no array of \(what)",
        help: "it is looked for as \(names.joined(separator: ", ")), and there are "
          + archive.entries.prefix(12).map(\.name).joined(separator: ", ")))
  }

  /// Labels as they are, or the place of the one in each row.
  private static func classes(
    of array: NPYArray, path: String, notes: inout [String]
  ) throws(ReaderError) -> [Int] {
    func bad(_ index: Int, _ reason: String) -> ReaderError {
      .badSize(path: path, offset: array.dataOffset + index * array.elementType.size, reason: reason)
    }
    let width = array.shape.count == 2 ? array.shape[1] : 1
    guard width >= 1 else { throw bad(0, "shape \(array.shape), labels are [N], or one-hot [N, K]") }
    var result: [Int] = []
    result.reserveCapacity(array.shape[0])
    if width > 1 {
      for row in 0..<array.shape[0] {
        var place: Int?
        for column in 0..<width {
          let value = array.number(at: row * width + column)
          guard value == 0 || (value == 1 && place == nil) else {
            throw bad(
              row * width + column, "\(value) in row \(row) of shape \(array.shape), whose rows should hold a single 1 (one-hot)")
          }
          if value == 1 { place = column }
        }
        guard let place else { throw bad(row * width, "row \(row) of the one-hot labels holds no 1") }
        result.append(place)
      }
      notes.append("\(path): the labels are one-hot rows of \(width); the place of the 1 is the class")
      return result
    }
    for index in 0..<array.count {
      let value = array.number(at: index)
      // Labels are indices; larger numbers are a mistake, and would make names of absurd length.
      guard let label = Int(exactly: value), label >= 0, label < 1 << 24 else {
        throw bad(index, "\(value) is no label; labels are whole numbers from 0")
      }
      result.append(label)
    }
    return result
  }
}
