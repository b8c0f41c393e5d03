import Tensors

/// Dense or depthwise: the two convolutions differ in their weights and kernels, not in their derivatives.
enum ConvolutionKind: Sendable {
  case dense, depthwise
}

/// Cross-correlation of NHWC images with weights `[kh, kw, cin, cout]` (dense) or `[kh, kw, c]` (depthwise).
///
/// It is bilinear: its forward, input-gradient and weight-gradient computations are one another's derivatives.
struct Convolution: Primitive {
  static let names = ["conv2D", "depthwiseConv2D"]
  let kind: ConvolutionKind
  let window: Window

  var name: String { Self.names[kind == .dense ? 0 : 1] }
  var residuals: Residuals { .inputs }

  func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    [kind == .dense ? Kernel.conv2D(inputs[0], inputs[1], window) : Kernel.depthwise(inputs[0], inputs[1], window)]
  }

  func pullback(_ context: PullbackContext) -> [Tensor?] {
    let (x, w, g) = (context.inputs[0], context.inputs[1], context.cotangent)
    return [
      context.wants(0) ? inputGradient(x.shape, g, w) : nil,
      context.wants(1) ? weightGradient(x, g, tangentOnly: context.wantsTangentOnly(1)) : nil,
    ]
  }

  func pushforward(_ context: PushforwardContext) -> [Tensor?] {
    let (x, w) = (context.inputs[0], context.inputs[1])
    if let (dx, dw) = context.plainPair {
      return [
        measured(name) { Kernel.convolutionSum((dx, x), (w, dw), window, depthwise: kind == .depthwise) }
      ]
    }
    return [add(context.tangents[0].map { forward($0, w) }, context.tangents[1].map { forward(x, $0) })]
  }

  func forward(_ x: Tensor, _ w: Tensor) -> Tensor { applyOne(self, [x, w]) }
  func inputGradient(_ shape: Shape, _ g: Tensor, _ w: Tensor) -> Tensor {
    applyOne(ConvolutionInputGradient(convolution: self, inputShape: shape), [g, w])
  }
  func weightGradient(_ x: Tensor, _ g: Tensor, tangentOnly: Bool = false) -> Tensor {
    applyOne(ConvolutionWeightGradient(convolution: self, tangentOnly: tangentOnly), [x, g])
  }

  func add(_ a: Tensor?, _ b: Tensor?) -> Tensor? {
    guard let a else { return b }
    guard let b else { return a }
    return a + b
  }
}

/// The adjoint of a convolution in its images: from `[n, oh, ow, cout]` to `[n, h, w, cin]`.
struct ConvolutionInputGradient: Primitive {
  static let names = ["conv2DInputGradient", "depthwiseConv2DInputGradient"]
  let convolution: Convolution
  let inputShape: Shape

  var name: String { Self.names[convolution.kind == .dense ? 0 : 1] }
  var residuals: Residuals { .inputs }

  func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    let (g, w) = (inputs[0], inputs[1])
    return [
      convolution.kind == .dense
        ? Kernel.conv2DInputGradient(g, w, convolution.window, inputShape: inputShape)
        : Kernel.depthwiseInputGradient(g, w, convolution.window, inputShape: inputShape)
    ]
  }

  func pullback(_ context: PullbackContext) -> [Tensor?] {
    let (g, w, c) = (context.inputs[0], context.inputs[1], context.cotangent)
    return [
      context.wants(0) ? convolution.forward(c, w) : nil,
      context.wants(1) ? convolution.weightGradient(c, g) : nil,
    ]
  }

  func pushforward(_ context: PushforwardContext) -> [Tensor?] {
    let (g, w) = (context.inputs[0], context.inputs[1])
    if let (dg, dw) = context.plainPair {
      return [
        measured(name) {
          Kernel.convolutionInputGradientSum(
            (dg, g), (w, dw), convolution.window, inputShape: inputShape, depthwise: convolution.kind == .depthwise)
        }
      ]
    }
    return [
      convolution.add(
        context.tangents[0].map { applyOne(self, [$0, w]) }, context.tangents[1].map { applyOne(self, [g, $0]) })
    ]
  }
}

/// The adjoint of a convolution in its weights.
struct ConvolutionWeightGradient: Primitive {
  static let names = ["conv2DWeightGradient", "depthwiseConv2DWeightGradient"]
  let convolution: Convolution
  /// Whether only the tangent is read, not the value: the value may then be zeros.
  var tangentOnly = false

  var name: String { Self.names[convolution.kind == .dense ? 0 : 1] }
  var residuals: Residuals { .inputs }

  func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    if tangentOnly { return [.zeros(weightShape(inputs), inputs[0].elementType)] }
    return [
      convolution.kind == .dense
        ? Kernel.conv2DWeightGradient(inputs[0], inputs[1], convolution.window)
        : Kernel.depthwiseWeightGradient(inputs[0], inputs[1], convolution.window)
    ]
  }

  func pullback(_ context: PullbackContext) -> [Tensor?] {
    let (x, g, c) = (context.inputs[0], context.inputs[1], context.cotangent)
    return [
      context.wants(0) ? convolution.inputGradient(x.shape, g, c) : nil,
      context.wants(1) ? convolution.forward(x, c) : nil,
    ]
  }

  func pushforward(_ context: PushforwardContext) -> [Tensor?] {
    let (x, g) = (context.inputs[0], context.inputs[1])
    return [
      convolution.add(
        context.tangents[0].map { convolution.weightGradient($0, g) },
        context.tangents[1].map { convolution.weightGradient(x, $0) })
    ]
  }

  private func weightShape(_ inputs: [Tensor]) -> Shape {
    var shape: Shape = [convolution.window.kernelHeight, convolution.window.kernelWidth, inputs[0].shape[3]]
    if convolution.kind == .dense { shape.append(inputs[1].shape[3]) }
    return shape
  }
}

extension Tensor {
  /// The cross-correlation of images `[n, h, w, cin]` with weights `[kh, kw, cin, cout]`.
  public func convolved(with weights: Tensor, _ window: Window) -> Tensor {
    applyOne(Convolution(kind: .dense, window: window), [self, weights])
  }

  /// The cross-correlation of each channel of `[n, h, w, c]` with its own weights `[kh, kw, c]`.
  public func depthwiseConvolved(with weights: Tensor, _ window: Window) -> Tensor {
    applyOne(Convolution(kind: .depthwise, window: window), [self, weights])
  }
}
