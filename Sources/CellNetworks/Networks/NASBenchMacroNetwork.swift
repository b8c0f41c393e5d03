import Autodiff
import NeuralNetworks
import SearchSpaces
import Tensors

/// The network of a NAS-Bench-Macro architecture: a stem of 32 channels (by default), eight layers in three stages, a 1×1 convolution to
/// 1,280 (40 times the stem's), global average pooling, a linear layer.
///
/// Source: Su et al., CVPR 2021, section 4; `train/model.py` of github.com/xiusu/NAS-Bench-Macro.
public struct NASBenchMacroNetwork: ObservableNetwork {
  /// The architecture.
  public let architecture: NASBenchMacroArchitecture
  /// The weights.
  public let layout: ParameterLayout

  /// An inverted bottleneck: 1×1 convolution, depthwise convolution, 1×1 convolution without ReLU, and a short cut where shapes allow.
  private struct Bottleneck: Sendable {
    let expansion, projection: ConvolutionUnit
    let depthwise: DepthwiseLayer
    let norm: BatchNormalization
    let hasShortCut: Bool

    func callAsFunction(_ x: Tensor, _ weights: [Tensor], _ context: ForwardContext) -> Tensor {
      let spread = norm(context.computed(depthwise(expansion(x, weights, context), weights)), weights, context)
      context.rectifying(spread)
      let y = projection(spread.relu(), weights, context)
      return hasShortCut ? y + x : y
    }
  }

  private enum Layer: Sendable {
    case identity
    case pointwise(ConvolutionUnit)
    case bottleneck(Bottleneck)
  }

  private let stem, last: ConvolutionUnit
  private let layers: [Layer]
  private let head: HeadLayer

  /// The network of an architecture.
  ///
  /// - Parameters:
  ///   - architecture: says which operation every one of the eight layers has.
  ///   - first: channels of the stem; they double in every stage.
  ///   - classes: scores of the linear layer.
  public init(_ architecture: NASBenchMacroArchitecture, channels first: Int = 32, classes: Int = 10) {
    var builder = ParameterBuilder()
    var channels = first
    stem = ConvolutionUnit("stem", from: 3, to: channels, Window(kernel: 3, padding: 1), in: &builder)
    var rest = architecture.layers[...]
    var layers = [Layer]()
    for count in NASBenchMacroSpace.stages {
      for place in 0..<count {
        let (input, stride) = (channels, place == 0 ? 2 : 1)
        if place == 0 { channels *= 2 }
        let operation = rest.removeFirst()
        layers.append(
          builder.scoped("layers.\(layers.count)") { builder in
            guard operation > 0 else {
              return place > 0
                ? .identity
                : .pointwise(
                  ConvolutionUnit(
                    "identity", from: input, to: channels, Window(kernel: 1, stride: 2), rectifies: false, in: &builder))
            }
            let (kernel, inner) = operation == 1 ? (3, 3 * input) : (5, 6 * input)
            return .bottleneck(
              Bottleneck(
                expansion: ConvolutionUnit("expansion", from: input, to: inner, Window(kernel: 1), in: &builder),
                projection: ConvolutionUnit(
                  "projection", from: inner, to: channels, Window(kernel: 1), rectifies: false, in: &builder),
                depthwise: DepthwiseLayer(
                  "depthwise", channels: inner, Window(kernel: kernel, stride: stride, padding: kernel / 2), in: &builder),
                norm: BatchNormalization("norm", channels: inner, affine: true, in: &builder), hasShortCut: place > 0))
          })
      }
    }
    self.layers = layers
    last = ConvolutionUnit("last", from: channels, to: 40 * first, Window(kernel: 1), in: &builder)
    head = HeadLayer(features: 40 * first, way: classes, in: &builder)
    self.architecture = architecture
    layout = builder.layout
  }

  /// Class scores `[n, classes]` of images `[n, h, w, 3]`.
  public func logits(_ weights: [Tensor], images: Tensor, context: ForwardContext) -> Tensor {
    var x = stem(images, weights, context)
    for layer in layers {
      switch layer {
      case .identity: break
      case .pointwise(let unit): x = unit(x, weights, context)
      case .bottleneck(let bottleneck): x = bottleneck(x, weights, context)
      }
    }
    return head.observed(last(x, weights, context), weights, context)
  }
}

extension NASBenchMacroSpace: NetworkSpace {
  /// The network of an architecture, in the space's size; never throws.
  public func network(of architecture: NASBenchMacroArchitecture) throws -> any Network {
    NASBenchMacroNetwork(architecture, channels: channels, classes: classes)
  }

  /// Square images of three channels, with the space's side.
  public var imageShape: ImageShape { ImageShape(height: imageSize, width: imageSize, channels: 3) }
  /// The space's number of classes.
  public var classCount: Int { classes }
}
