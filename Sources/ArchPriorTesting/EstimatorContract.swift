import CellNetworks
import Datasets
import PerformanceEstimators
import SearchSpaces
import SearchStrategies
import SupernetSearch
import Tensors

/// What every estimator must fulfil, as checks that run on any estimator: ours and your own.
public enum EstimatorContract {
  /// All violations that were found, each as a sentence; empty for an estimator that holds to the contract.
  ///
  /// Checked are: the numbers of epochs ascend, and there is one; scores of architectures are finite, seconds finite and not negative; an
  /// estimator made again, one on two threads and one that is asked from two threads at once give the same score, bit for bit; an
  /// architecture that cannot be built ends in an error.
  ///
  /// - Parameters:
  ///   - architectures: some that can be judged, at least one.
  ///   - unbuildable: some that cannot be built.
  ///   - make: makes the estimator; called twice.
  public static func violations<Architecture: Hashable & Codable & Sendable>(
    architectures: [Architecture], unbuildable: [Architecture] = [],
    estimator make: () throws -> any PerformanceEstimator<Architecture>
  ) -> [String] {
    do {
      let (estimator, again) = (try make(), try make())
      guard let epochs = estimator.epochs.first, epochs >= 0,
        zip(estimator.epochs, estimator.epochs.dropFirst()).allSatisfy({ $0 < $1 })
      else { return ["the numbers of epochs are \(estimator.epochs)"] }
      var found = [String]()
      for epochs in estimator.epochs {
        let estimates = try architectures.map { try estimator.estimate($0, epochs: epochs) }
        let scores = estimates.map(\.score.bitPattern)
        if !estimates.allSatisfy(\.score.isFinite) { found.append("scores at \(epochs) epochs are not finite") }
        if !estimates.allSatisfy({ $0.seconds.isFinite && $0.seconds >= 0 }) { found.append("seconds are no lengths of time") }
        func check(_ what: String, _ repeated: () throws -> [PerformanceEstimate]) rethrows {
          if try repeated().map(\.score.bitPattern) != scores { found.append("scores at \(epochs) epochs differ \(what)") }
        }
        try check("where the estimator is made again") { try architectures.map { try again.estimate($0, epochs: epochs) } }
        try check("on two threads") {
          try TaskTeam.withThreads(2) { try architectures.map { try estimator.estimate($0, epochs: epochs) } }
        }
        try check("where two threads ask at once") {
          try parallelMap(architectures.count, threads: 2) { try estimator.estimate(architectures[$0], epochs: epochs) }
        }
      }
      for architecture in unbuildable where (try? estimator.estimate(architecture, epochs: epochs)) != nil {
        found.append("\(architecture) cannot be built, and gets a score")
      }
      return found
    } catch {
      return ["\(error)"]
    }
  }

  /// The same of a method's estimator; besides, that one which looks at parts of the images is not moved by images of neither part.
  ///
  /// - Parameters:
  ///   - method: makes the estimators that are checked.
  ///   - space: the space, in any size.
  ///   - data: more images than the parts have, or all parts' own where the method has others.
  ///   - architectures: some that can be judged, at least one.
  ///   - unbuildable: some that cannot be built.
  ///   - looksAtParts: whether the method's images are those of `SupernetImages` with the data's count and seed.
  public static func violations<Space: SizedNetworkSpace>(
    of method: some EstimatorMethod, in space: Space, on data: EstimatorData, architectures: [Space.Architecture],
    unbuildable: [Space.Architecture] = [], looksAtParts: Bool = true
  ) -> [String] {
    var found = violations(architectures: architectures, unbuildable: unbuildable) {
      try method.estimator(for: space, on: data)
    }
    if looksAtParts {
      do {
        let first = try method.estimator(for: space, on: data)
        let other = try method.estimator(for: space, on: data.withOtherStrangers())
        for architecture in architectures {
          let scores = try [first, other].map { try $0.estimate(architecture, epochs: $0.epochs[0]).score.bitPattern }
          if scores[0] != scores[1] { found.append("a score depends on images of neither part") }
        }
      } catch {
        found.append("\(error)")
      }
    }
    return found.map { "\(method.name) in \(space.name): \($0)" }
  }
}

extension EstimatorData {
  /// The data with all images inverted that are of neither part.
  fileprivate func withOtherStrangers() throws -> EstimatorData {
    let parts = try SupernetImages(dataset, count: imageCount, seed: seed)
    let seen = Set(parts.training + parts.validation)
    var pixels = dataset.pixels
    for image in 0..<dataset.imageCount where !seen.contains(image) {
      for place in image * dataset.bytesPerImage..<(image + 1) * dataset.bytesPerImage { pixels[place] = 255 - pixels[place] }
    }
    guard
      let changed = ImageDataset(
        name: dataset.name, height: dataset.height, width: dataset.width, channels: dataset.channels, classes: dataset.classes,
        pixels: pixels)
    else { return self }
    var data = self
    data.dataset = changed
    return data
  }
}
