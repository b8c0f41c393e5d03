import Basics
import Datasets

/// A check of the whole way from data to accuracy: on labels that mean nothing, no honest learner is better than chance.
///
/// Whatever does better has seen the queries: the same picture among support and query, labels that reach the learner, training on
/// test tasks. Zhang et al., "Understanding deep learning requires rethinking generalization", ICLR 2017, train on random labels.
public enum LabelCanary {
  /// The data set with its pictures dealt out to the classes at random: the classes keep their names and sizes and lose their
  /// meaning. Pure in (data set, seed).
  public static func shufflingImages(of dataset: ImageDataset, seed: UInt64) -> ImageDataset {
    var random = Philox(seed: seed, stream: "label-canary/\(dataset.name)")
    let size = dataset.bytesPerImage
    var pixels = [UInt8]()
    pixels.reserveCapacity(dataset.pixels.count)
    for image in random.shuffled(Array(0..<dataset.imageCount)) { pixels += dataset.pixels[image * size..<(image + 1) * size] }
    guard
      let result = ImageDataset(
        name: dataset.name, height: dataset.height, width: dataset.width, channels: dataset.channels, classes: dataset.classes,
        pixels: pixels)
    else { preconditionFailure("as many images as before") }
    return result
  }

  /// What the accuracies on tasks of meaningless labels say.
  public struct Verdict: Sendable, Hashable {
    /// Mean accuracy over the tasks.
    public let mean: Double
    /// 1 / way.
    public let chance: Double
    /// Standard error of the mean, from the scatter of the tasks.
    public let standardError: Double

    /// How many standard errors the mean lies above (or below) chance. A learner that always gives the same answer is right at chance
    /// without any scatter.
    public var deviation: Double {
      let difference = mean - chance
      return abs(difference) < 1e-9 ? 0 : difference / max(standardError, .leastNormalMagnitude)
    }
    /// Whether accuracy is at chance, within 3 standard errors.
    public var isAtChance: Bool { abs(deviation) <= 3 }
  }

  /// Judges per-task accuracies (0…1) on tasks of `way` classes with shuffled images; at least 2 tasks.
  public static func verdict(accuracies: [Double], way: Int) -> Verdict {
    precondition(accuracies.count >= 2 && way >= 2, "a scatter wants two tasks, a task two classes")
    let count = Double(accuracies.count)
    let mean = accuracies.reduce(0, +) / count
    let variance = accuracies.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
    return Verdict(mean: mean, chance: 1 / Double(way), standardError: (variance / count).squareRoot())
  }
}
