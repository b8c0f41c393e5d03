import ArchPrior
import Basics
import Foundation
import Testing

/// Every command that the program prints: provoked, taken from the message, and run by a shell, in a folder whose name has spaces and quotes.
@Suite struct AdviceTests {
  /// A message with a command.
  struct Row: Sendable, CustomTestStringConvertible {
    /// The file that prints it, and what it prints of ``Advice``.
    var sites: [String]
    /// A shell line that ends in the message.
    var provoking: String
    /// What the message has before the command.
    var before: String
    /// What it has behind it, where it goes on.
    var after: String?
    /// What is added to the command, so that it ends soon.
    var added = ""
    /// What the command says where it succeeds.
    var says: String
    /// Whether the folder has a run.
    var needsRun = true

    var testDescription: String { sites.joined(separator: ", ") }
  }

  private static func interrupted(_ command: String, once file: String) -> String {
    "\(command) & while kill -0 $! && ! test -s \(file); do sleep 0.05; done; kill -INT $!; wait $!"
  }

  private static let search =
    "archprior search random-search --space nas-bench-201 --estimator synflow --images glyphs-thai --evaluations 2 --seeds 3000 --output 'a search'"

  static let rows: [Row] = [
    Row(
      sites: ["MetaTrainCommand.resume"],
      provoking: interrupted(
        "archprior meta-train 'a b.yaml' --set inner.steps=2 --set budget.tasks=400 --output \"it's run\"",
        once: "it*run/log.jsonl"),
      before: "go on with: ", says: "400 tasks"),
    Row(
      sites: ["MetaTrainCommand.resume"], provoking: "archprior meta-train 'a b.yaml' --set inner.steps=2 --resume --output run",
      before: "to go on under the run's own configuration: ", says: "prior: 24 tasks"),
    Row(
      sites: ["PriorRun+Budget.resume"], provoking: "archprior meta-train --resume --output run --set budget.tasks=48",
      before: "the budget that the run has: ", after: "; or train another", says: "prior: 24 tasks"),
    Row(
      sites: ["RunsCommand.resume"], provoking: "echo '{' > run/results/meta-training.json; archprior runs show run; false",
      before: "go on with: ", says: "prior: 24 tasks"),
    Row(
      sites: ["RunDirectory+Papers.resume"], provoking: "echo x >> run/configuration.yaml; archprior evaluate run",
      before: "from the newest checkpoint: ", says: "prior: 24 tasks"),
    Row(
      sites: ["RunDirectory.resume"], provoking: "rm run/provenance.json; archprior evaluate run", before: "makes it again: ",
      says: "prior: 24 tasks"),
    Row(
      sites: ["RunDirectory.resume"], provoking: "echo x >> $(ls run/checkpoints/* | tail -1); archprior evaluate run",
      before: "from an earlier one: ", says: "prior: 24 tasks"),
    Row(
      sites: ["RunError.resume"], provoking: "archprior meta-train 'a b.yaml' --output ./run", before: "go on with it: ",
      after: "; or replace it",
      says: "prior: 24 tasks"),
    Row(
      sites: ["RunsCommand.help"], provoking: "archprior runs list; false", before: "no folder runs here; ",
      after: " says how", says: "USAGE: archprior meta-train", needsRun: false),
    Row(
      sites: ["DatasetsCommand.help"], provoking: "archprior datasets verify short.archpack", before: "once more: ",
      says: "USAGE: archprior datasets import"),
    Row(
      sites: ["StudyData+Configuration.listDatasets"],
      provoking: "archprior meta-train 'a b.yaml' --set 'data.sources=[\"x-*\"]' --dry-run", before: "see ", says: "glyphs-greek"),
    Row(
      sites: ["SearchCommand.help"], provoking: "archprior search gdas --space nas-bench-201 --benchmark x --evaluations 1",
      before: "see ",
      says: "USAGE: archprior supernet"),
    Row(
      sites: ["SupernetCommand.help"], provoking: "archprior supernet random-search --dataset glyphs-thai", before: "see ",
      says: "USAGE: archprior search"),
    Row(
      sites: ["SupernetImages.help"],
      provoking:
        "archprior datasets import . --format idx --name flat --into . >&2 && archprior supernet gdas --dataset ./flat.archpack",
      before: "see ", says: "USAGE: archprior datasets import"),
    Row(
      sites: ["SearchCommand.again"], provoking: interrupted(search, once: "'a search/searches.jsonl'"), before: "go on with: ",
      says: ""),
    Row(
      sites: ["SupernetCommand+Search.again"],
      provoking: interrupted(
        "archprior supernet gdas --dataset glyphs-thai --channels 1 --cells 1 --epochs 100000 --images 4 --batch 2 --eigenvalues 0 --output \"super net's\"",
        once: "super*/gdas-1/log.jsonl"),
      before: "go on with: ", says: ""),
    Row(
      sites: ["ErrorReport.again"],
      provoking: interrupted("archprior study 'a study.yaml' --output \"the 'study'\"", once: "the*/cells/*greek*/log.jsonl"),
      before: "go on with: ", says: ""),
    Row(
      sites: ["EvaluateCommand.again"],
      provoking: "archprior evaluate run --tasks 1000000 & sleep 1.5; kill -INT $!; wait $!", before: "start anew with: ",
      says: ""),
    Row(
      sites: ["StudyCommand.again"], provoking: "archprior study 'diverging.yaml' --output 'of rates'", before: "once more: ",
      says: ""),
  ]

  /// What every row begins with, made once: files, and a run that has ended.
  private static let template = Swift.Result { () throws -> TemporaryFolder in
    let folder = try TemporaryFolder()
    try prepare(folder.file("it"))
    let made = try Program.shell("archprior meta-train 'a b.yaml' --output run", in: folder.file("it"))
    try #require(made.code == 0, "\(made.error)")
    return folder
  }

  private static func prepare(_ folder: String) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for (name, text) in [
      ("a b.yaml", WorkflowTests.configuration.replacingOccurrences(of: "decoded: {tasks: 8", with: "decoded: {tasks: 4")),
      ("short.archpack", "short"),
      ("a study.yaml", Self.study("budget: {tasks: 100000}")),
      (
        "diverging.yaml",
        Self.study("budget: {tasks: 4}")
          + "  - {name: far, set: {method: maml, inner: {weight_rate: 1e300}, outer: {weight_rate: 1e300}}}\n"
      ),
    ] { try text.write(toFile: "\(folder)/\(name)", atomically: false, encoding: .utf8) }
    try writeFlatImages(folder)
  }

  /// Six images of 2×3 pixels in two classes, as MNIST's files.
  private static func writeFlatImages(_ folder: String) throws {
    let pixels = (0..<36).map { UInt8($0 * 7) }
    try Data([0, 0, 8, 3, 0, 0, 0, 6, 0, 0, 0, 2, 0, 0, 0, 3] + pixels)
      .write(to: URL(fileURLWithPath: folder + "/train-images-idx3-ubyte"))
    try Data([0, 0, 8, 1, 0, 0, 0, 6, 0, 1, 0, 1, 0, 1]).write(to: URL(fileURLWithPath: folder + "/train-labels-idx1-ubyte"))
  }

  private static func study(_ budget: String) -> String {
    """
    name: grid
    datasets: [glyphs-greek, glyphs-hebrew]
    train: [each]
    seeds: [1]
    shots: [1]
    tasks: 2
    curve_tasks: 2
    base: {\(budget), conv4: {filters: 2}, task: {way: 3, query: 2}, inner: {steps: 1, test_steps: 1}, outer: {meta_batch: 2}}
    methods:
      - {name: maml, set: {method: maml}}

    """
  }

  @Test(arguments: rows) func printedCommandsRun(row: Row) throws {
    let parent = try TemporaryFolder()
    let folder = parent.path + "/it's a \"test\" of $HOME & more"
    try FileManager.default.copyItem(atPath: Self.template.get().file("it"), toPath: folder)
    if !row.needsRun { try FileManager.default.removeItem(atPath: folder + "/run") }
    let provoked = try Program.shell(row.provoking, in: folder)
    #expect(provoked.code != 0)
    let printed = (provoked.error + provoked.output).split(separator: "\n").last { $0.contains(row.before) }
    let rest = try #require(printed?.firstRange(of: row.before), "\(provoked.error)").upperBound
    let line = String(try #require(printed)[rest...])
    let command = row.after.flatMap { line.firstRange(of: $0).map { String(line[..<$0.lowerBound]) } } ?? line
    #expect(command.hasPrefix("archprior "), "\(line)")
    // Where the work is long, it is enough that it goes on and can be stopped once more.
    let outcome = try Program.shell("timeout -s INT \(row.says.isEmpty ? 2 : 60) \(command)\(row.added)", in: folder)
    if row.says.isEmpty {
      let goesOn =
        outcome.error.contains("everything so far is saved") || outcome.error.contains("nothing was written")
        || outcome.error.contains("runs failed")
      #expect(outcome.code == 0 || goesOn, "\(command): \(outcome.error)")
      #expect(outcome.code != 2, "\(command): \(outcome.error)")
    } else {
      #expect(outcome.code == 0 && outcome.output.contains(row.says), "\(command): \(outcome)")
    }
  }

  /// Packages are named as a shell wants them, whatever the list of packages holds.
  @Test func packagesAreInstalledByWhatIsPrinted() throws {
    let folder = try TemporaryFolder()
    try folder.write("fonts-nonexistent-one\nfonts-nonexistent-two\n", to: "fonts.txt")
    try folder.write("#!/bin/sh\nprintf '%s|' \"$@\"\n", to: "apt-get")
    chmod(folder.file("apt-get"), 0o755)
    let plan = try Program.shell("archprior datasets build glyphs --list fonts.txt --dry-run", in: folder.path)
    let line = try #require(plan.output.split(separator: "\n").first { $0.hasPrefix("install them with: ") })
    let outcome = try Program.shell(
      "PATH=.:$PATH; \(line.dropFirst("install them with: ".count))", in: folder.path)
    #expect(outcome.output == "install|--no-install-recommends|fonts-nonexistent-one|fonts-nonexistent-two|", "\(plan.output)")
    let failed = try Program.shell("archprior datasets build glyphs --list fonts.txt --output out", in: folder.path)
    #expect(
      failed.code == 1 && failed.error.contains("apt-get install --no-install-recommends fonts-nonexistent-one"),
      "\(failed.error)")
  }

  /// Both ways to resume, after a run that was started with `--set`.
  @Test func resumingNeedsNoConfiguration() throws {
    let parent = try TemporaryFolder()
    let folder = parent.path + "/it's"
    try Self.prepare(folder)
    let start = "archprior meta-train 'a b.yaml' --set inner.steps=2 --set method=maml --set conv4.filters=2 --output -x"
    #expect(try Program.shell(start.replacingOccurrences(of: "--output -x", with: "--output ./-x"), in: folder).code == 0)
    for line in [
      "archprior meta-train --resume --output ./-x", "archprior meta-train --resume --output=-x --set budget.tasks=28",
      "archprior meta-train 'a b.yaml' --set inner.steps=2 --set method=maml --set conv4.filters=2 --set budget.tasks=28 --resume --output ./-x",
      "archprior meta-train ./-x/configuration.yaml --resume --output ./-x",
    ] {
      let outcome = try Program.shell(line, in: folder)
      #expect(outcome.code == 0, "\(line): \(outcome.error)")
    }
    for (line, message, help) in [
      (
        "archprior meta-train 'a b.yaml' --set 'data.sources=[glyphs-greek, glyphs-hebrew]' --resume --output ./-x",
        "--set names other data sets than the run in ./-x was started with (also glyphs-hebrew)",
        "leave --set data.sources and data.holdout_sources out to go on"
      ),
      (
        "sed 's/glyphs-thai/glyphs-hebrew/' 'a b.yaml' > c.yaml; archprior meta-train c.yaml --resume --output ./-x",
        "c.yaml names other data sets than the run in ./-x was started with (also glyphs-hebrew; not glyphs-thai)",
        "leave the configuration out to go on under the run's own"
      ),
      (
        "archprior meta-train ./-x --resume", "./-x is the folder of a run, not a configuration",
        "to go on with it: --resume --output ./-x"
      ),
    ] {
      let outcome = try Program.shell(line, in: folder)
      #expect(outcome.code != 0 && outcome.error.hasSuffix("error: \(message)\nhelp: \(help)\n"), "\(line): \(outcome.error)")
    }
    let nowhere = try Program.shell("archprior meta-train --resume", in: folder)
    #expect(nowhere.code == 2 && nowhere.error.contains("--resume wants the run's folder"))
    let none = try Program.shell("archprior meta-train --resume --output nothing", in: folder)
    #expect(none.code == 2 && none.error.contains("holds no run"))
  }

  // MARK: Nothing is left out

  private static func sources() throws -> [(name: String, lines: [Substring])] {
    let folder = Program.project + "/Sources"
    return try #require(FileManager.default.enumerator(atPath: folder)).compactMap { $0 as? String }
      .filter { $0.hasSuffix(".swift") && !$0.hasPrefix("Basics/Messages/") }
      .map { file in
        let text = try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
        return (String(file.split(separator: "/").last?.dropLast(6) ?? ""), text.split(separator: "\n"))
      }
  }

  /// Whoever lets a message print a command adds a row.
  @Test func everyPlaceThatPrintsACommandHasARow() throws {
    let covered = Set(Self.rows.flatMap(\.sites)).union([
      // By tests of their own.
      "DatasetsBuild.install", "GlyphBuilder.install", "IconBuilder.install",
    ])
    var found: Set<String> = []
    for (name, lines) in try Self.sources() {
      for line in lines where line.contains("Advice.") {
        for match in line.matches(of: /Advice\.([a-z]\w*)/) { found.insert("\(name).\(match.1)") }
      }
    }
    #expect(found.subtracting(covered).isEmpty, "no row in the table for these")
    #expect(covered.subtracting(found).isEmpty, "rows for what no source prints")
  }

  /// A command in a literal is not quoted, and not in the table.
  @Test func noCommandIsPutTogetherByHand() throws {
    for (name, lines) in try Self.sources() {
      for line in lines where line.contains("archprior ") && !line.trimmingPrefix(while: \.isWhitespace).hasPrefix("//") {
        let text = String(line).replacingOccurrences(of: "archprior search, seeds", with: "").replacingOccurrences(
          of: "archprior supernet, seeds", with: "")
        for match in text.matches(of: /(.?)archprior ([a-z][a-z-]+)(.*)/) {
          // Names of commands in backticks are read, not copied; they must exist.
          #expect(match.1 == "`", "\(name): \(line)")
          #expect(HelpTests.commands.contains([String(match.2)]), "\(name): \(line)")
        }
      }
    }
  }
}
