import ArchPrior

/// Weights and images that a peer in another language makes as well, bit for bit in Float64: every number is a function of a name and
/// an index. The same rule as that of the tests' fixtures (`Tests/TestSupport/Fixtures/fixture_values.py`) and of
/// `Benchmarks/peers/inputs.py`.
enum DeterministicInputs {
  /// Numbers in [-1, 1): splitmix64 over an FNV-1a hash of the name.
  static func values(_ name: String, count: Int) -> [Double] {
    let hash = FNV1a.hash(name.utf8)
    return (0..<count).map { index in
      var z = hash &+ UInt64(index + 1) &* 0x9E37_79B9_7F4A_7C15
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      z ^= z >> 31
      return 2 * (Double(z >> 11) * 0x1p-53) - 1
    }
  }

  /// First values of a model's parameters, scaled as the fixtures scale them.
  static func parameters(_ layout: ParameterLayout, _ type: ElementType) -> ParameterTree {
    ParameterTree(
      names: layout.names,
      tensors: layout.entries.map { entry in
        let raw = values(entry.name, count: entry.shape.count)
        let scaled: [Double]
        switch entry.initializer {
        case _ where entry.name.hasSuffix(".scale"): scaled = raw.map { 1 + 0.1 * $0 }
        case _ where entry.name.hasSuffix(".bias"): scaled = raw.map { 0.1 * $0 }
        case _ where entry.name.hasPrefix("theta."): scaled = raw.map { 0.5 * $0 }
        case .uniform(let fanIn): scaled = raw.map { $0 / Double(fanIn).squareRoot() }
        case .normal, .constant: scaled = raw
        }
        return Tensor(shape: entry.shape, converting: scaled, to: type)
      })
  }

  /// Images named `name`, and their labels class by class.
  static func batch(
    _ name: String, way: Int, perClass: Int, side: Int, channels: Int, _ type: ElementType
  ) -> (images: Tensor, labels: [Int]) {
    let shape: Shape = [way * perClass, side, side, channels]
    let labels = (0..<way).flatMap { Array(repeating: $0, count: perClass) }
    return (Tensor(shape: shape, converting: values(name, count: shape.count), to: type), labels)
  }

  /// Task number `index` with one support image a class.
  static func task(_ index: Int, way: Int, queriesPerClass: Int, side: Int, _ type: ElementType) -> FewShotTask {
    let support = batch("task.\(index).support", way: way, perClass: 1, side: side, channels: 1, type)
    let query = batch("task.\(index).query", way: way, perClass: queriesPerClass, side: side, channels: 1, type)
    return FewShotTask(
      supportImages: support.images, supportLabels: support.labels, queryImages: query.images, queryLabels: query.labels,
      way: way)
  }
}

/// The hash of Fowler, Noll and Vo, 64 bits, variant 1a.
enum FNV1a {
  static let start: UInt64 = 0xcbf2_9ce4_8422_2325

  static func hash(_ bytes: some Sequence<UInt8>, from start: UInt64 = start) -> UInt64 {
    var hash = start
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return hash
  }
}
