import ArchPrior
import Foundation
import TestSupport
import Testing

/// ENAS' policy gradient against closed forms. All weights of the controller's softmaxes are zero here, so that the logits are the biases
/// and the decisions independent: ∂(−Σ A log π(c))/∂b = A (π − 1_c), through the bound of logits.
@Suite struct PolicyGradientTests {
  private func policy(_ bound: LogitBound?) throws -> PolicyGradient {
    var settings = PolicyGradient.Settings()
    (settings.hidden, settings.bound) = (3, bound)
    return PolicyGradient(
      on: try NASBench201Supernet(NASBench201Space(classes: 3, imageSize: 8, channels: 2)), settings: settings)
  }

  /// The parameters with logits that are biases alone; the biases of the decisions are every third tensor from the seventh on.
  private func parameters(_ policy: PolicyGradient) -> [Tensor] {
    policy.initialParameters(seed: 1).tensors.enumerated().map { place, tensor in
      switch place {
      case 0..<4: tensor
      case _ where (place - 4) % 3 == 1: .zeros(like: tensor)
      case _ where (place - 4) % 3 == 2:
        Tensor(shape: tensor.shape, converting: FixtureValues.values("bias \(place)", count: tensor.count), to: .float64)
      default: tensor
      }
    }
  }

  private func softmax(_ logits: [Double]) -> [Double] {
    let values = logits.map { exp($0) }
    return values.map { $0 / values.reduce(0, +) }
  }

  @Test(arguments: [nil, LogitBound(constant: 2.5, temperature: 5), LogitBound(constant: 0.7, temperature: 0.4)])
  func gradientIsTheClosedForm(bound: LogitBound?) throws {
    let policy = try policy(bound)
    let parameters = parameters(policy)
    let sequences = [[0, 1, 2, 3, 4, 0], [4, 4, 1, 0, 2, 3], [2, 1, 2, 1, 2, 1]]
    let advantages = [0.3, -0.7, 0.1]
    let slope = gradient(at: parameters) { policy.loss(sequences, advantages: advantages, $0) }
    for decision in 0..<6 {
      let place = 4 + 3 * decision + 2
      let biases = parameters[place].doubles
      let logits = biases.map { l in bound.map { $0.constant * tanh(l / $0.temperature) } ?? l }
      let inner = biases.map { l in bound.map { $0.constant / $0.temperature * (1 - pow(tanh(l / $0.temperature), 2)) } ?? 1 }
      let probabilities = softmax(logits)
      for operation in 0..<5 {
        let expected =
          zip(sequences, advantages).reduce(0) { sum, pair in
            sum + pair.1 * (probabilities[operation] - (pair.0[decision] == operation ? 1 : 0))
          } / 3 * inner[operation]
        #expect(abs(slope[place].doubles[operation] - expected) <= 1e-12, "decision \(decision), operation \(operation)")
      }
    }
  }

  /// Averaged over all choices of the first edge with their probabilities, the loss's gradient is that of the expected reward, whatever the
  /// baseline: −π_k (R_k − Σ π R).
  @Test(arguments: [0, 0.4]) func expectationIsTheGradientOfTheExpectedReward(baseline: Double) throws {
    let policy = try policy(nil)
    let parameters = parameters(policy)
    let rewards = [0.1, 0.5, 0.2, 0.9, 0.4]
    let probabilities = softmax(parameters[6].doubles)
    let mean = zip(probabilities, rewards).reduce(0) { $0 + $1.0 * $1.1 }
    var total = [0.0, 0, 0, 0, 0]
    for choice in 0..<5 {
      let slope = gradient(at: parameters) {
        policy.loss([[choice, 0, 0, 0, 0, 0]], advantages: [rewards[choice] - baseline], $0)
      }[6].doubles
      for place in 0..<5 { total[place] += probabilities[choice] * slope[place] }
    }
    for place in 0..<5 { #expect(abs(total[place] + probabilities[place] * (rewards[place] - mean)) <= 1e-12) }
  }

  /// Shares of draws within four standard errors of the bounded softmax.
  @Test func drawsFromTheBoundedSoftmax() throws {
    let bound = LogitBound(constant: 2.5, temperature: 0.5)
    let policy = try policy(bound)
    let parameters = parameters(policy)
    var draw = Philox(seed: 3)
    let shares = policy.shares(parameters, draws: 4000, using: &draw)[0]
    #expect(shares.shape == [6, 5])
    for decision in 0..<6 {
      let expected = softmax(parameters[4 + 3 * decision + 2].doubles.map { bound.constant * tanh($0 / bound.temperature) })
      for (operation, share) in expected.enumerated() {
        let found = shares.doubles[5 * decision + operation]
        #expect(
          abs(found - share) <= 4 * (share * (1 - share) / 4000).squareRoot(), "decision \(decision), operation \(operation)")
      }
    }
  }

  /// The baseline is the first reward, and then moves before it is subtracted; rewards hold the entropies of the six decisions.
  @Test func theBaselineMovesFirst() throws {
    var settings = PolicyGradient.Settings()
    (settings.hidden, settings.bound, settings.batch) = (3, nil, 3)
    (settings.decay, settings.entropyWeight, settings.learningRate) = (0.9, 0.5, 0.1)
    let policy = PolicyGradient(
      on: try NASBench201Supernet(NASBench201Space(classes: 3, imageSize: 8, channels: 2)), settings: settings)
    let start = parameters(policy)
    let entropy = (0..<6).reduce(0.0) { sum, decision in
      softmax(start[4 + 3 * decision + 2].doubles).reduce(sum) { $0 - $1 * log($1) }
    }
    var tree = policy.initialParameters(seed: 1).with(start)
    var memory = policy.rule.initialState(for: tree)
    var baseline: Double?
    var draw = Philox(seed: 6)
    var same = draw
    let sequences = (0..<3).map { _ in policy.sample(start, using: &same) }
    var accuracies = [0.1, 0.5, 0.3]
    let mean = try policy.step(&tree, &memory, baseline: &baseline, using: &draw) { _ in accuracies.removeFirst() }
    #expect(abs(mean - 0.3) <= 1e-12)
    // 0.1, then 0.9 · 0.1 + 0.1 · 0.5 = 0.14, then 0.9 · 0.14 + 0.1 · 0.3 = 0.156.
    #expect(abs(try #require(baseline) - (0.156 + 0.5 * entropy)) <= 1e-12)
    let slope = gradient(at: start) { policy.loss(sequences, advantages: [0, 0.36, 0.144], $0) }
    let expected = policy.rule.step(
      policy.initialParameters(seed: 1).with(start), gradient: tree.with(slope), state: policy.rule.initialState(for: tree))
    for (found, wanted) in zip(tree.tensors, expected.0.tensors) { #expect(relativeError(found, wanted) <= 1e-9) }
  }

  /// Where one operation alone is rewarded, the controller comes to draw it.
  @Test func learnsWhatIsRewarded() throws {
    var settings = PolicyGradient.Settings()
    (settings.hidden, settings.batch, settings.steps, settings.learningRate) = (8, 10, 60, 0.05)
    let supernet = try NASBench201Supernet(NASBench201Space(classes: 3, imageSize: 8, channels: 2))
    let policy = PolicyGradient(on: supernet, settings: settings)
    var parameters = policy.initialParameters(seed: 2)
    var memory = policy.rule.initialState(for: parameters)
    var baseline: Double?
    var draw = Philox(seed: 4)
    var accuracies: [Double] = []
    for _ in 0..<settings.steps {
      accuracies.append(
        try policy.step(&parameters, &memory, baseline: &baseline, using: &draw) { mixtures in
          guard case .chosen(let choices, _, _) = mixtures[0] else { return 0 }
          return Double(choices.count { $0 == 3 }) / 6
        })
    }
    // The bound of 2.5 leaves the operation a probability of exp(5) / (exp(5) + 4) at most; by chance it is 0.2.
    #expect(accuracies.suffix(10).reduce(0, +) / 10 > 0.8, "\(accuracies)")
    #expect(accuracies.prefix(3).reduce(0, +) / 3 < 0.4)
  }
}
