import Basics
import SearchSpaces

/// Successive halving: brackets of random architectures, the best 1/η of every rung trained for the next number of epochs.
///
/// Rungs are the fidelities that the problem has. A higher rung is a training of its own, charged in full.
///
/// Source: Jamieson, Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization", AISTATS 2016.
public struct SuccessiveHalving: SearchMethod {
  /// The strategy's name: `successive-halving`.
  public static let name = "successive-halving"
  /// A line for people.
  public static let summary = "many architectures for few epochs, the best of them for more"
  /// True: rungs are trainings of different length.
  public static let usesFidelities = true

  /// How many architectures the first rung has.
  public var width = 27
  /// One in how many moves up (η).
  public var eta = 3

  /// The method with its usual settings.
  public init() {}

  /// A search by equal brackets, one after the other, each over all fidelities of the problem.
  ///
  /// - Throws: `MethodError.badSetting` for a setting that is out of its range, `.unsuitable` where the problem has only one number
  ///   of epochs.
  public func strategy<Space: SearchSpace>(
    for problem: SearchProblem<Space>
  ) throws(MethodError) -> any SearchStrategy<Space> {
    try require(width, "width", in: 1...1_000_000, "from 1 to 1000000")
    try require(eta, "eta", in: 2...1_000, "from 2 to 1000")
    try requireFidelities(problem)
    var sizes = [width]
    while sizes.count < problem.epochs.count { sizes.append(max(1, sizes[sizes.count - 1] / eta)) }
    let bracket = HalvingBracket<Space.Architecture>(epochs: problem.epochs, sizes: sizes)
    return BracketRun(problem, name: Self.name) { _ in bracket }
  }
}

extension SearchMethod {
  /// Fails where there is only one number of epochs.
  func requireFidelities<Space>(_ problem: SearchProblem<Space>) throws(MethodError) {
    guard problem.epochs.count >= 2 else {
      throw .unsuitable(
        method: Self.name, space: problem.space.name,
        reason: Fault(
          "it compares trainings of different length, but there is only one length here, of \(problem.epochs[0]) epochs",
          help: "offer two or more")
      )
    }
  }
}
