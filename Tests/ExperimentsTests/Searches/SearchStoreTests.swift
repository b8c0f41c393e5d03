import Foundation
import Runs
import SearchSpaces
import SearchStrategies
import Synchronization
import TestSupport
import Testing

@testable import Experiments

/// Searches that are kept in a folder as they go.
@Suite final class SearchStoreTests {
  private let path = FileManager.default.temporaryDirectory.appendingPathComponent("search-store-\(UUID().uuidString)").path

  deinit { try? FileManager.default.removeItem(atPath: path) }

  private static let evolution = RegularizedEvolution(population: 5, tournament: 2)

  private func comparison(
    _ methods: [any SearchMethod] = [evolution, LocalSearch()], seeds: Int = 3, seconds: Double = 480, threads: Int = 1,
    on benchmark: SpyBenchmark = SpyBenchmark()
  ) -> SearchComparison<NASBench201Space> {
    var comparison = SearchComparison(
      on: benchmark, methods: methods, dataset: "cifar10", epochs: [12], budget: SearchBudget(seconds: seconds), seeds: seeds,
      threads: threads)
    comparison.batch = 2
    return comparison
  }

  private func open(_ comparison: SearchComparison<NASBench201Space>) throws -> SearchStore {
    try SearchStore(path, settings: comparison.settings(table: "a digest"))
  }

  /// Ends after it was asked so many times.
  private final class Patience: Sendable {
    private let limit: Int
    private let asked = Atomic<Int>(0)

    init(_ limit: Int) { self.limit = limit }

    @Sendable func isOver() -> Bool { asked.add(1, ordering: .relaxed).newValue > limit }
  }

  /// Stopped after so many questions, again and again, in the middle of searches and between them.
  @Test(arguments: [1, 2]) func aStoppedComparisonGoesOn(threads: Int) throws {
    let whole = try comparison().run()
    var stops = 0
    var results: SearchResults?
    while results == nil {
      try #require(stops < 100)
      var part = comparison(threads: threads)
      part.store = try open(part)
      part.observer.isInterrupted = Patience(17).isOver
      do {
        results = try part.run()
      } catch SearchStudyError.stopped(let ended, let all) {
        #expect(ended < 6 && all == 6)
        stops += 1
      }
    }
    // 6 searches of 20 batches each.
    #expect(stops >= 6 && results?.withoutMeasurements == whole.withoutMeasurements)
    #expect(try FileManager.default.contentsOfDirectory(atPath: path + "/running").isEmpty)
  }

  /// A process that is killed leaves a state that is older than its last evaluation: what came after is made again.
  @Test func anOldStateEndsInTheSame() throws {
    let whole = try comparison([Self.evolution], seeds: 1).run()
    var part = comparison([Self.evolution], seeds: 1)
    try {
      let store = try open(part)
      var session = SearchSession(try Self.evolution.strategy(for: SearchProblem(part.space, epochs: [12], seed: 1)))
      var batches = 0
      session.run(
        TabularEstimator(try SearchView(of: SpyBenchmark(), dataset: "cifar10", epochs: [12])), budget: part.budget, batch: 2
      ) {
        batches += 1
        return batches > 5
      }
      try store.save(session.saved(), Self.evolution.label, seed: 1)
      // Half a line, as a process leaves it that is killed while it writes.
      try Data("{\"method\":".utf8).write(to: URL(fileURLWithPath: path + "/searches.jsonl"))
    }()
    let spy = SpyBenchmark()
    part = comparison([Self.evolution], seeds: 1, on: spy)
    part.store = try open(part)
    let results = try part.run()
    #expect(results.withoutMeasurements == whole.withoutMeasurements)
    // 40 evaluations, and one pair that does not fit, of which 10 were made before.
    #expect(spy.questions.withLock { $0.count { !$0 } } == 42 - 10 + 1)
  }

  /// What is there is not made again; what is new is added.
  @Test func furtherSeedsAndMethodsReuseWhatIsThere() throws {
    func searched(_ methods: [any SearchMethod], _ seeds: Int) throws -> (results: SearchResults, evaluations: Int) {
      let spy = SpyBenchmark()
      var comparison = comparison(methods, seeds: seeds, on: spy)
      comparison.store = try open(comparison)
      let results = try comparison.run()
      // One question a search is the look-up of what was found.
      return (results, spy.questions.withLock { $0.count { !$0 } } - methods.count * seeds)
    }
    #expect(try searched([Self.evolution], 2).evaluations == 2 * 42)
    #expect(try searched([Self.evolution], 3).evaluations == 42)
    let (both, evaluations) = try searched([RandomSearch(), Self.evolution], 3)
    #expect(evaluations == 3 * 42)
    #expect(try both.withoutMeasurements == comparison([RandomSearch(), Self.evolution]).run().withoutMeasurements)
    let settings = comparison().settings(table: "a digest")
    #expect(try SearchStore.check(path, settings) == ["random-search": [1, 2, 3], Self.evolution.label: [1, 2, 3]])
    #expect(try searched([Self.evolution], 1).evaluations == 0)
  }

  @Test func otherSettingsAreNamed() throws {
    let usual = comparison()
    let settings = usual.settings(table: "a digest")
    _ = try SearchStore(path, settings: settings)
    _ = try SearchStore(path, settings: settings)
    func fails(_ text: String, _ change: (inout SearchStore.Settings) -> Void) {
      var other = settings
      change(&other)
      let changed = other
      let opens: [() throws -> Void] = [
        { _ = try SearchStore(self.path, settings: changed) }, { _ = try SearchStore.check(self.path, changed) },
      ]
      for open in opens {
        #expect { try open() } throws: { error in
          guard let error = error as? ConfigurationError else { return false }
          return error.message == "\(path)/search.json: the folder holds searches with other settings: \(text)"
            && error.help?.contains("give another folder") == true
        }
      }
    }
    fails("table was a digest, is another") { $0.table = "another" }
    fails("budget was 480, is 500") { $0.budget = 500 }
    fails("epochs was [12], is [12,200]") { $0.epochs = [12, 200] }
    fails("batch was 2, is 1; evaluations was none, is 7") { ($0.batch, $0.evaluations) = (1, 7) }
    fails("dataset was cifar10, is none; estimator was none, is synflow; table was a digest, is none") {
      ($0.estimator, $0.dataset, $0.table) = ("synflow", nil, nil)
    }
  }

  @Test func oneProcessAtATime() throws {
    let settings = comparison().settings(table: nil)
    let first = try SearchStore(path, settings: settings)
    #expect { try SearchStore(self.path, settings: settings) } throws: { "\($0)".contains("is working on it") }
    withExtendedLifetime(first) {}
  }

  /// What a store says of its folder.
  private final class Notes: Sendable {
    private let texts = Mutex<[String]>([])
    var all: [String] { texts.withLock { $0 } }
    @Sendable func add(_ text: String) { texts.withLock { $0.append(text) } }
  }

  /// A damaged state is named and kept, and its search made again with the same result.
  @Test func damagedStatesAreNamedAndNothingIsLost() throws {
    let truth = try comparison([Self.evolution], seeds: 1).run()
    var part = comparison([Self.evolution], seeds: 1)
    let name = "\(Self.evolution.label.replacing(":", with: "-"))-1"
    func stop() throws -> Data {
      try? FileManager.default.removeItem(atPath: path)
      part.observer.isInterrupted = Patience(4).isOver
      part.store = try open(part)
      #expect(throws: SearchStudyError.stopped(ended: 0, of: 1)) { try part.run() }
      part.store = nil
      part.observer.isInterrupted = { false }
      return try Data(contentsOf: URL(fileURLWithPath: "\(path)/running/\(name)"))
    }
    let whole = try stop()
    var flipped = whole
    flipped[whole.count / 2] ^= 1
    for damaged in [whole.dropLast(3), Data(), flipped] {
      _ = try stop()
      try damaged.write(to: URL(fileURLWithPath: "\(path)/running/\(name)"))
      let notes = Notes()
      part.store = try open(part)
      part.store?.listen(notes.add)
      let results = try part.run()
      #expect(results.withoutMeasurements == truth.withoutMeasurements)
      #expect(notes.all.count == 1 && notes.all[0].contains("running/\(name) is damaged"))
      #expect(try Data(contentsOf: URL(fileURLWithPath: "\(path)/running/\(name).damaged-1")) == damaged)
      part.store = nil
    }
    // A whole state of another seed, and one that is none.
    _ = try stop()
    part.store = try open(part)
    try part.store?.save(Data("{}".utf8), Self.evolution.label, seed: 2)
    try FileManager.default.removeItem(atPath: "\(path)/running/\(name)")
    try FileManager.default.moveItem(
      atPath: "\(path)/running/\(name.dropLast())2", toPath: "\(path)/running/\(name)")
    let notes = Notes()
    part.store?.listen(notes.add)
    #expect(try part.run().withoutMeasurements == truth.withoutMeasurements)
    #expect(notes.all.first?.contains("seed 2") == true && notes.all.first?.contains("not to") == true)
  }

  @Test func damagedJournalsAndSettingsAreNamedAndKept() throws {
    var part = comparison([Self.evolution], seeds: 2)
    part.store = try open(part)
    let truth = try part.run()
    part.store = nil
    let file = path + "/searches.jsonl"
    let whole = try String(contentsOfFile: file, encoding: .utf8)
    try whole.replacing("\"score\":", with: "\"score\":9").write(toFile: file, atomically: true, encoding: .utf8)
    part.store = try open(part)
    #expect(part.store?.notes.first?.contains("searches.jsonl: line 1 is damaged") == true)
    #expect(try part.run().withoutMeasurements == truth.withoutMeasurements)
    part.store = nil
    #expect(try String(contentsOfFile: file + ".damaged-1", encoding: .utf8).contains("\"score\":9"))
    let settings = try String(contentsOfFile: path + "/search.json", encoding: .utf8)
    try settings.replacing("cifar10", with: "cifar11").write(toFile: path + "/search.json", atomically: true, encoding: .utf8)
    let store = try open(part)
    #expect(store.notes.first?.contains("search.json is damaged") == true)
  }

  @Test func foreignFoldersAreRefused() throws {
    let part = comparison([Self.evolution], seeds: 1)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    try Data("{}\n".utf8).write(to: URL(fileURLWithPath: path + "/searches.jsonl"))
    #expect { try self.open(part) } throws: { ($0 as? RunError)?.problem == .notEmpty }
    try Data("{".utf8).write(to: URL(fileURLWithPath: path + "/search.json"))
    #expect { try self.open(part) } throws: { "\($0)".contains("cannot read search.json") }
  }
}
