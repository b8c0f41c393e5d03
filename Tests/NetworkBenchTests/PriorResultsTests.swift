import ArchPrior
import Testing

@testable import ArchPriorNetworkBench

@Suite struct PriorResultsTests {
  private func line(_ contestant: Contestant, _ factor: Int, _ task: Int, _ accuracy: Double) -> PriorJournal.Line {
    PriorJournal.Line(
      group: .init(dataset: "made up", shot: 1, contestant: contestant, factor: factor), task: task,
      attempt: Attempt(accuracy: accuracy, seconds: 0.02, searchSeconds: 0.01, steps: 5, evaluations: 2))
  }

  /// Two tasks: t with one degree of freedom is 12.7062 at 97.5 %, and the standard error half of the distance.
  @Test func intervalsAndPairsByHand() throws {
    let lines = [
      line(.prior, 0, 0, 0.9), line(.prior, 0, 1, 0.8), line(.prior, 0, 2, 0.1), line(.gdas, 10, 0, 0.5), line(.gdas, 10, 1, 0.3),
      // A second attempt on the same task does not count.
      line(.gdas, 10, 1, 1.0),
    ]
    let results = PriorResults(lines)
    let row = try #require(results.row("made up", 1, .gdas, factor: 10))
    #expect(row.tasks == 2)
    #expect(abs(row.accuracy.mean - 0.4) <= 1e-12)
    #expect(abs(row.accuracy.upper - 0.4 - 12.7062 * 0.1) <= 1e-5)
    // Differences 0.4 and 0.5 on the tasks that both have.
    let ahead = try #require(row.priorAhead)
    #expect(abs(ahead.mean - 0.45) <= 1e-12 && abs(ahead.mean - ahead.lower - 12.7062 * 0.05) <= 1e-5)
    let prior = try #require(results.row("made up", 1, .prior))
    #expect(prior.tasks == 3 && prior.priorAhead == nil)
  }

  /// The sentence says what the numbers say, whichever way they fall.
  @Test(arguments: [(0.1, "points behind it"), (-0.1, "points ahead of it"), (0.0, "not told apart from it")])
  func theSentenceFollowsTheNumbers(shift: Double, words: String) throws {
    let lines = (0..<20).flatMap { task -> [PriorJournal.Line] in
      let (accuracy, noise) = (0.5 + 0.01 * Double(task % 5), 0.01 * Double(task % 3 - 1))
      return [line(.prior, 0, task, accuracy), line(.darts, 100, task, accuracy - shift + noise), line(.gdas, 100, task, 0.2)]
    }
    let sentence = try #require(PriorResults(lines).sentence("made up", 1))
    #expect(sentence.contains("with 100× the time (DARTS, first order, ") && sentence.contains(words), "\(sentence)")
  }
}
