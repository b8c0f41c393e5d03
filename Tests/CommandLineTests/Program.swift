import Foundation

/// The built command, run as a user runs it.
struct Program {
  struct Outcome {
    var code: Int32
    var output: String
    var error: String
  }

  /// The executable is built into the folder that the tests are built into.
  static let path =
    URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().path + "/archprior"

  /// The project's folder, where the data sets are.
  static let project = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  /// The lines of a journal as they are written, without a look at their checksums.
  static func lines(_ path: String) throws -> [String] {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    return text[..<(text.lastIndex(of: "\n") ?? text.startIndex)].split(separator: "\n").map(String.init)
  }

  /// Runs the command to its end.
  ///
  /// - Parameters:
  ///   - folder: the working directory.
  ///   - program: the executable, where it is not the command.
  static func run(
    _ arguments: [String], in folder: String = project, environment: [String: String] = [:], of program: String = path
  ) throws -> Outcome {
    let (process, output, error) = process(arguments, in: folder, environment: environment)
    process.executableURL = URL(fileURLWithPath: program)
    try process.run()
    // Standard error is read meanwhile, so that neither pipe can fill up and stop the process.
    let errorText = Collected(error)
    let outputText = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Outcome(
      code: process.terminationStatus, output: String(decoding: outputText, as: UTF8.self), error: errorText.wait())
  }

  /// Starts the command and ends it by a signal when a condition holds (or after a minute).
  static func run(_ arguments: [String], signal: Int32, when condition: () -> Bool) throws -> Outcome {
    let (process, output, error) = process(arguments, in: project, environment: [:])
    try process.run()
    let errorText = Collected(error)
    let outputText = Collected(output)
    let end = Date(timeIntervalSinceNow: 60)
    while process.isRunning && !condition() && Date() < end { usleep(2_000) }
    if process.isRunning { kill(process.processIdentifier, signal) }
    process.waitUntilExit()
    return Outcome(code: process.terminationStatus, output: outputText.wait(), error: errorText.wait())
  }

  /// Runs a line in a POSIX shell that finds the command as `archprior`.
  static func shell(_ line: String, in folder: String = project, environment: [String: String] = [:]) throws -> Outcome {
    let own = URL(fileURLWithPath: path).deletingLastPathComponent().path
    let merged = ["PATH": "\(own):/usr/bin:/bin", "ARCHPRIOR_DATASETS": project + "/datasets"].merging(environment) { $1 }
    return try run(["-c", line], in: folder, environment: merged, of: "/bin/sh")
  }

  private static func process(
    _ arguments: [String], in folder: String, environment: [String: String]
  ) -> (process: Process, output: Pipe, error: Pipe) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    // 80 columns, so that help texts wrap the same everywhere.
    process.environment = ["COLUMNS": "80", "PATH": "/usr/bin:/bin", "HOME": "/nonexistent"].merging(environment) { $1 }
    let (output, error) = (Pipe(), Pipe())
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = error
    return (process, output, error)
  }

  /// What a pipe delivers, read on a thread of its own.
  private final class Collected: @unchecked Sendable {
    private var data = Data()
    private let group = DispatchGroup()

    init(_ pipe: Pipe) {
      DispatchQueue.global().async(group: group) { self.data = pipe.fileHandleForReading.readDataToEndOfFile() }
    }

    func wait() -> String {
      group.wait()
      return String(decoding: data, as: UTF8.self)
    }
  }
}

/// A folder that is removed at the end.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("archprior-command-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { "\(path)/\(name)" }
  func write(_ text: String, to name: String) throws { try text.write(toFile: file(name), atomically: false, encoding: .utf8) }
}
