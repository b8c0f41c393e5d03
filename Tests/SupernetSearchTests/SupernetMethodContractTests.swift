import ArchPrior
import ArchPriorTesting
import Foundation
import Testing

/// Every registered search on a supernet, held to the contract.
@Suite struct SupernetMethodContractTests {
  /// Every registered method with settings by which it takes no longer than a test should; without its row the suite fails.
  static let rows = [
    (name: "darts-first", settings: ""),
    (name: "darts-second", settings: ""),
    (name: "gdas", settings: ""),
    (name: "snas", settings: ""),
    (name: "pc-darts", settings: ""),
    (name: "random-shared", settings: ":candidates=12"),
    (name: "enas", settings: ":hidden=8,steps=2,batch=3,candidates=12"),
  ]

  @Test func everyMethodHasARow() { #expect(Self.rows.map(\.name) == SupernetMethodRegistry.names) }

  private func space() throws -> NASBench201Space {
    try NASBench201Space(classes: 3, imageSize: 8, channels: 4, cellsPerStage: 1)
  }

  private func violations(_ method: any SupernetMethod) throws -> [String] {
    let space = try space()
    return SupernetMethodContract.violations(
      of: method, on: try NASBench201Supernet(space, channelDivisor: method.channelDivisor), imageShape: [8, 8, 3], classes: 3,
      contains: { space.contains($0) })
  }

  @Test(arguments: rows.map { $0.name + $0.settings }) func holds(text: String) throws {
    #expect(try violations(SupernetMethodRegistry.method(parsing: text)) == [])
  }

  @Test func namesAreUnique() { #expect(Set(SupernetMethodRegistry.names).count == SupernetMethodRegistry.all.count) }

  @Test func settingsAreTexts() throws {
    let method = try SupernetMethodRegistry.method(parsing: "gdas:lastTemperature=1,firstTemperature=5")
    #expect(method as? GDAS == GDAS(firstTemperature: 5, lastTemperature: 1))
    #expect(method.label == "gdas:firstTemperature=5,lastTemperature=1")
    #expect(try SupernetMethodRegistry.method(parsing: "enas").label == "enas")
    for (text, message) in [
      ("gads", "no supernet search 'gads'"),
      ("gdas:tau=1", "gdas: no setting 'tau'; there are: firstTemperature, lastTemperature"),
      ("enas:steps=0", "enas: steps is 0; it must be from 1 to 1000000"), ("enas:steps=x", "it must be a number"),
      ("pc-darts:channelDivisor=1.5", "a value such as 4"), ("snas:lastTemperature=0", "it must be above 0"),
      ("random-shared:finalists=-1", "it must be from 1"),
    ] {
      let error = #expect(throws: MethodError.self) { try SupernetMethodRegistry.method(parsing: text) }
      #expect(error?.description.contains(message) == true, "\(String(describing: error))")
    }
  }

  // MARK: A method says why it cannot work

  @Test func partialChannelsAreAskedForBeforeTheStart() throws {
    let supernet = try NASBench201Supernet(space())
    let error = #expect(throws: SupernetSearchError.self) {
      try DifferentiableSearch(model: supernet, method: PCDARTS(), settings: SearchSettings())
    }
    #expect(
      error?.description
        == "pc-darts cannot search on this supernet: its operations see 1/1 of the channels, not 1/4; build it with channelDivisor: 4"
    )
    #expect(throws: NetworkError.self) { try NASBench201Supernet(space(), channelDivisor: 3) }
  }

  @Test func statesOfOtherMethodsAreRefused() throws {
    let supernet = try NASBench201Supernet(space())
    func search(_ method: any SupernetMethod) throws -> DifferentiableSearch<NASBench201Supernet> {
      try DifferentiableSearch(model: supernet, method: method, settings: SearchSettings())
    }
    let saved = SearchCheckpoint(try search(GDAS()).start())
    #expect(throws: Never.self) { try saved.state(of: search(SNAS())) }
    #expect(throws: SupernetSearchError.self) { try saved.state(of: search(ENAS())) }
    #expect(throws: SupernetSearchError.self) { try saved.state(of: search(SharedRandomSearch())) }
  }

  // MARK: The contract catches what it is for

  /// First-order DARTS with one fault.
  private struct Faulty: SupernetMethod {
    enum Fault: String, Codable {
      case forgetsItsSeed, ignoresTheta, ignoresEdges, neverWakes
    }

    let fault: Fault
    var name: String { "faulty" }
    var summary: String { "has a fault" }

    func initialArchitecture(on network: any MixtureNetwork, seed: UInt64) -> ParameterTree {
      // With PC-DARTS' second parameter, which then nobody uses.
      fault == .ignoresEdges
        ? PCDARTS().initialArchitecture(on: network, seed: seed) : network.architectureLayout.initialParameters(seed: seed)
    }

    func relaxation(on network: any MixtureNetwork, progress: Double, using generator: inout Philox) -> Relaxation {
      let noise = fault == .forgetsItsSeed ? Double.random(in: 0...1) : 0
      return { [fault] tables in
        tables.prefix(1).map {
          .weighted(fault == .ignoresTheta ? Tensor(repeating: 0.2, shape: $0.shape) : ($0 * (1 + noise)).softmax())
        }
      }
    }

    func learning(on network: any MixtureNetwork, rate: Double, weightDecay: Double) -> ArchitectureLearning {
      .hypergradient(FirstOrder(), InnerLoop(SGD(learningRate: rate), rounds: 0))
    }

    var warmUp: Double { fault == .neverWakes ? 1 : 0 }
  }

  @Test(arguments: [
    (Faulty.Fault.forgetsItsSeed, "two searches with one seed"), (.ignoresTheta, "does not depend on the parameter theta,"),
    (.ignoresEdges, "does not depend on the parameter theta.edges,"),
    (.neverWakes, "θ never moves"),
  ])
  private func faultsAreCaught(fault: Faulty.Fault, message: String) throws {
    let found = try violations(Faulty(fault: fault))
    #expect(found.contains { $0.contains(message) }, "\(found)")
  }
}
