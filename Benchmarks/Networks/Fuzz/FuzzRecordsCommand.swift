import ArgumentParser
import Foundation
import Synchronization

/// Damaged copies of every kind of file that the program reads back.
struct FuzzRecordsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fuzz-records",
    abstract: "Reads damaged checkpoints, runs, studies, searches, states and supernets: each is named or without effect.",
    discussion: """
      Every kind is read in a process of its own, which says the number that it is at: a trap, ten seconds without an answer or more than \
      1 GiB of memory are found by it, and the rest goes on. Numbers determine mutations.
      """)

  @Option(help: "Mutations of each kind.")
  var files = 20_000
  @Option(help: "Single flipped bits of each kind, beside them.")
  var flips = 200
  @Option(help: "Determines the mutations.")
  var seed: UInt64 = 1
  @Option(help: "Only kinds whose name contains this.")
  var only = ""
  @Option(help: "Samples and damaged copies; a folder in memory is quick.")
  var scratch = "/dev/shm/archprior-fuzz-records"
  @Option(help: "Where the table goes, besides the standard output.")
  var output: String?
  @Option(help: ArgumentHelp("One kind, in this process.", visibility: .hidden))
  var child: String?
  @Option(help: ArgumentHelp("The first number.", visibility: .hidden))
  var first = 0

  private static let hang = 10.0
  private static let memory = 1024.0

  func run() throws {
    let kinds = try RecordKinds(root: scratch + "/samples").all()
    if let child { return try runChild(kinds, child) }
    var rows = [
      ["kind", "mutations", "named", "same result", "survived", "silent", "ended", "slowest s", "MB", "flips", "named", "same"]
    ]
    var failed = 0
    for (kind, _) in kinds where kind.name.contains(only) || only.isEmpty {
      let mutated = try inChildren(kind.name, count: files, flips: false)
      let flipped = try inChildren(kind.name, count: flips, flips: true)
      failed += (mutated.silent + mutated.fatal + flipped.silent + flipped.fatal).count
      rows.append(
        [
          kind.name, "\(mutated.tried)", "\(mutated.named)", "\(mutated.same)", "\(mutated.survived)", "\(mutated.silent.count)",
          "\(mutated.fatal.count)", String(format: "%.2f", max(mutated.slowest, flipped.slowest)),
          String(format: "%.0f", max(mutated.peakMegabytes, flipped.peakMegabytes)), "\(flipped.tried)", "\(flipped.named)",
          "\(flipped.same)",
        ])
      say(rows[rows.count - 1].joined(separator: "  "))
      for text in (mutated.silent + mutated.fatal).prefix(5) { say("  mutation \(text)") }
      for text in (flipped.silent + flipped.fatal).prefix(5) { say("  flip \(text)") }
    }
    say("\n" + table(rows))
    if let output { try Data((table(rows) + "\n").utf8).write(to: URL(fileURLWithPath: output)) }
    if failed > 0 { throw ExitCode(1) }
  }

  /// Goes through the numbers in child processes, a new one after each that ends badly.
  private func inChildren(_ kind: String, count: Int, flips: Bool) throws -> RecordKind.Report {
    var total = RecordKind.Report()
    var first = 0
    let state = "\(scratch)/at-\(getpid())"
    while first < count, total.fatal.count < 20 {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
      process.arguments = [
        "fuzz-records", "--child", kind, "--first", "\(first)", "--files", "\(flips ? 0 : count)", "--flips",
        "\(flips ? count : 0)",
        "--seed", "\(seed)", "--scratch", scratch, "--output", state,
      ]
      process.standardError = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      if process.terminationReason == .exit, process.terminationStatus == 0 {
        total.add(
          try JSONDecoder().decode(RecordKind.Report.self, from: Data(contentsOf: URL(fileURLWithPath: state + ".report"))))
        break
      }
      let at =
        (try? String(contentsOfFile: state, encoding: .utf8)).flatMap { Int($0.trimmingCharacters(in: .whitespaces)) } ?? first
      let how =
        switch process.terminationStatus {
        case 97: "no answer in \(Self.hang) s"
        case 98: "more than \(Self.memory) MB"
        default: "ended by \(process.terminationReason == .uncaughtSignal ? "signal" : "code") \(process.terminationStatus)"
        }
      total.fatal.append("\(at): \(how)")
      total.tried += at + 1 - first
      first = at + 1
    }
    return total
  }

  private func runChild(_ kinds: [(kind: RecordKind, sample: String)], _ name: String) throws {
    guard let (kind, sample) = kinds.first(where: { $0.kind.name == name }), let output else { throw ExitCode(2) }
    let descriptor = open(output, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw ExitCode(2) }
    let begun = Mutex(Date())
    let watch = Thread {
      while true {
        Thread.sleep(forTimeInterval: 0.5)
        if begun.withLock({ Date().timeIntervalSince($0) }) > Self.hang { _exit(97) }
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        if Double(usage.ru_maxrss) / 1024 > Self.memory { _exit(98) }
      }
    }
    watch.start()
    let isFlips = flips > 0
    let report = try kind.run(
      sample: "\(scratch)/samples/\(sample)", scratch: "\(scratch)/copy-\(getpid())", seed: seed,
      numbers: first..<max(first, isFlips ? flips : files), flips: isFlips
    ) { number in
      begun.withLock { $0 = Date() }
      let text = Array(String(number).utf8) + [UInt8](repeating: 32, count: 12)
      _ = pwrite(descriptor, text, text.count, 0)
    }
    try? FileManager.default.removeItem(atPath: "\(scratch)/copy-\(getpid())")
    try JSONEncoder().encode(report).write(to: URL(fileURLWithPath: output + ".report"))
  }
}
