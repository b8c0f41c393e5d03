import Autodiff
import Basics
import Foundation
import SearchSpaces
import Tensors
import Testing

@testable import SearchStrategies

@Suite struct LSTMPolicyTests {
  private struct Fixture: Decodable {
    let logProbabilities, old: [Double]
    let entropy, loss: Double
    let gradients: [[Double]]
  }

  /// `Fixtures/lstm_ppo.py`: torch.nn.LSTMCell, torch.distributions and torch.autograd.
  @Test func lossAndGradientsAgreeWithPyTorch() throws {
    let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/lstm_ppo.json")
    let fixture = try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: url))
    let policy = LSTMPolicy(counts: [2, 3, 4], hidden: 3)
    let parameters = policy.shapes.enumerated().map { number, shape in
      Tensor(
        shape: Shape(shape),
        converting: (0..<shape.reduce(1, *)).map { 0.5 * sin(1.3 * Double(number) + 0.7 * Double($0)) }, to: .float64)
    }
    let sequences = [[0, 2, 1], [1, 0, 3], [1, 1, 0], [0, 0, 2]]
    let (logProbabilities, entropy) = policy.evaluate(sequences, parameters)
    func agree(_ a: [Double], _ b: [Double]) -> Bool { a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) < 1e-12 } }
    #expect(agree(logProbabilities.doubles, fixture.logProbabilities))
    #expect(agree([entropy.item], [fixture.entropy]))
    let old = Tensor(shape: [4, 3], converting: fixture.old, to: .float64)
    let (value, gradient) = valueAndGradient(at: parameters) { tensors in
      policy.loss(sequences, advantages: [1.2, -0.4, 0.3, -1.1], old: old, clip: 0.2, entropyWeight: 0.05, tensors)
    }
    #expect(agree([value.item], [fixture.loss]))
    for (found, expected) in zip(gradient, fixture.gradients) { #expect(agree(found.doubles, expected)) }
  }

  /// Where the policy has not moved yet, the clipped objective's gradient is REINFORCE's: of E log π · A.
  @Test func atTheStartTheGradientIsReinforces() {
    let policy = LSTMPolicy(counts: [3, 2], hidden: 4)
    var generator = Philox(seed: 4, stream: "lstm")
    let parameters = policy.initialParameters(using: &generator).map { $0 * 5 }
    let sequences = [[0, 1], [2, 0], [1, 1]]
    let advantages = [0.7, -1.5, 0.2]
    let old = policy.evaluate(sequences, parameters).logProbabilities
    let proximal = gradient(at: parameters) { tensors in
      policy.loss(sequences, advantages: advantages, old: old, clip: 0.2, entropyWeight: 0, tensors)
    }
    let plain = gradient(at: parameters) { tensors in
      let advantage = Tensor(shape: [3, 1], converting: advantages, to: .float64)
      return (policy.evaluate(sequences, tensors).logProbabilities * advantage).sum() * (-1.0 / 3)
    }
    for (a, b) in zip(proximal, plain) {
      #expect(zip(a.doubles, b.doubles).allSatisfy { abs($0 - $1) < 1e-12 })
    }
    #expect(plain.contains { $0.doubles.contains { abs($0) > 1e-3 } })
  }

  /// Frequencies of samples against the probabilities of the sequences.
  @Test func samplesFollowTheProbabilities() {
    let policy = LSTMPolicy(counts: [2, 3], hidden: 4)
    var generator = Philox(seed: 8, stream: "lstm")
    let parameters = policy.initialParameters(using: &generator).map { $0 * 20 }
    var counts = [[Int]: Int]()
    for _ in 0..<4_000 { counts[policy.sample(parameters, using: &generator), default: 0] += 1 }
    let sequences = (0..<2).flatMap { a in (0..<3).map { [a, $0] } }
    let logProbabilities = policy.evaluate(sequences, parameters).logProbabilities.sum([1]).doubles
    let expected = logProbabilities.map { 4_000 * exp($0) }
    #expect(abs(expected.reduce(0, +) - 4_000) < 1e-6)
    // χ² with 5 degrees of freedom lies below 25.7 with probability 0.9999.
    let chi = zip(sequences, expected).reduce(0.0) { $0 + pow(Double(counts[$1.0] ?? 0) - $1.1, 2) / $1.1 }
    #expect(chi < 25.7)
  }

  /// On an additive objective in NASNet's space the controllers' architectures get better than random ones.
  @Test(arguments: ["lstm-ppo:hidden=16,learningRate=0.02", "lstm-reinforce:hidden=16,learningRate=0.02"])
  func controllersLearn(text: String) throws {
    let space = try NASNetSpace(blocks: 2)
    let method = try StrategyRegistry.method(parsing: text)
    var strategy = try method.strategy(for: SearchProblem(space, epochs: [1], seed: 3))
    var scores = [Double]()
    while scores.count < 600, let next = strategy.ask() {
      let architecture = next.architecture
      let blocks = architecture.normal.blocks + architecture.reduction.blocks
      scores.append(Double(blocks.flatMap(\.operands).count { $0.operation.rawValue.hasPrefix("sep") }))
      strategy.tell(Evaluation(next, score: scores[scores.count - 1]))
    }
    // 3 of 13 operations: 8 · 3/13 = 1.8 at random.
    let late = scores.suffix(100).reduce(0, +) / 100
    #expect(late > 4, "\(late)")
  }
}
