import Basics
import Foundation
import Testing

@testable import ArchPrior
@testable import Experiments
@testable import Runs

/// What is asked of everything in `MethodRegistry`: a method joins by its row here.
@Suite struct MethodConformanceTests {
  /// A method, an inner rate at which it trains on tiny tasks, and settings of its own as YAML.
  private static let rows: [(method: Configuration.Method, rate: Double, settings: String)] = [
    ("t-nas", 0.05, "{}"),
    ("maml", 0.05, "{}"),
    ("anil", 0.05, "{}"),
    ("meta-sgd", 0.05, "{}"),
    ("imaml", 0.05, "{proximal: 3, damping: 100}"),
    ("reptile", 1e-3, "{batch: 3}"),
    ("maml++", 0.05, "{multi_step_share: 0.5, first_order_share: 0.25}"),
    ("proto-net", 0.05, "{}"),
    ("fine-tune", 0.05, "{}"),
  ]

  @Test func everyMethodHasItsRow() {
    // Another test registers one of its own.
    #expect(Self.rows.map(\.method.rawValue) == MethodRegistry.names.filter { $0 != HalvedMAML.name })
  }

  private func configuration(_ row: (method: Configuration.Method, rate: Double, settings: String)) throws -> Configuration {
    var configuration = try Configuration(yaml: "{method: \(row.method), learner: \(row.settings)}")
    let small = smallConfiguration()
    (configuration.seed, configuration.data, configuration.task) = (small.seed, small.data, small.task)
    (configuration.space, configuration.decoded, configuration.evaluation) = (small.space, small.decoded, small.evaluation)
    (configuration.budget, configuration.outer.metaBatch) = (small.budget, small.outer.metaBatch)
    configuration.inner.weightRate = row.rate
    configuration.conv4 = .init()
    configuration.conv4.filters = 3
    configuration.conv4.downsampling = .stride
    return configuration
  }

  /// The settings reach the method, and the text keeps them.
  @Test func settingsAreStatedReadAndWritten() throws {
    for row in Self.rows {
      let configuration = try configuration(row)
      let stated = try #require(row.method.type.map { StatedSetting.all(of: $0) })
      #expect(try Configuration(yaml: configuration.resolved) == configuration, "\(row.method)")
      for setting in stated {
        #expect(setting.takes(setting.usual), "\(row.method): \(setting.key)")
        #expect(configuration.resolved.contains("\n  \(setting.key): "), "\(row.method): \(setting.key)")
      }
      // Every value of the row is another than the usual one.
      #expect(configuration.learner.values.count == row.settings.split(separator: ":").count - 1, "\(row.method)")
    }
    func configured(_ name: String) throws -> any MetaLearner {
      try configuration(#require(Self.rows.first { $0.method.rawValue == name })).configuredMethod()
    }
    #expect((try configured("imaml") as? IMAML)?.damping == 100)
    #expect((try configured("reptile") as? Reptile)?.batch == 3)
    #expect((try configured("maml++") as? MAMLPlusPlus)?.annealing.firstOrderShare == 0.25)
  }

  /// What a method says of itself is so.
  @Test func traitsAreTrue() throws {
    for row in Self.rows {
      let configuration = try configuration(row)
      let type = try #require(row.method.type)
      let plan = try configuration.stagePlan(imageShape: [28, 28, 1])
      #expect(plan.first.model.hasClassOutputs == type.hasClassOutputs, "\(row.method)")
      #expect((plan.first.testLoop.rounds > 0) == type.hasInnerLoop, "\(row.method)")
      #expect((plan.decoding != nil) == configuration.learnsArchitecture, "\(row.method)")
      #expect(plan.first.cost.parameters == plan.first.model.parameterCount, "\(row.method)")
      // A block of parameters for each of ω, without gaps.
      let covered = plan.first.trainer.blocks.flatMap { Array($0.range) }
      #expect(covered == Array(plan.first.model.layout.entries.indices), "\(row.method)")

      let data = try syntheticData(configuration)
      var state = plan.first.trainer.initialState(seed: 1)
      let before = state.parameters.tensors.map(\.doubles)
      let training = MetaTraining(
        plan.first.trainer, data: data, budget: TrainingBudget(tasks: 2), metaBatch: 2, threads: 2)
      _ = try training.run(&state, recorder: SilentRecorder())
      #expect((state.parameters.tensors.map(\.doubles) != before) == type.isMetaTrained, "\(row.method)")
    }
  }

  /// A value that is out of range, of another kind or unknown is an error that names its key.
  @Test(arguments: [
    ("{method: imaml, learner: {damping: -1}}", "learner.damping", "must be from 0.0 to 1000000.0, not -1.0"),
    ("{method: reptile, learner: {batch: 0}}", "learner.batch", "must be from 1 to 1000000 or null, not 0"),
    ("{method: imaml, learner: {solver_iterations: 2.5}}", "learner.solver_iterations", "expected a whole number, found 2.5"),
    ("{learner: {dampng: 1}}", "learner.dampng", "unknown key"), ("{learner: 3}", "learner", "expected a section"),
    ("{learner: {damping: 1}, method: mml}", "method", "expected one of"),
  ]) func wrongSettingsAreNamed(yaml: String, key: String, problem: String) {
    let error = #expect(throws: ConfigurationError.self) { try Configuration(yaml: yaml) }
    #expect(error?.key == key && error?.problem.contains(problem) == true, "\(error as Any)")
  }

  /// A program's own method is known everywhere once it is registered; its settings are read whatever the order of keys.
  @Test func ownMethodsAreRegistered() throws {
    try MethodRegistry.register(HalvedMAML.self)
    let configuration = try Configuration(
      yaml: "{learner: {halvings: 2, label: x}, method: halved-maml, inner: {weight_rate: 0.4}}")
    let trainer = try configuration.stagePlan(imageShape: [28, 28, 1]).first.trainer
    #expect(trainer.loop.round.first?.rates.allSatisfy { $0 == 0.1 } == true)
    #expect(configuration.resolved.contains("\n  halvings: 2\n") && configuration.resolved.contains("\n  label: \"x\"\n"))
    #expect(try Configuration(yaml: configuration.resolved) == configuration)
    // Runs of other methods keep their text and digest.
    #expect(!Configuration().resolved.contains("halvings"))
    #expect(throws: RegistryError.nameTaken(kind: "method", name: "halved-maml")) { try MethodRegistry.register(HalvedMAML.self) }
    let error = #expect(throws: ConfigurationError.self) {
      try Configuration(yaml: "{method: halved-maml, learner: {halvings: 9}}")
    }
    #expect(error?.problem == "must be from 0 to 8, not 9")
  }
}

/// A method of a program of its own.
private struct HalvedMAML: FewShotMethod {
  static let name = "halved-maml"
  static let summary = "MAML at a rate that is halved"
  static let settings = [
    MethodSetting("halvings", \Self.halvings, from: 0, to: 8), MethodSetting("label", \Self.label),
  ]
  var halvings = 1
  var label: String? = nil

  func trainer(for network: any Network, _ setup: FewShotSetup) -> MetaTrainer<AnyAdaptableModel> {
    MetaTrainer<NetworkModel>.maml(
      network, innerRate: setup.innerRate / Double(1 << halvings), innerSteps: setup.innerSteps, estimator: setup.estimator
    ).erased
  }
}
