import ArgumentParser
import Autodiff
import Basics
import Datasets
import Foundation
import Tensors

/// CIFAR-100's binary file: records of a coarse label, a fine label and 3 × 32 × 32 bytes, channel after channel.
struct CIFARImages: Sendable {
  static let side = 32
  static let classes = 100
  private static let plane = side * side
  private static let record = 2 + 3 * plane
  /// Mean and deviation of the channels over the training images, as usual for CIFAR-100 (in units of 255).
  private static let scaling: [(mean: Float, deviation: Float)] = [
    (129.3 / 255, 68.2 / 255), (124.1 / 255, 65.4 / 255), (112.4 / 255, 70.4 / 255),
  ]

  private let bytes: [UInt8]
  let count: Int

  /// Reads a file, compressed or not.
  ///
  /// - Throws: `ReaderError`, and `ValidationError` for a file of another size.
  init(path: String) throws {
    bytes = try GzipStream(try SourceFile.read(path), path: path).read(Self.record * 60_000)
    count = bytes.count / Self.record
    guard count > 0, bytes.count.isMultiple(of: Self.record), (0..<count).allSatisfy({ bytes[$0 * Self.record + 1] < 100 }) else {
      throw ValidationError("\(path): \(bytes.count) bytes are no records of CIFAR-100, which have \(Self.record) each")
    }
  }

  func label(_ index: Int) -> Int { Int(bytes[index * Self.record + 1]) }

  /// Some images, standardised: `[n, 32, 32, 3]`.
  func images(_ indices: [Int]) -> Tensor {
    var values = [Float](repeating: 0, count: indices.count * 3 * Self.plane)
    for (place, index) in indices.enumerated() {
      let start = index * Self.record + 2
      for channel in 0..<3 {
        let (mean, deviation) = Self.scaling[channel]
        for pixel in 0..<Self.plane {
          values[(place * Self.plane + pixel) * 3 + channel] =
            (Float(bytes[start + channel * Self.plane + pixel]) / 255 - mean) / deviation
        }
      }
    }
    return Tensor(shape: [indices.count, Self.side, Self.side, 3], values)
  }

  /// Their labels, one-hot: `[n, 100]`.
  func targets(_ indices: [Int]) -> Tensor { .oneHot(indices.map(label), classes: Self.classes) }
}
