import ArchPrior
import ArgumentParser
import Foundation

/// Sinusoid regression (MAML, Finn et al. 2017, §5.1): sines of amplitude 0.1...5 and phase 0...π on -5...5, a few points of each.
///
/// ω is where a small network starts; the inner loop fits it to a sine's points; the outer loss is the error on other points of the same sine.
struct SinusoidProblem: BilevelProblem {
  /// `[points, 1]` each.
  var x, y, queryX, queryY: Tensor

  func initialInner(_ outer: [Tensor]) -> [Tensor] { outer }
  func innerLoss(_ w: [Tensor], outer: [Tensor]) -> Tensor { (Self.network(w, x) - y).squared().mean() }
  func outerLoss(_ w: [Tensor], outer: [Tensor]) -> (loss: Tensor, report: Void) {
    ((Self.network(w, queryX) - queryY).squared().mean(), ())
  }

  /// Two hidden layers of 40 units.
  static let layout = ParameterLayout(
    entries: zip([1, 40, 40], [40, 40, 1]).enumerated().flatMap { index, size in
      [
        .init(name: "layer.\(index).weight", shape: [size.0, size.1], initializer: .uniform(fanIn: size.0)),
        .init(name: "layer.\(index).bias", shape: [size.1], initializer: .uniform(fanIn: size.0)),
      ]
    })

  static func network(_ w: [Tensor], _ x: Tensor) -> Tensor {
    let hidden = (matmul(x, w[0]) + w[1]).relu()
    return matmul((matmul(hidden, w[2]) + w[3]).relu(), w[4]) + w[5]
  }

  /// The sine of an index, pure in it.
  init(index: Int, stream: String, shots: Int, queries: Int) {
    var generator = Philox(seed: UInt64(index), stream: "sinusoids/\(stream)")
    let amplitude = generator.nextDouble(from: 0.1, to: 5)
    let phase = generator.nextDouble(from: 0, to: .pi)
    func points(_ count: Int) -> (Tensor, Tensor) {
      let xs = (0..<count).map { _ in generator.nextDouble(from: -5, to: 5) }
      return (
        Tensor(shape: [count, 1], xs.map(Float.init)), Tensor(shape: [count, 1], xs.map { Float(amplitude * sin($0 - phase)) })
      )
    }
    (x, y) = points(shots)
    (queryX, queryY) = points(queries)
  }
}

struct LearnedInitialization: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sinusoid", abstract: "MAML's sinusoids: a learned start against a pretrained and a random one.")

  @OptionGroup var results: ResultOptions
  @Option(help: "Outer steps of 25 sines each.") var steps = 10000
  @Option(help: "Points of a sine to adapt to.") var shots = 10
  @Option(help: "Sines of the test.") var tests = 600
  @Option(help: "Threads.") var threads = 2

  /// The inner loop of meta-training.
  static let loop = InnerLoop(SGD(learningRate: 0.01), rounds: 1)

  /// Learns where to start: through the inner loop, or, where that has no steps, by pretraining on all sines at once.
  static func train(
    loop: InnerLoop, steps: Int, shots: Int, batch: Int = 25, threads: Int, seed: UInt64 = 0
  ) throws -> ParameterTree {
    let optimizer = Adam(learningRate: 1e-3)
    var start = SinusoidProblem.layout.initialParameters(seed: seed)
    var state = optimizer.initialState(for: start)
    for step in 0..<steps {
      let point = start.tensors
      let gradients = try parallelMap(batch, threads: threads) { index in
        let problem = SinusoidProblem(index: step * batch + index, stream: "training", shots: shots, queries: 10)
        return try UnrolledRematerialized().hypergradient(of: problem, loop: loop, at: point).gradient
      }
      let sum = gradients.dropFirst().reduce(start.with(gradients[0])) { $0 + start.with($1) }
      (start, state) = optimizer.step(start, gradient: sum * (1 / Double(batch)), state: state)
    }
    return start
  }

  /// Mean squared errors on new sines, one list of sines for each number of gradient steps asked for.
  static func errors(
    from start: ParameterTree, rate: Double, after rounds: [Int], shots: Int, tests: Int, stream: String
  ) throws -> [[Double]] {
    var errors = rounds.map { _ in [Double]() }
    let loop = InnerLoop(SGD(learningRate: rate), rounds: rounds.max() ?? 0)
    for index in 0..<tests {
      let problem = SinusoidProblem(index: index, stream: stream, shots: shots, queries: 100)
      var number = 0
      _ = try loop.run(problem, from: start.tensors, outer: start.tensors) { inner in
        if let place = rounds.firstIndex(of: number) { errors[place].append(problem.outerLoss(inner, outer: []).loss.item) }
        number += 1
      }
    }
    return errors
  }

  func run() throws {
    let rounds = [0, 1, 5, 10]
    let starts = [
      ("learned (MAML)", try Self.train(loop: Self.loop, steps: steps, shots: shots, threads: threads)),
      (
        "pretrained on all sines",
        try Self.train(loop: InnerLoop(rounds: 0), steps: steps, shots: shots, threads: threads)
      ),
      ("random", SinusoidProblem.layout.initialParameters(seed: 0)),
    ]
    let rows = try starts.map { name, start -> [String] in
      // Every start gets the rate that suits it after 10 steps, found on other sines; a rate with which any diverges is none.
      let rates = [0.001, 0.003, 0.01, 0.03, 0.1]
      let scores = rates.map { rate in
        (try? Self.errors(from: start, rate: rate, after: [10], shots: shots, tests: 200, stream: "selection"))
          .flatMap { try? Sample($0[0]).mean } ?? .infinity
      }
      let best = scores.indices.min { scores[$0] < scores[$1] } ?? 0
      let errors = try Self.errors(from: start, rate: rates[best], after: rounds, shots: shots, tests: tests, stream: "test")
      return try [name, "\(rates[best])"]
        + errors.map { errors in
          let sample = try Sample(errors)
          return String(format: "%.3f ± %.3f", sample.mean, try sample.confidenceInterval().halfWidth)
        }
    }
    try ResultTable(
      title: "Learning where to start: sinusoid regression",
      notes: [
        "Mean squared error on \(tests) new sines with \(shots) points each, after so many gradient steps at the rate that suits the start "
          + "best; 95 % t intervals.",
        "\(steps) outer steps of 25 sines with Adam at 1e-3; the learned start through one exact inner step of 0.01.",
      ],
      columns: ["start", "rate"] + rounds.map { $0 == 0 ? "before" : "\($0) steps" }, rows: rows
    ).report("sinusoid", to: results.output)
  }
}
