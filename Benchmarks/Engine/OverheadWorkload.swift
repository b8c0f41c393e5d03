import ArchPrior
import ArgumentParser

/// What a primitive costs besides its arithmetic: chains of primitives on 16 elements.
struct OverheadWorkload: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "overhead", abstract: "Nanoseconds a primitive on 16 elements: plain, recorded, and with its reverse pass.")

  @Option(help: "Primitives in the chain.")
  var length = 999

  @Option(help: "Timed chains of each kind.")
  var repeats = 200

  private struct OverheadReport: Encodable {
    var workload = "overhead"
    var engine = "ArchPrior"
    var version = ArchPriorVersion.current
    var elements = 16
    var length: Int
    /// Nanoseconds a primitive, medians over the chains.
    var plain: Double
    var recorded: Double
    /// Forward, recording and reverse pass together, for each primitive of the forward pass.
    var withReverse: Double
    var loadAverage: Double
  }

  func run() throws {
    let x = Tensor(shape: [16], DeterministicInputs.values("overhead.x", count: 16).map { Float($0) })
    let y = Tensor(shape: [16], DeterministicInputs.values("overhead.y", count: 16).map { Float($0) })
    let rounds = max(1, length / 3)
    // A binary primitive with two, one with one operand on the tape, and a unary one; the values stay bounded.
    func chain(_ x: Tensor) -> Tensor {
      var z = x
      for _ in 0..<rounds {
        z = z * y
        z = z + x
        z = z.relu()
      }
      return z
    }
    func nanoseconds(_ body: () -> Void) -> Double {
      for _ in 0..<10 { body() }
      let times = (0..<max(1, repeats)).map { _ in
        let start = Clock.now
        body()
        return Clock.seconds(since: start)
      }
      return 1e9 * OrderStatistics.median(times) / Double(3 * rounds)
    }
    try printJSON(
      OverheadReport(
        length: 3 * rounds, plain: nanoseconds { _ = chain(x) },
        recorded: nanoseconds { _ = vjp(at: [x]) { [chain($0[0])] } },
        withReverse: nanoseconds { _ = gradient(at: [x]) { chain($0[0]).sum() } }, loadAverage: loadAverage()))
  }
}
