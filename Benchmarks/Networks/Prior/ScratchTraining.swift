import ArchPrior
import Foundation

/// How a network is trained from its first weights on the copies of a few images: Adam, its rate falling to 0 by half a cosine.
struct ScratchTraining: Codable, Hashable, Sendable {
  /// Adam's learning rate.
  var rate: Double
  /// Changed copies of every image in a batch.
  var copies: Int
  /// How the copies differ from the images.
  var warp = Warp(degrees: 10, scale: 0.1, shift: 1)

  /// A network after its training.
  struct Trained: Sendable {
    let network: any Network
    let weights: [Tensor]
    /// Steps done.
    let steps: Int
    /// The steps that were wanted were done, and no loss was infinite.
    let isComplete: Bool

    /// Class scores of images, normalised by their own batch.
    func logits(_ images: Tensor) -> Tensor { network.logits(weights, images: images, context: .batch) }
  }

  /// Trains a network until the deadline, or for a number of steps.
  ///
  /// No step is begun that, taking as long as the ones before, would end after the deadline. Where a number of steps is wanted that will
  /// not be reached, the training ends at once, so that the time can be used for something else.
  func train(
    _ network: any Network, on images: WarpedCopies, steps wanted: Int? = nil, until deadline: Deadline, seed: UInt64
  ) -> Trained {
    let first = network.layout.initialParameters(seed: seed)
    let shapes = first.tensors.map(\.shape)
    let rule = Adam(learningRate: rate)
    var packed = ParameterTree(names: ["weights"], tensors: [Tensor.packed(first.tensors)])
    var state = rule.initialState(for: packed)
    let clock = deadline.part(1)
    let batch = copies * images.images.count
    var (step, finite) = (0, true)
    while step < wanted ?? .max, finite {
      let each = step == 0 ? 0 : clock.elapsed / Double(step)
      if clock.excludes(each) { break }
      if let wanted, step >= 2, clock.excludes(each * Double(wanted - step)) { break }
      let share = wanted.map { Double(step) / Double($0) } ?? min(1, clock.elapsed / max(1e-9, clock.end - clock.start))
      let data = images.batch(step * batch..<(step + 1) * batch)
      let weights = packed.tensors[0].unpacked(shapes)
      let (loss, slope) = valueAndGradient(at: weights) { weights in
        softmaxCrossEntropy(network.logits(weights, images: data.images, context: .batch), targets: data.targets)
      }
      finite = loss.item.isFinite
      guard finite else { break }
      (packed, state) = rule.step(
        packed, gradient: packed.with([Tensor.packed(slope)]), state: state, rateScale: RateSchedule.cosine.scale(at: share))
      step += 1
    }
    return Trained(
      network: network, weights: packed.tensors[0].unpacked(shapes), steps: step,
      isComplete: finite && step == wanted ?? step)
  }
}
