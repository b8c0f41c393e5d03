import Basics
import Datasets
import Runs
import Tensors

/// A data set's images for a search: one part to train weights on, another to judge architectures by, and nothing else.
///
/// Channels are scaled to mean 0 and deviation 1 over the training part; grey images become three equal channels.
public struct SupernetImages: Sendable {
  /// What is wrong with a data set.
  public struct Failure: ReportableError, Equatable {
    /// What is wrong with the data set, and which one or how many images to take instead.
    public let fault: Fault
    /// Always `true`: the user gave the data set or the number of images.
    public var isUsage: Bool { true }
  }

  private let dataset: ImageDataset
  private let labels: [Int]
  private let scaling: [(mean: Float, deviation: Float)]
  private let seed: UInt64
  /// Numbers of the images that weights are trained on.
  public let training: [Int]
  /// Numbers of those that architectures are judged by.
  public let validation: [Int]

  /// Height and width of the images, in pixels.
  public var side: Int { dataset.height }
  /// The number of classes.
  public var classes: Int { dataset.classes.count }

  /// Divides a data set's images at random into two parts of the same size.
  ///
  /// - Parameters:
  ///   - dataset: square images of at least two classes.
  ///   - count: images of each part; half of all where it is `nil`.
  ///   - seed: determines which.
  /// - Throws: ``Failure`` where images are not square, or there are too few of them or only one class.
  public init(_ dataset: ImageDataset, count: Int? = nil, seed: UInt64) throws(Failure) {
    try Self.check(dataset)
    let half = dataset.imageCount / 2
    guard half >= 1, (1...half).contains(count ?? half) else {
      throw Failure(
        fault: Fault(
          "\(dataset.name) has \(dataset.imageCount) images, no two parts of \(count ?? 1)",
          help: half < 1 ? "give a larger data set" : "take 1 to \(half) images a part"))
    }
    self.dataset = dataset
    self.seed = seed
    labels = dataset.classes.enumerated().flatMap { Array(repeating: $0.offset, count: $0.element.count) }
    var draw = Philox(seed: seed, stream: "supernet/halves")
    let order = draw.shuffled(Array(0..<dataset.imageCount))
    training = Array(order.prefix(count ?? half))
    validation = Array(order.dropFirst(training.count).prefix(training.count))
    scaling = Self.scaling(dataset, training)
  }

  /// A line that says how many validation images are also training images, pixel for pixel; `nil` where none is.
  public var repeatedLine: String? {
    func key(_ number: Int) -> ImageBytes {
      ImageBytes(bytes: dataset.pixels[number * dataset.bytesPerImage..<(number + 1) * dataset.bytesPerImage])
    }
    let trained = Set(training.map(key))
    let count = validation.count { trained.contains(key($0)) }
    guard count > 0 else { return nil }
    return
      "\(count) of \(validation.count) pictures of \(dataset.name) that architectures are judged by are also among those that weights "
      + "are trained on: the data set has them twice"
  }

  /// Checks whether the networks of search spaces can take a data set.
  ///
  /// - Throws: ``Failure`` where images are not square, or there is only one class.
  public static func check(_ dataset: ImageDataset) throws(Failure) {
    guard dataset.height == dataset.width else {
      throw Failure(
        fault: Fault(
          "the images of \(dataset.name) are \(dataset.width)×\(dataset.height) pixels, and the networks' are square",
          help: "import them once more with --size N; see \(Advice.help(command: ["datasets", "import"]))"))
    }
    guard dataset.classes.count >= 2 else {
      throw Failure(
        fault: Fault("\(dataset.name) has only one class", help: "give a data set with two classes or more"))
    }
  }

  private static func scaling(_ dataset: ImageDataset, _ images: [Int]) -> [(mean: Float, deviation: Float)] {
    let channels = dataset.channels
    var sums = [Int](repeating: 0, count: channels)
    var squares = sums
    for image in images {
      let start = image * dataset.bytesPerImage
      for place in 0..<dataset.bytesPerImage {
        let value = Int(dataset.pixels[start + place])
        sums[place % channels] += value
        squares[place % channels] += value * value
      }
    }
    let count = Double(images.count * dataset.bytesPerImage / channels)
    return zip(sums, squares).map { sum, square in
      let mean = Double(sum) / count
      // A channel without variance stays at 0.
      return (Float(mean), Float(max(1, (Double(square) / count - mean * mean).squareRoot())))
    }
  }

  /// Images as `[n, side, side, 3]` and one-hot labels.
  public func batch(_ numbers: [Int]) -> LabelledImages { batch(numbers) { _ in Shift() } }

  /// Images as `[n, side, side, 3]`, augmented at random, and one-hot labels.
  ///
  /// Each image is mirrored with probability ½ and moved by up to an eighth of its side, with black where it leaves the frame. This is
  /// drawn anew in every epoch, as a function of only seed, epoch and image.
  ///
  /// Source: the searches of NAS-Bench-201's authors, which pad 32×32 pixels by 4 and 16×16 by 2.
  public func augmentedBatch(_ numbers: [Int], epoch: Int) -> LabelledImages {
    let reach = side / 8
    return batch(numbers) { number in
      var draw = Philox(
        seed: seed, stream: Philox.stream(named: "supernet/augmentation"), index: UInt64(epoch) << 32 | UInt64(number))
      return Shift(
        right: draw.nextInt(below: 2 * reach + 1) - reach, down: draw.nextInt(below: 2 * reach + 1) - reach,
        mirrored: draw.nextBool())
    }
  }

  /// What happens to an image, in pixels.
  private struct Shift {
    var right = 0
    var down = 0
    var mirrored = false
  }

  private func batch(_ numbers: [Int], _ shift: (Int) -> Shift) -> LabelledImages {
    let pixels = side * side
    var values = [Float](repeating: 0, count: numbers.count * pixels * 3)
    for (place, number) in numbers.enumerated() {
      let start = number * dataset.bytesPerImage
      let shift = shift(number)
      for pixel in 0..<pixels {
        let (row, column) = (pixel / side - shift.down, pixel % side - shift.right)
        let isInside = (0..<side).contains(row) && (0..<side).contains(column)
        let source = row * side + (shift.mirrored ? side - 1 - column : column)
        for channel in 0..<3 {
          let from = dataset.channels == 3 ? channel : 0
          let (mean, deviation) = scaling[from]
          let value = isInside ? Float(dataset.pixels[start + source * dataset.channels + from]) : 0
          values[(place * pixels + pixel) * 3 + channel] = (value - mean) / deviation
        }
      }
    }
    return LabelledImages(
      images: Tensor(shape: [numbers.count, side, side, 3], values),
      targets: .oneHot(numbers.map { labels[$0] }, classes: classes))
  }
}
