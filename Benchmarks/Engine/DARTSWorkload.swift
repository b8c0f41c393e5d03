import ArchPrior
import ArgumentParser

/// One second-order step of DARTS' architecture search (Liu et al., ICLR 2019, eq. 7), with the Hessian–vector product exact instead of
/// by finite differences.
///
/// With the training loss L, the validation loss V and one plain SGD step `w' = w − ξ ∂L/∂w(w, α)` (no momentum, no weight decay):
///
///     dV/dα = ∂V/∂α(w', α) − ξ ∂²L/∂α∂w(w, α) · ∂V/∂w'(w', α)
///
/// The loss reported is V(w', α), the gradient dV/dα. `Benchmarks/peers` computes the same by differentiating through the step.
struct DARTSWorkload: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "darts", abstract: "A second-order step of DARTS: the validation loss's gradient through one weight step.")

  @OptionGroup var options: RunOptions

  @Option(help: "C, the channels of the first cell's nodes.")
  var channels = 16

  @Option(help: "Training images a step, and as many validation images.")
  var batch = 64

  @Option(help: "The images' side in pixels.")
  var size = 32

  @Option(help: "ξ, the rate of the weight step.")
  var rate = 0.01

  @Flag(help: "Print where the time goes, by primitive, instead of the report.")
  var profile = false

  func run() throws {
    let way = 10
    let space = try DARTSSpace(
      cells: [.normal, .reduction, .reduction, .normal], channels: channels, stem: .flat, inputHeight: size, inputWidth: size,
      inputChannels: 3, way: way)
    let model = SupernetModel(Supernet(space))
    let start = DeterministicInputs.parameters(model.layout, options.elementType).tensors
    let weights = Array(start[model.weightRange])
    let architecture = Array(start[model.architectureRange])
    let training = images("darts.training", way, options.elementType)
    let validation = images("darts.validation", way, options.elementType)
    func loss(_ weights: [Tensor], _ architecture: [Tensor], _ data: (images: Tensor, targets: Tensor)) -> Tensor {
      softmaxCrossEntropy(model.logits(weights + architecture, images: data.images, context: .batch), targets: data.targets)
    }
    func once() -> Outcome {
      let slope = gradient(at: weights) { loss($0, architecture, training) }
      let moved = zip(weights, slope).map { addScaled($0, $1, scale: -rate) }
      let end = valueAndGradient(at: moved + architecture) { point in
        loss(Array(point[model.weightRange]), Array(point[model.architectureRange]), validation)
      }
      // How ∂L/∂α changes along ∂V/∂w': the mixed second derivative without any gradient with respect to the weights.
      let (_, mixed) = jvp(at: weights, along: Array(end.gradient[model.weightRange])) { weights in
        gradient(at: architecture) { loss(weights, $0, training) }
      }
      let result = zip(end.gradient[model.architectureRange], mixed).map { addScaled($0, $1, scale: -rate) }
      return Outcome(loss: end.value.item, gradient: result)
    }
    if profile { return printProfile(options) { _ = once() } }
    // Two gradients, and the tangents of one.
    let gigaflop = 4 * 6e-9 * Double(space.supernetCost.multiplyAdds) * Double(batch)
    try SingleTaskThreads.with(options.threads) {
      try measure(
        WorkloadDescription(
          name: "darts",
          settings: [
            "channels": .integer(channels), "batch": .integer(batch), "size": .integer(size), "rate": .number(rate),
            "cells": .texts(space.cells.map(\.rawValue)),
          ], gigaflop: gigaflop),
        options, once)
    }
  }

  /// `batch` images; image i is of class i mod `way`.
  private func images(_ name: String, _ way: Int, _ type: ElementType) -> (images: Tensor, targets: Tensor) {
    let shape: Shape = [batch, size, size, 3]
    return (
      Tensor(shape: shape, converting: DeterministicInputs.values(name, count: shape.count), to: type),
      .oneHot((0..<batch).map { $0 % way }, classes: way, type)
    )
  }
}
