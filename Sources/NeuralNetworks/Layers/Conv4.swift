import Autodiff
import Tensors

/// The four-layer convolution network of the few-shot literature: four times 3×3 convolution, batch norm, ReLU and 2×2 max pooling
/// (or stride 2 and no pooling, as MAML has it for Omniglot), then a linear head.
///
/// Source: Vinyals et al. 2016; Finn et al. 2017 (MAML), appendix A.1. Convolutions have no bias, because batch norm removes it.
public struct Conv4: Network {
  /// How the resolution is halved.
  public enum Downsampling: String, Sendable, Hashable, Codable, CaseIterable {
    /// Max pooling 2×2 after every layer; odd sizes round down.
    case pooling
    /// Convolutions with stride 2, and a global mean before the head.
    case stride
  }

  /// The smallest image side of which pooling leaves a pixel. Of smaller images only the head's bias remains, the same output for
  /// each; PyTorch refuses them.
  public static let smallestPooledSide = 16

  /// The parameters: `conv.K.weight`, `norm.K.scale`, `norm.K.bias` for K in 0...3, `head.weight`, `head.bias`.
  public let layout: ParameterLayout
  private let convolutions: [ConvolutionLayer]
  private let norms: [BatchNormalization]
  private let head: LinearLayer
  private let downsampling: Downsampling

  /// A network with the given sizes.
  ///
  /// - Parameters:
  ///   - filters: channels of every layer; 64 for Omniglot, 32 for mini-ImageNet.
  ///   - inputHeight: rows of the images; at least 16 for pooling.
  ///   - inputWidth: columns of the images; at least 16 for pooling.
  ///   - inputChannels: channels of the images.
  ///   - way: the number of classes.
  ///   - downsampling: how the resolution is halved.
  public init(
    filters: Int, inputHeight: Int, inputWidth: Int, inputChannels: Int, way: Int, downsampling: Downsampling = .pooling
  ) {
    var builder = ParameterBuilder()
    var convolutions: [ConvolutionLayer] = []
    var norms: [BatchNormalization] = []
    var (height, width) = (inputHeight, inputWidth)
    for index in 0..<4 {
      let window = Window(kernel: 3, stride: downsampling == .stride ? 2 : 1, padding: 1)
      convolutions.append(
        ConvolutionLayer("conv.\(index).weight", from: index == 0 ? inputChannels : filters, to: filters, window, in: &builder))
      norms.append(BatchNormalization("norm.\(index)", channels: filters, affine: true, in: &builder))
      height = downsampling == .stride ? (height + 1) / 2 : height / 2
      width = downsampling == .stride ? (width + 1) / 2 : width / 2
    }
    let features = downsampling == .stride ? filters : filters * height * width
    head = LinearLayer("head", from: features, to: way, in: &builder)
    self.convolutions = convolutions
    self.norms = norms
    self.downsampling = downsampling
    layout = builder.layout
  }

  /// Class scores `[n, way]` of images `[n, h, w, c]`.
  public func logits(_ weights: [Tensor], images: Tensor, context: ForwardContext) -> Tensor {
    var x = images
    for (convolution, norm) in zip(convolutions, norms) {
      x = norm(convolution(x, weights), weights, context)
      // The published order is ReLU, then pooling. A maximum commutes with a ReLU, in value and in gradient (where a window has nothing
      // above 0, neither lets anything through), and this way the ReLU has a quarter of the work.
      if downsampling == .pooling { x = x.maxPooled(Window(kernel: 2, stride: 2)) }
      x = x.relu()
    }
    let features = downsampling == .stride ? x.mean([1, 2]) : x.reshaped(to: [x.shape[0], x.count / max(1, x.shape[0])])
    return head(features, weights)
  }

  /// Multiply-adds of one image's forward pass: convolutions and the linear layer, padding included.
  public func multiplyAdds(inputHeight: Int, inputWidth: Int) -> Int {
    var (height, width) = (inputHeight, inputWidth)
    var total = 0
    for entry in layout.entries where entry.name.hasPrefix("conv.") {
      if downsampling == .stride { (height, width) = ((height + 1) / 2, (width + 1) / 2) }
      total += entry.shape.count * height * width
      if downsampling == .pooling { (height, width) = (height / 2, width / 2) }
    }
    return total + (layout.entries.first { $0.name == "head.weight" }?.shape.count ?? 0)
  }
}
