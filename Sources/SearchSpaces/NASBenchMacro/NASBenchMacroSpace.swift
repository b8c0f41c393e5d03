import Basics

/// An architecture of NAS-Bench-Macro: the operation of each of its eight layers.
public struct NASBenchMacroArchitecture: Hashable, Codable, Sendable {
  /// The operation of each layer: 0 (identity), 1 (inverted bottleneck, 3×3, expansion 3) or 2 (the same, 5×5, expansion 6).
  public let layers: [Int]

  /// An architecture; `nil` unless there are eight layers of 0, 1 or 2.
  public init?(layers: [Int]) {
    guard layers.count == 8, layers.allSatisfy({ (0...2).contains($0) }) else { return nil }
    self.layers = layers
  }

  /// Reads eight digits.
  public init?(digits: some StringProtocol) {
    self.init(layers: digits.utf8.map { Int($0) - 48 })
  }

  /// The eight digits of the benchmark's files.
  public var digits: String { layers.map(String.init).joined() }
}

/// NAS-Bench-Macro's space: eight layers of three operations, 6,561 networks.
///
/// Source: Su et al., "Prioritized architecture sampling with Monto-Carlo tree search", CVPR 2021, section 4.
public struct NASBenchMacroSpace: SearchSpace, Hashable {
  /// Outputs of the linear layer.
  public let classes: Int
  /// Side of the (square) images in pixels.
  public let imageSize: Int
  /// Channels of the stem, doubled in each stage; the last convolution has 40 times as many.
  public let channels: Int

  /// The space with the benchmark's network for CIFAR-10.
  public init() { (classes, imageSize, channels) = (10, 32, 32) }

  /// The space with another network.
  ///
  /// - Throws: `SearchSpaceError.outOfRange`.
  public init(classes: Int, imageSize: Int = 32, channels: Int = 32) throws(SearchSpaceError) {
    for (key, value, least) in [("classes", classes, 2), ("imageSize", imageSize, 1), ("channels", channels, 1)]
    where value < least {
      throw .outOfRange(key: key, value: value, allowed: "\(least) or more")
    }
    (self.classes, self.imageSize, self.channels) = (classes, imageSize, channels)
  }

  /// The space's name: `nas-bench-macro`.
  public var name: String { "nas-bench-macro" }

  /// The names of the three operations.
  public static let operationNames = ["identity", "mb3_3x3", "mb6_5x5"]

  /// The operation of each of the eight layers.
  public var decisions: [Decision] { (1...8).map { Decision("layer \($0)", choices: Self.operationNames) } }

  /// The architecture with these operations; `nil` unless there are eight choices of 0, 1 or 2.
  public func architecture(choices: [Int]) -> NASBenchMacroArchitecture? { NASBenchMacroArchitecture(layers: choices) }

  /// The number of each layer's operation.
  public func choices(of architecture: NASBenchMacroArchitecture) -> [Int] { architecture.layers }

  /// The eight digits of the benchmark's files.
  public func text(of architecture: NASBenchMacroArchitecture) -> String { architecture.digits }

  /// Reads eight digits.
  ///
  /// - Throws: `ArchitectureError.syntax` with the place of the first character that is not 0, 1 or 2, or if the text is too short
  ///   or too long.
  public func architecture(parsing text: String) throws(ArchitectureError) -> NASBenchMacroArchitecture {
    guard let found = NASBenchMacroArchitecture(digits: text) else {
      let place = Array(text.utf8).firstIndex { !(48...50).contains($0) } ?? min(text.utf8.count, 8)
      throw .syntax(space: name, position: place, found: "“\(text.prefix(16))”", expected: "eight digits 0, 1 or 2")
    }
    return found
  }

  /// Layers of each stage; the first of each halves the resolution and doubles the channels.
  public static let stages = [2, 3, 3]

  /// The digits with the identities of every stage moved behind its other layers, except in the stage's first layer. Elsewhere an
  /// identity does nothing, wherever it stands.
  public func canonicalHash(of architecture: NASBenchMacroArchitecture) -> String {
    var rest = architecture.layers[...]
    return Self.stages.map { count in
      let stage = rest.prefix(count)
      rest = rest.dropFirst(count)
      let work = stage.dropFirst().filter { $0 != 0 }
      return (stage.prefix(1) + work + [Int](repeating: 0, count: count - 1 - work.count)).map(String.init).joined()
    }.joined()
  }

  /// Parameters and multiply-adds of the network: a stem (of 32 channels in the benchmark's for CIFAR-10), the layers, a 1×1
  /// convolution to 40 times the stem's channels (1,280), a linear layer. An identity that changes the shape is a 1×1 convolution.
  ///
  /// Source: `train/model.py` of github.com/xiusu/NAS-Bench-Macro.
  public func networkCost(of architecture: NASBenchMacroArchitecture) -> NetworkCost? {
    var (side, channels) = (imageSize, self.channels)
    var cost = NetworkCost.convolution(kernel: 3, from: 3, to: channels, pixels: side * side)
    cost += .batchNorm(channels: channels, affine: true)
    var layers = architecture.layers[...]
    for count in Self.stages {
      for place in 0..<count {
        let (input, pixelsBefore) = (channels, side * side)
        if place == 0 { (side, channels) = ((side + 1) / 2, channels * 2) }
        let pixels = side * side
        switch layers.removeFirst() {
        case 0:
          if place == 0 { cost += .pointwise(from: input, to: channels, pixels: pixels, affine: true) }
        case let operation:
          let (kernel, expansion) = operation == 1 ? (3, 3) : (5, 6)
          let inner = input * expansion
          cost += .pointwise(from: input, to: inner, pixels: pixelsBefore, affine: true)
          cost += .depthwise(kernel: kernel, channels: inner, pixels: pixels) + .batchNorm(channels: inner, affine: true)
          cost += .pointwise(from: inner, to: channels, pixels: pixels, affine: true)
        }
      }
    }
    let features = 40 * self.channels
    cost += .pointwise(from: channels, to: features, pixels: side * side, affine: true)
    return cost + NetworkCost(parameters: features * classes + classes, multiplyAdds: features * classes)
  }

  /// One picture: the layers in a row.
  public func drawings(of architecture: NASBenchMacroArchitecture) -> [ArchitectureDrawing] {
    let graph = ArchitectureGraph(
      nodes: ["in"] + architecture.layers.map { ["id", "mb3 3×3", "mb6 5×5"][$0] } + ["out"],
      edges: (0...8).map { ArchitectureGraph.Edge(from: $0, to: $0 + 1, family: .separable) })
    return [ArchitectureDrawing(title: "layers", svg: GraphDrawing.svg(of: graph, title: "NAS-Bench-Macro network"))]
  }
}
