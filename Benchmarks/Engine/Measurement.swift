import ArchPrior
import ArgumentParser
import Foundation

/// How often a workload runs, and on whose demand.
struct RunOptions: ParsableArguments {
  @Option(help: "Threads.")
  var threads = 1

  @Option(help: "Timed runs.")
  var repeats = 5

  @Option(help: "Runs before the timed ones.")
  var warmup = 1

  @Flag(help: "Time one run for each line of standard input, so that a driver can alternate between programs.")
  var interactive = false

  @Flag(help: "Float64 instead of Float32: tells how much of a difference to a peer is rounding.")
  var double = false

  var elementType: ElementType { double ? .float64 : .float32 }
}

/// What a workload computed: compared with what the peers computed.
struct Outcome {
  var loss: Double
  var gradient: [Tensor]

  /// The Euclidean norm over all tensors of the gradient.
  var gradientNorm: Double {
    gradient.reduce(0) { $0 + $1.doubles.reduce(0) { $0 + $1 * $1 } }.squareRoot()
  }
}

/// The facts about a workload that its report repeats.
struct WorkloadDescription {
  var name: String
  var settings: [String: JSONValue]
  /// Tasks that one run works on.
  var tasks = 1
  /// Floating-point operations of one run, 10⁹; convolutions and linear layers only, nothing counted twice that is only recomputed.
  var gigaflop: Double
}

/// What a program prints about a workload; `Benchmarks/peers/harness.py` prints the same keys.
struct Report: Encodable {
  var workload: String
  var engine = "ArchPrior"
  var version = ArchPriorVersion.current
  var settings: [String: JSONValue]
  var threads: Int
  var tasks: Int
  var seconds: [Double]
  var median: Double
  var minimum: Double
  var maximum: Double
  var gigaflop: Double
  var gigaflopPerSecond: Double
  var loss: Double?
  var gradientNorm: Double?
  var peakMemoryMiB: Double
  var memoryBeforeMiB: Double
  /// Buffers asked of the system during each timed run.
  var bufferAllocations: [Int]
  var kernels = KernelLevel.name
  var loadAverage: Double
}

/// One timed run, in the dialogue with a driver.
private struct RunLine: Encodable {
  var seconds: Double
  var loss: Double
}

private struct ReadyLine: Encodable { var ready = true }

/// Runs a workload as the options say and prints its report.
func measure(_ description: WorkloadDescription, _ options: RunOptions, _ once: () throws -> Outcome) throws {
  var seconds: [Double] = []
  var allocations: [Int] = []
  var outcome: Outcome?
  let before = Memory.resident
  for _ in 0..<options.warmup { outcome = try once() }
  func timed() throws {
    outcome = nil
    let allocated = BufferPool.systemAllocations
    let start = Clock.now
    let result = try once()
    seconds.append(Clock.seconds(since: start))
    allocations.append(BufferPool.systemAllocations - allocated)
    outcome = result
    if options.interactive { try printJSON(RunLine(seconds: seconds[seconds.count - 1], loss: result.loss)) }
  }
  if options.interactive {
    try printJSON(ReadyLine())
    while readLine() != nil { try timed() }
  } else {
    for _ in 0..<options.repeats { try timed() }
  }
  guard !seconds.isEmpty else { throw ValidationError("no run was asked for") }
  let median = OrderStatistics.median(seconds)
  try printJSON(
    Report(
      workload: description.name, settings: description.settings, threads: options.threads, tasks: description.tasks,
      seconds: seconds, median: median, minimum: seconds.min() ?? 0, maximum: seconds.max() ?? 0,
      gigaflop: description.gigaflop, gigaflopPerSecond: description.gigaflop / median, loss: outcome?.loss,
      gradientNorm: outcome?.gradientNorm, peakMemoryMiB: Memory.peak, memoryBeforeMiB: before,
      bufferAllocations: allocations, loadAverage: loadAverage()))
}

/// Prints a value as one line of JSON, at once.
func printJSON(_ value: some Encodable) throws {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  FileHandle.standardOutput.write(try encoder.encode(value) + Data("\n".utf8))
}

/// A setting's value in a report.
enum JSONValue: Encodable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
  case text(String)
  case number(Double)
  case integer(Int)
  case texts([String])

  init(stringLiteral value: String) { self = .text(value) }
  init(integerLiteral value: Int) { self = .integer(value) }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .text(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .texts(let value): try container.encode(value)
    }
  }
}

/// Monotonic time.
enum Clock {
  static var now: UInt64 { DispatchTime.now().uptimeNanoseconds }

  static func seconds(since start: UInt64) -> Double { Double(now - start) * 1e-9 }
}

/// Order statistics of timings.
enum OrderStatistics {
  static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
  }

  /// The smallest value that at least a share `level` of all values does not exceed.
  static func quantile(_ values: [Double], _ level: Double) -> Double {
    let sorted = values.sorted()
    return sorted[min(sorted.count - 1, max(0, Int((level * Double(sorted.count)).rounded(.up)) - 1))]
  }
}

/// This process's resident memory in MiB.
enum Memory {
  static var peak: Double { mebibytes(ProcessMemory.peak) }
  static var resident: Double { mebibytes(ProcessMemory.resident) }

  private static func mebibytes(_ bytes: Int?) -> Double { bytes.map { Double($0) / 0x1p20 } ?? .nan }
}

/// Processes that ran or wanted to, averaged over the last minute: tells whether the machine was quiet.
func loadAverage() -> Double {
  var averages = [0.0]
  return getloadavg(&averages, 1) == 1 ? averages[0] : .nan
}
