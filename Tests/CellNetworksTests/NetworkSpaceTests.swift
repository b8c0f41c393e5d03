import ArchPrior
import Synchronization
import TestSupport
import Testing

/// Every registered space that builds networks builds what it counts.
@Suite struct NetworkSpaceTests {
  private static let built = SearchSpaceRegistry.all.compactMap { $0 as? any NetworkSpace }.map { $0.name }
  private static let sized = SearchSpaceRegistry.all.compactMap { $0 as? any SizedNetworkSpace }.map { $0.name }

  @Test func theSpacesOfTheBenchmarksAreBuilt() {
    for names in [Self.built, Self.sized] {
      #expect(Set(names).isSuperset(of: ["nas-bench-201", "nas-bench-101", "nas-bench-macro", "nasnet", "darts"]))
    }
  }

  @Test(arguments: built) func builtNetworksHaveTheParametersCounted(name: String) throws {
    let space = try #require(SearchSpaceRegistry.space(named: name) as? any NetworkSpace)
    try check(space)
  }

  private func check<Space: NetworkSpace>(_ space: Space) throws {
    var generator = Philox(seed: 21)
    for _ in 0..<30 {
      let architecture = space.sample(using: &generator)
      let network = try space.network(of: architecture)
      #expect(network.layout.scalarCount == space.networkCost(of: architecture)?.parameters, "\(space.text(of: architecture))")
      #expect(Set(network.layout.names).count == network.layout.names.count)
    }
  }

  /// Networks of other sizes are counted as well, tell an observer of every convolution and linear layer, and give what they give without.
  @Test(arguments: sized) func networksOfOtherSizesAreCountedAndObserved(name: String) throws {
    let space = try #require(SearchSpaceRegistry.space(named: name) as? any SizedNetworkSpace)
    try observe(space)
  }

  private final class Counter: ActivationObserver {
    let found = Mutex((rectified: 0, computed: 0))
    func rectifying(_ x: Tensor) { found.withLock { $0.rectified += 1 } }
    func computed(_ x: Tensor) -> Tensor {
      found.withLock { $0.computed += 1 }
      return x
    }
  }

  private func observe<Space: SizedNetworkSpace>(_ registered: Space) throws {
    let space = try registered.resized(to: NetworkSize(channels: 6, cells: 3), classes: 7, side: 12)
    #expect(space.classCount == 7 && space.imageShape == ImageShape(height: 12, width: 12, channels: 3))
    let images = Tensor(shape: [3, 12, 12, 3], converting: FixtureValues.values("images", count: 1_296), to: .float64)
    var generator = Philox(seed: 22)
    for _ in 0..<5 {
      let architecture = space.sample(using: &generator)
      let network = try #require(try space.network(of: architecture) as? any ObservableNetwork)
      #expect(network.layout.scalarCount == space.networkCost(of: architecture)?.parameters, "\(space.text(of: architecture))")
      let weights = network.layout.initialParameters(seed: 1, elementType: .float64)
      let counter = Counter()
      let (plain, seen) = (
        network.logits(weights.tensors, images: images, context: .batch),
        network.logits(weights.tensors, images: images, context: ForwardContext(observer: counter))
      )
      #expect(relativeError(seen, plain) < 1e-9 && plain.shape == [3, 7], "\(space.text(of: architecture))")
      let found = counter.found.withLock { $0 }
      // What is not on the way to the scores computes nothing.
      let used = zip(
        weights.tensors, gradient(at: weights.tensors) { network.logits($0, images: images, context: .batch).squared().sum() }
      )
      .count { $0.rank > 1 && dot($1, $1).item > 0 }
      #expect(
        found.computed >= used && found.computed <= weights.tensors.count { $0.rank > 1 }, "\(space.text(of: architecture))")
      #expect(found.rectified > 0)
    }
  }

  private struct Fixture: Decodable {
    struct Case: Decodable {
      let space, architecture: String
      let logits: FixtureArray
      let loss: Double
      let gradientNorms: [String: Double]
    }
    let batch, size: Int
    let cases: [Case]
  }

  /// `TestSupport/Fixtures/other_spaces.py`.
  @Test func agreeWithPyTorch() throws {
    let fixture = try FixtureFile.decode(Fixture.self, from: "other-spaces")
    let shape: Shape = [fixture.batch, fixture.size, fixture.size, 3]
    let images = Tensor(shape: shape, converting: FixtureValues.values("images", count: shape.count), to: .float64)
    let targets = Tensor.oneHot((0..<fixture.batch).map { $0 % 5 }, classes: 5, .float64)
    for row in fixture.cases {
      let network = try network(row.space, row.architecture)
      let weights = network.layout.fixtureParameters()
      #expect(Set(weights.names) == Set(row.gradientNorms.keys), "\(row.space) \(row.architecture)")
      let result = valueAndGradient(at: weights.tensors) { tensors in
        let logits = network.logits(tensors, images: images, context: .batch)
        return (softmaxCrossEntropy(logits, targets: targets), logits.stopGradient())
      }
      #expect(abs(result.value.item - row.loss) <= 1e-9 * row.loss, "\(row.space) \(row.architecture)")
      #expect(relativeError(result.auxiliary, try row.logits.tensor()) <= 1e-9, "\(row.space) \(row.architecture)")
      let largest = row.gradientNorms.values.max() ?? 0
      for (name, gradient) in zip(weights.names, result.gradient) {
        let norm = dot(gradient, gradient).item.squareRoot()
        #expect(abs(norm - (row.gradientNorms[name] ?? .nan)) <= 1e-9 * largest, "\(row.space) \(row.architecture) \(name)")
      }
    }
  }

  private func network(_ space: String, _ architecture: String) throws -> any Network {
    switch space {
    case "nas-bench-101": return try NASBench101Network(NASBench101Cell(parsing: architecture), channels: 6, classes: 5)
    case "nas-bench-macro":
      return NASBenchMacroNetwork(try NASBenchMacroSpace().architecture(parsing: architecture), classes: 5)
    default:
      let space = try NASNetSpace(blocks: 3, cells: [.normal, .reduction, .normal], channels: 4, imageSize: 8, classes: 5)
      return try space.network(of: space.architecture(parsing: architecture))
    }
  }

  /// Networks of different spaces on two images: as many scores as classes, all finite, and every weight of a convolution that the scores
  /// depend on has a gradient.
  @Test func smallNetworksCanBeTrained() throws {
    try train(NASNetSpace(blocks: 3, cells: [.normal, .reduction, .normal], channels: 4, imageSize: 12, classes: 3), 8)
    try train(DARTSSpace(channels: 4, stem: .flat, inputHeight: 8, inputWidth: 8, inputChannels: 3, way: 3), 2)
    try train(NASBench201Space(classes: 3, imageSize: 8, channels: 4, cellsPerStage: 1), 4)
    // Fixed sizes, so one each.
    try train(NASBench101Space(), 1)
    try train(NASBenchMacroSpace(), 1)
  }

  private func train<Space: NetworkSpace>(_ space: Space, _ count: Int) throws {
    var generator = Philox(seed: 5)
    let size = space.imageShape
    let shape: Shape = [2, size.height, size.width, size.channels]
    let images = Tensor(shape: shape, converting: FixtureValues.values("two images", count: shape.count), to: .float32)
    let targets = Tensor.oneHot([0, 1], classes: space.classCount)
    for _ in 0..<count {
      let architecture = space.sample(using: &generator)
      let network = try space.network(of: architecture)
      let weights = network.layout.initialParameters(seed: 2)
      func loss(_ tensors: [Tensor]) -> Tensor {
        softmaxCrossEntropy(network.logits(tensors, images: images, context: .batch), targets: targets)
      }
      let (value, slope) = valueAndGradient(at: weights.tensors, of: loss)
      #expect(value.item.isFinite && slope.allSatisfy(\.isFinite), "\(space.text(of: architecture))")
      // A small step downhill makes the loss smaller.
      let norm = weights.with(slope).norm
      #expect(norm > 0)
      let moved = weights.adding(weights.with(slope), scale: -1e-2 / norm)
      #expect(loss(moved.tensors).item < value.item, "\(space.name): \(space.text(of: architecture))")
    }
  }
}
