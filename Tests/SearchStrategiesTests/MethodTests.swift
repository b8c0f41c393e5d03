import Basics
import Foundation
import SearchSpaces
import Testing

@testable import SearchStrategies

/// What single methods must do beyond the contract.
@Suite struct MethodTests {
  private let space = NASBench201Space.cifar10

  /// PyTorch's REINFORCE (`Fixtures/reinforce.py`).
  @Test func theReinforceUpdateAgreesWithPyTorch() throws {
    struct Fixture: Decodable {
      struct Step: Decodable {
        let choices: [Int], reward: Double, logits: [[Double]]
      }
      let start: [[Double]], learningRate: Double, steps: [Step]
    }
    let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/reinforce.json")
    let fixture = try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: url))
    var policy = CategoricalPolicy(logits: fixture.start, learningRate: fixture.learningRate, momentum: 0.9)
    for step in fixture.steps {
      policy.learn(step.choices, reward: step.reward)
      for (row, expected) in zip(policy.logits, step.logits) {
        for (a, b) in zip(row, expected) { #expect(abs(a - b) < 1e-10) }
      }
    }
  }

  /// Runs a method, giving scores by a function of the architecture.
  private func run(
    _ method: some SearchMethod, evaluations: Int, epochs: [Int] = [12], score: (NASBench201Cell) -> Double
  ) throws -> [Evaluation<NASBench201Cell>] {
    var strategy = try method.strategy(for: SearchProblem(space, epochs: epochs, seed: 5))
    var told = [Evaluation<NASBench201Cell>]()
    while told.count < evaluations, let next = strategy.ask() {
      told.append(Evaluation(next, score: score(next.architecture)))
      strategy.tell(told[told.count - 1])
    }
    return told
  }

  private static func matches(_ cell: NASBench201Cell) -> Double {
    Double(zip(cell.digits, [3, 1, 3, 2, 3, 3]).count { $0 == $1 })
  }

  /// On an additive objective every method that learns must find the optimum (1 of 15,625) where random search hardly can.
  @Test(
    arguments: [
      "regularized-evolution:population=20,tournament=5", "local-search", "reinforce", "bananas:epochs=30", "tpe", "bohb",
    ]) func learningFindsTheOptimum(text: String) throws
  {
    let method = try StrategyRegistry.method(parsing: text)
    let told = try run(
      method, evaluations: text == "bohb" ? 1_000 : 400, epochs: text == "bohb" ? [12, 200] : [12], score: Self.matches)
    #expect(told.contains { $0.score == 6 })
  }

  @Test func childrenDifferFromAMemberInOneEdge() throws {
    let told = try run(RegularizedEvolution(population: 10, tournament: 3), evaluations: 60, score: Self.matches)
    for number in 10..<60 {
      let child = told[number].proposal.architecture.digits
      let alive = told[(number - 10)..<number].map(\.proposal.architecture.digits)
      #expect(alive.contains { zip($0, child).count { $0 != $1 } == 1 }, "child \(number)")
    }
  }

  /// With tournaments of everybody, children come from the best of the last `population` architectures, not of all.
  @Test func theOldLeaveThoughTheyAreBest() throws {
    // The first architecture is by far the best, so every child is its mutation until it has aged.
    var number = 0
    let told = try run(RegularizedEvolution(population: 5, tournament: 500), evaluations: 30) { _ in
      number += 1
      return Double(-number)
    }
    for child in 5..<30 {
      let parent = told[child - 5].proposal.architecture.digits
      #expect(zip(parent, told[child].proposal.architecture.digits).count { $0 != $1 } == 1)
    }
  }

  /// Table 1 of the Hyperband paper (R = 81, η = 3): brackets s = 4 to 0.
  @Test func bracketsAreThePapers() {
    let expected = [[81, 27, 9, 3, 1], [34, 11, 3, 1], [15, 5, 1], [8, 2], [5]]
    for (number, sizes) in expected.enumerated() {
      let bracket: HalvingBracket<Int> = hyperbandBracket(number, epochs: [1, 3, 9, 27, 81], eta: 3)
      #expect(bracket.sizes == sizes && bracket.epochs == [1, 3, 9, 27, 81].suffix(sizes.count))
    }
    #expect((hyperbandBracket(5, epochs: [1, 3, 9, 27, 81], eta: 3) as HalvingBracket<Int>).sizes == expected[0])
  }

  @Test func theBestThirdMovesUp() throws {
    var method = SuccessiveHalving()
    method.width = 9
    let told = try run(method, evaluations: 13, epochs: [4, 12, 36], score: Self.matches)
    #expect(told.map(\.proposal.epochs) == [Int](repeating: 4, count: 9) + [12, 12, 12, 36])
    let first = told[..<9].compactMap(\.score).sorted(by: >)
    #expect(told[9..<12].compactMap(\.score) == Array(first.prefix(3)))
    #expect(told[12].score == first[0])
  }

  @Test func densitiesSumToOne() {
    let density = CategoricalDensity(points: [[0, 1, 2], [1, 1, 0], [1, 0, 3], [0, 0, 3]], counts: [2, 3, 4])
    var (sum, largest) = (0.0, 0.0)
    for a in 0..<2 {
      for b in 0..<3 {
        for c in 0..<4 {
          sum += density([a, b, c])
          largest = max(largest, density([a, b, c]))
        }
      }
    }
    #expect(abs(sum - 1) < 1e-12 && largest < 1)
  }

  /// Counts plus one of each of k choices, over n + k.
  @Test func independentDensitiesAreSmoothedFrequencies() {
    let density = IndependentDensity(points: [[0, 2], [0, 1], [1, 1]], counts: [2, 3])
    #expect(abs(density([0, 1]) - 3.0 / 5 * 3 / 6) < 1e-12)
    #expect(abs(density([1, 0]) - 2.0 / 5 * 1 / 6) < 1e-12)
  }

  /// The predictor learns an additive function of the encoding: held-out predictions follow the truth.
  @Test func predictorsPredict() throws {
    var generator = Philox(seed: 9, stream: "predictor")
    func truth(_ cell: NASBench201Cell) -> Double { 60 + Double(cell.digits.reduce(0, +)) }
    let cells = (0..<300).map { _ in space.sample(using: &generator) }
    let inputs = cells.compactMap { space.encode($0, as: .oneHot)?.map(Float.init) }
    let predictor = ScorePredictor(
      inputs: Array(inputs[..<200]), scores: cells[..<200].map(truth), settings: .init(), generator: &generator)
    let errors = zip(inputs[200...], cells[200...]).map { abs(predictor($0) - truth($1)) }
    // Sums of six digits have a standard deviation of 3.5.
    #expect(errors.reduce(0, +) / 100 < 1)
  }

  /// Four points, one of them no sum of the others: only hidden layers that learn can fit them.
  @Test func predictorsFitWhatIsNotLinear() throws {
    var generator = Philox(seed: 2, stream: "overfit")
    let inputs: [[Float]] = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0]]
    let scores = [1.0, -2, 0.5, 3]
    let predictor = ScorePredictor(
      inputs: inputs, scores: scores, settings: .init(layers: 2, width: 16, epochs: 2_000), generator: &generator)
    for (input, score) in zip(inputs, scores) { #expect(abs(predictor(input) - score) < 0.1) }
  }
}
