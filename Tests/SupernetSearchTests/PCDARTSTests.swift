import ArchPrior
import TestSupport
import Testing

/// PC-DARTS' supernet against an independent PyTorch implementation (`TestSupport/Fixtures/pc_darts.py`).
@Suite struct PCDARTSTests {
  private struct Fixture: Decodable {
    let divisor: Int
    let logits, alpha, beta: FixtureArray
    let loss: Double
    let gradientNorms: [String: Double]
  }

  @Test(arguments: [true, false]) func agreesWithPyTorch(fused: Bool) throws {
    let fixture = try FixtureFile.decode(Fixture.self, from: "pc-darts")
    let (space, data) = (try NASBench201Fixture.read().space(), try NASBench201Fixture.read().data())
    let supernet = try NASBench201Supernet(space, channelDivisor: fixture.divisor)
    let weights = supernet.weightLayout.fixtureParameters()
    let theta = [
      Tensor(shape: [6, 5], converting: FixtureValues.values("theta", count: 30), to: .float64),
      Tensor(shape: [6], converting: FixtureValues.values("beta", count: 6), to: .float64),
    ]
    let (logits, alpha, beta) = (try fixture.logits.tensor(), try fixture.alpha.tensor(), try fixture.beta.tensor())
    Fusion.with(enabled: fused) {
      let relaxation = PCDARTS(channelDivisor: fixture.divisor).strengths(on: supernet)
      let result = valueAndGradient(at: theta + weights.tensors) { tensors in
        let logits = supernet.logits(
          weights: Array(tensors.dropFirst(2)), mixtures: relaxation(Array(tensors.prefix(2))), images: data.images)
        return (softmaxCrossEntropy(logits, targets: data.targets), logits.stopGradient())
      }
      #expect(abs(result.value.item - fixture.loss) <= 1e-9)
      #expect(relativeError(result.auxiliary, logits) <= 1e-9)
      #expect(relativeError(result.gradient[0], alpha) <= 1e-9)
      #expect(relativeError(result.gradient[1], beta) <= 1e-9)
      #expect(Set(weights.names) == Set(fixture.gradientNorms.keys))
      let largest = fixture.gradientNorms.values.max() ?? 0
      for (name, gradient) in zip(weights.names, result.gradient.dropFirst(2)) {
        let norm = dot(gradient, gradient).item.squareRoot()
        #expect(abs(norm - (fixture.gradientNorms[name] ?? .nan)) <= 1e-9 * largest, "\(name)")
      }
    }
  }

  @Test func thetaRestsForThreeTenthsOfTheSearch() throws {
    // 15 of 50 epochs, as published.
    #expect(PCDARTS().warmUp * 50 == 15)
    #expect(PCDARTS().channelDivisor == 4)
  }

  @Test func parameters() throws {
    let supernet = try NASBench201Supernet(
      NASBench201Space(classes: 3, imageSize: 8, channels: 4, cellsPerStage: 1), channelDivisor: 4)
    let theta = PCDARTS().initialArchitecture(on: supernet, seed: 1)
    #expect(theta.names == ["theta", "theta.edges"] && theta.tensors.map(\.shape) == [[6, 5], [6]])
    // Equal β weigh the one, two and three edges into the nodes alike.
    let mixture = PCDARTS().strengths(on: supernet)([.zeros([6, 5]), .zeros([6])])[0]
    guard case .normalized(let table, let edges) = mixture else { throw Unexpected() }
    #expect(table.doubles.allSatisfy { abs($0 - 0.2) <= 1e-7 })
    for (found, expected) in zip(edges.doubles, [1, 1 / 2.0, 1 / 2.0, 1 / 3.0, 1 / 3.0, 1 / 3.0]) {
      #expect(abs(found - expected) <= 1e-7)
    }
  }

  private struct Unexpected: Error {}
}
