import Tensors

/// Convolutions and poolings by their definitions, from loops over windows.
enum NaiveImages {
  /// One place of a kernel over one pixel: the output pixel, the input pixel and the place within the kernel.
  struct Tap {
    let image: Int
    let output: (y: Int, x: Int)
    let input: (y: Int, x: Int)
    let kernel: (y: Int, x: Int)
  }

  /// The number of places of a window along a direction: counted, not computed.
  static func extent(_ pixels: Int, kernel: Int, _ window: Window) -> Int {
    var count = 0
    var start = -window.padding
    while start + window.dilation * (kernel - 1) < pixels + window.padding {
      count += 1
      start += window.stride
    }
    return count
  }

  static func outputShape(_ images: [Int], channels: Int, _ window: Window) -> [Int] {
    [
      images[0], extent(images[1], kernel: window.kernelHeight, window), extent(images[2], kernel: window.kernelWidth, window),
      channels,
    ]
  }

  /// All taps that lie inside the image, windows in row-major order, and within each of them too.
  static func taps(_ images: [Int], _ window: Window) -> [Tap] {
    let out = outputShape(images, channels: 1, window)
    var result: [Tap] = []
    for place in NaiveTensor.indices([images[0], out[1], out[2], window.kernelHeight, window.kernelWidth]) {
      let y = place[1] * window.stride - window.padding + place[3] * window.dilation
      let x = place[2] * window.stride - window.padding + place[4] * window.dilation
      guard (0..<images[1]).contains(y), (0..<images[2]).contains(x) else { continue }
      result.append(
        Tap(image: place[0], output: (place[1], place[2]), input: (y, x), kernel: (place[3], place[4])))
    }
    return result
  }

  /// Calls the body with the indices of image, weight and output of every product that a convolution sums.
  static func products(
    _ images: [Int], _ weights: [Int], _ window: Window, _ body: (_ x: [Int], _ w: [Int], _ y: [Int]) -> Void
  ) {
    for tap in taps(images, window) {
      for input in 0..<images[3] {
        let x = [tap.image, tap.input.y, tap.input.x, input]
        let place = [tap.image, tap.output.y, tap.output.x]
        if weights.count == 3 {
          body(x, [tap.kernel.y, tap.kernel.x, input], place + [input])
        } else {
          for output in 0..<weights[3] { body(x, [tap.kernel.y, tap.kernel.x, input, output], place + [output]) }
        }
      }
    }
  }

  /// Dense for weights of rank 4, depthwise for rank 3.
  static func convolution(_ x: NaiveTensor, _ w: NaiveTensor, _ window: Window) -> NaiveTensor {
    var y = NaiveTensor(zeros: outputShape(x.shape, channels: w.shape[w.shape.count - 1], window))
    products(x.shape, w.shape, window) { y[$2] += x[$0] * w[$1] }
    return y
  }

  static func inputGradient(_ g: NaiveTensor, _ w: NaiveTensor, _ window: Window, images: [Int]) -> NaiveTensor {
    var dx = NaiveTensor(zeros: images)
    products(images, w.shape, window) { dx[$0] += g[$2] * w[$1] }
    return dx
  }

  static func weightGradient(_ x: NaiveTensor, _ g: NaiveTensor, _ window: Window, weights: [Int]) -> NaiveTensor {
    var dw = NaiveTensor(zeros: weights)
    products(x.shape, weights, window) { dw[$1] += x[$0] * g[$2] }
    return dw
  }

  /// Where the first largest element of every window is; one index into the images for every output, row-major.
  static func maxima(_ x: NaiveTensor, _ window: Window) -> [[Int]] {
    let out = outputShape(x.shape, channels: x.shape[3], window)
    var best = NaiveTensor(out) { _ in -.infinity }
    var places: [[Int]: [Int]] = [:]
    for tap in taps(x.shape, window) {
      for channel in 0..<x.shape[3] {
        let (from, to) = ([tap.image, tap.input.y, tap.input.x, channel], [tap.image, tap.output.y, tap.output.x, channel])
        if x[from] > best[to] { (best[to], places[to]) = (x[from], from) }
      }
    }
    return NaiveTensor.indices(out).map { places[$0] ?? [] }
  }

  static func maxPool(_ x: NaiveTensor, _ window: Window) -> NaiveTensor { gather(x, at: x, window) }

  /// The elements of `v` where `x` has its maxima.
  static func gather(_ v: NaiveTensor, at x: NaiveTensor, _ window: Window) -> NaiveTensor {
    var y = NaiveTensor(zeros: outputShape(x.shape, channels: x.shape[3], window))
    y.values = maxima(x, window).map { v[$0] }
    return y
  }

  /// Adds the elements of `g` where `x` has its maxima.
  static func scatter(_ g: NaiveTensor, at x: NaiveTensor, _ window: Window) -> NaiveTensor {
    var dx = NaiveTensor(zeros: x.shape)
    for (value, place) in zip(g.values, maxima(x, window)) { dx[place] += value }
    return dx
  }

  static func averagePool(_ x: NaiveTensor, _ window: Window) -> NaiveTensor {
    var y = NaiveTensor(zeros: outputShape(x.shape, channels: x.shape[3], window))
    averages(x.shape, window) { from, to, share in y[to] += x[from] * share }
    return y
  }

  static func averagePoolAdjoint(_ g: NaiveTensor, _ window: Window, images: [Int]) -> NaiveTensor {
    var dx = NaiveTensor(zeros: images)
    averages(images, window) { from, to, share in dx[from] += g[to] * share }
    return dx
  }

  private static func averages(_ images: [Int], _ window: Window, _ body: ([Int], [Int], Double) -> Void) {
    let taps = taps(images, window)
    var inside: [[Int]: Int] = [:]
    for tap in taps { inside[[tap.image, tap.output.y, tap.output.x], default: 0] += 1 }
    for tap in taps {
      let share = 1 / Double(inside[[tap.image, tap.output.y, tap.output.x]] ?? 1)
      for channel in 0..<images[3] {
        body([tap.image, tap.input.y, tap.input.x, channel], [tap.image, tap.output.y, tap.output.x, channel], share)
      }
    }
  }
}
