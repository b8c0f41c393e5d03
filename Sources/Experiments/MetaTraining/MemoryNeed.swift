import Datasets
import Foundation
import MetaLearning
import NeuralNetworks
import Runs
import SearchSpaces

/// What a configuration takes at the least, in bytes: pictures and numbers that are in memory at once, whatever the method. A bound on
/// what configurations can ask for, worked out before anything is allocated; estimates of what a run will really take are
/// ``Runs/Configuration/estimatedPeakMemory(data:threads:)``.
///
/// As floating-point numbers, which no product of configured numbers overflows.
struct MemoryNeed: Equatable {
  /// A part of the need: what it is, its bytes, and the keys that it depends on.
  struct Part: Equatable {
    var name: String
    var bytes: Double
    var keys: [String]
  }

  var parts: [Part]

  /// The machine's memory, in bytes.
  static var physical: Double { Double(ProcessInfo.processInfo.physicalMemory) }

  /// Refuses what does not fit.
  ///
  /// - Throws: `ConfigurationError` that names the keys of the largest part.
  func check(available: Double) throws(ConfigurationError) {
    let total = parts.reduce(0) { $0 + $1.bytes }
    guard total > available, let largest = parts.max(by: { $0.bytes < $1.bytes }) else { return }
    let shares = parts.filter { $0.bytes > 0.01 * total }.map { "\($0.name) \(Self.text($0.bytes))" }
    throw ConfigurationError(
      key: largest.keys[0],
      problem: "takes \(Self.text(total)) of memory or more (\(shares.joined(separator: ", "))), and this machine has "
        + Self.text(available),
      help: "lower \(largest.keys.joined(separator: ", "))")
  }

  private static func text(_ bytes: Double) -> String {
    bytes < 1e9 ? String(format: "%.0f MiB", bytes / 0x1p20) : String(format: "%.4g GiB", bytes / 0x1p30)
  }
}

extension MemoryNeed {
  /// All images of data sets, one byte a value, once they have their size.
  init(_ datasets: [ImageDataset], side: Int?, channels: Int) {
    let bytes = datasets.reduce(0.0) { sum, dataset in
      let pixels = Double(side ?? dataset.height) * Double(side ?? dataset.width)
      return sum + Double(dataset.imageCount) * pixels * Double(channels)
    }
    parts = [Part(name: "the data sets' images", bytes: bytes, keys: ["data.image_size", "data.channels", "data.sources"])]
  }

  /// A training of a configuration's network on images of a shape `[height, width, channels]`.
  init(_ configuration: Configuration, imageShape: [Int]) {
    let task = configuration.task
    let way = Double(max(task.way, task.trainWay?.last ?? 0))
    let shot = Double(max(task.shot, task.trainShot?.last ?? 0))
    let images = way * (shot + Double(task.query))
    let pictures = images * imageShape.reduce(4) { $0 * Double($1) }
    let usesCells = configuration.learnsArchitecture || configuration.genotype != nil
    let network = usesCells ? configuration.cellSize(imageShape) : configuration.conv4Size(imageShape)
    let keys = usesCells ? ["space.channels", "space.nodes", "space.cells"] : ["conv4.filters"]
    // Weights and the two moments of an optimiser; a support or a query set goes through the network as one batch.
    parts = [
      Part(
        name: "a task's pictures", bytes: pictures,
        keys: ["task.query", "task.way", "task.shot", "data.image_size"]),
      Part(name: "weights", bytes: 3 * 4 * network.weights, keys: keys),
      Part(
        name: "a task's activations", bytes: way * max(shot, Double(task.query)) * 4 * network.activations,
        keys: ["task.query", "task.way", "data.image_size"] + keys.prefix(2)),
    ]
  }
}

extension Configuration {
  /// Refuses a network and tasks that this machine cannot hold, and images that are too small for the network.
  ///
  /// - Parameter available: bytes of memory.
  /// - Throws: `ConfigurationError`, `SearchSpaceError`.
  func checkNetwork(imageShape: [Int], available: Double = MemoryNeed.physical) throws {
    try MemoryNeed(self, imageShape: imageShape).check(available: available)
    if learnsArchitecture || genotype != nil { _ = try searchSpace(imageShape: imageShape) }
  }

  /// What is allowed and probably not meant, a line each.
  ///
  /// - Parameter imageShape: `[height, width, channels]` of the run's images.
  public func warnings(imageShape: [Int]) -> [String] {
    // All other networks round sides up where they halve them, or refuse such images.
    let isPooledAway = conv4.downsampling == .pooling && min(imageShape[0], imageShape[1]) < Conv4.smallestPooledSide
    guard !learnsArchitecture, genotype == nil, isPooledAway else { return [] }
    return [
      "conv-4 pools images of \(imageShape[0])×\(imageShape[1]) away: it gives the same answer for every picture, which is chance; "
        + "set data.image_size to \(Conv4.smallestPooledSide) or more, or conv4.downsampling to stride"
    ]
  }

  /// Numbers of weights, and of the values of one image that a gradient is computed from.
  fileprivate func conv4Size(_ shape: [Int]) -> (weights: Double, activations: Double) {
    let filters = Double(conv4.filters)
    var (height, width, input) = (shape[0], shape[1], Double(shape[2]))
    var (weights, activations) = (0.0, 0.0)
    for _ in 0..<4 {
      weights += 9 * input * filters
      input = filters
      if conv4.downsampling == .stride { (height, width) = ((height + 1) / 2, (width + 1) / 2) }
      activations += Double(height) * Double(width) * filters
      if conv4.downsampling == .pooling { (height, width) = (height / 2, width / 2) }
    }
    return (weights, activations)
  }

  /// The same of a network of cells, of which a supernet has every operation on every edge.
  fileprivate func cellSize(_ shape: [Int]) -> (weights: Double, activations: Double) {
    let nodes = Double(space.nodes)
    // Two inputs and all nodes before feed a node of a supernet, two edges one of a network.
    let edges = learnsArchitecture ? nodes * (nodes + 3) / 2 : 2 * nodes
    let squares = space.operations.reduce(0.0) { sum, operation in
      switch operation {
      case .separableConvolution3x3, .separableConvolution5x5: sum + 2
      case .dilatedConvolution3x3, .dilatedConvolution5x5: sum + 1
      case .none, .maxPool3x3, .averagePool3x3, .skipConnect: sum
      }
    }
    var (height, width) = (shape[0] >> space.stem.poolings, shape[1] >> space.stem.poolings)
    var channels = Double(space.channels)
    var activations = 3 * channels * Double(height) * Double(width)
    var weights = 27 * Double(shape[2]) * channels
    var before = 3 * channels
    for cell in space.cells {
      if cell == .reduction {
        (height, width) = ((height + 1) / 2, (width + 1) / 2)
        channels *= 2
      }
      weights += before * channels
      if learnsArchitecture { weights += edges * squares * channels * channels }
      before = nodes * channels
      activations += before * Double(height) * Double(width)
    }
    return (weights, activations)
  }
}
