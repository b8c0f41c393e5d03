import ArchPrior
import ArgumentParser
import Basics
import Foundation

/// The words of a command line before they are parsed: what the parser would misunderstand is put right, and what it would pass over
/// is said.
enum Arguments {
  /// The words for the parser.
  ///
  /// An option that is given again counts by its last value, as scripts that add to a command expect; that is noted.
  ///
  /// - Throws: `CommandError` for an option with an empty value.
  static func checked(_ words: [String]) throws -> [String] {
    let joined = joiningNegativeNumbers(words)
    let names = joined.prefix { $0 != "--" }.filter { $0.hasPrefix("--") }.map { $0.prefix { $0 != "=" } }
    // Only then is it worth knowing what every option is.
    if Set(names).count < names.count || joined.contains(where: { $0.isEmpty || ($0.hasPrefix("--") && $0.hasSuffix("=")) }) {
      try checkOptions(joined)
    }
    return joined
  }

  /// Checks that the words are texts: the system's are bytes, and what is no UTF-8 of them would name another file.
  ///
  /// - Throws: `CommandError`.
  static func checkEncoding(_ words: [[UInt8]]) throws {
    guard let word = words.first(where: { String(validating: $0, as: UTF8.self) == nil }) else { return }
    throw CommandError("'\(SystemFiles.escaped(word))' is not UTF-8", help: "rename the file or folder, or mend the argument")
  }

  /// The words of this process as the system gave them, without the program's.
  static var ofProcess: [[UInt8]] {
    (1..<max(1, Int(CommandLine.argc))).compactMap { index in
      CommandLine.unsafeArgv[index].map { pointer in Array(UnsafeRawBufferPointer(start: pointer, count: strlen(pointer))) }
    }
  }

  /// `--rate -0.1` as `--rate=-0.1`: the parser takes what begins with a hyphen for an option.
  static func joiningNegativeNumbers(_ words: [String]) -> [String] {
    var result: [String] = []
    var isOver = false
    for word in words {
      if !isOver, word.hasPrefix("-"), Double(word) != nil, let last = result.last, last.hasPrefix("--"), !last.contains("=") {
        result[result.count - 1] = "\(last)=\(word)"
      } else {
        isOver = isOver || word == "--"
        result.append(word)
      }
    }
    return result
  }

  // MARK: What options there are

  private struct Tool: Decodable { var command: Command }

  private struct Command: Decodable {
    var commandName: String
    var subcommands: [Command]?
    var arguments: [Argument]?
  }

  private struct Argument: Decodable {
    struct Name: Decodable { var name: String }
    var kind: String
    var isRepeating: Bool
    var names: [Name]?
  }

  private static func checkOptions(_ words: [String]) throws {
    var command = try JSONDecoder().decode(Tool.self, from: Data(ArchPriorCommand._dumpHelp().utf8)).command
    var rest = words[...]
    while let word = rest.first, let inner = command.subcommands?.first(where: { $0.commandName == word }) {
      (command, rest) = (inner, rest.dropFirst())
    }
    let options = (command.arguments ?? []).filter { $0.kind == "option" }
    var (seen, noted): (Set<Substring>, Set<Substring>) = ([], [])
    while let word = rest.popFirst(), word != "--" {
      let name = word.prefix { $0 != "=" }
      guard let option = options.first(where: { $0.names?.contains { "--\($0.name)" == name } ?? false }) else { continue }
      let value = name.count < word.count ? word.dropFirst(name.count + 1) : rest.first.map { $0[...] }
      if name.count == word.count, let value, !value.hasPrefix("-") { rest = rest.dropFirst() }
      guard value != "" else { throw CommandError("\(name) is empty", help: "give it a value, or leave it out") }
      if !option.isRepeating, !seen.insert(name).inserted, noted.insert(name).inserted {
        Output.note("note: \(name) is given more than once and takes one value; the last one counts")
      }
    }
  }
}
