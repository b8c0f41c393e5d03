import ArchPrior
import Foundation
import Testing

/// Every option of every command, given what it does not take.
@Suite struct OptionTests {
  private struct Tool: Decodable { var command: Command }
  private struct Command: Decodable {
    var commandName: String
    var subcommands: [Command]?
    var arguments: [Argument]?
  }
  private struct Argument: Decodable {
    struct Name: Decodable { var name: String }
    var kind: String
    var names: [Name]?
  }

  /// The options that take a value, with the commands that have them.
  private static func options() throws -> [(command: [String], option: String)] {
    func all(_ command: Command, _ path: [String]) -> [(command: [String], option: String)] {
      (command.arguments ?? []).filter { $0.kind == "option" }.compactMap { argument in
        argument.names?.first.map { (path, "--\($0.name)") }
      } + (command.subcommands ?? []).flatMap { all($0, path + [$0.commandName]) }
    }
    let dump = try Program.run(["--experimental-dump-help"]).output
    return all(try JSONDecoder().decode(Tool.self, from: Data(dump.utf8)).command, [])
  }

  @Test func everyOptionSaysWhatItTakesAndIsNeverEmpty() throws {
    let options = try Self.options()
    #expect(options.count > 60)
    for (command, option) in options {
      // What takes any text must not begin its work.
      let wrong = try Program.run(command + [option, "?", "--no-such-option"])
      #expect(wrong.code == 2, "\(command) \(option)")
      if wrong.error.contains("is invalid for") {
        let help = wrong.error.components(separatedBy: "\n").first { $0.hasPrefix("help: \(option) ") } ?? ""
        let isSaid =
          wrong.error.contains("Please provide one of") || wrong.error.contains(": it takes a ") || help.contains { $0.isNumber }
        #expect(isSaid, "\(wrong.error)")
      }
    }
    // One a command is enough: all go the same way.
    for (command, option) in Dictionary(options.map { ($0.command, $0) }, uniquingKeysWith: { $1 }).values {
      for words in [[option, ""], ["\(option)="]] {
        let empty = try Program.run(command + words)
        #expect(
          empty.code == 2 && empty.error == "error: \(option) is empty\nhelp: give it a value, or leave it out\n", "\(empty)")
      }
    }
  }

  @Test func negativeNumbersAreOutOfBounds() throws {
    for (arguments, message) in [
      (
        ["search", "random-search", "--space", "nas-bench-201", "--benchmark", "x", "--evaluations", "-3"],
        "--evaluations must be "
      ),
      (["study", "x", "--jobs", "-1"], "--jobs must be from 0 to 1024, not -1"),
      (["datasets", "import", "x", "--name", "a", "--size", "-8"], "--size must be from 1 to 1024, not -8"),
      (["supernet", "gdas", "--dataset", "x", "--seconds", "-1e3"], "--seconds must be "),
      (
        ["compare", "--output", "x", "--seed", "-1"],
        "The value '-1' is invalid for '--seed <seed>': it takes a whole number, 0 or more"
      ),
      // After the terminator, and after a value, it is a word as any other.
      (["runs", "show", "--", "--root", "-1"], "Unexpected argument"),
      (["doctor", "--json", "-1"], "does not take any value"),
    ] {
      let outcome = try Program.run(arguments)
      #expect(outcome.code == 2 && outcome.error.contains("error: ") && outcome.error.contains(message), "\(outcome.error)")
    }
  }

  @Test func optionsThatRepeatMay() throws {
    let outcome = try Program.run([
      "meta-train", "--print-configuration", "--set", "seed=3", "--set", "inner.steps=2",
    ])
    #expect(outcome.code == 0 && outcome.output.contains("seed: 3") && outcome.output.contains("steps: 2"), "\(outcome)")
    // Scripts add options to a command: the last one counts, and it is said.
    let twice = try Program.run(["meta-train", "--print-configuration", "--threads", "1", "--threads=2"])
    #expect(twice.code == 0 && twice.output.contains("threads: 2\n"), "\(twice)")
    #expect(twice.error == "note: --threads is given more than once and takes one value; the last one counts\n")
  }

  @Test func argumentsThatAreNotUTF8AreNamed() throws {
    let outcome = try Program.shell("archprior datasets show \"$(printf 'caf\\351')\"")
    #expect(outcome.code == 2 && outcome.error.hasPrefix("error: 'caf\\xe9' is not UTF-8\nhelp: "), "\(outcome)")
  }

  @Test func beforeTheFirstRunThereAreNone() throws {
    let folder = try TemporaryFolder()
    let list = try Program.run(["runs", "list"], in: folder.path)
    #expect(list.code == 0 && list.output.isEmpty && list.error.hasPrefix("there are no runs yet"), "\(list)")
    let json = try Program.run(["runs", "list", "--json"], in: folder.path)
    let rows = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [Any]
    #expect(json.code == 0 && rows?.isEmpty == true)
    #expect(try Program.run(["runs", "prune"], in: folder.path).code == 0)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  /// A folder of class folders, of which the program may not read everything.
  @Test func whatMayNotBeReadIsLeftOut() throws {
    let folder = try TemporaryFolder()
    chmod(folder.path, 0o755)
    try WorkflowTests.writeTask(folder.file("task"), classes: 3)
    let source = folder.file("task/support")
    let picture = try #require(FileManager.default.contentsOfDirectory(atPath: source + "/b").first)
    #expect(chmod(source + "/c", 0) == 0 && chmod("\(source)/b/\(picture)", 0) == 0)
    defer { chmod(source + "/c", 0o755) }
    func run(_ options: String...) throws -> Program.Outcome {
      let words = ["datasets", "import", source, "--name", "x", "--size", "8", "--dry-run"] + options
      // What root may not read cannot be made.
      guard getuid() == 0 else { return try Program.run(words) }
      return try Program.run(
        ["--reuid", "65534", "--regid", "65534", "--clear-groups", Program.path] + words, in: "/", of: "/usr/bin/setpriv")
    }
    let outcome = try run()
    #expect(outcome.code == 0, "\(outcome)")
    for line in [
      "cannot be read and is left out (--strict makes that an error):",
      "  \(source)/b/\(picture): cannot be read: Permission denied",
      "1 file or folder is left out (--strict makes that an error):",
      "  \(source)/c: cannot be read: Permission denied; check the path",
    ] {
      #expect(outcome.error.contains(line), "\(outcome.error)")
    }
    let strict = try run("--strict")
    #expect(strict.code == 1 && strict.error.hasPrefix("error: \(source)/c: cannot be read: Permission denied\n"), "\(strict)")
  }
}
