import ArchPrior
import Foundation

/// Folders of searches, and the saved state of every strategy.
enum RecordSearches {
  /// A made-up table on a small space: every training takes its number of epochs in seconds.
  private struct Judge: PerformanceEstimator {
    let space: NASBench201Space
    let epochs: [Int]

    func estimate(_ architecture: NASBench201Cell, epochs: Int) throws -> PerformanceEstimate {
      PerformanceEstimate(score: Double(architecture.code % 97), seconds: Double(epochs))
    }
  }

  private static let space = NASBench201Space.cifar10

  private static func quick(_ name: String) -> String {
    switch name {
    case Bananas.name: "\(name):epochs=2,ensemble=1,initial=6,batch=4,candidates=8"
    case LSTMReinforce.name: "\(name):hidden=4,batch=6"
    case LSTMPPO.name: "\(name):hidden=4,batch=6,updates=1"
    default: name
    }
  }

  private static func comparison(_ evaluations: Int = 24) throws -> SearchComparison<NASBench201Space> {
    SearchComparison(
      in: space, judgedBy: Judge(space: space, epochs: [12]), named: "made up",
      methods: [RegularizedEvolution(population: 5, tournament: 2)], budget: SearchBudget(evaluations: evaluations), seeds: 2)
  }

  private static func open(_ folder: String) throws -> SearchStore {
    try SearchStore(folder, settings: comparison().settings(table: nil))
  }

  private static func session(_ name: String) throws -> (SearchSession<NASBench201Space>, Judge, any SearchMethod) {
    let method = try StrategyRegistry.method(parsing: quick(name))
    let judge = Judge(space: space, epochs: type(of: method).usesFidelities ? [4, 12, 36] : [12])
    let problem = SearchProblem(space, epochs: judge.epochs, seed: 1)
    return (SearchSession(try method.strategy(for: problem)), judge, method)
  }

  static func make(in root: String) throws {
    for (folder, isEnded) in [("search", true), ("search-running", false)] {
      let path = "\(root)/\(folder)"
      var part = try comparison()
      part.store = try open(path)
      if !isEnded {
        let asked = Count()
        part.observer.isInterrupted = { asked.next() > 9 }
      }
      _ = try? part.run()
    }
    try FileManager.default.createDirectory(atPath: root + "/states", withIntermediateDirectories: true)
    for type in StrategyRegistry.all {
      var (session, judge, _) = try session(type.name)
      var asked = 0
      session.run(judge, budget: SearchBudget(evaluations: 30)) {
        asked += 1
        return asked > 22
      }
      try session.saved().write(to: URL(fileURLWithPath: "\(root)/states/\(type.name)"))
    }
  }

  private static func found(_ folder: String) throws -> RecordKind.Outcome {
    var part = try comparison()
    let store = try open(folder)
    part.store = store
    let results = try part.run()
    let text = results.methods.map { method in
      method.name + method.searches.map { "\($0.seed) \($0.evaluations) \($0.architecture) \($0.score)" }.joined(separator: "; ")
    }
    return .init(result: text.joined(separator: "\n"), said: store.notes)
  }

  static func kinds(_ root: String) throws -> [(RecordKind, String)] {
    var kinds: [(RecordKind, String)] = []
    for file in ["search.json", "searches.jsonl"] {
      kinds.append((RecordKind(name: "search: \(file)", file: file, use: found), "search"))
    }
    let running = try FileManager.default.contentsOfDirectory(atPath: root + "/search-running/running").sorted()
    if let state = running.first {
      kinds.append(
        (RecordKind(name: "search: running/METHOD-SEED", file: "running/\(state)", use: found), "search-running"))
    }
    for type in StrategyRegistry.all {
      let name = type.name
      let kind = RecordKind(
        name: "state of \(name)", file: name, isChecked: false, hasSeal: false, leavesAllElse: true, names: ["no state"]
      ) {
        folder in
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
        let (fresh, judge, _) = try session(name)
        var session = try SearchSession(restoring: data, into: fresh.strategy, in: space)
        session.run(judge, budget: SearchBudget(evaluations: min(40, session.steps.count + 10)))
        return .init(result: "\(session.steps.map { "\($0.proposal.architecture.code)" }) \(session.best?.score ?? -1)", said: [])
      }
      kinds.append((kind, "states"))
    }
    return kinds
  }

  /// Counts questions.
  private final class Count: @unchecked Sendable {
    private let lock = NSLock()
    private var count = 0

    func next() -> Int {
      lock.withLock {
        count += 1
        return count
      }
    }
  }
}
