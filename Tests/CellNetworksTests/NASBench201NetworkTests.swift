import ArchPrior
import TestSupport
import Testing

/// Networks of NAS-Bench-201 against an independent PyTorch implementation (`nasbench201.py`).
@Suite struct NASBench201NetworkTests {
  @Test(arguments: [ElementType.float64, .float32]) func agreesWithPyTorch(type: ElementType) throws {
    let fixture = try NASBench201Fixture.read()
    let (space, data) = (try fixture.space(), fixture.data(type))
    let tolerance = type == .float64 ? 1e-9 : 1e-3
    for row in fixture.cells {
      let network = try space.network(of: NASBench201Cell(parsing: row.cell))
      #expect(network.layout.scalarCount == row.parameters)
      let weights = network.layout.fixtureParameters(type)
      let result = valueAndGradient(at: weights.tensors) { tensors in
        let logits = network.logits(tensors, images: data.images, context: .batch)
        return (softmaxCrossEntropy(logits, targets: data.targets), logits.stopGradient())
      }
      #expect(abs(result.value.item - row.loss) <= tolerance * row.loss)
      #expect(relativeError(result.auxiliary, try row.logits.tensor(type)) <= tolerance)
      #expect(Set(weights.names) == Set(row.gradientNorms.keys), "\(row.cell)")
      let largest = row.gradientNorms.values.max() ?? 0
      for (name, gradient) in zip(weights.names, result.gradient) {
        let norm = dot(gradient, gradient).item.squareRoot()
        #expect(abs(norm - (row.gradientNorms[name] ?? .nan)) <= tolerance * largest, "\(row.cell) \(name)")
      }
    }
  }

  /// Every 97th cell, in all of which each operation occurs on each edge.
  @Test func builtNetworksHaveTheParametersOfTheTable() throws {
    let space = NASBench201Space.cifar10
    for code in stride(from: 0, to: NASBench201Cell.count, by: 97) {
      let cell = try #require(NASBench201Cell(code: code))
      let (ones, threes) = [NASBench201Operation.convolution1x1, .convolution3x3].map { wanted in
        cell.operations.count { $0 == wanted }
      }.pair
      // The formula that the table's column was checked against.
      let published = 73_306 + 243_040 * threes + 28_000 * ones
      #expect(try space.network(of: cell).layout.scalarCount == published, "\(cell.text)")
      #expect(space.networkCost(of: cell)?.parameters == published)
    }
  }

  @Test func cellsWithoutAPathGiveScores() throws {
    let space = try NASBench201Space(classes: 3, imageSize: 8, channels: 2, cellsPerStage: 1)
    let network = try space.network(of: try #require(NASBench201Cell(code: 0)))
    let images = Tensor(shape: [2, 8, 8, 3], converting: FixtureValues.values("images", count: 384), to: .float32)
    let logits = network.logits(network.layout.initialParameters(seed: 1).tensors, images: images, context: .batch)
    #expect(logits.shape == [2, 3] && logits.isFinite)
  }

  @Test func refusesSizesThatCannotBeHalved() throws {
    let space = try NASBench201Space(imageSize: 30)
    #expect(throws: NetworkError.self) { try space.network(of: try #require(NASBench201Cell(code: 7))) }
    #expect(throws: NetworkError.self) { try NASBench201Supernet(space) }
  }

  @Test(arguments: [true, false]) func supernetAgreesWithPyTorch(fused: Bool) throws {
    let fixture = try NASBench201Fixture.read()
    let (supernet, data) = (try NASBench201Supernet(fixture.space()), fixture.data())
    let weights = supernet.weightLayout.fixtureParameters()
    let theta = supernet.architectureLayout.fixtureParameters().tensors
    let logits = try fixture.supernet.logits.tensor()
    let slope = try fixture.supernet.theta.tensor()
    Fusion.with(enabled: fused) {
      let result = valueAndGradient(at: theta + weights.tensors) { tensors in
        let logits = supernet.logits(
          weights: Array(tensors.dropFirst()), mixtures: [.weighted(tensors[0].softmax())], images: data.images)
        return (softmaxCrossEntropy(logits, targets: data.targets), logits.stopGradient())
      }
      #expect(abs(result.value.item - fixture.supernet.loss) <= 1e-9)
      #expect(relativeError(result.auxiliary, logits) <= 1e-9)
      #expect(relativeError(result.gradient[0], slope) <= 1e-9)
      #expect(Set(weights.names) == Set(fixture.supernet.gradientNorms.keys))
      let largest = fixture.supernet.gradientNorms.values.max() ?? 0
      for (name, gradient) in zip(weights.names, result.gradient.dropFirst()) {
        let norm = dot(gradient, gradient).item.squareRoot()
        #expect(abs(norm - (fixture.supernet.gradientNorms[name] ?? .nan)) <= 1e-9 * largest, "\(name)")
      }
    }
  }

  @Test func oneOperationAnEdgeAgreesWithPyTorch() throws {
    let fixture = try NASBench201Fixture.read()
    let (supernet, data) = (try NASBench201Supernet(fixture.space()), fixture.data())
    let weights = supernet.weightLayout.fixtureParameters().tensors
    let strengths = Tensor(
      shape: [6], converting: FixtureValues.values("strengths", count: 6).map { 1 + 0.25 * $0 }, to: .float64)
    let result = valueAndGradient(at: [strengths]) { tensors in
      let logits = supernet.logits(
        weights: weights, mixtures: [.chosen(fixture.choice.chosen, weights: tensors[0])], images: data.images)
      return (softmaxCrossEntropy(logits, targets: data.targets), logits.stopGradient())
    }
    #expect(abs(result.value.item - fixture.choice.loss) <= 1e-9)
    #expect(relativeError(result.auxiliary, try fixture.choice.logits.tensor()) <= 1e-9)
    #expect(relativeError(result.gradient[0], try fixture.choice.strengths.tensor()) <= 1e-9)
  }
}

extension [Int] {
  fileprivate var pair: (Int, Int) { (self[0], self[1]) }
}
