import Basics
import Datasets
import Foundation
import TestSupport
import Testing

@Suite struct IDXTests {
  /// An IDX file of unsigned bytes.
  static func idx(_ dimensions: [UInt32], _ data: [UInt8]) -> [UInt8] {
    [0, 0, 8, UInt8(dimensions.count)]
      + dimensions.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }
      + data
  }

  static let images = idx([3, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
  static let labels = idx([3], [1, 0, 1])

  @Test func plainAndCompressedFilesAreTheSame() throws {
    for file in [Self.images, gzipped(Self.images), gzipped(Array(Self.images[..<7])) + gzipped(Array(Self.images[7...]))] {
      let array = try IDXArray(file, path: "images")
      #expect(array.dimensions == [3, 2, 2])
      #expect(array.bytes == Array(1...12))
    }
  }

  @Test(arguments: [false, true]) func imagesAreGroupedByLabel(names: Bool) throws {
    let folder = try TemporaryFolder()
    _ = try folder.write(Self.images, "train-images-idx3-ubyte")
    _ = try folder.write(gzipped(Self.labels), "train-labels-idx1-ubyte.gz")
    _ = try folder.write(gzipped(Self.idx([1, 2, 2], [21, 22, 23, 24])), "t10k-images-idx3-ubyte.gz")
    _ = try folder.write(gzipped(Self.idx([1], [0])), "t10k-labels-idx1-ubyte.gz")
    let dataset = try IDXReader.dataset(name: "tiny", folder: folder.url.path, classNames: names ? ["p", "q", "r"] : nil)
    #expect(dataset.classes.map(\.name) == (names ? ["p", "q", "r"] : ["0", "1"]))
    #expect(dataset.classes.map(\.count) == (names ? [2, 2, 0] : [2, 2]))
    #expect(dataset.height == 2 && dataset.width == 2 && dataset.channels == 1)
    #expect(dataset.pixels == [5, 6, 7, 8, 21, 22, 23, 24, 1, 2, 3, 4, 9, 10, 11, 12])
  }

  @Test func badHeadersAreRefused() {
    let huge = Self.idx([.max, .max, .max], [])
    let cases: [([UInt8], ReaderError)] = [
      ([], .truncated(path: "f", offset: 0, expected: 4)),
      ([0, 0, 8], .truncated(path: "f", offset: 3, expected: 4)),
      ([0, 1, 8, 3], .wrongMagic(path: "f", offset: 0, found: "bytes 0 1", expected: "0 0, as every IDX file begins")),
      ([0, 0, 13, 3], .wrongMagic(path: "f", offset: 2, found: "element type 13", expected: "8 (unsigned bytes)")),
      ([0, 0, 8, 0], .badSize(path: "f", offset: 3, reason: "0 dimensions, 1 (labels) to 4 (images with channels) are read")),
      ([0, 0, 8, 3, 0, 0, 0, 1, 0], .truncated(path: "f", offset: 9, expected: 16)),
      (Self.idx([3, 2, 2], [1, 2, 3]), .truncated(path: "f", offset: 19, expected: 28)),
      (Self.idx([2], [1, 2, 3]), .trailingBytes(path: "f", offset: 10)),
      (
        huge,
        .badSize(
          path: "f", offset: 8, reason: "dimensions [4294967295, 4294967295, 4294967295] make more bytes than memory can hold")
      ),
      // 2³² − 1 bytes announced, none there: no memory is asked for.
      (Self.idx([.max], []), .truncated(path: "f", offset: 8, expected: 8 + 4_294_967_295)),
    ]
    for (file, error) in cases {
      #expect(throws: error) { try IDXArray(file, path: "f") }
      if !file.isEmpty { #expect(throws: error) { try IDXArray(gzipped(file), path: "f") } }
    }
  }

  /// However much of a file is missing, and whichever bit of a compressed one is turned, there is an error and no crash.
  @Test func noDamageGoesUnnoticed() {
    let compressed = gzipped(Self.images)
    for count in 0..<Self.images.count {
      #expect(throws: ReaderError.self, "\(count)") { try IDXArray(Array(Self.images[..<count]), path: "f") }
    }
    for count in 0..<compressed.count {
      #expect(throws: ReaderError.self, "\(count)") { try IDXArray(Array(compressed[..<count]), path: "f") }
    }
    // A turned bit ends in an error or, where it means nothing (time stamp, padding of the last block), in the same data.
    let whole = Result { () throws(ReaderError) in try IDXArray(compressed, path: "f") }
    var refused = 0
    for position in compressed.indices {
      for bit in 0..<8 {
        var damaged = compressed
        damaged[position] ^= 1 << bit
        let result = Result { () throws(ReaderError) in try IDXArray(damaged, path: "f") }
        if case .failure = result { refused += 1 } else { #expect(result == whole, "byte \(position), bit \(bit)") }
      }
    }
    #expect(refused > 8 * (compressed.count - 10))
    #expect(throws: ReaderError.self) { try IDXArray(compressed + [1, 2, 3], path: "f") }
  }

  @Test func pairsThatDoNotBelongTogetherAreRefused() throws {
    let folder = try TemporaryFolder()
    let images = try folder.write(Self.images, "images")
    let labels = try folder.write(Self.labels, "labels")
    let two = try folder.write(Self.idx([2], [0, 1]), "two")
    let wide = try folder.write(Self.idx([3, 1, 4], Array(1...12)), "wide")
    func read(_ pairs: [(String, String)], _ names: [String]? = nil) throws {
      _ = try IDXReader.dataset(name: "d", pairs: pairs.map { .init(images: $0.0, labels: $0.1) }, classNames: names)
    }
    #expect(throws: ReaderError.countMismatch(images: images, imageCount: 3, labels: two, labelCount: 2)) {
      try read([(images, two)])
    }
    #expect(throws: ReaderError.labelOutOfRange(path: labels, offset: 8, label: 1, classes: 1)) {
      try read([(images, labels)], ["p"])
    }
    #expect(throws: ReaderError.sizeMismatch(path: wide, height: 1, width: 4, expectedHeight: 2, expectedWidth: 2)) {
      try read([(images, labels), (wide, labels)])
    }
    #expect(throws: ReaderError.wrongMagic(path: labels, offset: 3, found: "1 dimensions", expected: "3 (count, height, width)"))
    {
      try read([(labels, labels)])
    }
    #expect(throws: ReaderError.wrongMagic(path: images, offset: 3, found: "3 dimensions", expected: "1 (count)")) {
      try read([(images, images)])
    }
    #expect(throws: ReaderError.unreadable(path: "/no/such/file", reason: "No such file or directory")) {
      try read([("/no/such/file", labels)])
    }
    #expect(throws: ReaderError.self) { try IDXReader.dataset(name: "d", folder: folder.url.path) }
    _ = try folder.write(Self.images, "train-images-idx3-ubyte")
    #expect(
      throws: ReaderError.missingFiles(
        path: folder.url.path, expected: ["train-labels-idx1-ubyte.gz", "train-labels-idx1-ubyte"])
    ) { try IDXReader.dataset(name: "d", folder: folder.url.path) }
  }

  /// Images a digit of the MNIST test set, as published with it.
  @Test(
    .enabled(
      if: SharedData.has("mnist-t10k-images-idx3-ubyte.gz", "kmnist-t10k-images-idx3-ubyte.gz"), "skipped: no MNIST at hand"),
    arguments: [
      ("mnist", [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]), ("kmnist", [Int](repeating: 1000, count: 10)),
    ]) func realFiles(name: String, counts: [Int]) throws
  {
    let dataset = try IDXReader.dataset(
      name: name,
      pairs: [
        .init(
          images: SharedData.path("\(name)-t10k-images-idx3-ubyte.gz"),
          labels: SharedData.path("\(name)-t10k-labels-idx1-ubyte.gz"))
      ])
    #expect(dataset.classes.map(\.count) == counts)
    #expect(dataset.height == 28 && dataset.width == 28)
  }

  static let fashion = "/usr/share/datasets/fashion-mnist"

  /// Counts by the data set's paper; the mean is the 0.2860 that its users normalise the training images with.
  @Test(.enabled(if: FileManager.default.fileExists(atPath: fashion), "skipped: Debian's dataset-fashion-mnist is not installed"))
  func fashionMNIST() throws {
    let dataset = try IDXReader.dataset(name: "fashion-mnist", folder: Self.fashion, classNames: IDXReader.fashionMNISTClasses)
    #expect(dataset.classes.map(\.count) == [Int](repeating: 7_000, count: 10))
    let train = try IDXArray(path: Self.fashion + "/train-images-idx3-ubyte.gz")
    #expect(train.dimensions == [60_000, 28, 28])
    let sum = train.bytes.withUnsafeBufferPointer { $0.reduce(0) { $0 + Int($1) } }
    #expect(abs(Double(sum) / Double(train.bytes.count) / 255 - 0.2860) < 0.00005)
  }
}
