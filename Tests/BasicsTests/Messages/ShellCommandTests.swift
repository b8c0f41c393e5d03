import Basics
import Foundation
import Testing

/// Lines for people to copy, read back by the shell itself.
@Suite struct ShellCommandTests {
  private static let words = [
    "plain", "with space", "it's", "\"quoted\"", "it's a \"test\"", "$HOME", "`date`", "a\\b", "*.png", "~", "", "-x", "--output",
    "a;b&c|d",
    "<in>", "#no", "!event", "tab\there", "new\nline", "100%\nsure\\n", "é", "e\u{301}", "日本", "\u{202E}gnp.exe", "\u{1B}[31m",
    "=cmd",
    "a'\n'b", "ends in a line\n", "(x)", "{a,b}", "[ab]", "κ\u{200D}λ", "$(printf x)",
  ]

  @Test(arguments: words) func aShellReadsEveryWordAsItIs(word: String) throws {
    let line = ShellCommand(["printf", "%s\\0", word, "next"]).description
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", line]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let read = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(Array(read) == Array(word.utf8) + [0] + Array("next".utf8) + [0], "\(line)")
  }

  @Test func whatNeedsNoQuotesHasNone() {
    #expect(
      ShellCommand(["archprior", "meta-train", "--resume", "--output", "runs/omniglot-5w1s_2", "--set", "inner.steps=3"])
        .description
        == "archprior meta-train --resume --output runs/omniglot-5w1s_2 --set inner.steps=3")
    #expect(ShellCommand(["a b", "c'd"]).description == #"'a b' 'c'\''d'"#)
  }

  @Test(arguments: ["new\nline", "\u{202E}x", "\u{1B}]0;title\u{7}", "a\u{2028}b"])
  func aLineStaysOneLineAndLeavesTheTerminalAlone(word: String) {
    let line = ShellCommand([word]).description
    #expect(
      line.unicodeScalars.allSatisfy { ![.control, .format, .lineSeparator].contains($0.properties.generalCategory) }, "\(line)")
  }

  @Test func pathsAreNoOptions() {
    #expect(ShellCommand.path("-run") == "./-run" && ShellCommand.path("/a/-b") == "/a/-b" && ShellCommand.path("run") == "run")
  }
}
