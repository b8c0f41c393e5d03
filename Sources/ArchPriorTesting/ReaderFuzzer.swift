import Basics
import CZlib
import Datasets
import Foundation

/// Makes small files of every format that data sets are read from, damages them and reads them. A reader must give a data set or an
/// error with path and place.
package struct ReaderFuzzer {
  /// What the readers did.
  package struct Report: Sendable {
    package var files = 0
    /// By format: how many were read and how many refused.
    package var outcomes: [String: (read: Int, refused: Int)] = [:]
    /// Refusals whose message does not begin with the file's path.
    package var withoutPath = 0
    /// Refusals whose message names neither a byte nor an entry of the archive.
    package var withoutPlace = 0
    /// One message of each of the two kinds above, to be looked at.
    package var examples: [String] = []

    package init() {}

    /// Adds another report.
    package mutating func add(_ other: Report) {
      files += other.files
      withoutPath += other.withoutPath
      withoutPlace += other.withoutPlace
      examples = Array((examples + other.examples).prefix(8))
      for (kind, outcome) in other.outcomes {
        let mine = outcomes[kind] ?? (0, 0)
        outcomes[kind] = (mine.read + outcome.read, mine.refused + outcome.refused)
      }
    }
  }

  /// A format: a whole file of it, a reader, and what puts checksums right after damage, so that what lies behind them is reached.
  private struct Kind {
    var name: String
    var bytes: [UInt8]
    var wrap: ([UInt8]) -> [UInt8] = { $0 }
    var read: ([UInt8]) throws -> Void
  }

  private static let path = "fuzzed.file"
  private var generator: Philox

  /// The mutations of a seed.
  package init(seed: UInt64) { generator = Philox(seed: seed, stream: "reader-fuzzer") }

  /// The formats' names.
  package static var formats: [String] { kinds().map(\.name) }

  /// Reads `files` damaged files, the formats in turn; the first one of each is whole.
  package mutating func run(files: Int) -> Report {
    let kinds = Self.kinds()
    var report = Report()
    for number in 0..<files {
      let kind = kinds[number % kinds.count]
      var bytes = kind.bytes
      if number < kinds.count {
        bytes = kind.wrap(bytes)
      } else if generator.nextBool() {
        // Damage inside, the wrapping (compression, archive, checksums) intact.
        mutate(&bytes)
        bytes = kind.wrap(bytes)
      } else {
        bytes = kind.wrap(bytes)
        mutate(&bytes)
      }
      var outcome = report.outcomes[kind.name] ?? (0, 0)
      do {
        try kind.read(bytes)
        outcome.read += 1
      } catch {
        outcome.refused += 1
        let text = "\(error)"
        let hasPath = text.hasPrefix(Self.path)
        let hasPlace = text.contains("byte") || Self.namesEntry(error)
        if !hasPath { report.withoutPath += 1 }
        if !hasPlace { report.withoutPlace += 1 }
        if !hasPath || !hasPlace, report.examples.count < 8 { report.examples.append("\(kind.name): \(text)") }
      }
      report.outcomes[kind.name] = outcome
      report.files += 1
    }
    return report
  }

  /// Where files of an archive are not those that belong there, the entry is the place.
  private static func namesEntry(_ error: any Error) -> Bool {
    if case ReaderError.unexpectedLayout = error { return true }
    return false
  }

  private static let absurd: [[UInt8]] = [
    [], Array("nan".utf8), Array("-1".utf8), Array("99999999999999999999".utf8), [0xFF, 0xFF, 0xFF, 0xFF],
    [0x7F, 0xFF, 0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0x7F], [0, 0, 0xC0, 0x7F], [0, 0, 0, 0, 0, 0, 0xF8, 0x7F],
    [0, 0, 0x80, 0x7F], [0, 0, 0, 0], [0x80, 0, 0, 0], [0, 0, 0, 0x80], [UInt8](repeating: 0xFF, count: 8),
    [UInt8](repeating: 0xFF, count: 7) + [0x7F], [0x7F] + [UInt8](repeating: 0xFF, count: 7),
    Array("'shape': (9999999999, 99999999999, 3), ".utf8), Array("\u{e9}".utf8),
  ]

  /// Whole numbers at which arithmetic goes wrong.
  private static let integers = [
    "0", "1", "-1", "255", "256", "65535", "65536", "2147483647", "2147483648", "4294967295", "4294967296", "1099511627777",
    "3037000500", "4611686018427387904", "9223372036854775807", "-9223372036854775808", "9223372036854775808",
    "18446744073709551616",
  ]

  /// Puts another whole number in the place of one that is written in digits.
  private mutating func replaceNumber(_ bytes: inout [UInt8]) {
    func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
    // Headers are short; what follows them are pixels.
    let starts = bytes.indices.prefix(512).filter { isDigit(bytes[$0]) && ($0 == 0 || !isDigit(bytes[$0 - 1])) }
    guard !starts.isEmpty else { return }
    let start = starts[generator.nextInt(below: starts.count)]
    let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.count
    bytes.replaceSubrange(start..<end, with: Array(Self.integers[generator.nextInt(below: Self.integers.count)].utf8))
  }

  private mutating func mutate(_ bytes: inout [UInt8]) {
    for _ in 0...generator.nextInt(below: 3) {
      guard !bytes.isEmpty else { return }
      // Headers are short, and most of what can go wrong is in them.
      let reach = generator.nextBool() ? min(bytes.count, 64) : bytes.count
      let place = generator.nextInt(below: reach)
      switch generator.nextInt(below: 10) {
      case 8, 9: replaceNumber(&bytes)
      case 0: bytes.removeLast(bytes.count - generator.nextInt(below: bytes.count))
      case 1: bytes[place] ^= UInt8(1 << generator.nextInt(below: 8))
      case 2: bytes[place] = UInt8(truncatingIfNeeded: generator.next())
      case 3: bytes.insert(contentsOf: Self.absurd[generator.nextInt(below: Self.absurd.count)], at: place)
      case 4: bytes.removeSubrange(place..<min(bytes.count, place + 1 + generator.nextInt(below: 40)))
      case 5:
        let end = min(bytes.count, place + 1 + generator.nextInt(below: 200))
        bytes.insert(contentsOf: bytes[place..<end], at: generator.nextInt(below: bytes.count))
      case 6:
        // NaN, infinity, the largest and the smallest numbers, in place.
        let pattern = Self.absurd[generator.nextInt(below: Self.absurd.count)]
        for (offset, byte) in pattern.enumerated() where place + offset < bytes.count { bytes[place + offset] = byte }
      default:
        // An absurd 64-bit number, as a length would be.
        let number = generator.next() >> UInt64(generator.nextInt(below: 64))
        for (offset, byte) in withUnsafeBytes(of: number, Array.init).enumerated() where place + offset < bytes.count {
          bytes[place + offset] = byte
        }
      }
    }
  }

  // MARK: Whole files

  private static func kinds() -> [Kind] {
    let image = (0..<3072).map { UInt8(truncatingIfNeeded: $0 &* 7 ^ $0 >> 5) }
    let idx: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 4, 0, 0, 0, 6, 0, 0, 0, 5] + image.prefix(120)
    let cifar10 = [3] + image + [9] + image.reversed()
    let cifar100 = [4, 0] + image + [1, 1] + image.reversed()
    func variant(_ variant: CIFARReader.Variant) -> ([UInt8]) throws -> Void {
      { _ = try CIFARReader.dataset(variant, contents: [($0, path)]) }
    }
    let bytes = npy("|u1", "(4, 6, 5)", Array(image.prefix(120)))
    let labels = npy("<i4", "(4,)", [0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0])
    let floats = npy("<f4", "(4, 3, 2)", (0..<24).flatMap { withUnsafeBytes(of: Float($0) / 23, Array.init) })
    func npz(_ bytes: [UInt8]) throws {
      _ = try NPZReader.dataset(name: "fuzzed", archive: ZipArchive(bytes, path: path))
    }
    let drawing = PixelImage(height: 105, width: 105, filledWith: 255)
    let png = (try? drawing.pngBytes()) ?? []
    let colour = PixelImage(height: 9, width: 11, channels: 3, pixels: Array(image.prefix(297)))
    return [
      Kind(name: "archpack", bytes: pack(), read: { _ = try DatasetPack.parse($0, path: path) }),
      Kind(name: "archpack, checksums put right", bytes: pack(), wrap: PackLayout.resigned) {
        _ = try DatasetPack.parse($0, path: path)
      },
      Kind(name: "idx", bytes: idx) { _ = try IDXArray($0, path: path) },
      Kind(name: "idx.gz", bytes: idx, wrap: gzipped) { _ = try IDXArray($0, path: path) },
      Kind(name: "cifar-10", bytes: cifar10, read: variant(.cifar10)),
      Kind(name: "cifar-100", bytes: cifar100, read: variant(.cifar100)),
      Kind(name: "cifar-100.gz", bytes: cifar100, wrap: gzipped, read: variant(.cifar100)),
      Kind(name: "npz", bytes: bytes, wrap: { zip([("images.npy", relengthed($0)), ("label.npy", labels)]) }, read: npz),
      Kind(
        name: "npz of floats", bytes: floats, wrap: { zip([("images.npy", relengthed($0)), ("label.npy", labels)]) }, read: npz),
      Kind(name: "npz labels", bytes: labels, wrap: { zip([("images.npy", bytes), ("label.npy", relengthed($0))]) }, read: npz),
      Kind(name: "json beside npz", bytes: Array(#"{"class_names": {"0": "a", "1": "b"}, "licence": "CC0-1.0"}"#.utf8)) {
        do {
          _ = try DatasetSidecar($0, path: path)
        } catch ReaderError.badSidecar(let path, let reason) where path == Self.path {
          // Keys are the places of a side-car.
          throw ReaderError.unexpectedLayout(path: path, entry: "side-car", reason: reason)
        } catch ReaderError.badClassNames(let path, let reason) where path == Self.path {
          throw ReaderError.unexpectedLayout(path: path, entry: "side-car", reason: reason)
        }
      },
      Kind(
        name: "omniglot", bytes: png,
        wrap: { first in
          zip((1...20).map { (String(format: "images_background/A/character01/0001_%02d.png", $0), $0 == 1 ? first : png) })
        },
        read: { bytes in
          var (classes, pixels, known) = ([ImageDataset.ImageClass](), [UInt8](), Set<String>())
          try OmniglotReader.append(ZipArchive(bytes, path: path), side: 28, to: &classes, &pixels, known: &known)
        }),
      Kind(name: "png", bytes: (try? colour?.pngBytes()) ?? []) { _ = try PixelImage(png: $0, path: path) },
      Kind(name: "jpeg", bytes: decoded(grey)) { _ = try PixelImage(jpeg: $0, path: path) },
      Kind(name: "jpeg, progressive", bytes: decoded(progressive)) { _ = try PixelImage(jpeg: $0, path: path) },
    ]
  }

  private static func pack() -> [UInt8] {
    let classes = (0..<3).map { ImageDataset.ImageClass(name: "class \($0)", group: "group", count: 2) }
    let pixels = (0..<3 * 2 * 5 * 4).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let dataset = ImageDataset(name: "fuzzed", height: 5, width: 4, channels: 1, classes: classes, pixels: pixels)
    let provenance = DatasetPack.Provenance(description: "", source: "", licence: "", builder: "")
    return dataset.flatMap { try? DatasetPack(dataset: $0, provenance: provenance).encoded() } ?? []
  }

  private static func npy(_ descriptor: String, _ shape: String, _ data: [UInt8]) -> [UInt8] {
    let header = "{'descr': '\(descriptor)', 'fortran_order': False, 'shape': \(shape), }\n"
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0] + Array(header.utf8) + data
  }

  /// An array whose header's length is that of its header again, where another number has changed it.
  private static func relengthed(_ bytes: [UInt8]) -> [UInt8] {
    guard bytes.count > 10, bytes[6] == 1, let end = bytes.dropFirst(10).firstIndex(of: 10) else { return bytes }
    var result = bytes
    result[8] = UInt8(truncatingIfNeeded: end + 1 - 10)
    result[9] = UInt8(truncatingIfNeeded: (end + 1 - 10) >> 8)
    return result
  }

  /// A gzip member (RFC 1952).
  private static func gzipped(_ bytes: [UInt8]) -> [UInt8] {
    var count = compressBound(UInt(bytes.count))
    var stream = [UInt8](repeating: 0, count: Int(count))
    guard compress2(&stream, &count, bytes, UInt(bytes.count), 6) == Z_OK else { return [] }
    // zlib's wrapping is two bytes before and four behind.
    let deflated = stream[2..<Int(count) - 4]
    return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3] + deflated + little(Int(crc32(0, bytes, UInt32(bytes.count))), 4)
      + little(bytes.count, 4)
  }

  /// A zip archive of stored files (PKWARE's APPNOTE.TXT).
  private static func zip(_ files: [(name: String, bytes: [UInt8])]) -> [UInt8] {
    var archive: [UInt8] = []
    var directory: [UInt8] = []
    for (name, bytes) in files {
      let sum = Int(crc32(0, bytes, UInt32(bytes.count)))
      // Version 2.0, no flags, stored, 1980-01-01.
      let common =
        [20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0] + little(sum, 4) + little(bytes.count, 4) + little(bytes.count, 4)
        + little(name.utf8.count, 2) + [0, 0]
      directory +=
        [0x50, 0x4B, 1, 2, 20, 0] + common + [UInt8](repeating: 0, count: 10) + little(archive.count, 4) + Array(name.utf8)
      archive += [0x50, 0x4B, 3, 4] + common + Array(name.utf8) + bytes
    }
    return archive + directory + [0x50, 0x4B, 5, 6, 0, 0, 0, 0] + little(files.count, 2) + little(files.count, 2)
      + little(directory.count, 4) + little(archive.count, 4) + [0, 0]
  }

  private static func little(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  private static func decoded(_ text: String) -> [UInt8] { Data(base64Encoded: text).map(Array.init) ?? [] }

  // Two of Tests/DatasetsTests/Fixtures/jpegs.json: there is no encoder here.
  private static let grey =
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAYEBQYFBAYGBQYHBwYIChAKCgkJChQODwwQFxQYGBcUFhYaHSUfGhsjHBYWICwgIyYnKSopGR8tMC"
    + "0oMCUoKSj/wAALCAAVAAkBAREA/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIh"
    + "MUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhI"
    + "WGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/9oACAEBAAA/AMqD"
    + "wVpeg2kD6xcW0CFjHHubPJOcDHtVf+yvCv8Az+Rfmam07T/C7HEuswOG6PI5IXPH/wBarv2PwX/z+ad/301aGleF9OkXyljCHBYsByc8f1q3/w"
    + "AIbpX/ADx/Sv/Z"
  private static let progressive =
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYV"
    + "pQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT0//wgARCAAN"
    + "ABMDAREAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAgP/xAAYAQADAQEAAAAAAAAAAAAAAAAAAQIDBP/aAAwDAQACEAMQAAABgQtkeaKtVJ"
    + "bz/8QAGRABAAMBAQAAAAAAAAAAAAAAAQACAxEh/9oACAEBAAEFAiuY8I19KQzYZdP/xAAiEQACAQMCBwAAAAAAAAAAAAABAgADEfAhkRITMUFh"
    + "sdH/2gAIAQMBAT8B5jodDAxtbizeMBfU5vDU8Z1i1B2URWVhcr6+T//EACMRAAECBAYDAAAAAAAAAAAAAAEAAhIhkfADETJBUrHR4eL/2gAIAQ"
    + "IBAT8BAeb+VpETjdEX5ziuqGK3j14T3RbKYv2v/8QAHRAAAgIBBQAAAAAAAAAAAAAAAAIykSEDERMzof/aAAgBAQAGPwKD0Y0sHT6TaybWb8j2"
    + "f//EABwQAAICAgMAAAAAAAAAAAAAAAABESExgZHR8P/aAAgBAQABPyGvcYip7TDm35iHJ5l2nsORCth8iwf/2gAMAwEAAgADAAAAEBWtv//EAC"
    + "ARAAIBAwQDAAAAAAAAAAAAAAERIQAxcUFRYaGBsfH/2gAIAQMBAT8QYkNiSGYknpe72o4CTEufIos8B60YzTigQGRSgK0Q6VABgO0CECs/NpX4"
    + "y9N1P//EACARAQABAgcBAQAAAAAAAAAAAAERACFRYXGBkaHwMcH/2gAIAQIBAT8QEvHDT6wNv1Je29K0R9kTqsK40UJkADLHSPTjSJAHdP/EAB"
    + "8QAQACAQQDAQAAAAAAAAAAAAERIQAxQVFhcaGx8f/aAAgBAQABPxB42BUgi152j74yfRqQmhNA8t9O8eAW1EwYK4TCdEU9ZMJuQ2IHu/zCcgl1"
    + "c5//2Q=="
}
