import ArchPrior
import Foundation
import Testing

/// What a shell does to the two streams that commands write.
@Suite struct OutputTests {
  /// The main thread of a process may have a stack too small for a command; so may the others. Images that are pooled away are warned of.
  @Test func aSmallStackIsEnough() throws {
    let folder = try TemporaryFolder()
    try folder.write(
      """
      method: maml
      conv4: {filters: 2}
      data: {sources: [glyphs-greek], image_size: 14}
      task: {way: 3, query: 2}
      inner: {steps: 1, test_steps: 1}
      evaluation: {validation_tasks: 2}
      """, to: "run.yaml")
    let outcome = try Program.shell(
      "ulimit -s 64; exec archprior meta-train '\(folder.file("run.yaml"))' --dry-run --threads 2")
    #expect(outcome.code == 0, "\(outcome.error)")
    #expect(outcome.error.contains("warning: conv-4 pools images of 14×14 away"), "\(outcome.error)")
  }

  /// Commands that print a result, with what they need beforehand.
  private static let printing = [
    "datasets list", "datasets list --json", "datasets show glyphs-greek --json", "datasets verify glyphs-greek",
    "datasets build glyphs --dry-run", "meta-train --print-configuration", "doctor", "doctor --json", "--version", "--help",
    "datasets import --help", "help search", "--generate-completion-script bash", "--experimental-dump-help",
    "compare --output x --dry-run --json",
    "search random-search --space nas-bench-201 --estimator synflow --images glyphs-thai --evaluations 1 --seeds 1",
  ]

  /// A limit of file sizes is an error like a full disk, and a working folder that was deleted is none to look in.
  @Test(arguments: [
    ("ulimit -f 0; exec \"$0\" datasets import \"$1/in\" --name x --size 64 --into \"$1\"", Int32(1), "File too large"),
    ("mkdir \"$1/gone\" && cd \"$1/gone\" && rmdir \"$1/gone\"; timeout 20 \"$0\" datasets list >&2", 0, "glyphs-greek"),
  ]) func limitsAndLostFolders(script: String, code: Int32, message: String) throws {
    let folder = try TemporaryFolder()
    for name in ["a", "b"] {
      try FileManager.default.createDirectory(atPath: folder.file("in/\(name)"), withIntermediateDirectories: true)
      try PixelImage(height: 64, width: 64, channels: 3, filledWith: name == "a" ? 10 : 200).writePNG(
        to: folder.file("in/\(name)/1.png"))
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", script, Program.path, folder.path]
    process.environment = ["PATH": "/usr/bin:/bin", "HOME": folder.path]
    let error = Pipe()
    process.standardOutput = FileHandle.nullDevice
    process.standardError = error
    try process.run()
    let text = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == code, "\(text)")
    #expect(text.contains(message), "\(text)")
    #expect(try !FileManager.default.contentsOfDirectory(atPath: folder.path).contains { $0.contains(".tmp-") })
  }

  @Test(arguments: printing) func aFullDiskIsAnError(command: String) throws {
    let outcome = try Program.shell("archprior \(command) > /dev/full")
    #expect(outcome.code == 1)
    #expect(outcome.error.hasSuffix("error: cannot write standard output: No space left on device\n"), "\(outcome.error)")
  }

  @Test(arguments: printing) func closedOutputIsAnError(command: String) throws {
    let outcome = try Program.shell("archprior \(command) >&-")
    #expect(outcome.code == 1)
    #expect(outcome.error.hasSuffix("error: cannot write standard output: Bad file descriptor\n"), "\(outcome.error)")
  }

  /// The reader is gone before the first byte. As with `cat` and `grep`, nobody is told but the shell.
  @Test(arguments: printing) func aReaderThatGoesAwayIsNoSuccess(command: String) throws {
    let outcome = try Program.shell("{ sleep 0.2; archprior \(command); echo code $? >&2; } | true")
    #expect(outcome.error.hasSuffix("code 141\n") && !outcome.error.contains("error:"), "\(outcome.error)")
  }

  @Test(arguments: ["2>/dev/full", "2>&-", "2>/dev/full >/dev/null", "2>&- >/dev/null"])
  func standardErrorDoesNotEndARun(redirection: String) throws {
    let folder = try TemporaryFolder()
    try folder.write(WorkflowTests.configuration, to: "tiny.yaml")
    let outcome = try Program.shell("archprior meta-train tiny.yaml --output run \(redirection)", in: folder.path)
    #expect(outcome.code == 0)
    #expect(try RunDirectory.read(folder.file("run")).readResult(PriorRun.Outcome.self, named: "meta-training").finished)
    let failed = try Program.shell("archprior evaluate missing \(redirection)", in: folder.path)
    #expect(failed.code == 2 && failed.output.isEmpty)
  }

  /// A file that is opened first must not become standard error or output.
  @Test func closedStreamsDoNotWriteIntoFiles() throws {
    let folder = try TemporaryFolder()
    try folder.write(WorkflowTests.configuration, to: "tiny.yaml")
    let outcome = try Program.shell("archprior meta-train tiny.yaml --output run <&- >&- 2>&-", in: folder.path)
    #expect(outcome.code == 1)
    let journal = try String(contentsOfFile: folder.file("run/log.jsonl"), encoding: .utf8)
    #expect(journal.split(separator: "\n").allSatisfy { $0.hasPrefix("{") && $0.hasSuffix("}") })
    _ = try RunDirectory.read(folder.file("run")).latestCheckpoint()
  }

  /// Nothing in the module goes past what notices failures.
  @Test func nothingWritesPastTheCheckedWriter() throws {
    let folder = Program.project + "/Sources"
    let files = try #require(FileManager.default.enumerator(atPath: folder)).compactMap { $0 as? String }
      .filter { $0.hasSuffix(".swift") }
    #expect(files.count > 300)
    for file in files {
      let text = try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
      for word in ["Swift.print(", "FileHandle.standardError", "FileHandle.standardOutput", "fputs(", "putchar(", "withError:"] {
        #expect(!text.contains(word), "\(file): \(word)")
      }
      // Elsewhere `print` would be Swift's own.
      if !file.hasPrefix("ArchPriorCommands/") {
        #expect(
          !text.split(separator: "\n").contains { $0.contains("print(") && $0.contains(/\bprint\(/) && !$0.contains("//") },
          "\(file)")
      }
    }
    let output = try String(contentsOfFile: folder + "/ArchPriorCommands/Output.swift", encoding: .utf8)
    #expect(output.contains("func print(_ items: Any..."))
  }
}

/// Signals and limits of whoever starts the program.
@Suite struct ProcessTests {
  /// A terminal that goes away sends SIGHUP, often twice.
  @Test(arguments: ["HUP", "HUP HUP", "TERM", "INT"]) func aSignalSaves(signals: String) throws {
    let folder = try TemporaryFolder()
    try folder.write(
      WorkflowTests.configuration.replacingOccurrences(of: "budget: {tasks: 24}", with: "budget: {tasks: 1000000}"),
      to: "long.yaml")
    let kills = signals.split(separator: " ").map { "kill -\($0) $!" }.joined(separator: "; ")
    let outcome = try Program.shell(
      """
      archprior meta-train long.yaml --output run & while ! ls run/checkpoints/tasks-* >/dev/null 2>&1; do sleep 0.05; done; \(kills); wait $!
      """, in: folder.path)
    #expect(outcome.code == 1 && outcome.error.contains("everything so far is saved"), "\(outcome.error)")
    _ = try RunDirectory.read(folder.file("run")).latestCheckpoint()
  }

  /// `nohup` wants its program to go on.
  @Test func whoIgnoresHangupGoesOn() throws {
    let folder = try TemporaryFolder()
    try folder.write(WorkflowTests.configuration, to: "tiny.yaml")
    let outcome = try Program.shell(
      "(trap '' HUP; exec archprior meta-train tiny.yaml --output run) & while ! test -s run/log.jsonl; do sleep 0.05; done; kill -HUP $!; wait $!",
      in: folder.path)
    #expect(outcome.code == 0, "\(outcome.error)")
  }

  /// OpenBLAS's threads would each want 128 MiB before the first line of the program.
  @Test(arguments: [120_000, 180_000, 220_000, 260_000]) func littleAddressSpaceIsNoHang(kilobytes: Int) throws {
    let outcome = try Program.shell("ulimit -v \(kilobytes); exec timeout 20 archprior --version")
    #expect(outcome.code == 0 && outcome.output == "\(ArchPriorVersion.current)\n", "\(outcome)")
  }

  /// What needs OpenBLAS says that it cannot be had, or has it; it never waits.
  @Test(arguments: [300_000, 2_000_000]) func littleAddressSpaceIsNamed(kilobytes: Int) throws {
    let outcome = try Program.shell("ulimit -v \(kilobytes); exec timeout 20 archprior doctor")
    #expect(outcome.code == 0 || (outcome.code == 1 && outcome.output.contains("MiB of memory")), "\(outcome)")
    #expect(kilobytes < 2_000_000 || outcome.code == 0)
  }

  @Test(arguments: [
    (["ARCHPRIOR_KERNELS": "sse"], "error: ARCHPRIOR_KERNELS is 'sse'\nhelp: it takes baseline, avx2, avx512\n"),
    (["ARCHPRIOR_KERNELS": "AVX2"], "error: ARCHPRIOR_KERNELS is 'AVX2'\n"),
    (["ARCHPRIOR_FUSION": "of"], "error: ARCHPRIOR_FUSION is 'of'\n"),
    (["ARCHPRIOR_FUSION": "0"], "error: ARCHPRIOR_FUSION is '0'\n"),
  ]) func valuesThatAVariableDoesNotTakeAreErrors(environment: [String: String], text: String) throws {
    let outcome = try Program.run(["datasets", "list"], environment: environment)
    #expect(outcome.code == 2 && outcome.output.isEmpty && outcome.error.hasPrefix(text), "\(outcome.error)")
  }

  @Test(arguments: [
    (["ARCHPRIOR_KERNEL": "avx2"], "note: ARCHPRIOR_KERNEL is no variable of ArchPrior; did you mean ARCHPRIOR_KERNELS?\n"),
    (["ARCHPRIOR_DATASET": "/"], "note: ARCHPRIOR_DATASET is no variable of ArchPrior; did you mean ARCHPRIOR_DATASETS?\n"),
    (["ARCHPRIOR_DATASETS": "/nonexistent"], "note: ARCHPRIOR_DATASETS names /nonexistent, which is no folder\n"),
    (["ARCHPRIOR_KERNELS": "baseline", "ARCHPRIOR_FUSION": "off"], ""),
    (["ARCHPRIOR_KERNELS": "", "ARCHPRIOR_FUSION": "on"], ""),
  ]) func typingErrorsInNamesAreSaid(environment: [String: String], text: String) throws {
    let outcome = try Program.run(["datasets", "list"], environment: environment)
    #expect(outcome.code == 0 && outcome.error == text, "\(outcome.error)")
  }
}
