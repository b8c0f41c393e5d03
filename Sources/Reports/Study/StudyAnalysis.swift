import Statistics

/// The statistics of a study: everything that its report says in numbers.
public struct StudyAnalysis: Sendable {
  /// A method under a regime of meta-training.
  public struct Contestant: Hashable, Sendable {
    /// The method's name in the study.
    public var method: String
    /// What meta-training saw, seen from the test data set.
    public var regime: StudyResults.Regime
    /// Method and regime, as tables show them: `prior, all others`.
    public var name: String { "\(method), \(regime.rawValue)" }
  }

  /// A mean with what it is uncertain about.
  public struct Score: Hashable, Sendable {
    /// The mean accuracy, in 0...1.
    public var mean: Double
    /// 95 % interval over tasks (of one data set) or over data sets (of the overall mean); `nil` if there is only one.
    public var interval: Interval?
    /// The standard deviation between the means of seeds; `nil` for one seed.
    public var seedDeviation: Double?
  }

  /// The first contestant against another, on the same tasks.
  public struct Comparison: Sendable {
    /// The one that is asked about.
    public var first: Contestant
    /// The one that it is compared with.
    public var second: Contestant
    /// Difference of means with its interval, and the test by Wilcoxon's signed ranks.
    public var paired: PairedComparison
    /// Corrected for all comparisons of the study.
    public var adjustedPValue: Double
    /// The mean difference in standard deviations of the differences.
    public var cohensD: Double
    /// How much likelier the first has the higher accuracy of two tasks, in −1...1.
    public var cliffsDelta: Double
    /// Data sets on which the first has the higher mean, of all.
    public var wins: Int
    /// Data sets with accuracies of both.
    public var datasets: Int
  }

  /// What was analysed.
  public let results: StudyResults
  /// Methods under all regimes that have records, in the order of the results.
  public let contestants: [Contestant]

  /// The analysis of results.
  public init(_ results: StudyResults) {
    self.results = results
    contestants = results.methods.flatMap { method in
      StudyResults.Regime.allCases.compactMap { regime in
        results.records.contains { $0.method == method && $0.regime == regime } ? Contestant(method: method, regime: regime) : nil
      }
    }
  }

  /// Contestants whose meta-training saw nothing of the data set tested on.
  public var unseen: [Contestant] { contestants.filter(\.regime.isUnseen) }

  /// The contestant that the study is about: the first that has seen all other data sets, or else the first of all.
  public var highlighted: Contestant? { contestants.first { $0.regime == .allOthers } ?? contestants.first }

  /// Accuracy task by task, averaged over seeds (and over what else was trained on); `nil` if there are no records.
  public func tasks(_ contestant: Contestant, test: String, shot: Int, seed: UInt64? = nil) -> [Double]? {
    let lists = results.records.filter {
      $0.method == contestant.method && $0.regime == contestant.regime && $0.test == test && $0.shot == shot
        && (seed == nil || $0.seed == seed)
    }.map(\.accuracies)
    guard let first = lists.first, lists.allSatisfy({ $0.count == first.count }) else { return nil }
    return first.indices.map { index in lists.reduce(0) { $0 + $1[index] } / Double(lists.count) }
  }

  /// A contestant's score on one data set.
  public func score(_ contestant: Contestant, test: String, shot: Int) -> Score? {
    guard let values = tasks(contestant, test: test, shot: shot), let sample = try? Sample(values) else { return nil }
    let seeds = results.run.seeds.compactMap { seed in
      tasks(contestant, test: test, shot: shot, seed: seed).map { $0.reduce(0, +) / Double(max(1, $0.count)) }
    }
    return Score(
      mean: sample.mean, interval: try? sample.confidenceInterval(),
      seedDeviation: (try? Sample(seeds)).flatMap { try? $0.standardDeviation() })
  }

  /// A contestant's mean over all data sets, each counting the same; the interval is over data sets.
  public func overall(_ contestant: Contestant, shot: Int) -> Score? {
    let means = results.datasets.compactMap { score(contestant, test: $0, shot: shot)?.mean }
    guard means.count == results.datasets.count, let sample = try? Sample(means) else { return nil }
    let seeds = results.run.seeds.compactMap { seed -> Double? in
      let means = results.datasets.compactMap { test in
        tasks(contestant, test: test, shot: shot, seed: seed).map { $0.reduce(0, +) / Double(max(1, $0.count)) }
      }
      return means.count == results.datasets.count ? means.reduce(0, +) / Double(means.count) : nil
    }
    return Score(
      mean: sample.mean, interval: try? sample.confidenceInterval(),
      seedDeviation: (try? Sample(seeds)).flatMap { try? $0.standardDeviation() })
  }

  /// The highlighted contestant against all others, paired by task over all data sets.
  ///
  /// - Throws: `StatisticsError` if records are too short.
  public func comparisons(shot: Int) throws -> [Comparison] {
    guard let first = highlighted else { return [] }
    var comparisons: [Comparison] = []
    for second in contestants where second != first {
      var (mine, theirs) = ([Double](), [Double]())
      var (wins, count) = (0, 0)
      for test in results.datasets {
        guard let a = tasks(first, test: test, shot: shot), let b = tasks(second, test: test, shot: shot), a.count == b.count
        else { continue }
        mine += a
        theirs += b
        count += 1
        if a.reduce(0, +) > b.reduce(0, +) { wins += 1 }
      }
      guard mine.count >= 2 else { continue }
      comparisons.append(
        Comparison(
          first: first, second: second, paired: try PairedComparison(mine, theirs), adjustedPValue: 1,
          cohensD: try pairedCohensD(mine, theirs), cliffsDelta: try Statistics.cliffsDelta(mine, theirs), wins: wins,
          datasets: count))
    }
    let adjusted = try holmAdjusted(comparisons.map(\.paired.wilcoxon.pValue))
    for index in comparisons.indices { comparisons[index].adjustedPValue = adjusted[index] }
    return comparisons
  }

  /// Friedman's test with Nemenyi's, data sets being the blocks, over contestants that have seen nothing of the data set tested on;
  /// `nil` for fewer than two contestants or data sets.
  ///
  /// - Throws: `StatisticsError`.
  public func ranks(shot: Int) throws -> (contestants: [Contestant], friedman: Friedman, nemenyi: Nemenyi)? {
    let complete = unseen.filter { overall($0, shot: shot) != nil }
    guard complete.count >= 2, results.datasets.count >= 2 else { return nil }
    let scores = results.datasets.map { test in complete.map { score($0, test: test, shot: shot)?.mean ?? .nan } }
    let friedman = try Friedman(scores: scores)
    return (complete, friedman, try Nemenyi(friedman))
  }

  /// Accuracy of every training of a method on every data set, averaged over seeds.
  public func transfer(
    _ method: String, shot: Int
  ) -> (rows: [String], values: [[Double?]], seen: Set<[Int]>, groupStarts: Set<Int>) {
    let records = results.records.filter { $0.method == method && $0.shot == shot }
    let single = results.datasets.filter { dataset in records.contains { $0.training == dataset } }
    var rows = single
    var groupStarts: Set<Int> = []
    func mean(_ records: [StudyResults.Record]) -> Double? {
      let values = records.flatMap(\.accuracies)
      return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }
    var values = single.map { training in
      results.datasets.map { test in mean(records.filter { $0.training == training && $0.test == test }) }
    }
    for regime in [StudyResults.Regime.allOthers, .everything, .nothing] where records.contains(where: { $0.regime == regime }) {
      if groupStarts.isEmpty { groupStarts.insert(rows.count) }
      rows.append(regime.rawValue)
      values.append(results.datasets.map { test in mean(records.filter { $0.regime == regime && $0.test == test }) })
    }
    let seen = Set(
      rows.indices.flatMap { row in
        results.datasets.indices.compactMap { column in
          rows[row] == results.datasets[column] || rows[row] == StudyResults.Regime.everything.rawValue ? [row, column] : nil
        }
      })
    return (rows, values, seen, groupStarts)
  }

  /// Mean accuracy after 0, 1, … inner steps over all data sets, at the first shot.
  public func stepCurve(_ contestant: Contestant) -> [Double] {
    let curves = results.records.filter {
      $0.method == contestant.method && $0.regime == contestant.regime && $0.shot == results.shots.first
        && !$0.stepCurve.isEmpty
    }.map(\.stepCurve)
    guard let length = curves.map(\.count).min() else { return [] }
    return (0..<length).map { step in curves.reduce(0) { $0 + $1[step] } / Double(curves.count) }
  }

  /// How far apart the architectures are that a method adapts to the data sets, and what they prefer.
  public struct Preferences: Sendable {
    /// The method whose architectures these are.
    public var method: String
    /// What meta-training saw, seen from the test data set.
    public var regime: StudyResults.Regime
    /// The data sets with architectures, in the study's order: rows of ``distances``, ``map`` and ``weights``.
    public var datasets: [String]
    /// Names of the columns of ``weights``.
    public var operations: [String]
    /// The root mean square, over edges, of the Jensen–Shannon distance.
    public var distances: [[Double]]
    /// Places on a plane, and the share of the distances' variance that they hold.
    public var map: [[Double]]
    /// The share, in 0...1, of the distances' variance that ``map`` holds.
    public var explained: Double
    /// Mean weight of every operation over all edges, one row per data set.
    public var weights: [[Double]]
    /// Mean distance between seeds of the same data set, to judge the others by; `nil` for one seed.
    public var betweenSeeds: Double?
  }

  /// The preferences of the first method with architecture parameters.
  ///
  /// - Throws: `StatisticsError`.
  public func preferences() throws -> Preferences? {
    // One prior for all data sets shows what adaptation does; otherwise the priors differ too.
    let order: [StudyResults.Regime] = [.everything, .allOthers, .itself, .nothing, .oneOther]
    guard let method = results.methods.first(where: { name in results.architectures.contains { $0.method == name } }),
      let regime = order.first(where: { regime in results.architectures.contains { $0.method == method && $0.regime == regime } })
    else { return nil }
    let mine = results.architectures.filter { $0.method == method && $0.regime == regime }
    let datasets = results.datasets.filter { test in mine.contains { $0.test == test } }
    guard datasets.count >= 2, let operations = mine.first?.operations else { return nil }
    let tables = datasets.map { test in Self.mean(mine.filter { $0.test == test }.map { $0.weights.flatMap { $0 } }) }
    let distances = try tables.map { a in try tables.map { b in try Self.distance(a, b) } }
    let (map, explained) = try classicalScaling(distances)
    let weights = tables.map { table in
      operations.indices.map { index in table.reduce(0) { $0 + $1[index] } / Double(max(1, table.count)) }
    }
    var between: [Double] = []
    for test in datasets {
      let seeds = Dictionary(grouping: mine.filter { $0.test == test }, by: \.seed).values
        .map { Self.mean($0.map { $0.weights.flatMap { $0 } }) }
      for i in seeds.indices { for j in seeds.indices where j > i { between.append(try Self.distance(seeds[i], seeds[j])) } }
    }
    return Preferences(
      method: method, regime: regime, datasets: datasets, operations: operations, distances: distances, map: map,
      explained: explained, weights: weights, betweenSeeds: between.isEmpty ? nil : between.reduce(0, +) / Double(between.count))
  }

  private static func mean(_ tables: [[[Double]]]) -> [[Double]] {
    guard let first = tables.first else { return [] }
    return first.indices.map { row in
      first[row].indices.map { column in tables.reduce(0) { $0 + $1[row][column] } / Double(tables.count) }
    }
  }

  private static func distance(_ a: [[Double]], _ b: [[Double]]) throws -> Double {
    guard !a.isEmpty else { return 0 }
    let squares = try zip(a, b).map { try jensenShannonDistance($0, $1) }.map { $0 * $0 }
    return (squares.reduce(0, +) / Double(squares.count)).squareRoot()
  }
}
