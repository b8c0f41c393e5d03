import ArchPrior
import Foundation

/// The folder of a study, with a cell that has ended.
enum RecordStudies {
  private static let yaml = """
    name: fuzzed
    datasets: [glyphs-runic]
    train: [all]
    seeds: [1]
    shots: [1]
    tasks: 2
    curve_tasks: 1
    base:
      conv4: {filters: 4}
      inner: {steps: 1, test_steps: 1}
      outer: {meta_batch: 2}
      data: {train_fraction: 0.5, validation_fraction: 0.2}
      task: {way: 3, shot: 1, query: 2}
      budget: {tasks: 4}
      evaluation: {validation_every: null, validation_tasks: 2}
      checkpoint_every: 4
    methods:
      - {name: maml, set: {method: maml}}
    """

  private static func run(_ folder: String) throws -> RecordKind.Outcome {
    let said = Said()
    var run = try StudyRun(StudyConfiguration(yaml: yaml), in: folder, jobs: 1)
    run.observer.say = { if !$0.hasPrefix("[") { said.add($0) } }
    let results = try run.run()
    let text = results.records.map { "\($0.method) \($0.seed) \($0.test) \($0.shot) \($0.accuracies) \($0.secondsPerTask)" }
    return .init(result: text.joined(separator: "\n") + results.csv, said: run.directory.notes + said.all + results.failures)
  }

  static func make(in root: String) throws { _ = try run(root + "/study") }

  static func kinds() -> [(RecordKind, String)] {
    let cell = "cells/maml--all--seed-1"
    return [
      "study.yaml", "data.json", "\(cell)/results/test-glyphs-runic-3way1shot.json", "\(cell)/results/test-seconds.json",
      "\(cell)/results/meta-training.json", "\(cell)/results/timing.json", "\(cell)/results/evaluation.json",
      "\(cell)/provenance.json", "\(cell)/configuration.yaml", "\(cell)/log.jsonl",
    ].map { file in (RecordKind(name: "study: \(file)", file: file, use: run), "study") }
  }
}

/// Lines that were said.
final class Said: @unchecked Sendable {
  private let lock = NSLock()
  private var texts: [String] = []
  var all: [String] { lock.withLock { texts } }
  func add(_ text: String) { lock.withLock { texts.append(text) } }
}
