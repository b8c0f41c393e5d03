import Foundation
import Testing

/// Help texts against those in `Snapshots`. With `ARCHPRIOR_RECORD=1` they are written instead, to be read in the diff.
@Suite struct HelpTests {
  static let commands = [
    [], ["meta-train"], ["adapt"], ["evaluate"], ["compare"], ["study"], ["search"], ["supernet"], ["runs"],
    ["runs", "list"], ["runs", "show"], ["runs", "diff"], ["runs", "prune"], ["datasets"], ["datasets", "list"],
    ["datasets", "verify"],
    ["datasets", "show"], ["datasets", "build"], ["datasets", "import"], ["datasets", "remove"], ["doctor"],
  ]

  @Test(arguments: commands) func helpIsAsRecorded(command: [String]) throws {
    let outcome = try Program.run(command + ["--help"])
    #expect(outcome.code == 0 && outcome.error.isEmpty)
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Snapshots"
    let file = "\(folder)/\((["archprior"] + command).joined(separator: "-")).txt"
    if ProcessInfo.processInfo.environment["ARCHPRIOR_RECORD"] == "1" {
      try outcome.output.write(toFile: file, atomically: true, encoding: .utf8)
    }
    #expect(try outcome.output == String(contentsOfFile: file, encoding: .utf8))
  }

  @Test func versionIsPrinted() throws {
    let outcome = try Program.run(["--version"])
    #expect(outcome.code == 0 && outcome.error.isEmpty)
    #expect(outcome.output.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil)
  }
}
