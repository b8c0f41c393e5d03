import ArchPrior
import ArgumentParser
import Foundation

/// Times one piece of work in this process and prints one JSON object: what `make bench` calls beside the peers.
@main
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "archprior-bench", abstract: "Times the engine's work; one JSON object a run.", subcommands: [TNASTask.self])
}

private func cpuSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

struct TNASTask: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "tnas", abstract: "One T-NAS task: inner steps, query gradient.")

  @Option var channels = 16
  @Option var size = 28
  @Option var query = 15
  @Option var steps = 5
  @Option var order = "first"
  @Option var repeats = 5
  @Flag var profile = false

  func run() throws {
    let space = try DARTSSpace(
      channels: channels, stem: .flat, inputHeight: size, inputWidth: size, inputChannels: 1, way: 5)
    let model = SupernetModel(Supernet(space))
    let start = model.layout.initialParameters(seed: 1)
    var generator = Philox(seed: 1, stream: "bench")
    func images(_ count: Int) -> Tensor {
      Tensor(shape: [count, size, size, 1], generator.normal(count: count * size * size))
    }
    func labels(_ perClass: Int) -> [Int] { (0..<5).flatMap { Array(repeating: $0, count: perClass) } }
    let task = FewShotTask(
      supportImages: images(5), supportLabels: labels(1), queryImages: images(5 * query), queryLabels: labels(query), way: 5)
    let loop = TNAS(steps: steps).loop(for: model)
    let problem = FewShotProblem(model, task: task, batchNorm: .transductive)
    let estimator: any HypergradientEstimator = order == "first" ? FirstOrder() : UnrolledRematerialized()
    var seconds: [Double] = []
    var processor: [Double] = []
    var loss = 0.0
    loss = try estimator.hypergradient(of: problem, loop: loop, at: start.tensors).outerLoss
    if profile { Profile.start() }
    for _ in 0..<repeats {
      let cpu = cpuSeconds()
      let clock = ContinuousClock()
      let time = try clock.measure { loss = try estimator.hypergradient(of: problem, loop: loop, at: start.tensors).outerLoss }
      seconds.append(Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18)
      processor.append(cpuSeconds() - cpu)
    }
    if profile {
      let table = Profile.stop()
      let total = table.values.reduce(0) { $0 + $1.seconds }
      for (name, entry) in table.sorted(by: { $0.value.seconds > $1.value.seconds }) {
        print(
          name.padding(toLength: 34, withPad: " ", startingAt: 0),
          String(
            format: "%8d %9.1f ms %5.1f %%", entry.calls / repeats, 1e3 * entry.seconds / Double(repeats),
            100 * entry.seconds / total))
      }
    }
    print("cpu", processor.sorted().map { String(format: "%.3f", $0) }.joined(separator: " "))
    print(seconds.sorted().map { String(format: "%.3f", $0) }.joined(separator: " "), loss)
  }
}
