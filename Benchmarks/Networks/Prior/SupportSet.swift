import ArchPrior
import Foundation

/// The labelled images of a task: all that a search from scratch sees of it. There is no place in it for query images.
struct SupportSet: Sendable {
  /// `[way · shot, height, width, channels]`, class after class.
  let images: ImageBatch
  /// The class of every image.
  let labels: [Int]
  /// Classes.
  let way: Int

  init(images: ImageBatch, labels: [Int], way: Int) {
    self.images = images
    self.labels = labels
    self.way = way
  }

  /// The support images of an episode.
  init(_ episode: Episode) { self.init(images: episode.support, labels: episode.supportLabels, way: episode.way) }

  /// Images a class.
  var shot: Int { labels.count / max(1, way) }

  /// The images as they are.
  var plain: LabelledImages { LabelledImages(images: images.tensor, targets: .oneHot(labels, classes: way)) }

  /// What candidates are trained on and what they are judged by: the last image of every class is kept for judging. Where there is only
  /// one image a class, both are all images, and only their changed copies differ.
  var parts: (training: [Int], judging: [Int]) {
    let all = Array(labels.indices)
    guard shot > 1 else { return (all, all) }
    let last = Set((0..<way).compactMap { label in all.last { labels[$0] == label } })
    return (all.filter { !last.contains($0) }, all.filter(last.contains))
  }
}

/// Random small turns, changes of size and shifts of an image.
struct Warp: Codable, Hashable, Sendable {
  /// The largest turn, in degrees, in either direction.
  var degrees: Double
  /// The largest change of either side's length, as a share.
  var scale: Double
  /// The largest shift in pixels, in each direction.
  var shift: Double

  /// A change of one image.
  struct Placement: Hashable, Sendable {
    /// Counter-clockwise, in radians.
    var angle = 0.0
    /// How many times as wide and as high the image becomes.
    var width = 1.0
    var height = 1.0
    /// Pixels to the right and down.
    var right = 0.0
    var down = 0.0
  }

  /// A random change.
  func placement(using generator: inout Philox) -> Placement {
    Placement(
      angle: generator.nextDouble(from: -degrees, to: degrees) * .pi / 180,
      width: 1 + generator.nextDouble(from: -scale, to: scale), height: 1 + generator.nextDouble(from: -scale, to: scale),
      right: generator.nextDouble(from: -shift, to: shift), down: generator.nextDouble(from: -shift, to: shift))
  }

  /// Draws an image of a batch anew, bilinearly between pixel centres; what was outside of it is 0.
  static func draw(
    _ placement: Placement, of batch: ImageBatch, image: Int, into target: UnsafeMutableBufferPointer<Float>
  ) {
    let (height, width, channels) = (batch.height, batch.width, batch.channels)
    let (sine, cosine) = (Float(sin(placement.angle)), Float(cos(placement.angle)))
    let (middleRow, middleColumn) = (Float(height - 1) / 2, Float(width - 1) / 2)
    let (wide, high) = (1 / Float(placement.width), 1 / Float(placement.height))
    batch.pixels.withUnsafeBufferPointer { all in
      let source = UnsafeBufferPointer(rebasing: all[image * height * width * channels..<(image + 1) * height * width * channels])
      for row in 0..<height {
        let y = Float(row) - middleRow - Float(placement.down)
        for column in 0..<width {
          let x = Float(column) - middleColumn - Float(placement.right)
          let sourceRow = (cosine * y + sine * x) * high + middleRow
          let sourceColumn = (cosine * x - sine * y) * wide + middleColumn
          let (top, left) = (sourceRow.rounded(.down), sourceColumn.rounded(.down))
          let (down, across) = (sourceRow - top, sourceColumn - left)
          let (firstRow, firstColumn) = (Int(top), Int(left))
          for channel in 0..<channels {
            func value(_ row: Int, _ column: Int) -> Float {
              row >= 0 && row < height && column >= 0 && column < width ? source[(row * width + column) * channels + channel] : 0
            }
            let above = value(firstRow, firstColumn) * (1 - across) + value(firstRow, firstColumn + 1) * across
            let below = value(firstRow + 1, firstColumn) * (1 - across) + value(firstRow + 1, firstColumn + 1) * across
            target[(row * width + column) * channels + channel] = above * (1 - down) + below * down
          }
        }
      }
    }
  }
}

/// An endless row of changed copies of some images of a support set, each pure in seed, name and number.
struct WarpedCopies: Sendable {
  let support: SupportSet
  /// Which images; they take turns.
  let images: [Int]
  let warp: Warp
  private let seed: UInt64
  private let stream: UInt64

  init(of support: SupportSet, images: [Int], warp: Warp, seed: UInt64, name: String) {
    self.support = support
    self.images = images
    self.warp = warp
    self.seed = seed
    stream = Philox.stream(named: "copies/\(name)")
  }

  /// Copies of these numbers.
  func batch(_ numbers: some Collection<Int>) -> LabelledImages {
    let size = support.images.height * support.images.width * support.images.channels
    let pixels = [Float](unsafeUninitializedCapacity: numbers.count * size) { target, initialized in
      for (place, number) in numbers.enumerated() {
        var generator = Philox(seed: seed, stream: stream, index: UInt64(number))
        Warp.draw(
          warp.placement(using: &generator), of: support.images, image: images[number % images.count],
          into: UnsafeMutableBufferPointer(rebasing: target[place * size..<(place + 1) * size]))
      }
      initialized = numbers.count * size
    }
    let shape = Shape([numbers.count, support.images.height, support.images.width, support.images.channels])
    return LabelledImages(
      images: Tensor(shape: shape, pixels),
      targets: .oneHot(numbers.map { support.labels[images[$0 % images.count]] }, classes: support.way))
  }
}
