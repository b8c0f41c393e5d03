import ArchPrior
import Foundation
import TestSupport
import Testing

/// A program of a user registers methods of its own and finds them by name. Each test is a process of its own: what is registered stays.
@Suite struct RegistrationTests {
  @Test func strategies() async {
    await #expect(processExitsWith: .success) {
      try StrategyRegistry.register(OwnStrategy.self)
      let method = try StrategyRegistry.method(parsing: "own-strategy:stride=3")
      try #require(method as? OwnStrategy == OwnStrategy(stride: 3) && method.label == "own-strategy:stride=3")
      try #require(StrategyRegistry.names.last == "own-strategy")
      #expect(throws: RegistryError.nameTaken(kind: "search strategy", name: "own-strategy")) {
        try StrategyRegistry.register(OwnStrategy.self)
      }
      #expect(throws: MethodError.unknownSetting(method: "own-strategy", name: "steps", known: ["stride"])) {
        try StrategyRegistry.method(parsing: "own-strategy:steps=3")
      }
    }
  }

  @Test func supernetMethods() async {
    await #expect(processExitsWith: .success) {
      try SupernetMethodRegistry.register(OwnSupernetMethod())
      let method = try SupernetMethodRegistry.method(parsing: "own-supernet:temperature=2")
      try #require((method as? OwnSupernetMethod)?.temperature == 2 && method.label == "own-supernet:temperature=2")
      // Settings are checked as they are read.
      #expect(throws: MethodError.self) { try SupernetMethodRegistry.method(parsing: "own-supernet:temperature=0") }
    }
  }

  @Test func estimatorsAndProxies() async {
    await #expect(processExitsWith: .success) {
      try ZeroCostProxyRegistry.register(OwnProxy(name: "own-proxy"))
      try #require(try ZeroCostProxyRegistry.proxy(named: "own-proxy") is OwnProxy)
      // A proxy is an estimator as well, with the settings of all proxies.
      let derived = try EstimatorRegistry.method(parsing: "own-proxy:channels=4")
      try #require((derived as? ZeroCostProxyMethod)?.settings.channels == 4 && derived.label == "own-proxy:channels=4")

      try EstimatorRegistry.register(OwnEstimator())
      let method = try EstimatorRegistry.method(parsing: "own-estimator:bias=2")
      try #require((method as? OwnEstimator)?.settings.bias == 2 && method.label == "own-estimator:bias=2")

      // Neither takes a name of the other.
      #expect(throws: RegistryError.nameTaken(kind: "zero-cost proxy", name: "train")) {
        try ZeroCostProxyRegistry.register(OwnProxy(name: "train"))
      }
      #expect(throws: RegistryError.nameTaken(kind: "zero-cost proxy", name: "own-estimator")) {
        try ZeroCostProxyRegistry.register(OwnProxy(name: "own-estimator"))
      }
      #expect(throws: RegistryError.nameTaken(kind: "estimator", name: "synflow")) {
        try EstimatorRegistry.register(ZeroCostProxyMethod(OwnProxy(name: "synflow")))
      }
      #expect(throws: RegistryError.unusableName(kind: "zero-cost proxy", name: "a:b")) {
        try ZeroCostProxyRegistry.register(OwnProxy(name: "a:b"))
      }
    }
  }

  @Test func spacesAndBenchmarks() async {
    await #expect(processExitsWith: .success) {
      try SearchSpaceRegistry.register(OwnSpace())
      try #require(SearchSpaceRegistry.space(named: "own-space") is OwnSpace)
      try BenchmarkRegistry.register(
        BenchmarkRegistry.Entry(space: "own-space", file: "a file of mine") { (path) throws(BenchmarkError) in
          throw .missing(path: path, wanted: "a file of mine")
        })
      try #require(BenchmarkRegistry.registry["own-space"] != nil)
      #expect(throws: BenchmarkError.missing(path: "/nonexistent", wanted: "a file of mine")) {
        try BenchmarkRegistry.checkFile("/nonexistent", space: "own-space")
      }
    }
  }

  @Test func hypergradientEstimators() async {
    await #expect(processExitsWith: .success) {
      try HypergradientRegistry.register(OwnHypergradient())
      try #require(HypergradientRegistry.estimator(named: "own-hypergradient") is OwnHypergradient)
    }
  }

  @Test func readers() async {
    await #expect(processExitsWith: .success) {
      try DatasetReaderRegistry.register(OwnReader())
      let scratch = try TemporaryFolder()
      let path = scratch.path + "/numbers.own"
      try Data([7]).write(to: URL(fileURLWithPath: path))
      let format = try #require(DatasetImport.Format.detect(path))
      try #require(format.rawValue == "own-format" && DatasetImport.Format.allCases.last == format)
      var report = ImportReport()
      let pack = try DatasetImport(source: path, format: format, name: "mine").pack(report: &report)
      #expect(pack.dataset.pixels == [7] && pack.dataset.name == "mine" && report.notes.first == "one pixel")
      // It has no use for a scale, which is for others.
      let idle = DatasetImport.Meaning(scale: .byte).idle(for: format)
      #expect(idle?.option == "--scale" && idle?.formats == "npz")
    }
  }
}

private struct OwnStrategy: SearchMethod {
  static let name = "own-strategy"
  static let summary = "a strategy of a user's"
  var stride = 1

  func strategy<Space: SearchSpace>(for problem: SearchProblem<Space>) throws(MethodError) -> any SearchStrategy<Space> {
    RandomSearch().strategy(for: problem)
  }
}

private struct OwnSupernetMethod: SupernetMethod {
  var temperature = 1.0
  var name: String { "own-supernet" }
  var summary: String { "a search of a user's" }

  func checkSettings() throws(MethodError) {
    guard temperature > 0 else {
      throw .badSetting(method: name, name: "temperature", value: "\(temperature)", allowed: "above 0")
    }
  }

  func relaxation(on network: any MixtureNetwork, progress: Double, using generator: inout Philox) -> Relaxation {
    strengths(on: network)
  }

  func learning(on network: any MixtureNetwork, rate: Double, weightDecay: Double) -> ArchitectureLearning { .none }
}

private struct OwnEstimator: EstimatorMethod {
  struct Settings: Codable, Hashable, Sendable {
    var bias = 0
  }

  var settings = Settings()
  var name: String { "own-estimator" }
  var summary: String { "an estimator of a user's" }
  var needs: String { "" }

  func checkSettings() throws(MethodError) {}
  func estimator<Space: SizedNetworkSpace>(
    for space: Space, on data: EstimatorData
  ) throws -> any PerformanceEstimator<Space.Architecture> { throw EstimatorError.noNetworks(space: space.name) }
}

private struct OwnProxy: ZeroCostProxy {
  let name: String
  let summary = "a proxy of a user's"

  func score(_ subject: ProxySubject) -> Double { 1 }
}

private struct OwnSpace: SearchSpace {
  var name: String { "own-space" }
  var decisions: [Decision] { [Decision("one", choices: ["a", "b"])] }
  func architecture(choices: [Int]) -> Int? { choices.first }
  func choices(of architecture: Int) -> [Int] { [architecture] }
}

private struct OwnHypergradient: HypergradientEstimator {
  var name: String { "own-hypergradient" }

  func hypergradient<Problem: BilevelProblem>(
    of problem: Problem, loop: InnerLoop, at outer: [Tensor]
  ) throws -> Hypergradient<Problem.Report> { try FirstOrder().hypergradient(of: problem, loop: loop, at: outer) }
}

/// A file is an image of one pixel.
private struct OwnReader: DatasetReader {
  var name: String { "own-format" }
  var summary: String { "one pixel" }

  func likeness(of source: ImportSource) -> ImportSource.Likeness? { source.path.hasSuffix(".own") ? .certain : nil }

  func dataset(
    for job: DatasetImport, in source: ImportSource, report: inout ImportReport
  ) throws(ReaderError) -> ImageDataset {
    let bytes = (try? Data(contentsOf: URL(fileURLWithPath: source.path))).map(Array.init) ?? []
    guard
      let dataset = ImageDataset(
        name: job.name, height: 1, width: 1, channels: 1, classes: [.init(name: "a", group: "a", count: 1)], pixels: bytes)
    else { throw .unreadable(path: source.path, reason: "it is no single byte") }
    report.note("one pixel")
    return dataset
  }
}
