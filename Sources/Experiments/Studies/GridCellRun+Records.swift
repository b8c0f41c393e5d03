import Foundation
import Reports
import Runs

/// What a cell keeps of its tests, and finds again.
extension GridCellRun {
  /// The cell, for people.
  var name: String { "\(cell.method.name), \(cell.training), seed \(cell.seed)" }

  private static let times = "test-seconds"

  /// What a record is about, beside the run that it is in.
  private func subject(_ test: StudyData.Test) -> String {
    let digest = data.provenance.first { $0.name == test.name }?.sha256.prefix(12) ?? "unknown"
    return "method '\(cell.method.name)', tested on \(test.name) \(digest), classes split by \(study.splitSeed)"
  }

  /// A record of the tests that is there already; one is made where there is none, or where it is damaged.
  ///
  /// - Parameter make: makes one, given the seconds a task where they were measured before.
  func record(
    of run: RunDirectory, _ learner: TrainedPrior.Learner, _ test: StudyData.Test, _ shot: Int,
    make: (Double?) throws -> StudyResults.Record
  ) throws -> StudyResults.Record {
    let name = "test-\(test.name)-\(cell.configuration.task.way)way\(shot)shot"
    let known = try kept(StudyResults.Record.self, of: run, name, test) { record in
      record.shot == shot && record.accuracies.allSatisfy { (0...1).contains($0) } && record.secondsPerTask.isFinite
        && fits(record.method, record.training, record.seed, record.test)
    }
    if let known, known.accuracies.count == study.tasks { return known }
    // The accuracies come out as they were; the time that they took then is kept apart.
    let times = try? run.readResult([String: Double].self, named: Self.times)
    let record = try make(times?["\(test.name), \(shot)-shot"])
    try write(record, of: run, name, test)
    return record
  }

  /// Keeps the times of tests beside their records, so that a record that is made again is the same in all.
  func keepTimes(_ records: [StudyResults.Record], of run: RunDirectory) throws {
    let times = Dictionary(records.map { ("\($0.test), \($0.shot)-shot", $0.secondsPerTask) }) { first, _ in first }
    if let known = try? run.readResult([String: Double].self, named: Self.times), known == times { return }
    try run.writeResult(times, named: Self.times)
  }

  /// Whether an architecture is one of this cell.
  func fits(_ architecture: StudyResults.Architecture) -> Bool {
    fits(architecture.method, architecture.training, architecture.seed, architecture.test)
      && architecture.weights.allSatisfy { $0.allSatisfy { $0.count == architecture.operations.count } }
  }

  private func fits(_ method: String, _ training: String, _ seed: UInt64, _ test: String) -> Bool {
    method == cell.method.name && training == cell.training && seed == cell.seed && cell.tests.contains(test)
  }

  /// Something that is kept; `nil` where there is none. What is damaged or something else's is put aside, and said.
  func kept<Value: Decodable>(
    _ type: Value.Type, of run: RunDirectory, _ file: String, _ test: StudyData.Test, fits: (Value) -> Bool
  ) throws -> Value? {
    guard try FolderFile.exists("results/\(file).json", of: run.path) else { return nil }
    do {
      let value = try run.readResult(type, named: file, about: run.isSealed ? subject(test) : "")
      if fits(value) { return value }
      throw RunError(.foreign(file: "results/\(file).json", belongsTo: "another cell", expected: name), path: run.path)
    } catch let error as RunError where error.isDamage {
      try putAside(file, of: run, error)
      return nil
    }
  }

  func write(_ value: some Encodable, of run: RunDirectory, _ file: String, _ test: StudyData.Test) throws {
    try persist { try run.writeResult(value, named: file, about: run.isSealed ? subject(test) : "") }
  }

  func putAside(_ file: String, of run: RunDirectory, _ error: RunError) throws {
    observer.say(
      "\(name): \(try DamagedFile.putAside("\(run.path)/results/\(file).json", in: "results/", because: error)), and made again")
  }
}
