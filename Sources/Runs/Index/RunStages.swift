import Basics
import Foundation

/// How far the stages of a run have come and what they reached, as comparisons of runs want it: from `results/meta-training.json` and the
/// newest checkpoint.
struct RunStages {
  /// A point of a learning curve, as `meta-training.json` has it.
  struct Point: Decodable, Equatable {
    var tasks: Int?
    var queryLoss, queryAccuracy, validationAccuracy: Double?
  }

  private struct Outcome: Decodable {
    var prior, decoded: [Point]?
    var genotype: String?
  }

  /// Tasks of each stage up to the newest checkpoint.
  private(set) var tasks: [String: Int] = [:]
  /// The learning curves of orderly ends.
  private(set) var curves: [String: [Point]] = [:]
  /// The genotype that was decoded.
  private(set) var genotype: String?
  /// What of it cannot be read.
  private(set) var problems: [String] = []

  init(_ run: RunDirectory) {
    do {
      if try run.hasResult(named: "meta-training") {
        let outcome = try run.readResult(Outcome.self, named: "meta-training")
        curves = ["prior": outcome.prior ?? [], "decoded": outcome.decoded ?? []].filter { !$0.value.isEmpty }
        tasks = curves.compactMapValues { $0.last?.tasks }
        genotype = outcome.genotype
      }
    } catch {
      problems.append(error.message)
    }
    do {
      guard let newest = try run.checkpoints().last else { return }
      let checkpoint = try run.read(newest)
      for (name, count) in checkpoint.counters where name.hasSuffix(".tasks") { tasks[String(name.dropLast(6))] = count }
      if let text = checkpoint["genotype"] { genotype = String(decoding: text.bytes, as: UTF8.self) }
    } catch {
      problems.append((error as? any ReportableError)?.message ?? "\(error)")
    }
  }

  /// Lines where two runs differ.
  static func lines(_ first: RunStages, _ second: RunStages) -> [RunDifference.Line] {
    var lines: [RunDifference.Line] = []
    func add(_ key: String, _ mine: String, _ theirs: String) {
      if mine != theirs { lines.append(.init(key: key, first: mine, second: theirs)) }
    }
    for stage in ["prior", "decoded"] {
      func count(_ stages: RunStages) -> String { stages.tasks[stage].map { "\($0)" } ?? "–" }
      add("tasks of \(stage)", count(first), count(second))
      let (mine, theirs) = (first.curves[stage] ?? [], second.curves[stage] ?? [])
      guard mine != theirs, !mine.isEmpty, !theirs.isEmpty else { continue }
      let before = lines.count
      for (name, value) in [("query accuracy", \Point.queryAccuracy), ("meta-validation", \Point.validationAccuracy)] {
        let (text, other) = texts(
          mine.last { $0[keyPath: value] != nil }?[keyPath: value], theirs.last { $0[keyPath: value] != nil }?[keyPath: value])
        add("\(name) of \(stage)", text, other)
      }
      // The ends may be the same and the ways there not.
      if lines.count == before, let place = zip(mine, theirs).first(where: { $0 != $1 })?.0.tasks {
        add("learning curve of \(stage)", "\(mine.count) points", "\(theirs.count) points, others from \(place) tasks on")
      }
    }
    add("genotype", first.genotype ?? "–", second.genotype ?? "–")
    add("what cannot be read", first.problems.first ?? "–", second.problems.first ?? "–")
    return lines
  }

  /// Two shares in percent, with as many digits as it takes to tell them apart.
  static func texts(_ first: Double?, _ second: Double?) -> (String, String) {
    func text(_ value: Double?, _ digits: Int) -> String { value.map { String(format: "%.*f %%", digits, 100 * $0) } ?? "–" }
    for digits in [2, 4, 8] {
      let texts = (text(first, digits), text(second, digits))
      if first == second || texts.0 != texts.1 { return texts }
    }
    return (text(first, 15), text(second, 15))
  }
}
