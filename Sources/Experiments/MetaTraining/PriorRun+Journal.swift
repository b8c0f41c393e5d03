import Basics
import Datasets
import Foundation
import Runs

extension PriorRun {
  /// What keeps a line from being one of the journal of a run; `nil` for a good one.
  static func flaw(ofLine text: String) -> String? {
    do throws(JSONBounds.Violation) {
      let record = try JSONBounds.decode(Record.self, from: Array(text.utf8))
      if !(0...1_000_000_000_000_000).contains(record.tasks) { return "'tasks' is \(record.tasks)" }
      if !(0...1e12).contains(record.seconds) { return "'seconds' is \(record.seconds)" }
      return nil
    } catch {
      return error.reason
    }
  }

  /// The lines of a journal.
  ///
  /// - Throws: `RunError` with the number of a line that cannot be read.
  func records(of journal: Journal) throws -> [Record] {
    try journal.lines().enumerated().map { place, text in
      do throws(JSONBounds.Violation) {
        return try JSONBounds.decode(Record.self, from: Array(text.utf8))
      } catch {
        throw RunError(.damaged(file: "log.jsonl", reason: "line \(place + 1): \(error.reason)"), path: run.path)
      }
    }
  }

  /// What is to be said where the journal ends before the checkpoint, which is never written before its line: lines were lost.
  func gap(in journal: Journal, before tasks: Int) throws -> String? {
    guard tasks > 0 else { return nil }
    let last = try records(of: journal).last { $0.event == "point" || $0.event == "stopped" }
    guard (last?.tasks ?? 0) < tasks else { return nil }
    return
      "log.jsonl ends at \(last?.tasks ?? 0) tasks and the newest checkpoint is of \(tasks): lines were lost, and the learning "
      + "curve lacks points; the training itself goes on from the checkpoint"
  }

  /// What resuming makes of a run's journal: its lines, and what is to be said of them.
  package static func journal(of run: RunDirectory, upTo tasks: Int) throws -> (lines: [String], notes: [String]) {
    let journal = try run.journal()
    try journal.drop { flaw(ofLine: $0) }
    try journal.rewind(toTasks: tasks)
    let lines = try journal.lines()
    let last = try lines.map { try JSONBounds.decode(Record.self, from: Array($0.utf8)) }.last { $0.event != "session" }
    let gap = (last?.tasks ?? 0) < tasks ? ["log.jsonl ends before the newest checkpoint"] : []
    return (lines, journal.notes + gap)
  }
}
