import SearchSpaces
import SearchStrategies

/// What is kept of a search that has ended: a line of `searches.jsonl`.
package struct SearchTrace: Codable, Hashable, Sendable {
  /// A moment at which the search had something better than before.
  package struct Improvement: Codable, Hashable, Sendable {
    /// The number of the evaluation, from 0.
    package var evaluation: Int
    package var architecture: String
    package var epochs: Int
    package var score: Double
    /// The search's clock, and the real one, when the evaluation was done.
    package var seconds, wallSeconds: Double
  }

  package var method: String
  package var seed: UInt64
  package var evaluations: Int
  /// The search's clock at the end, and the real seconds of the whole search.
  package var seconds, wallSeconds: Double
  /// The real seconds of every evaluation; `nil` where a table was looked up, which takes next to nothing.
  package var evaluationSeconds: [Double]?
  /// The last one is what the search recommends.
  package var improvements: [Improvement]
  /// Why the last evaluation failed, if it did.
  package var failure: String?

  /// The first thing that no search can have; `nil` where all is well.
  var flaw: String? {
    if evaluations < 0 || improvements.contains(where: { !(0..<max(1, evaluations)).contains($0.evaluation) || $0.epochs < 0 }) {
      return "no search has such numbers of evaluations"
    }
    let times = [seconds, wallSeconds] + improvements.flatMap { [$0.seconds, $0.wallSeconds] } + (evaluationSeconds ?? [])
    if !times.allSatisfy({ (0...1e15).contains($0) }) { return "no search takes such a time" }
    return improvements.allSatisfy { $0.score.isFinite } ? nil : "a score is not finite"
  }

  /// The trace of a session that has ended.
  init<Space: SearchSpace>(
    _ session: SearchSession<Space>, method: String, seed: UInt64, space: Space, keepsTimes: Bool
  ) {
    self.method = method
    self.seed = seed
    evaluations = session.steps.count
    (seconds, wallSeconds) = (session.clock, session.wallSeconds)
    evaluationSeconds = keepsTimes ? session.timings.map(\.seconds) : nil
    failure = session.steps.last?.failure
    improvements = []
    var number: Int?
    for (place, incumbent) in session.incumbents.enumerated() {
      guard let best = incumbent, let score = best.score, best.proposal.number != number else { continue }
      number = best.proposal.number
      improvements.append(
        Improvement(
          evaluation: place, architecture: space.text(of: best.proposal.architecture), epochs: best.proposal.epochs, score: score,
          seconds: best.clock, wallSeconds: session.timings[place].clock))
    }
  }
}
