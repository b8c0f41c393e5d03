import Basics
import Foundation

/// Reads CIFAR-10 and CIFAR-100 from their official binary files.
///
/// Source: Krizhevsky, "Learning multiple layers of features from tiny images", 2009, and the data's home page: records of one
/// label byte (CIFAR-100: the coarse and the fine label) and 3,072 bytes of a 32×32 image, red, green and blue plane.
public struct CIFARReader: Sendable {
  /// Which of the two data sets is read.
  public let variant: Variant

  /// A reader of one of the two data sets.
  public init(_ variant: Variant) { self.variant = variant }

  /// The two data sets.
  public enum Variant: String, Sendable, CaseIterable {
    /// 10 classes, one label byte.
    case cifar10 = "cifar-10"
    /// 100 classes in 20 superclasses, two label bytes.
    case cifar100 = "cifar-100"

    var labelBytes: Int { self == .cifar10 ? 1 : 2 }
    var classNames: [String] { self == .cifar10 ? CIFARReader.cifar10Classes : CIFARReader.cifar100Classes }
    /// The official files, without `.gz`.
    var files: [String] {
      self == .cifar10 ? (1...5).map { "data_batch_\($0).bin" } + ["test_batch.bin"] : ["train.bin", "test.bin"]
    }
  }

  /// Side of the images in pixels.
  public static let side = 32
  static let pixelBytes = 3 * side * side

  /// Reads the official files that lie in a folder, each with or without `.gz`; some of them are enough.
  /// - Throws: `ReaderError.missingFiles(path:expected:)` and what ``dataset(_:files:)`` throws.
  public static func dataset(
    _ variant: Variant, folder: String
  ) throws(ReaderError) -> ImageDataset {
    let found = variant.files.compactMap { file in
      [file + ".gz", file].map { URL(fileURLWithPath: folder).appendingPathComponent($0).path }
        .first { FileManager.default.fileExists(atPath: $0) }
    }
    guard !found.isEmpty else {
      if let pickle = pickle(in: folder) { throw pickleError(pickle) }
      throw .missingFiles(path: folder, expected: variant.files.map { $0 + "(.gz)" })
    }
    return try dataset(variant, files: found)
  }

  /// Reads files, gzip-compressed or plain: class after class, each in the order of the files. Classes without an image are left
  /// out. The group of a class is its superclass (CIFAR-100), or itself.
  ///
  /// - Throws: `ReaderError`: unreadable, damaged compression, a file that is not a whole number of records, a label that is no
  ///   class, a fine label under two coarse ones.
  public static func dataset(_ variant: Variant, files: [String]) throws(ReaderError) -> ImageDataset {
    var contents: [(bytes: [UInt8], path: String)] = []
    for path in files { contents.append((try SourceFile.read(path), path)) }
    return try dataset(variant, contents: contents)
  }

  /// A file of the Python version in a folder.
  static func pickle(in folder: String) -> String? {
    pickleNames.map { folder + "/" + $0 }.first(where: isPickle(at:))
  }

  /// What the files of the Python versions are called.
  static let pickleNames = (1...5).map { "data_batch_\($0)" } + ["test_batch", "batches.meta", "train", "test", "meta"]

  /// Whether a file is a pickled Python object.
  static func isPickle(at path: String) -> Bool { (try? ByteFile.read(path, limit: 1 << 30)).map(isPickle) ?? false }

  /// Whether bytes are a pickled Python object: protocol 2 and later begin with its number, 0 and 1 with a dictionary and a mark.
  ///
  /// No record begins like this: neither 0x80 nor "(" is a label.
  static func isPickle(_ bytes: [UInt8]) -> Bool {
    bytes.count >= 2
      && (bytes[0] == 0x80 && (2...5).contains(bytes[1]) || bytes.starts(with: Array("(dp".utf8))
        || bytes.starts(with: Array("}q".utf8)))
  }

  private static func pickleError(_ path: String) -> ReaderError {
    .otherFormat(
      path: path, found: "a Python pickle", help: "the binary version is read: cifar-10-binary.tar.gz or cifar-100-binary.tar.gz")
  }

  /// Reads files held in memory; see ``dataset(_:files:)``.
  package static func dataset(
    _ variant: Variant, contents: [(bytes: [UInt8], path: String)]
  ) throws(ReaderError) -> ImageDataset {
    let names = variant.classNames
    var images = [[UInt8]](repeating: [], count: names.count)
    var coarse = [Int?](repeating: nil, count: names.count)
    for (file, path) in contents {
      let bytes = try records(file, path: path, length: variant.labelBytes + pixelBytes)
      for start in stride(from: 0, to: bytes.count, by: variant.labelBytes + pixelBytes) {
        let labelOffset = start + variant.labelBytes - 1
        let label = Int(bytes[labelOffset])
        guard label < names.count else {
          throw .labelOutOfRange(path: path, offset: labelOffset, label: label, classes: names.count)
        }
        if variant == .cifar100 {
          let superclass = Int(bytes[start])
          guard superclass < cifar100Superclasses.count else {
            throw .labelOutOfRange(path: path, offset: start, label: superclass, classes: cifar100Superclasses.count)
          }
          if let other = coarse[label], other != superclass {
            throw .badSize(
              path: path, offset: start,
              reason: "class \(names[label]) in superclass \(cifar100Superclasses[superclass]), before in "
                + cifar100Superclasses[other])
          }
          coarse[label] = superclass
        }
        append(bytes, at: labelOffset + 1, to: &images[label])
      }
    }
    let used = names.indices.filter { !images[$0].isEmpty }
    let classes = used.map { label in
      ImageDataset.ImageClass(
        name: names[label], group: coarse[label].map { cifar100Superclasses[$0] } ?? names[label],
        count: images[label].count / pixelBytes)
    }
    guard !used.isEmpty,
      let dataset = ImageDataset(
        name: variant.rawValue, height: side, width: side, channels: 3, classes: classes, pixels: used.flatMap { images[$0] })
    else { throw .missingFiles(path: contents.first?.path ?? variant.rawValue, expected: ["at least one record"]) }
    return dataset
  }

  /// The decompressed bytes, a whole number of records.
  private static func records(_ file: [UInt8], path: String, length: Int) throws(ReaderError) -> [UInt8] {
    let stream = try GzipStream(file, path: path, budget: .photographs)
    var result: [UInt8] = []
    // In pieces, so that memory follows what the file really holds and not what it might.
    while true {
      let piece = try stream.read(1 << 20)
      // The bytes as they grow, and the images in the order of their classes.
      try AvailableMemory.check(3 * result.count, path: path)
      if piece.isEmpty { break }
      result += piece
      guard result.count <= SourceFile.byteLimit else {
        throw .badSize(path: path, offset: result.count, reason: "more bytes than any CIFAR file has")
      }
    }
    if isPickle(result) { throw pickleError(path) }
    // Archives are not unpacked here; a tar's header has its mark at byte 257.
    if result.count > 262, result[257..<262].elementsEqual("ustar".utf8) {
      throw .otherFormat(path: path, found: "a tar archive", help: "unpack it (tar xf) and give the folder")
    }
    guard !result.isEmpty, result.count % length == 0 else {
      throw .truncated(path: path, offset: result.count, expected: (result.count / length + 1) * length)
    }
    return result
  }

  /// Planes become pixels.
  private static func append(_ bytes: [UInt8], at start: Int, to target: inout [UInt8]) {
    let plane = side * side
    let old = target.count
    target.append(contentsOf: repeatElement(0, count: pixelBytes))
    for pixel in 0..<plane {
      for channel in 0..<3 { target[old + 3 * pixel + channel] = bytes[start + channel * plane + pixel] }
    }
  }
}
