import ArchPrior
import Testing

/// The few-shot supernet as a ``MixtureNetwork``.
@Suite struct SupernetMixtureTests {
  /// A table with a single 1 a row leaves one operation an edge, so that both ways must agree, in value and in the gradients of the weights
  /// and of the strengths that are 1.
  @Test(arguments: [UInt64(1), 2, 3]) func chosenOperationsAreAWeightedSumWithOnes(seed: UInt64) throws {
    let space = try DARTSSpace(channels: 2, stem: .pooledOnce, inputHeight: 9, inputWidth: 9, inputChannels: 1, way: 3)
    let supernet = Supernet(space)
    var generator = Philox(seed: seed, stream: "chosen")
    let weights = supernet.weightLayout.initialParameters(seed: seed, elementType: .float64).tensors
    // With the first seed, every edge of a node carries the zero: the node is zero.
    let chosen = space.cellKinds.map { _ in
      (0..<space.cell.edgeCount).map { edge in
        seed == 1 && space.cell.edgeIndices(intoNode: 1).contains(edge)
          ? 0 : generator.nextInt(below: space.operations.count)
      }
    }
    let images = Tensor(
      shape: [4, 9, 9, 1], converting: (0..<4 * 81).map { _ in generator.nextDouble() }, to: .float64)
    let targets = Tensor.oneHot([0, 1, 2, 0], classes: 3, .float64)
    func slopes(_ strengths: [Tensor], _ mixture: @escaping (Int, Tensor) -> EdgeMixture) -> (loss: Double, [Tensor]) {
      let found = valueAndGradient(at: weights + strengths) { all in
        let mixtures = all[weights.count...].enumerated().map { mixture($0.offset, $0.element) }
        let logits = supernet.logits(weights: Array(all[..<weights.count]), mixtures: mixtures, images: images, context: .batch)
        return softmaxCrossEntropy(logits, targets: targets)
      }
      return (found.value.item, found.gradient)
    }
    let one = slopes(
      chosen.map { _ in
        Tensor(shape: [space.cell.edgeCount], converting: Array(repeating: 1, count: space.cell.edgeCount), to: .float64)
      }
    ) {
      .chosen(chosen[$0], weights: $1)
    }
    let all = slopes(chosen.map { .oneHot($0, classes: space.operations.count, .float64) }) { .weighted($1) }
    #expect(abs(one.loss - all.loss) <= 1e-12)
    // The same once more, as a table of tens and edges of a tenth.
    let tenths = slopes(chosen.map { .oneHot($0, classes: space.operations.count, .float64) * 10 }) { _, table in
      .normalized(
        table,
        edges: Tensor(
          shape: [space.cell.edgeCount], converting: [Double](repeating: 0.1, count: space.cell.edgeCount), to: .float64))
    }
    #expect(abs(tenths.loss - all.loss) <= 1e-12)
    for index in weights.indices {
      let difference = zip(one.1[index].doubles, all.1[index].doubles).map { abs($0 - $1) }.max() ?? 0
      #expect(difference <= 1e-12, "\(supernet.weightLayout.names[index])")
    }
    for (table, choices) in chosen.enumerated() {
      let (mine, theirs) = (one.1[weights.count + table].doubles, all.1[weights.count + table].doubles)
      for (edge, choice) in choices.enumerated() {
        #expect(abs(mine[edge] - theirs[edge * space.operations.count + choice]) <= 1e-12, "table \(table), edge \(edge)")
      }
    }
  }

  /// An edge's offset is added to every number that comes from it: its derivative agrees with central differences in Float64.
  @Test func offsetsAreAdded() throws {
    let darts = Supernet(
      try DARTSSpace(channels: 2, stem: .pooledOnce, inputHeight: 8, inputWidth: 8, inputChannels: 3, way: 3))
    try check(darts, operation: 3)
    try check(NASBench201Supernet(NASBench201Space(classes: 3, imageSize: 8, channels: 2, cellsPerStage: 1)), operation: 2)

    func check(_ supernet: some MixtureNetwork, operation: Int) throws {
      let weights = supernet.weightLayout.initialParameters(seed: 3, elementType: .float64).tensors
      var generator = Philox(seed: 3, stream: "images")
      let images = Tensor(shape: [4, 8, 8, 3], converting: (0..<4 * 192).map { _ in generator.nextDouble() }, to: .float64)
      let targets = Tensor.oneHot([0, 1, 2, 0], classes: 3, .float64)
      let counts = supernet.edgeTargets.map(\.count)
      func loss(_ offsets: [Tensor]) -> Tensor {
        let mixtures = zip(counts, offsets).map { count, offsets in
          EdgeMixture.chosen(
            Array(repeating: operation, count: count), weights: .ones([count], .float64), offsets: offsets)
        }
        return softmaxCrossEntropy(
          supernet.logits(weights: weights, mixtures: mixtures, images: images, context: .batch), targets: targets)
      }
      func offsets(_ change: (table: Int, edge: Int, by: Double)?) -> [Tensor] {
        counts.enumerated().map { table, count in
          Tensor(
            shape: [count],
            converting: (0..<count).map { edge in
              0.1 * Double(edge) + (change.map { $0.table == table && $0.edge == edge ? $0.by : 0 } ?? 0)
            }, to: .float64)
        }
      }
      let slopes = gradient(at: offsets(nil)) { loss($0) }
      for (table, count) in counts.enumerated() {
        for edge in 0..<count {
          let step = 1e-6
          let (above, below) = (loss(offsets((table, edge, step))).item, loss(offsets((table, edge, -step))).item)
          #expect(abs(slopes[table].doubles[edge] - (above - below) / (2 * step)) <= 1e-7, "\(table), \(edge)")
        }
      }
      #expect(slopes.contains { $0.doubles.contains { abs($0) > 1e-3 } })
    }
  }

  @Test func skipConnectionsAreCounted() throws {
    let space = try DARTSSpace(channels: 2, stem: .pooledOnce, inputHeight: 9, inputWidth: 9, inputChannels: 1, way: 3)
    let supernet = Supernet(space)
    #expect(supernet.edgeTargets.count == 2 && supernet.edgeTargets[1] == [0, 0, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 3])
    #expect(supernet.skipColumns.map { space.operations[$0] } == [.skipConnect])
    // θ that prefers skips everywhere decodes to skips alone: two edges a node, four nodes, two cells.
    let skips = supernet.architectureLayout.entries.map { entry in
      Tensor(
        shape: entry.shape, converting: (0..<entry.shape.count).map { $0 % 8 == supernet.skipColumns[0] ? 1.0 : 0 },
        to: .float32)
    }
    let genotype = try supernet.architecture(ParameterTree(names: supernet.architectureLayout.names, tensors: skips))
    let counts = supernet.skips(in: genotype)
    #expect(counts.count == 16 && counts.of == 16)
  }
}
