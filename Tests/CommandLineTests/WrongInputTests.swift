import Foundation
import Testing

@Suite struct WrongInputTests {
  /// Arguments, exit code, the first line of standard error, and how the second begins.
  @Test(
    arguments: [
      (["frob"], 2, "error: Unexpected argument 'frob'", "help: Usage: archprior"),
      (["compare"], 2, "error: Missing expected argument '--output <output>'", "help: Usage: archprior compare"),
      (
        ["compare", "--output", "x", "--seed", "y"], 2,
        "error: The value 'y' is invalid for '--seed <seed>': it takes a whole number, 0 or more", "help: --seed"
      ),
      (["compare", "--output", "x", "--threads", "-1"], 2, "error: --threads must be from 0 to 1024, not -1", "help: Usage"),
      (["compare", "--output", "x", "--threads=2000"], 2, "error: --threads must be from 0 to 1024", "help: Usage"),
      (["compare", "--output", "x", "--minutes", "0"], 2, "error: --minutes must be above 0", "help: Usage"),
      (
        ["compare", "--output", "x", "--data", "missing"], 2, "error: missing has no images_background.zip", "help: --data wants"
      ),
      (["meta-train"], 2, "error: Missing expected argument '<config>'", "help: Usage: archprior meta-train"),
      (
        ["meta-train", "missing.yaml"], 2, "error: missing.yaml: cannot read it: No such file or directory",
        "help: check the path"
      ),
      (
        ["meta-train", "a.yaml", "--resume", "--overwrite"], 2, "error: --resume and --overwrite exclude each other",
        "help: Usage"
      ),
      (["meta-train", "--resme", "a.yaml"], 2, "error: Unknown option '--resme'", "help: Usage"),
      (
        ["adapt", "missing", "--task", "x"], 2, "error: missing holds no run of ArchPrior",
        "help: give the folder that meta-train wrote"
      ),
      (["evaluate", "missing"], 2, "error: missing holds no run of ArchPrior", "help: give the folder"),
      (["evaluate", "missing", "--tasks", "1"], 2, "error: --tasks must be from 2 to 1000000, not 1", "help: Usage"),
      (["evaluate", "missing", "--split", "tset"], 2, "error: The value 'tset' is invalid for '--split <split>'", "help: "),
      (["datasets", "verify", "glyphs-tai"], 2, "error: no data set 'glyphs-tai'", "help: did you mean glyphs-thai?"),
      (["datasets", "verify", "absent.archpack"], 1, "absent.archpack: cannot read the pack", "error: 1 of 1 data set is"),
      (["datasets", "build"], 2, "error: Missing expected argument '<kind>'", "help: Usage: archprior datasets build"),
      (["datasets", "build", "glyps"], 2, "error: The value 'glyps' is invalid for '<kind>'", "help: "),
      (
        ["datasets", "build", "icons", "--scripts", "greek"], 2, "error: --scripts goes with glyphs only",
        "help: Usage: archprior datasets build"
      ),
      (
        ["datasets", "build", "glyphs", "--output", "/dev/null/x"], 1, "error: cannot make the folder /dev/null/x",
        "help: give another one with --output"
      ),
      (
        ["datasets", "build", "glyphs", "--list", "absent.txt"], 2, "error: absent.txt: there is no such list of packages",
        "help: --list wants"
      ),
      (
        ["datasets", "build", "icons", "--output", "/tmp", "--list", "/dev/null"], 1,
        "error: /dev/null: cannot read the list of icon",
        "help: give a file with a package and a theme a line"
      ),
      (
        ["datasets", "build", "glyphs", "--output", "/tmp", "--scripts", "grek", "--list", "/dev/null"], 2,
        "error: there is no script 'grek'", "help: did you mean greek?"
      ),
      (["datasets", "show"], 2, "error: Missing expected argument '<name>'", "help: Usage: archprior datasets show"),
      (["datasets", "show", "glyphs-grek"], 2, "error: no data set 'glyphs-grek'", "help: did you mean glyphs-greek?"),
      (["datasets", "show", "glyphs-greek", "--sheet", "x.jpg"], 2, "error: --sheet must end in .png", "help: Usage"),
      (["datasets", "show", "glyphs-greek", "--classes", "0"], 2, "error: --classes must be from 1 to 2000", "help: Usage"),
      (["datasets", "show", "absent.archpack"], 1, "error: absent.archpack: cannot read the pack", "help: check the path"),
      (["datasets", "import"], 2, "error: Missing expected argument '<source>'", "help: Usage: archprior datasets import"),
      (["datasets", "import", "x"], 2, "error: Missing expected argument '--name <name>'", "help: Usage"),
      (
        ["datasets", "import", "x", "--name", "My Flowers"], 2, "error: --name wants small letters, digits and hyphens", "help: "
      ),
      (["datasets", "import", "x", "--name", "a", "--size", "0"], 2, "error: --size must be from 1 to 1024", "help: Usage"),
      (["datasets", "import", "x", "--name", "a", "--channels", "2"], 2, "error: --channels must be 1 or 3", "help: Usage"),
      (["datasets", "import", "x", "--name", "a", "--format", "tar"], 2, "error: The value 'tar' is invalid", "help: "),
      (["datasets", "import", "x", "--name", "a"], 2, "error: x: there is no such file or folder", "help: check the path"),
      (
        ["datasets", "import", "/dev/null", "--name", "a"], 2, "error: /dev/null: cannot tell the format",
        "help: say it: --format"
      ),
      (
        ["datasets", "import", "/usr/include", "--name", "a"], 2, "error: /usr/include: pictures of a folder may differ in size",
        "help: say one size"
      ),
      (
        ["datasets", "import", "/usr/include", "--name", "glyphs-greek", "--size", "8"], 2, "error: ", "help: give another --name"
      ),
      (
        ["datasets", "import", "/usr/include", "--name", "a", "--format", "cifar-10"], 1,
        "error: /usr/include: has none of data_",
        "help: give the folder"
      ),
      (["datasets", "remove"], 2, "error: Missing expected argument '<names> ...'", "help: Usage: archprior datasets remove"),
      (["datasets", "remove", "glyphs-grek"], 2, "error: no data set 'glyphs-grek'", "help: did you mean glyphs-greek?"),
      (
        ["datasets", "remove", "glyphs-greek"], 2, "error: glyphs-greek was not imported, so it is not removed",
        "help: delete the file yourself"
      ),
      (["datasets", "lits"], 2, "error: Unexpected argument 'lits'", "help: Usage: archprior datasets"),
      (["datasets", "list", "--jsn"], 2, "error: Unknown option '--jsn'", "help: Usage: archprior datasets list"),
      (["search"], 2, "error: Missing expected argument '<strategies> ...'", "help: Usage: archprior search"),
      (
        ["search", "tpe", "--space", "darts", "--benchmark", "x"], 2, "error: a search needs an end: give --budget SECONDS",
        "help: Usage"
      ),
      (
        ["search", "tpe", "--space", "darts", "--benchmark", "x", "--budget", "9"], 2,
        "error: there is no tabular benchmark of the space darts", "help: spaces with one: nas-bench-201"
      ),
      (
        ["search", "tpe", "--space", "nas-bench-21", "--benchmark", "x", "--budget", "9"], 2,
        "error: no search space 'nas-bench-21'", "help: did you mean nas-bench-201?"
      ),
      (
        ["search", "tpe", "--space", "nas-bench-201", "--benchmark", "missing.csv", "--budget", "9"], 2,
        "error: missing.csv: there is no such file",
        "help: it is to be the table (CSV, CSV.gz) that scripts/nasbench201_to_csv.py makes of NATS-tss"
      ),
      (
        ["search", "tpe", "--space", "nas-bench-201", "--benchmark", "x", "--budget", "9", "--epochs", "12,x"], 2,
        "error: --epochs wants whole numbers of 1 or more, separated by commas", "help: Usage"
      ),
      (["doctor", "now"], 2, "error: Unexpected argument 'now'", "help: Usage: archprior doctor"),
      (["doctor", "--jsn"], 2, "error: Unknown option '--jsn'", "help: Usage: archprior doctor"),
      (["adapt"], 2, "error: Missing expected argument '<run>'", "help: Usage: archprior adapt"),
      (["adapt", "run"], 2, "error: Missing expected argument '--task <task>'", "help: Usage: archprior adapt"),
      (
        ["adapt", "run", "--task", "x", "--ink", "blue"], 2, "error: The value 'blue' is invalid for '--ink <ink>'", "help: --ink"
      ),
      (
        ["compare", "--output", "/dev/null/x", "--tasks", "2"], 1, "error: cannot make the folder /dev/null/x",
        "help: give another"
      ),
    ] as [([String], Int32, String, String)])
  func mistakesGetOneMessage(arguments: [String], code: Int32, message: String, help: String) throws {
    let folder = try TemporaryFolder()
    let outcome = try Program.run(arguments, in: folder.path, environment: ["ARCHPRIOR_DATASETS": Program.project + "/datasets"])
    #expect(outcome.code == code)
    #expect(outcome.output.isEmpty)
    let lines = outcome.error.split(separator: "\n").map(String.init)
    #expect(lines.first?.hasPrefix(message) == true, "\(outcome.error)")
    #expect(lines.dropFirst().contains { $0.hasPrefix(help) }, "\(outcome.error)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test func aTypingMistakeInAConfigurationIsNamed() throws {
    let folder = try TemporaryFolder()
    try folder.write("seed: 1\ninner:\n  stpes: 3\n", to: "c.yaml")
    let outcome = try Program.run(["meta-train", "c.yaml"], in: folder.path)
    #expect(outcome.code == 2)
    #expect(outcome.error == "error: c.yaml:3: inner.stpes: unknown key\nhelp: did you mean inner.steps?\n")
  }

  @Test func damagedDataSetsAreReportedOneByOne() throws {
    let folder = try TemporaryFolder()
    let packs = Program.project + "/datasets/glyphs/"
    let intact = try Data(contentsOf: URL(fileURLWithPath: packs + "thai.archpack"))
    try intact.write(to: URL(fileURLWithPath: folder.file("good.archpack")))
    var damaged = intact
    damaged[damaged.count / 2] ^= 1
    try damaged.write(to: URL(fileURLWithPath: folder.file("flipped.archpack")))
    try intact.prefix(1000).write(to: URL(fileURLWithPath: folder.file("short.archpack")))
    let outcome = try Program.run(
      ["datasets", "verify"] + ["good", "flipped", "short"].map { folder.file("\($0).archpack") }, in: folder.path)
    #expect(outcome.code == 1)
    #expect(outcome.output.contains("good.archpack: intact"))
    let lines = outcome.error.split(separator: "\n")
    #expect(lines.contains { $0.contains("flipped.archpack") } && lines.contains { $0.contains("short.archpack") })
    #expect(lines.contains("error: 2 of 3 data sets are damaged or unreadable"))
  }
}
