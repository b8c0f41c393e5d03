import Autodiff
import Tensors

/// Which images the statistics of batch normalisation come from when a task's query images are classified.
///
/// No running averages are kept: a few-shot learner meets every task for the first time.
public enum BatchNormPolicy: String, Sendable, Hashable, Codable, CaseIterable {
  /// Every batch uses its own statistics, so that query images see each other. What MAML and T-NAS did; accuracies are a
  /// little higher than a deployed classifier that gets one image at a time would reach.
  case transductive
  /// Query images are normalised by the support set's statistics: every query image is classified independently of the others.
  case supportStatistics = "support-statistics"
}

/// What a forward pass must know besides weights and images.
public struct ForwardContext: Sendable {
  /// The number of leading images that the batch statistics come from; `nil` for all of them.
  public var statisticsImages: Int?
  /// The inner step, counted from 0, for models whose parameters differ from step to step.
  public var round = 0
  /// Whether batch norms pass on what they get, without scale and bias.
  public var skipsNormalization = false
  /// The observer of the activations of an ``ObservableNetwork``; `nil` for none.
  public var observer: (any ActivationObserver)?

  /// A context in which, by default, statistics are those of the whole batch and nobody observes.
  public init(
    statisticsImages: Int? = nil, round: Int = 0, skipsNormalization: Bool = false, observer: (any ActivationObserver)? = nil
  ) {
    self.statisticsImages = statisticsImages
    self.round = round
    self.skipsNormalization = skipsNormalization
    self.observer = observer
  }

  /// Statistics come from the whole batch.
  public static let batch = ForwardContext()

  /// Whether the statistics come from the whole of a batch with this many images.
  public func usesWholeBatch(of images: Int) -> Bool { statisticsImages.map { $0 >= images } ?? true }
}

/// Batch normalisation (Ioffe & Szegedy 2015) over all but the channels of NHWC images, with or without scale and bias.
public struct BatchNormalization: Sendable {
  /// What is added to the variance, 1e-5.
  public static let epsilon = 1e-5

  let scale: Int?
  let bias: Int?

  /// Adds scale and bias `[channels]` to a model, under a name.
  ///
  /// - Parameters:
  ///   - name: the scope under which `scale` and `bias` are added.
  ///   - channels: the length of scale and bias.
  ///   - affine: whether there are a scale and a bias; without them nothing is added.
  ///   - builder: the model's parameters, which scale and bias are added to.
  public init(_ name: String, channels: Int, affine: Bool, in builder: inout ParameterBuilder) {
    guard affine else {
      (scale, bias) = (nil, nil)
      return
    }
    (scale, bias) = builder.scoped(name) { builder in
      (builder.add("scale", [channels], .constant(1)), builder.add("bias", [channels], .constant(0)))
    }
  }

  /// Normalises `[n, h, w, c]` by the statistics that the context asks for.
  ///
  /// Variances are biased: they divide by the number of values. Where the context skips normalisation, the result is the input.
  public func callAsFunction(_ x: Tensor, _ weights: [Tensor], _ context: ForwardContext) -> Tensor {
    if context.skipsNormalization { return x }
    guard let count = context.statisticsImages, !context.usesWholeBatch(of: x.shape[0]) else {
      // A sum of one term: statistics, scale and bias in one pass over the images, and none of it kept but the images.
      return mixedSum([.normalized(x, affine: affine(weights))], epsilon: Self.epsilon)
    }
    let leading = x.slice(axis: 0, from: 0, count: count)
    let axes = Array(0..<x.rank - 1)
    let mean = leading.mean(axes)
    let variance = (leading - mean).squared().mean(axes)
    let y = (x - mean) * (variance + Self.epsilon).rsqrt()
    guard let affine = affine(weights) else { return y }
    return y * affine.scale + affine.bias
  }

  /// Scale and bias, where the layer has them.
  public func affine(_ weights: [Tensor]) -> (scale: Tensor, bias: Tensor)? {
    guard let scale, let bias else { return nil }
    return (weights[scale], weights[bias])
  }

  /// The layer's result as a term of a mixed sum, which normalises on its way where it can.
  public func operand(_ x: Tensor, _ weights: [Tensor], _ context: ForwardContext) -> MixedOperand {
    context.usesWholeBatch(of: x.shape[0]) && !context.skipsNormalization
      ? .normalized(x, affine: affine(weights)) : .plain(self(x, weights, context))
  }
}
