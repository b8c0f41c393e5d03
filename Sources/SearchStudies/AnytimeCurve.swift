import SearchSpaces
import SearchStrategies
import TabularBenchmarks

/// How good the best architecture so far is while the clock of the searches runs: medians and quartiles over seeds.
public struct AnytimeCurve: Hashable, Codable, Sendable {
  /// A moment.
  public struct Point: Hashable, Codable, Sendable {
    /// Seconds of the benchmark's trainings.
    public let seconds: Double
    /// How many searches have found anything by then.
    public let searches: Int
    /// The best validation score so far: 25 %, 50 %, 75 % over searches.
    public let validation: [Double]
    /// The test accuracy of that architecture on the data set searched on, after the benchmark's most epochs.
    public let test: [Double]
    /// The mean of those test accuracies.
    public let meanTest: Double
  }

  /// The moments, in order, evenly spaced up to the budget; those before most searches have found anything are left out.
  public let points: [Point]

  /// The curve of finished searches. Reads test accuracies.
  init<Space: SearchSpace>(
    _ sessions: [SearchSession<Space>], benchmark: any TabularBenchmark<Space>, dataset: String, budget: SearchBudget, points: Int
  ) throws(BenchmarkError) {
    let end = budget.seconds.isFinite ? budget.seconds : sessions.map(\.clock).max() ?? 0
    let epochs = try benchmark.dataset(dataset).testEpochs.last
    let histories = sessions.map { session in zip(session.steps.map(\.clock), session.incumbents) }.map(Array.init)
    var tests = [Space.Architecture: Double]()
    var places = [Int](repeating: 0, count: sessions.count)
    var result = [Point]()
    for number in 1...max(1, points) {
      let moment = end * Double(number) / Double(max(1, points))
      var validation = [Double]()
      var test = [Double]()
      for (search, history) in histories.enumerated() {
        while places[search] < history.count, history[places[search]].0 <= moment { places[search] += 1 }
        guard places[search] > 0, let best = history[places[search] - 1].1, let score = best.score else { continue }
        validation.append(score)
        guard let epochs else { continue }
        let architecture = best.proposal.architecture
        if tests[architecture] == nil {
          tests[architecture] = try benchmark.test(of: architecture, TestMetric(dataset: dataset, epochs: epochs))
        }
        test.append(tests[architecture] ?? .nan)
      }
      guard 2 * validation.count > sessions.count else { continue }
      result.append(
        Point(
          seconds: moment, searches: validation.count, validation: [0.25, 0.5, 0.75].map { quantile(validation, $0) },
          test: test.isEmpty ? [] : [0.25, 0.5, 0.75].map { quantile(test, $0) },
          meanTest: test.isEmpty ? 0 : test.reduce(0, +) / Double(test.count)))
    }
    self.points = result
  }
}

/// The quantile of a sample by linear interpolation between order statistics, as NumPy's default.
func quantile(_ values: [Double], _ share: Double) -> Double {
  let sorted = values.sorted()
  guard let last = sorted.indices.last else { return .nan }
  let place = share * Double(last)
  let below = Int(place.rounded(.down))
  let above = min(below + 1, last)
  return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
}
