import Autodiff
import Basics
import Foundation
import Tensors

/// Logits of a controller as c · tanh(l / T), so that no choice becomes too probable.
///
/// Source: Bello et al., "Neural combinatorial optimization with reinforcement learning", 2017, appendix A.1; the code of ENAS' authors.
public struct LogitBound: Hashable, Codable, Sendable {
  /// c: the largest logit.
  public var constant: Double
  /// T: the larger, the flatter the distribution.
  public var temperature: Double

  /// A bound; neither number may be 0.
  public init(constant: Double, temperature: Double) {
    self.constant = constant
    self.temperature = temperature
  }
}

/// A recurrent policy over a sequence of categorical decisions: an LSTM reads the choice made last and a softmax of its own gives the
/// probabilities of each decision's choices.
///
/// Parameters are tensors of Float64 in a list: the first input; weights from input and state to the four gates (input, forget, cell,
/// output) and their biases; then for every decision an embedding of its choices, the softmax's weights and biases.
///
/// Source: Zoph, Le, "Neural architecture search with reinforcement learning", ICLR 2017, section 3.1; Zoph, Vasudevan, Shlens, Le,
/// CVPR 2018, section 3.1.
package struct LSTMPolicy: Sendable {
  /// How many choices each decision has.
  let counts: [Int]
  /// Units of the LSTM and numbers of an embedding.
  let hidden: Int
  /// What keeps the logits small; `nil` where nothing does.
  let bound: LogitBound?

  package init(counts: [Int], hidden: Int, bound: LogitBound? = nil) {
    self.counts = counts
    self.hidden = hidden
    self.bound = bound
  }

  private static let shared = 4

  /// Uniform in ±0.1, as the authors' controller; biases 0.
  package func initialParameters(using generator: inout Philox) -> [Tensor] {
    func uniform(_ rows: Int, _ columns: Int) -> Tensor {
      Tensor(
        shape: [rows, columns], converting: (0..<(rows * columns)).map { _ in generator.nextDouble(from: -0.1, to: 0.1) },
        to: .float64)
    }
    var parameters = [
      uniform(1, hidden), uniform(hidden, 4 * hidden), uniform(hidden, 4 * hidden), .zeros([1, 4 * hidden], .float64),
    ]
    for count in counts { parameters += [uniform(count, hidden), uniform(hidden, count), .zeros([1, count], .float64)] }
    return parameters
  }

  /// The shapes of the parameters.
  package var shapes: [[Int]] {
    [[1, hidden], [hidden, 4 * hidden], [hidden, 4 * hidden], [1, 4 * hidden]]
      + counts.flatMap { [[$0, hidden], [hidden, $0], [1, $0]] }
  }

  private struct Cell {
    var state: Tensor
    var memory: Tensor
  }

  private func start(rows: Int, _ parameters: [Tensor]) -> (Cell, Tensor) {
    let zeros = Tensor.zeros([rows, hidden], .float64)
    return (Cell(state: zeros, memory: zeros), parameters[0] + zeros)
  }

  private func step(_ cell: Cell, _ input: Tensor, _ parameters: [Tensor]) -> Cell {
    let gates = matmul(input, parameters[1]) + matmul(cell.state, parameters[2]) + parameters[3]
    func gate(_ place: Int) -> Tensor { gates.slice(axis: 1, from: place * hidden, count: hidden) }
    let memory = gate(1).sigmoid() * cell.memory + gate(0).sigmoid() * gate(2).tanh()
    return Cell(state: gate(3).sigmoid() * memory.tanh(), memory: memory)
  }

  private func logits(_ decision: Int, _ cell: Cell, _ parameters: [Tensor]) -> Tensor {
    let place = Self.shared + 3 * decision
    let logits = matmul(cell.state, parameters[place + 1]) + parameters[place + 2]
    return bound.map { $0.constant * (logits / $0.temperature).tanh() } ?? logits
  }

  private func embedded(_ choices: [Int], _ decision: Int, _ parameters: [Tensor]) -> Tensor {
    matmul(Tensor.oneHot(choices, classes: counts[decision], .float64), parameters[Self.shared + 3 * decision])
  }

  /// A choice for every decision.
  package func sample(_ parameters: [Tensor], using generator: inout Philox) -> [Int] {
    var (cell, input) = start(rows: 1, parameters)
    var choices = [Int]()
    for decision in counts.indices {
      cell = step(cell, input, parameters)
      let probabilities = logits(decision, cell, parameters).softmax().doubles
      var rest = generator.nextDouble()
      let choice = probabilities.firstIndex { probability in
        rest -= probability
        return rest < 0
      }
      choices.append(choice ?? probabilities.count - 1)
      input = embedded([choices[decision]], decision, parameters)
    }
    return choices
  }

  /// For a batch of sequences the logarithms of the probabilities of their choices, one column a decision, and the sum of the
  /// decisions' entropies, averaged over the batch.
  package func evaluate(_ sequences: [[Int]], _ parameters: [Tensor]) -> (logProbabilities: Tensor, entropy: Tensor) {
    var (cell, input) = start(rows: sequences.count, parameters)
    var columns = [Tensor]()
    var entropy = Tensor(0, .float64)
    for decision in counts.indices {
      cell = step(cell, input, parameters)
      let logarithms = logits(decision, cell, parameters).logSoftmax()
      let choices = sequences.map { $0[decision] }
      let chosen = Tensor.oneHot(choices, classes: counts[decision], .float64)
      columns.append((logarithms * chosen).sum([1]).reshaped(to: [sequences.count, 1]))
      entropy = entropy - (logarithms * logarithms.exp()).sum() / Double(sequences.count)
      input = embedded(choices, decision, parameters)
    }
    return (concatenate(columns, axis: 1), entropy)
  }

  /// The loss of proximal policy optimisation (to be minimised): −E min(r A, clip(r, 1 ± ε) A) − weight · entropy, summed over decisions,
  /// averaged over the batch. At r = 1 its gradient is that of REINFORCE.
  ///
  /// Source: Schulman et al., "Proximal policy optimization algorithms", 2017, equation 7.
  func loss(
    _ sequences: [[Int]], advantages: [Double], old: Tensor, clip: Double, entropyWeight: Double, _ parameters: [Tensor]
  ) -> Tensor {
    let (logarithms, entropy) = evaluate(sequences, parameters)
    let advantage = Tensor(shape: [advantages.count, 1], converting: advantages, to: .float64)
    let ratio = (logarithms - old).exp()
    let low = Tensor(1 - clip, .float64)
    let high = Tensor(1 + clip, .float64)
    let clipped = ratio.maximum(low).minimum(high)
    let gain = (ratio * advantage).minimum(clipped * advantage).sum() / Double(sequences.count)
    return -1 * gain - entropyWeight * entropy
  }
}
