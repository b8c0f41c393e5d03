import Basics
import SearchSpaces

/// Hyperband: brackets of successive halving that start at different rungs, one after the other, again and again.
///
/// Rungs are the fidelities that the problem has, so each rung is taken to be worth η times the one below, at any number of epochs.
///
/// Source: Li, Jamieson, DeSalvo, Rostamizadeh, Talwalkar, "Hyperband", JMLR 18, 2018, algorithm 1.
public struct Hyperband: SearchMethod {
  /// The strategy's name: `hyperband`.
  public static let name = "hyperband"
  /// A line for people.
  public static let summary = "brackets of successive halving that start at different numbers of epochs"
  /// True: rungs are trainings of different length.
  public static let usesFidelities = true

  /// One in how many moves up (η).
  public var eta = 3

  /// The method with η = 3.
  public init() {}

  /// A search that begins with the bracket of the most rungs.
  ///
  /// - Throws: `MethodError.badSetting` unless η is from 2 to 100, `.unsuitable` where the problem has only one number of epochs.
  public func strategy<Space: SearchSpace>(
    for problem: SearchProblem<Space>
  ) throws(MethodError) -> any SearchStrategy<Space> {
    try require(eta, "eta", in: 2...100, "from 2 to 100")
    try requireFidelities(problem)
    return BracketRun(problem, name: Self.name) { [epochs = problem.epochs, eta] number in
      hyperbandBracket(number, epochs: epochs, eta: eta)
    }
  }
}
