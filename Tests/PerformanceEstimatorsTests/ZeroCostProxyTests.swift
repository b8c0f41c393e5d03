import ArchPrior
import Foundation
import TestSupport
import Testing

@Suite struct ZeroCostProxyTests {
  /// A registered proxy, and what it should give for a cell of `TestSupport/Fixtures/nasbench201.py`.
  struct Row: Sendable {
    let name: String
    let expected: @Sendable (_ cell: NASBench201Fixture.Cell, _ subject: ProxySubject) -> Double?

    /// By default PyTorch's score, under the proxy's name.
    init(_ name: String, expected: (@Sendable (NASBench201Fixture.Cell, ProxySubject) -> Double?)? = nil) {
      self.name = name
      self.expected = expected ?? { cell, _ in cell.proxies[name] }
    }
  }

  /// A row for every registered proxy, without which the suite fails.
  static let rows = [
    Row("synflow"),
    Row("naswot"),
    Row("jacov"),
    Row("snip"),
    Row("grasp"),
    Row("fisher"),
    Row("grad-norm"),
    Row("parameters") { cell, _ in Double(cell.parameters) },
    // The space counts by itself.
    Row("flops") { _, subject in subject.cost.map { Double($0.multiplyAdds) } },
  ]

  @Test func everyProxyHasARow() { #expect(Self.rows.map(\.name) == ZeroCostProxyRegistry.names) }

  /// Every registered proxy against the oracle of its row.
  @Test func agreeWithPyTorch() throws {
    let fixture = try NASBench201Fixture.read()
    let (space, data) = (try fixture.space(), fixture.data())
    for row in fixture.cells {
      let cell = try NASBench201Cell(parsing: row.cell)
      let network = try space.network(of: cell)
      let subject = ProxySubject(
        network: network, weights: network.layout.fixtureParameters(), images: data.images, targets: data.targets,
        cost: space.networkCost(of: cell))
      for oracle in Self.rows {
        let proxy = try ZeroCostProxyRegistry.proxy(named: oracle.name)
        let target = try #require(oracle.expected(row, subject), "\(proxy.name) has no oracle")
        let found = try proxy.score(subject)
        #expect(abs(found - target) <= 1e-8 * abs(target), "\(proxy.name) of \(row.cell): \(found), not \(target)")
      }
    }
  }

  /// With one linear layer of weights W, scores Wᵀx, n images: closed forms of what reads weights alone.
  @Test func aLinearNetworkHasClosedForms() throws {
    let network = LinearNetwork()
    let weights = ParameterTree(names: ["weight"], tensors: [Tensor(shape: [2, 2], [Float](arrayLiteral: 1, -2, 3, 4))])
    let images = Tensor(shape: [2, 1, 1, 2], [Float](arrayLiteral: 1, 2, 3, -1))
    let subject = ProxySubject(
      network: network, weights: weights, images: images, targets: .oneHot([0, 1], classes: 2), cost: nil)
    // R = Σ |w|, whose derivative by every weight is 1.
    #expect(SynFlow().score(subject) == 10)
    // Each image's input gradient is (1 − 2, 3 + 4), so that all correlations are 1: eigenvalues 2 and 0.
    let jacov = try JacobianCovariance().score(subject)
    let eigenvalues = [2 + 1e-5, 1e-5]
    let expected = -eigenvalues.reduce(0) { $0 + log($1) + 1 / $1 }
    #expect(abs(jacov - expected) <= 1e-3 * abs(expected))
    #expect(throws: ProxyError.notObservable(proxy: "naswot")) { try NASWOT().score(subject) }
    #expect(throws: ProxyError.notObservable(proxy: "fisher")) { try Fisher().score(subject) }
    #expect(throws: ProxyError.noCost(proxy: "flops")) { try MultiplyAddCount().score(subject) }
  }

  @Test func equalImagesCannotBeToldApart() throws {
    let space = try NASBench201Space(classes: 3, imageSize: 8, channels: 2, cellsPerStage: 1)
    let network = try space.network(of: try NASBench201Cell(parsing: "333333"))
    let one = FixtureValues.values("images", count: 192)
    let subject = ProxySubject(
      network: network, weights: network.layout.initialParameters(seed: 1),
      images: Tensor(shape: [2, 8, 8, 3], converting: one + one, to: .float32), targets: .oneHot([0, 1], classes: 3), cost: nil)
    #expect(try NASWOT().score(subject) == -.infinity)
  }

  @Test func namesAreKnown() throws {
    #expect(try ZeroCostProxyRegistry.proxy(named: "grasp") is GraSP)
    #expect(throws: ProxyError.self) { try ZeroCostProxyRegistry.proxy(named: "gasp") }
    #expect(Set(ZeroCostProxyRegistry.names).count == ZeroCostProxyRegistry.all.count)
  }

  /// A search that is steered by a proxy, in the networks of a space that it knows nothing else of.
  @Test func anEstimatorJudgesDARTSCells() throws {
    let space = try DARTSSpace(channels: 4, stem: .flat, inputHeight: 8, inputWidth: 8, inputChannels: 3, way: 3)
    let images = Tensor(shape: [3, 8, 8, 3], converting: FixtureValues.values("images", count: 576), to: .float32)
    var generator = Philox(seed: 4)
    let cells = (0..<2).map { _ in space.sample(using: &generator) }
    for name in ["synflow", "jacov", "snip", "grad-norm", "grasp"] {
      let estimator = ProxyEstimator(
        try ZeroCostProxyRegistry.proxy(named: name), space: space, images: images, targets: .oneHot([0, 1, 2], classes: 3))
      let scores = try cells.map { try estimator.estimate($0, epochs: 0).score }
      #expect(scores.allSatisfy(\.isFinite) && scores[0] != scores[1], "\(name): \(scores)")
      #expect(try estimator.estimate(cells[0], epochs: 0).score == scores[0])
    }
  }
}

/// Scores Wᵀx of images of one pixel.
private struct LinearNetwork: Network {
  var layout: ParameterLayout {
    ParameterLayout(entries: [.init(name: "weight", shape: [2, 2], initializer: .uniform(fanIn: 2))])
  }
  func logits(_ weights: [Tensor], images: Tensor, context: ForwardContext) -> Tensor {
    matmul(images.reshaped(to: [images.shape[0], 2]), weights[0])
  }
}
