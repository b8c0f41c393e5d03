import Autodiff
import Bilevel
import CellNetworks
import NeuralNetworks
import Tensors

/// A batch of labelled images.
public struct LabelledImages: Sendable {
  /// Images `[n, h, w, c]`.
  public var images: Tensor
  /// One-hot labels `[n, classes]`.
  public var targets: Tensor

  /// A batch of known images and one-hot targets, with as many rows each.
  public init(images: Tensor, targets: Tensor) {
    self.images = images
    self.targets = targets
  }
}

/// The bilevel problem of one step of a search: the weights fit a training batch, θ makes the loss of a validation batch small.
public struct SupernetProblem<Model: MixtureNetwork>: BilevelProblem {
  /// The supernet.
  public var model: Model
  /// How θ becomes strengths.
  public var relaxation: Relaxation
  /// The present weights, where the inner loop starts for any θ.
  public var weights: [Tensor]
  /// What the weights are trained on.
  public var training: LabelledImages
  /// What θ is judged by.
  public var validation: LabelledImages
  /// The names and shapes of θ.
  public var architecture: ParameterTree

  /// The problem of one step, with a batch for each level.
  ///
  /// - Parameters:
  ///   - model: the supernet.
  ///   - relaxation: how θ becomes strengths of operations.
  ///   - weights: the present weights w.
  ///   - training: what the inner loss is taken on.
  ///   - validation: what the outer loss is taken on.
  ///   - architecture: θ, where it is not the network's tables; only names and shapes are looked at.
  public init(
    model: Model, relaxation: @escaping Relaxation, weights: [Tensor], training: LabelledImages, validation: LabelledImages,
    architecture: ParameterTree? = nil
  ) {
    self.model = model
    self.relaxation = relaxation
    self.weights = weights
    self.training = training
    self.validation = validation
    self.architecture = architecture ?? model.architectureLayout.initialParameters(seed: 0)
  }

  /// The present weights, for any θ.
  public func initialInner(_ outer: [Tensor]) -> [Tensor] { weights }

  /// The cross-entropy of the training batch.
  public func innerLoss(_ inner: [Tensor], outer: [Tensor]) -> Tensor { loss(inner, outer, training).loss }

  /// The validation loss, and the accuracy in 0...1 as a report.
  public func outerLoss(_ inner: [Tensor], outer: [Tensor]) -> (loss: Tensor, report: Double) {
    let (loss, logits) = loss(inner, outer, validation)
    return (loss, accuracy(of: logits.stopGradient(), validation.targets.rowArgmax))
  }

  /// The shapes of θ.
  public var outerShapes: [Shape]? { architecture.tensors.map(\.shape) }
  /// The name of a weight, as in the supernet's layout.
  public func innerName(_ index: Int) -> String { model.weightLayout.names[index] }
  /// The name of a part of θ.
  public func outerName(_ index: Int) -> String { architecture.names[index] }

  /// The cross-entropy of a batch, and the scores.
  func loss(_ weights: [Tensor], _ architecture: [Tensor], _ data: LabelledImages) -> (loss: Tensor, logits: Tensor) {
    let logits = model.logits(
      weights: weights, mixtures: relaxation(architecture), images: data.images, context: .batch)
    return (softmaxCrossEntropy(logits, targets: data.targets), logits)
  }
}
