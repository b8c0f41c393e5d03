import Datasets
import NeuralNetworks
import Runs
import SearchSpaces

extension Checkpoint {
  private static let shapeCounters = ["image.height", "image.width", "image.channels"]

  /// Height, width and channels of the images that the models are for; `nil` in old checkpoints.
  var imageShape: [Int]? {
    get {
      let numbers = Self.shapeCounters.compactMap { counters[$0] }
      guard numbers.count == 3, (1...16_384).contains(numbers[0]), (1...16_384).contains(numbers[1]) else { return nil }
      return numbers[2] == 1 || numbers[2] == 3 ? numbers : nil
    }
    set { for (name, number) in zip(Self.shapeCounters, newValue ?? []) { counters[name] = number } }
  }
}

extension TrainedPrior {
  /// How a user's pictures are read: as most of the run's data were. Where some were read in colour and others as grey, see
  /// ``RunReadings/rule(coloured:)``.
  public var reading: PictureReading {
    guard let reading = readings.rules.first?.reading ?? .assumed(shape: imageShape) else {
      preconditionFailure("the models of a checkpoint are for pictures")
    }
    return reading.resulting(in: imageShape)
  }

  /// The shape of a run's images: as its checkpoint says; in older runs as its data sets were read, or else the first usual one that
  /// the checkpoint's arrays fit.
  static func imageShape(of checkpoint: Checkpoint, run: RunDirectory, configuration: Configuration) throws -> [Int] {
    if let shape = checkpoint.imageShape { return shape }
    if let reading = try? RunReadings(run: run).rules.first?.reading { return reading.shape }
    let sides = configuration.data.imageSize.map { [$0] } ?? [28, 32, 64, 84]
    let channels = configuration.data.channels.map { [$0] } ?? [1, 3]
    let candidates = sides.flatMap { side in channels.map { [side, side, $0] } }
    return candidates.first { (try? fits(checkpoint, configuration, $0)) == true } ?? candidates[0]
  }

  private static func fits(_ checkpoint: Checkpoint, _ configuration: Configuration, _ shape: [Int]) throws -> Bool {
    try configuration.stagePlan(imageShape: shape).first.parameters(from: checkpoint) != nil
  }
}
