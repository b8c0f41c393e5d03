import Foundation

/// Reads data sets from `.npz`: a zip of NPY arrays, one of images and one of labels.
///
/// Images are [N, H, W], [N, H, W, 1] or [N, H, W, 3]; bytes, or floating-point numbers in 0…1 (or 0…255), which are rounded to
/// bytes. Labels are whole numbers [N].
public enum NPZReader {
  /// What is said about a file besides its arrays: a `NAME.json` beside `NAME.npz`, of which these keys are read.
  struct Sidecar: Decodable {
    var classNames: [String]?
    var alphabets: [String]?
    var name: String?
    var licence: String?
    var source: String?

    private enum CodingKeys: String, CodingKey {
      case classNames = "class_names"
      case alphabets, name, licence, source
    }
  }

  /// The names that arrays of images are looked for under, in this order, and those of labels.
  public static let imageNames = ["images", "image", "x", "data", "arr_0"]
  /// See ``imageNames``.
  public static let labelNames = ["label", "labels", "y", "targets", "arr_1"]
  /// Arrays of more bytes are refused.
  static let arrayLimit = 1 << 32

  /// Reads a file; class names come from `class_names` of a JSON file of the same name beside it, else they are the labels.
  ///
  /// The group of a class is what its name says before a `/`, else the class itself. Classes without an image are left out.
  /// - Throws: ``ReaderError``: an unreadable or damaged archive, arrays that are missing, of other shapes or types, labels below 0,
  ///   numbers that are no brightness (NaN, negative, too large).
  public static func dataset(name: String, path: String) throws(ReaderError) -> ImageDataset {
    let archive = try ZipArchive(path: path)
    let sidecar = URL(fileURLWithPath: path).deletingPathExtension().appendingPathExtension("json").path
    var names: [String]?
    if let data = FileManager.default.contents(atPath: sidecar), let read = try? JSONDecoder().decode(Sidecar.self, from: data) {
      names = read.classNames
    }
    return try dataset(name: name, archive: archive, classNames: names)
  }

  /// Reads an archive that is open; see ``dataset(name:path:)``.
  package static func dataset(
    name: String, archive: borrowing ZipArchive, classNames: [String]? = nil
  ) throws(ReaderError) -> ImageDataset {
    let path = archive.path
    let images = try array(imageNames, "images", in: archive)
    let labels = try array(labelNames, "labels", in: archive)
    guard (3...4).contains(images.array.shape.count), images.array.shape.dropFirst().allSatisfy({ (1...16_384).contains($0) }),
      images.array.shape.count == 3 || images.array.shape[3] == 1 || images.array.shape[3] == 3
    else {
      throw .badSize(
        path: "\(path): \(images.name)", offset: 0,
        reason: "shape \(images.array.shape), images are [N, H, W], [N, H, W, 1] or [N, H, W, 3]")
    }
    let count = images.array.shape[0]
    guard labels.array.shape == [count] || labels.array.shape == [count, 1] else {
      throw .countMismatch(
        images: "\(path): \(images.name) (byte 0)", imageCount: count, labels: "\(path): \(labels.name)",
        labelCount: labels.array.shape.first ?? 0)
    }
    let (height, width) = (images.array.shape[1], images.array.shape[2])
    let channels = images.array.shape.count == 4 ? images.array.shape[3] : 1
    let pixels = try bytes(of: images.array, path: "\(path): \(images.name)")
    let size = height * width * channels
    let classIndices = try classes(of: labels.array, path: "\(path): \(labels.name)", limit: classNames?.count)
    var members: [Int: [Int]] = [:]
    for (index, label) in classIndices.enumerated() { members[label, default: []].append(index) }
    let used = members.keys.sorted()
    let entries = used.map { label in
      let className = classNames?[label] ?? "\(label)"
      let parts = className.split(separator: "/", maxSplits: 1)
      return ImageDataset.ImageClass(
        name: className, group: parts.count == 2 ? String(parts[0]) : className, count: members[label]?.count ?? 0)
    }
    var sorted: [UInt8] = []
    sorted.reserveCapacity(pixels.count)
    for label in used {
      for index in members[label] ?? [] {
        sorted += pixels[pixels.startIndex + index * size..<pixels.startIndex + (index + 1) * size]
      }
    }
    guard !used.isEmpty, Set(entries.map(\.name)).count == entries.count,
      let dataset = ImageDataset(
        name: name, height: height, width: width, channels: channels, classes: entries, pixels: sorted)
    else { throw .badSize(path: path, offset: 0, reason: "there is no image, or two classes have one name") }
    return dataset
  }

  private static func array(
    _ names: [String], _ what: String, in archive: borrowing ZipArchive
  ) throws(ReaderError) -> (name: String, array: NPYArray) {
    for name in names {
      guard let entry = archive.entries.first(where: { $0.name.lowercased() == name + ".npy" }) else { continue }
      let bytes = try archive.contents(of: entry, limit: arrayLimit)
      return (entry.name, try NPYArray(bytes, path: "\(archive.path): \(entry.name)"))
    }
    throw .unexpectedLayout(
      path: archive.path, entry: "the directory (byte 0)",
      reason: "no array of \(what); it is looked for as \(names.joined(separator: ", ")), and there are "
        + archive.entries.prefix(12).map(\.name).joined(separator: ", "))
  }

  /// Bytes as they are; floating-point numbers times 255 where none is above 1.
  private static func bytes(of array: NPYArray, path: String) throws(ReaderError) -> ArraySlice<UInt8> {
    switch array.elementType {
    case .uint8: return array.bytes
    case .bool: return ArraySlice(array.bytes.map { $0 == 0 ? 0 : 255 })
    case .float32, .float64: break
    default:
      throw .badSize(path: path, offset: 0, reason: "elements of type \(array.elementType.rawValue); images are u1, f4 or f8")
    }
    var largest = 0.0
    for index in 0..<array.count {
      let value = array.number(at: index)
      guard value >= 0, value <= 255 else {
        throw .badSize(
          path: path, offset: array.dataOffset + index * array.elementType.size,
          reason: "\(value) is no brightness; images of floating-point numbers lie in 0…1 or 0…255")
      }
      largest = max(largest, value)
    }
    let factor = largest <= 1 ? 255.0 : 1.0
    return ArraySlice((0..<array.count).map { UInt8((array.number(at: $0) * factor).rounded()) })
  }

  private static func classes(of array: NPYArray, path: String, limit: Int?) throws(ReaderError) -> [Int] {
    var result: [Int] = []
    result.reserveCapacity(array.count)
    for index in 0..<array.count {
      let value = array.number(at: index)
      // Labels are indices; whatever lies beyond is a mistake, and would make names of absurd length.
      guard let label = Int(exactly: value), label >= 0, label < limit ?? 1 << 24 else {
        throw .badSize(
          path: path, offset: array.dataOffset + index * array.elementType.size,
          reason: "\(value) is no label; labels are whole numbers from 0" + (limit.map { " to \($0 - 1)" } ?? ""))
      }
      result.append(label)
    }
    return result
  }
}
