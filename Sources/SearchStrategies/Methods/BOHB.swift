import Basics
import SearchSpaces

/// BOHB: Hyperband whose new architectures come from a Parzen estimator at the highest fidelity with enough results.
///
/// The usual settings are those of NAS-Bench-201's authors: four draws a proposal, none of them random. (Their bandwidth factor is
/// for numbers that are not categorical, of which a search space has none.)
///
/// Source: Falkner, Klein, Hutter, "BOHB: Robust and efficient hyperparameter optimization at scale", ICML 2018, algorithm 2.
public struct BOHB: SearchMethod {
  /// The strategy's name: `bohb`.
  public static let name = "bohb"
  /// A line for people.
  public static let summary = "Hyperband with a Parzen estimator in place of random architectures"
  /// True: rungs are trainings of different length.
  public static let usesFidelities = true

  /// One in how many moves up (η).
  public var eta = 3
  /// The share of evaluations that count as good.
  public var goodShare = 0.15
  /// Draws for each proposal.
  public var candidates = 4
  /// The share of proposals that are random.
  public var randomShare = 0.0

  /// The method with the settings of NAS-Bench-201's authors.
  public init() {}

  /// A search that begins with the bracket of the most rungs.
  ///
  /// - Throws: `MethodError.badSetting` for a setting that is out of its range, `.unsuitable` where the problem has only one number
  ///   of epochs.
  public func strategy<Space: SearchSpace>(
    for problem: SearchProblem<Space>
  ) throws(MethodError) -> any SearchStrategy<Space> {
    try require(eta, "eta", in: 2...100, "from 2 to 100")
    try require(goodShare, "goodShare", in: 0.001...0.999, "between 0 and 1")
    try require(candidates, "candidates", in: 1...10_000, "from 1 to 10000")
    try require(randomShare, "randomShare", in: 0...1, "from 0 to 1")
    try requireFidelities(problem)
    let model = ParzenSettings(
      goodShare: goodShare, candidates: candidates, randomShare: randomShare)
    return BracketRun(problem, name: Self.name, model: model) { [epochs = problem.epochs, eta] number in
      hyperbandBracket(number, epochs: epochs, eta: eta)
    }
  }
}
