import Autodiff
import Tensors
import TestSupport

extension ConformanceRow {
  private typealias Geometry = (images: Shape, weights: Shape, window: Window)

  private static let dense: [Geometry] = [
    ([2, 5, 5, 3], [3, 3, 3, 4], Window(kernel: 3, padding: 1)),
    ([1, 4, 5, 2], [3, 3, 2, 2], Window(kernel: 3)),
    ([1, 5, 7, 2], [3, 3, 2, 3], Window(kernel: 3, stride: 2, padding: 1)),
    ([1, 6, 5, 2], [3, 3, 2, 2], Window(kernel: 3, padding: 2, dilation: 2)),
    ([2, 5, 4, 3], [1, 1, 3, 2], Window(kernel: 1)),
    ([1, 5, 6, 3], [1, 1, 3, 2], Window(kernel: 1, stride: 2)),
    ([1, 3, 6, 2], [1, 5, 2, 2], Window(kernelHeight: 1, kernelWidth: 5, padding: 2)),
    ([1, 6, 3, 1], [4, 2, 1, 3], Window(kernelHeight: 4, kernelWidth: 2, stride: 3, padding: 1)),
    ([1, 3, 3, 1], [3, 3, 1, 1], Window(kernel: 3, padding: 1)),
    ([1, 2, 3, 17], [1, 1, 17, 9], Window(kernel: 1)),
    ([1, 3, 2, 9], [2, 2, 9, 5], Window(kernel: 2)),
    ([1, 5, 4, 1], [2, 2, 1, 2], Window(kernel: 2, stride: 3, padding: 1, dilation: 2)),
    ([1, 2, 2, 1], [5, 5, 1, 2], Window(kernel: 5, padding: 2)),
    ([0, 4, 4, 2], [3, 3, 2, 2], Window(kernel: 3, padding: 1)),
    ([1, 2, 5, 1], [3, 3, 1, 1], Window(kernel: 3, stride: 2)),
    ([1, 1, 1, 2], [2, 2, 2, 1], Window(kernel: 2, stride: 2)),
  ]

  private static let depthwise: [Geometry] = [
    ([2, 5, 5, 3], [3, 3, 3], Window(kernel: 3, padding: 1)),
    ([1, 4, 5, 2], [3, 3, 2], Window(kernel: 3)),
    ([1, 7, 5, 2], [3, 3, 2], Window(kernel: 3, stride: 2, padding: 1)),
    ([1, 6, 5, 2], [3, 3, 2], Window(kernel: 3, padding: 2, dilation: 2)),
    ([1, 6, 5, 2], [5, 5, 2], Window(kernel: 5, stride: 2, padding: 4, dilation: 2)),
    ([1, 5, 5, 1], [5, 5, 1], Window(kernel: 5, padding: 2)),
    ([1, 3, 4, 17], [3, 3, 17], Window(kernel: 3, padding: 1)),
    ([1, 3, 3, 16], [2, 2, 16], Window(kernel: 2)),
    ([1, 3, 6, 2], [1, 5, 2], Window(kernelHeight: 1, kernelWidth: 5, padding: 2)),
    ([1, 6, 3, 3], [4, 2, 3], Window(kernelHeight: 4, kernelWidth: 2, stride: 3, padding: 1)),
    ([2, 2, 2, 2], [1, 1, 2], Window(kernel: 1)),
    ([0, 4, 4, 2], [3, 3, 2], Window(kernel: 3, padding: 1)),
    ([1, 2, 5, 2], [3, 3, 2], Window(kernel: 3, stride: 2)),
  ]

  /// Convolutions, and their adjoints in images and weights. The latter are reached through the former: the cotangent of a
  /// bilinear operation in one argument is a function of the cotangent and the other argument alone.
  static let convolution: [ConformanceRow] = (dense + depthwise).flatMap { images, weights, window in
    let name = weights.indices.count == 4 ? "conv2D" : "depthwiseConv2D"
    let title = "\(images) with \(weights), stride \(window.stride), padding \(window.padding), dilation \(window.dilation)"
    let forward: @Sendable (Tensor, Tensor) -> Tensor = {
      weights.indices.count == 4 ? $0.convolved(with: $1, window) : $0.depthwiseConvolved(with: $1, window)
    }
    let output = Shape(NaiveImages.outputShape(images.array, channels: weights[-1], window))
    let (x, w, g) = (TestInputs.any("x", images), TestInputs.any("w", weights), TestInputs.any("g", output))
    return [
      ConformanceRow(name, title, [x, w], definition: { NaiveImages.convolution($0[0], $0[1], window) }) {
        forward($0[0], $0[1])
      },
      ConformanceRow(
        "\(name)InputGradient", title, [g, w],
        definition: { NaiveImages.inputGradient($0[0], $0[1], window, images: images.array) }
      ) { pair in adjoint(at: .zeros(images, pair[0].elementType), pair[0]) { forward($0, pair[1]) } },
      ConformanceRow(
        "\(name)WeightGradient", title, [x, g],
        definition: { NaiveImages.weightGradient($0[0], $0[1], window, weights: weights.array) }
      ) { pair in adjoint(at: .zeros(weights, pair[0].elementType), pair[1]) { forward(pair[0], $0) } },
    ]
  }

  private static let pools: [(images: Shape, window: Window)] = [
    ([2, 4, 4, 2], Window(kernel: 2, stride: 2)),
    ([1, 5, 7, 2], Window(kernel: 2, stride: 2)),
    ([1, 4, 5, 3], Window(kernel: 3, padding: 1)),
    ([1, 7, 5, 2], Window(kernel: 3, stride: 2, padding: 1)),
    ([1, 6, 5, 1], Window(kernel: 2, padding: 1, dilation: 2)),
    ([1, 3, 4, 17], Window(kernel: 3, padding: 1)),
    ([1, 3, 3, 16], Window(kernel: 2)),
    ([1, 2, 6, 2], Window(kernelHeight: 1, kernelWidth: 3)),
    ([1, 4, 4, 1], Window(kernel: 1, stride: 3)),
    ([2, 3, 3, 2], Window(kernel: 3)),
    ([0, 4, 4, 2], Window(kernel: 2, stride: 2)),
    ([1, 1, 4, 2], Window(kernel: 2, stride: 2)),
  ]

  /// Poolings, and the linear maps that are their derivatives, reached by forward or reverse accumulation at a fixed image.
  static let pooling: [ConformanceRow] = pools.flatMap { images, window in
    let title =
      "\(images), \(window.kernelHeight) × \(window.kernelWidth), stride \(window.stride), padding \(window.padding), dilation \(window.dilation)"
    let output = Shape(NaiveImages.outputShape(images.array, channels: images[3], window))
    let (x, g) = (TestInputs.distinct("x", images), TestInputs.any("g", output))
    let naive = NaiveTensor(x)
    return [
      ConformanceRow("maxPool", title, [x], definition: { NaiveImages.maxPool($0[0], window) }) { $0[0].maxPooled(window) },
      ConformanceRow(
        "poolGather", title, [TestInputs.any("v", images)], definition: { NaiveImages.gather($0[0], at: naive, window) }
      ) { v in jvp(at: [x.converted(to: v[0].elementType)], along: v) { [$0[0].maxPooled(window)] }.tangents[0] },
      ConformanceRow(
        "poolScatter", title, [g], definition: { NaiveImages.scatter($0[0], at: naive, window) }
      ) { g in adjoint(at: x.converted(to: g[0].elementType), g[0]) { $0.maxPooled(window) } },
      ConformanceRow("averagePool", title, [x], definition: { NaiveImages.averagePool($0[0], window) }) {
        $0[0].averagePooled(window)
      },
      ConformanceRow(
        "averagePoolAdjoint", title, [g], definition: { NaiveImages.averagePoolAdjoint($0[0], window, images: images.array) }
      ) { g in adjoint(at: .zeros(images, g[0].elementType), g[0]) { $0.averagePooled(window) } },
    ]
  }

  /// The vector–Jacobian product of a function of one tensor.
  private static func adjoint(at point: Tensor, _ cotangent: Tensor, of function: (Tensor) -> Tensor) -> Tensor {
    vjp(at: [point]) { [function($0[0])] }.pullback([cotangent])[0] ?? .zeros(like: point)
  }
}
