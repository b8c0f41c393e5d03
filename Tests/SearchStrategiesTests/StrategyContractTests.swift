import ArchPriorTesting
import Basics
import Foundation
import SearchSpaces
import Testing

@testable import SearchStrategies

/// Every registered method in every kind of space.
@Suite struct StrategyContractTests {
  /// A registered strategy as the contract tries it.
  struct Row: Sendable {
    let name: String
    /// Small predictors and networks: the contract is about the strategy, not about their quality.
    let settings: String
    let evaluations: Int

    init(_ name: String, _ settings: String = "", evaluations: Int = 40) {
      (self.name, self.settings, self.evaluations) = (name, settings, evaluations)
    }
  }

  /// A row for every registered strategy, without which the suite fails.
  static let rows = [
    Row("random-search"),
    Row("regularized-evolution"),
    Row("local-search"),
    Row("reinforce"),
    Row("bananas", ":epochs=4,ensemble=2,initial=6,batch=4,candidates=20"),
    Row("tpe"),
    Row("successive-halving"),
    Row("hyperband"),
    Row("bohb"),
    Row("lstm-reinforce", ":hidden=4,batch=6", evaluations: 20),
    Row("lstm-ppo", ":hidden=4,batch=6,updates=2", evaluations: 20),
  ]

  static let pairs = rows.flatMap { row in
    ["nas-bench-201", "nas-bench-101", "darts", "nasnet"].map { (row.name, $0) }
  }

  /// A method as its row has it.
  static func quick(_ name: String) -> String { name + (rows.first { $0.name == name }?.settings ?? "") }

  @Test func everyStrategyHasARow() { #expect(Self.rows.map(\.name) == StrategyRegistry.names) }

  @Test(arguments: pairs) func holds(name: String, space: String) throws {
    let row = try #require(Self.rows.first { $0.name == name })
    let method = try StrategyRegistry.method(parsing: name + row.settings)
    let space = try #require(SearchSpaceRegistry.space(named: space))
    #expect(violations(method, space, evaluations: row.evaluations) == [])
  }

  private func violations(_ method: some SearchMethod, _ space: some SearchSpace, evaluations: Int) -> [String] {
    StrategyContract.violations(of: method, in: space, evaluations: evaluations)
  }

  // MARK: The contract catches what it is for

  /// A strategy with every fault that the contract looks for, one at a time.
  struct Faulty: SearchMethod {
    static let name = "faulty"
    static let summary = "has a fault"

    var fault = ""

    func strategy<Space: SearchSpace>(for problem: SearchProblem<Space>) -> any SearchStrategy<Space> {
      Run(fault: fault, problem: problem, state: .init(generator: problem.generator("faulty")))
    }

    struct Run<Space: SearchSpace>: SearchStrategy {
      struct State: Codable, Sendable {
        var generator: Philox
        var ledger = Ledger<Space.Architecture>()
        var told = 0
      }

      let fault: String
      let problem: SearchProblem<Space>
      var state: State
      /// Lost when the state is restored.
      private var unsaved = 0

      init(fault: String, problem: SearchProblem<Space>, state: State) {
        self.fault = fault
        self.problem = problem
        self.state = state
      }

      mutating func ask() -> Proposal<Space.Architecture>? {
        unsaved += 1
        if fault == "in order alone", state.ledger.count - state.told >= 5 { return nil }
        var system = SystemRandomNumberGenerator()
        if fault == "unrepeatable" { state.generator = Philox(seed: system.next()) }
        if fault == "unsaved", unsaved % 2 == 0 { _ = state.generator.next() }
        if fault == "counts answers", state.told % 2 == 1 { _ = state.generator.next() }
        let proposal = state.ledger.propose(problem.space.sample(using: &state.generator), epochs: problem.epochs[0])
        let epochs = fault == "epochs" ? 7 : proposal.epochs
        return Proposal(
          number: fault == "numbers" ? 0 : proposal.number, architecture: proposal.architecture, epochs: epochs)
      }

      mutating func tell(_ evaluation: Evaluation<Space.Architecture>) {
        if fault == "in order alone", evaluation.proposal.number != state.told { return }
        state.told += 1
      }
    }
  }

  @Test(
    arguments: [
      ("unrepeatable", "two searches with one seed differ"), ("unsaved", "goes on otherwise"),
      ("counts answers", "a second answer, or one"), ("counts answers", "a second answer to proposal 0 changes the state"),
      ("in order alone", "when answers come out of order"),
      ("epochs", "which are not offered"), ("numbers", "has number 0"),
    ]) func faultsAreCaught(fault: String, message: String)
  {
    let found = StrategyContract.violations(of: Faulty(fault: fault), in: NASBench201Space.cifar10)
    #expect(found.contains { $0.contains(message) }, "\(found)")
  }

  // MARK: Descriptions

  @Test func settingsComeFromText() throws {
    let method = try StrategyRegistry.method(parsing: "regularized-evolution:population=10,tournament=3")
    #expect(method as? RegularizedEvolution == RegularizedEvolution(population: 10, tournament: 3))
    #expect(method.label == "regularized-evolution:population=10,tournament=3")
    #expect(try StrategyRegistry.method(parsing: "random-search").label == "random-search")
    #expect(try StrategyRegistry.method(parsing: "bananas:encoding=adjacency") as? Bananas != Bananas())
  }

  @Test func mistakesInDescriptionsAreNamed() {
    #expect(throws: MethodError.unknown(kind: "search strategy", name: "rand", known: StrategyRegistry.names)) {
      try StrategyRegistry.method(parsing: "rand")
    }
    #expect(
      throws: MethodError.unknownSetting(method: "regularized-evolution", name: "pop", known: ["population", "tournament"])
    ) {
      try StrategyRegistry.method(parsing: "regularized-evolution:pop=3")
    }
    for text in [
      "regularized-evolution:population=ten", "regularized-evolution:population=1.5", "bananas:encoding=tree", "tpe:candidates",
    ] {
      #expect { try StrategyRegistry.method(parsing: text) } throws: { error in
        guard case MethodError.badSetting = error else { return false }
        return true
      }
    }
  }

  @Test(
    arguments: [
      "regularized-evolution:population=0", "regularized-evolution:tournament=0", "local-search:initial=0",
      "reinforce:learningRate=0",
      "reinforce:momentum=1", "bananas:ensemble=0", "tpe:goodShare=2", "successive-halving:eta=1", "hyperband:eta=0",
      "bohb:candidates=0",
    ]) func impossibleSettingsAreRefusedBeforeTheStart(text: String) throws
  {
    let method = try StrategyRegistry.method(parsing: text)
    #expect(throws: MethodError.self) {
      try method.strategy(for: SearchProblem(NASBench201Space.cifar10, epochs: [12, 200], seed: 1))
    }
  }

  @Test(arguments: ["successive-halving", "hyperband", "bohb"]) func oneFidelityIsTooFewForHalving(name: String) throws {
    let method = try StrategyRegistry.method(parsing: name)
    #expect { try method.strategy(for: SearchProblem(NASBench201Space.cifar10, epochs: [12], seed: 1)) } throws: { error in
      "\(error)".contains("only one length here, of 12 epochs")
    }
  }

  @Test func aMissingEncodingIsNamed() {
    #expect { try Bananas().strategy(for: SearchProblem(NASBenchMacroSpace(), epochs: [1], seed: 1)) } throws: { error in
      "\(error)" == "bananas cannot search nas-bench-macro: the space has no path encoding; choose another one (encoding=oneHot)"
    }
  }
}
