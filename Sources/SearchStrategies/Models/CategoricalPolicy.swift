import Basics
import Foundation
import NeuralNetworks

/// A policy of independent categorical decisions, trained by REINFORCE with Adam.
struct CategoricalPolicy: Codable, Sendable {
  /// A row for each decision.
  private(set) var logits: [[Double]]
  private let learningRate: Double
  private let momentum: Double
  // Adam's moments and number of steps.
  private var first: [[Double]]
  private var second: [[Double]]
  private var steps = 0
  // The baseline is the quotient of these two.
  private var numerator = 0.0
  private var denominator = 0.0

  init(logits: [[Double]], learningRate: Double, momentum: Double) {
    self.logits = logits
    self.learningRate = learningRate
    self.momentum = momentum
    first = logits.map { $0.map { _ in 0 } }
    second = first
  }

  /// Whether a policy that was read is one for decisions with so many choices, with the settings of another one.
  func fits(counts: [Int], like other: CategoricalPolicy) -> Bool {
    [logits, first, second].allSatisfy { table in
      table.map(\.count) == counts && table.allSatisfy { $0.allSatisfy(\.isFinite) }
    } && second.allSatisfy { $0.allSatisfy { $0 >= 0 } } && learningRate == other.learningRate && momentum == other.momentum
      && steps >= 0 && numerator.isFinite && (0...1).contains(denominator)
  }

  /// The probabilities of the choices, a row a decision.
  var probabilities: [[Double]] {
    logits.map { row in
      let largest = row.max() ?? 0
      let values = row.map { exp($0 - largest) }
      let total = values.reduce(0, +)
      return values.map { $0 / total }
    }
  }

  /// A choice for every decision.
  func sample(using generator: inout Philox) -> [Int] {
    probabilities.map { row in
      var rest = generator.nextDouble()
      for (choice, probability) in row.enumerated() {
        rest -= probability
        if rest < 0 { return choice }
      }
      return row.count - 1
    }
  }

  /// One step of Adam on −log π(choices) · (reward − baseline), the baseline being updated first.
  mutating func learn(_ choices: [Int], reward: Double) {
    numerator = momentum * numerator + (1 - momentum) * reward
    denominator = momentum * denominator + (1 - momentum)
    let advantage = reward - numerator / denominator
    steps += 1
    let rule = AdamStep<Double>(Adam(learningRate: learningRate), number: steps)
    for (row, (choice, probabilities)) in zip(choices, probabilities).enumerated() {
      for place in probabilities.indices {
        let gradient = (probabilities[place] - (place == choice ? 1 : 0)) * advantage
        rule.update(&logits[row][place], gradient: gradient, first: &first[row][place], second: &second[row][place])
      }
    }
  }
}
