import ArchPrior
import ArgumentParser
import Foundation

/// Thousands of adaptations in one process: memory that grows would show.
struct Soak: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "soak", abstract: "Many episodes in one process: resident memory, and what is left of the tapes.")

  @OptionGroup var results: ResultOptions
  @Option(help: "Episodes of adaptation.") var episodes = 10_000
  @Option(help: "Episodes from one line of the table to the next.") var every = 1000
  @Option(help: "Filters of the network.") var filters = 32
  @Option(help: "Threads.") var threads = 2

  /// How things stand after so many episodes.
  struct State: Sendable {
    var episodes: Int
    /// Bytes.
    var resident, peak: Int
    /// Differentiations whose record is alive, and the nodes in it.
    var tapes, nodes: Int
    /// The mean accuracy of the episodes since the last line.
    var accuracy: Double
    var seconds: Double
  }

  /// Adapts to one new 5-way 1-shot episode of glyphs after the other, 5 steps each; every tenth has a meta-gradient taken as well.
  static func run(
    episodes: Int, every: Int, filters: Int, threads: Int, observe: (State) -> Void = { _ in }
  ) throws -> [State] {
    let shape = try TaskShape(way: 5, shot: 1, queriesPerClass: 15)
    let sources = try ["glyphs-greek", "glyphs-hiragana"].map { try DatasetCatalog.load($0).dataset }
    let data = try StudyData(sources: sources, heldOut: [], shape: shape, rotations: .none, seed: 1)
    let network = Conv4(
      filters: filters, inputHeight: data.imageShape[0], inputWidth: data.imageShape[1], inputChannels: data.imageShape[2], way: 5
    )
    let trainer = MetaTrainer.maml(network, innerRate: 0.05, innerSteps: 5, estimator: UnrolledRematerialized())
    let start = trainer.initialState(seed: 1).parameters
    var states: [State] = []
    let clock = ContinuousClock()
    for first in stride(from: 0, to: episodes, by: every) {
      let begin = clock.now
      let accuracies = try parallelMap(min(every, episodes - first), threads: threads) { offset in
        let task = FewShotTask(try data.maker.episode(data.metaTrain.description(at: first + offset)))
        if offset % 10 == 0 {
          let problem = FewShotProblem(trainer.model, task: task, batchNorm: .transductive)
          _ = try trainer.estimator.hypergradient(of: problem, loop: trainer.loop, at: start.tensors)
        }
        return try adapt(trainer.model, from: start, to: task, loop: trainer.loop, batchNorm: .transductive).accuracy
      }
      let seconds = (clock.now - begin) / .seconds(1)
      states.append(
        State(
          episodes: first + accuracies.count, resident: ProcessMemory.resident ?? 0, peak: ProcessMemory.peak ?? 0,
          tapes: TapeCensus.tapes, nodes: TapeCensus.nodes, accuracy: try Sample(accuracies).mean, seconds: seconds))
      observe(states[states.count - 1])
    }
    return states
  }

  func run() throws {
    let states = try Self.run(episodes: episodes, every: every, filters: filters, threads: threads) { state in
      FileHandle.standardError.write(Data("\(state.episodes) episodes, \(state.resident >> 20) MiB\n".utf8))
    }
    func mebibytes(_ bytes: Int) -> String { String(format: "%.1f", Double(bytes) / 1_048_576) }
    try ResultTable(
      title: "\(episodes) episodes in one process",
      notes: [
        "Conv-4 with \(filters) filters, 5-way 1-shot glyphs, 75 queries: 5 inner steps and a prediction each, and for every tenth an "
          + "exact meta-gradient; \(threads) threads.",
        "Tapes and nodes are those alive between the episodes.",
      ],
      columns: ["episodes", "resident, MiB", "peak, MiB", "tapes", "tape nodes", "episodes a second"],
      rows: states.enumerated().map { index, state in
        let before = index == 0 ? 0 : states[index - 1].episodes
        return [
          "\(state.episodes)", mebibytes(state.resident), mebibytes(state.peak), "\(state.tapes)", "\(state.nodes)",
          String(format: "%.0f", Double(state.episodes - before) / state.seconds),
        ]
      }
    ).report("soak", to: results.output)
  }
}
