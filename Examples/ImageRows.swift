import ArchPrior
import ArgumentParser
import Foundation

/// Real images as rows of numbers: what a linear classifier works on.
struct ImageRows: Sendable {
  /// `[n, pixels]`, in 0...1.
  var x: Tensor
  var labels: [Int]
  var classes: Int

  /// `[n, classes]`, a 1 in every row.
  var targets: Tensor { .oneHot(labels, classes: classes) }

  /// All images of a data set, mixed.
  init(_ dataset: ImageDataset, seed: UInt64) {
    var order = dataset.classes.indices.flatMap { index in (0..<dataset.classes[index].count).map { (index, $0) } }
    var generator = Philox(seed: seed, stream: "mixed images")
    generator.shuffle(&order)
    let pixels = order.flatMap { index, image in dataset.image(image, ofClass: index).map { Float($0) / 255 } }
    x = Tensor(shape: [order.count, dataset.bytesPerImage], pixels)
    labels = order.map(\.0)
    classes = dataset.classes.count
  }

  init(x: Tensor, labels: [Int], classes: Int) {
    (self.x, self.labels, self.classes) = (x, labels, classes)
  }

  /// Some of the rows.
  subscript(rows: Range<Int>) -> ImageRows {
    ImageRows(x: x.slice(axis: 0, from: rows.lowerBound, count: rows.count), labels: Array(labels[rows]), classes: classes)
  }

  /// Some of the rows, in the order given.
  subscript(rows: [Int]) -> ImageRows {
    let (values, width) = (x.floats, x.shape[1])
    return ImageRows(
      x: Tensor(shape: [rows.count, width], rows.flatMap { values[$0 * width..<($0 + 1) * width] }),
      labels: rows.map { labels[$0] }, classes: classes)
  }

  static func + (a: ImageRows, b: ImageRows) -> ImageRows {
    ImageRows(x: concatenate([a.x, b.x], axis: 0), labels: a.labels + b.labels, classes: a.classes)
  }

  /// The share of the rows that a linear classifier `[pixels, classes]`, `[classes]` gets right.
  func accuracy(of w: [Tensor]) -> Double { NeuralNetworks.accuracy(of: linear(w, x), labels) }
}

/// Class scores `[n, classes]` of rows `[n, pixels]`.
func linear(_ w: [Tensor], _ x: Tensor) -> Tensor { matmul(x, w[0]) + w[1] }

/// A linear classifier of zeros: weights `[pixels, classes]` and biases `[classes]`.
func linearStart(_ rows: ImageRows) -> [Tensor] { [.zeros([rows.x.shape[1], rows.classes]), .zeros([rows.classes])] }

/// Where the images come from.
struct ImageOptions: ParsableArguments {
  @Option(help: "A folder with mnist-t10k-images-idx3-ubyte.gz and its labels, or MNIST-like files under their official names.")
  var data = ProcessInfo.processInfo.environment["ARCHPRIOR_SHARED"] ?? "../shared/data"

  /// - Throws: `ReaderError` where there are none.
  func dataset() throws -> ImageDataset {
    let files = ["images-idx3", "labels-idx1"].map { "\(data)/mnist-t10k-\($0)-ubyte.gz" }
    guard FileManager.default.fileExists(atPath: files[0]) else {
      return try IDXReader.dataset(name: URL(fileURLWithPath: data).lastPathComponent, folder: data)
    }
    return try IDXReader.dataset(name: "MNIST test", pairs: [.init(images: files[0], labels: files[1])])
  }
}
