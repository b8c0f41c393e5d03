import ArchPrior
import Foundation
import Testing

/// Ten wrong inputs and more for every command, against what is recorded in `Snapshots/mistakes`: one message that says what, where and
/// what to do. With `ARCHPRIOR_RECORD=1` they are written instead, to be read in the diff.
@Suite struct MistakesTests {
  /// A search that an estimator judges.
  private static func estimating(_ estimator: String) -> [String] {
    [
      "random-search", "--space", "nas-bench-201", "--benchmark", "notes.txt", "--evaluations", "3", "--estimator", estimator,
      "--images", "glyphs-thai",
    ]
  }

  /// What the wrong inputs find where they run: see ``prepare(_:)``.
  static let mistakes: [(command: [String], inputs: [[String]])] = [
    (
      ["meta-train"],
      [
        [], ["missing.yaml"], ["folder"], ["notes.txt"], ["misplaced.yaml"], ["good.yaml", "--resume", "--overwrite"],
        ["good.yaml", "--set", "inner.steps"], ["good.yaml", "--set", "inner.stpes=3"], ["good.yaml", "--set", "meta_batch=3"],
        ["good.yaml", "--set", "data.sources=[glyphs-grek]", "--dry-run"], ["good.yaml", "--set", "task.way=400", "--dry-run"],
        ["good.yaml", "--dry-run", "--resume"], ["good.yaml", "--output", "run"], ["good.yaml", "--output", "folder"],
        ["good.yaml", "--output", "/dev/null/x"], ["good.yaml", "--resume", "--output", "empty"], ["good.yaml", "--threads=x"],
        ["good.yaml", "--set", "data.sources=['iconz-*']", "--dry-run"], ["good.yaml", "--set", "data.wieghts={a: 1}"],
        ["good.yaml", "--set", "data.weights={glyphs-klingon: 2}", "--dry-run"], ["good.yaml", "--set", "data.weights={a: -1}"],
        ["good.yaml", "--set", "data.temperature=0"], ["good.yaml", "--set", "data.split=fc100", "--dry-run"],
        ["good.yaml", "--set", "data.split=fc1000"], ["good.yaml", "--set", "data.rotations=as-class"],
        ["good.yaml", "--set", "data.sources=[glyphs-greek, icons-actions]", "--dry-run"],
        ["good.yaml", "--set", "data.fit=squeeze"],
        ["good.yaml", "--set", "data.augmentation.crop=0"], ["good.yaml", "--set", "task.train_way=[2, 90]"],
        ["good.yaml", "--set", "task.train_shot=[5, 1]"], ["good.yaml", "--set", "task.curriculum=100"],
        ["good.yaml", "--set", "task.sampling=across-groups", "--dry-run"], ["good.yaml", "--set", "data.sources=icons-*"],
        ["good.yaml", "--set", "data.sources=*"], ["good.yaml", "--output", ""],
      ]
    ),
    (
      ["adapt"],
      [
        [], ["run"], ["missing", "--task", "task"], ["run", "--task", "task"], ["folder", "--task", "task"],
        ["run", "--task", "task", "--ink", "blue"], ["run", "--tsk", "task"], ["run", "task"], ["run", "--task"],
        ["run", "--task", "task", "--output"], ["notes.txt", "--task", "task"],
        ["run", "--task", "task", "--paper", "red"],
        ["run", "--task", "task", "--output", ""], ["run", "--task", "task", "--output", "missing/x.json"],
      ]
    ),
    (
      ["evaluate"],
      [
        [], ["missing"], ["run"], ["folder"], ["run", "--tasks", "1"], ["run", "--tasks", "many"], ["run", "--split", "train"],
        ["run", "--split", "validation", "--dataset", "glyphs-thai"], ["run", "--set", "seed=3"],
        ["run", "--set", "inner.tset_steps=3"],
        ["run", "--threads", "5000"], ["run", "extra"], ["run", "--drop-shared"], ["run", "--output", "missing/x.json"],
        ["run", "--output="],
      ]
    ),
    (
      ["compare"],
      [
        [], ["--output"], ["--output", "x", "--seed", "-1"], ["--output", "x", "--seed", "y"],
        ["--output", "x", "--minutes", "0"],
        ["--output", "x", "--minutes", "nan"], ["--output", "x", "--tasks", "1"], ["--output", "x", "--data", "missing"],
        ["--output", "x", "--data", "empty"], ["--output", "/dev/null/x", "--tasks", "2"],
        ["--output", "x", "--threads", "1025"],
        ["x"], ["--output", ""],
      ]
    ),
    (
      ["study"],
      [
        [], ["missing.yaml"], ["folder"], ["notes.txt"], ["good.yaml"], ["no-methods.yaml"], ["way.yaml", "--output", "x"],
        ["unknown-data.yaml", "--output", "x"], ["study.yaml", "--jobs", "2000"], ["study.yaml", "--output", "folder"],
        ["study.yaml", "--output", "other-study"], ["too-small.yaml", "--dry-run"], ["study.yaml", "--output", "/dev/null/x"],
      ]
    ),
    (
      ["search"],
      [
        [], ["random-search"], ["random-search", "--space", "nas-bench-201", "--benchmark", "notes.txt"],
        ["x", "--space", "nas-bench-201", "--benchmark", "notes.txt", "--evaluations", "3"],
        ["random-search", "--space", "x", "--benchmark", "notes.txt", "--evaluations", "3"],
        ["random-search", "--space", "darts", "--benchmark", "notes.txt", "--evaluations", "3"],
        ["random-search", "--space", "nas-bench-201", "--benchmark", "missing.csv", "--evaluations", "3"],
        ["random-search", "--space", "nas-bench-201", "--benchmark", "notes.txt", "--evaluations", "3"],
        ["random-search", "--space", "nas-bench-201", "--benchmark", "folder", "--evaluations", "3"],
        ["random-search", "--space", "nas-bench-201", "--benchmark", "notes.txt", "--budget", "x"],
        ["random-search", "--space", "nas-bench-201", "--benchmark", "notes.txt", "--evaluations", "3", "--seeds", "0"],
        ["random-search:size=3", "--space", "nas-bench-201", "--benchmark", "notes.txt", "--evaluations", "3"],
        ["regularized-evolution:population=0", "--space", "nas-bench-201", "--benchmark", "notes.txt", "--evaluations", "3"],
        ["random-search", "--no-such-option"],
        ["gdas", "--space", "nas-bench-201", "--benchmark", "notes.txt", "--evaluations", "3"],
        [
          "random-search", "--space", "nas-bench-201", "--benchmark", "notes.txt", "--evaluations", "3", "--estimator", "synflow",
        ],
        [
          "random-search", "--space", "nas-bench-201", "--benchmark", "notes.txt", "--evaluations", "3", "--images",
          "glyphs-thai",
        ],
        // Without a table: nothing that judges, and what only a table can have.
        ["random-search", "--space", "nas-bench-201", "--evaluations", "3"], byProxy + ["--dataset", "cifar10"],
        byProxy + ["--transfer", "notes.txt"], byProxy + ["--epochs", "12"], byProxy + ["--benchmark", "missing.csv"],
        // Folders that cannot be gone on with.
        byProxy + ["--output", "folder"], byProxy + ["--output", "/dev/null/x"], byProxy + ["--output", "other-search"],
        byProxy + ["--output", "broken-search"], byProxy + ["--output", "other-search", "--dry-run"],
        estimating("trian"), estimating("train:epoch=3"), estimating("train:epochs=9/3"), estimating("train:share=0"),
        estimating("train:batch=one"), estimating("shared"), estimating("adapt:way=1"), estimating("synflow:images=8"),
        estimating("train") + ["--epochs", "3"], estimating("train") + ["--image-count", "1"],
        estimating("train") + ["--image-count", "many"],
        [
          "random-search", "--space", "nas-bench-201", "--benchmark", "notes.txt", "--evaluations", "3", "--image-count", "8",
        ],
      ]
    ),
    (
      ["supernet"],
      [
        [], ["gdas"], ["gads", "--dataset", "glyphs-thai"], ["random-search", "--dataset", "glyphs-thai"],
        ["gdas:tau=3", "--dataset", "glyphs-thai"], ["enas:steps=0", "--dataset", "glyphs-thai"],
        ["gdas,", "--dataset", "glyphs-thai"], ["gdas", "--dataset", "glyphs-tai"], ["gdas", "--dataset", "short.archpack"],
        ["gdas", "--dataset", "glyphs-thai", "--space", "nas-bench-202"],
        ["gdas", "--dataset", "glyphs-thai", "--space", "nasnet"], ["pc-darts", "--dataset", "glyphs-thai", "--space", "darts"],
        ["gdas", "--dataset", "glyphs-thai", "--space", "darts", "--benchmark", "notes.txt"],
        ["enas", "--dataset", "glyphs-thai", "--stop-early"],
        ["gdas", "--dataset", "glyphs-thai", "--stop-early", "--eigenvalues", "0"],
        ["gdas", "--dataset", "glyphs-thai", "--stop-early=3"], ["gdas", "--dataset", "glyphs-thai", "--cells", "0"],
        ["gdas", "--dataset", "glyphs-thai", "--epochs", "0"], ["gdas", "--dataset", "glyphs-thai", "--seconds=-3"],
        ["gdas", "--dataset", "glyphs-thai", "--images", "8"], ["gdas", "--dataset", "glyphs-thai", "--images", "100000"],
        ["gdas", "--dataset", "glyphs-thai", "--batch", "60000"], ["pc-darts", "--dataset", "glyphs-thai", "--channels", "6"],
        ["gdas", "--dataset", "glyphs-thai", "--benchmark", "missing.csv"],
        ["gdas", "--dataset", "glyphs-thai", "--benchmark", "notes.txt"],
        ["gdas", "--dataset", "glyphs-thai", "--output", "folder"],
        ["gdas", "--dataset", "glyphs-thai", "--output", "/dev/null/x"],
        ["gdas", "--dataset", "glyphs-thai", "--rate", "nan"], ["gdas", "--dataset", "glyphs-thai", "--rate", "-0.1"],
      ]
    ),
    (
      ["runs"],
      [
        ["lst"], ["--root", "x"], ["show"], ["7"], ["list", "show"], ["prune", "x"], ["diff"], ["--json"], ["list", "-x"],
        ["remove"],
      ]
    ),
    (
      ["runs", "list"],
      [
        ["--root", "missing"], ["--root", "notes.txt"], ["--root"], ["--status", "done"], ["--status"], ["--method"], ["folder"],
        ["--jsn"], ["--root", "folder", "extra"], ["--root", "/dev/null"],
      ]
    ),
    (
      ["runs", "show"],
      [
        [], ["missing"], ["folder"], ["notes.txt"], ["run", "run"], ["--jsn", "run"], ["/dev/null"], ["broken-run"], ["half-run"],
        ["empty"],
      ]
    ),
    (
      ["runs", "diff"],
      [
        [], ["run"], ["run", "missing"], ["missing", "run"], ["run", "folder"], ["run", "run", "run"], ["run", "broken-run"],
        ["half-run", "run"], ["run", "notes.txt"], ["--jsn", "run", "run"],
      ]
    ),
    (
      ["runs", "prune"],
      [
        ["--root", "missing"], ["--status", "old"], ["--status", "running"], ["--older-than", "-1"], ["--older-than", "week"],
        ["--older-than", "inf"], ["run"], ["--yess"], ["--status"], ["--root"],
      ]
    ),
    (
      ["datasets"],
      [["lits"], ["show"], ["--json"], ["list", "x"], ["7"], ["verify", "x.archpack"], ["build"], ["-l"], ["remove"], ["add"]]
    ),
    (
      ["datasets", "list"],
      [
        ["x"], ["--jsn"], ["--json", "x"], ["--json=1"], ["--all"], ["-j"], ["--name", "x"], ["--json", "--json", "y"],
        ["--", "z"], ["--threads", "1"],
      ]
    ),
    (
      ["datasets", "verify"],
      [
        ["glyphs-tai"], ["absent.archpack"], ["short.archpack"], ["folder"], ["notes.txt"], ["glyphs-thai", "nothing-like-it"],
        ["--jsn"],
        ["empty.archpack"], [""], ["/dev/null"],
      ]
    ),
    (
      ["datasets", "build"],
      [
        [], ["glyps"], ["glyphs", "--output", "/dev/null/x", "--list", "fonts.txt"], ["glyphs", "--list", "absent.txt"],
        ["glyphs", "--output", "empty", "--scripts", "grek", "--list", "fonts.txt"], ["glyphs", "--list"],
        ["icons", "--scripts", "greek"], ["glyphs", "--output", "empty", "--list", "fonts.txt"],
        ["icons", "--output", "empty", "--list", "fonts.txt"], ["icons", "--output", "empty", "--list", "/dev/null"],
        ["icons", "--output", "empty", "--list", "folder", "--dry-run"], ["glyphs", "extra"],
        ["glyphs", "--output", "empty", "--dry-run"], ["glyphs", "--scripts", "grek", "--dry-run", "--list", "fonts.txt"],
      ]
    ),
    (
      ["datasets", "show"],
      [
        [], ["glyphs-grek"], ["absent.archpack"], ["short.archpack"], ["empty.archpack"], ["folder"],
        ["glyphs-greek", "--sheet", "x.jpg"], ["glyphs-greek", "--sheet"], ["glyphs-greek", "--sheet", "/dev/null/x.png"],
        ["glyphs-greek", "--classes", "0"], ["glyphs-greek", "--images", "many"], ["glyphs-greek", "glyphs-thai"],
      ]
    ),
    (
      ["datasets", "import"],
      [
        [], ["folder"], ["missing", "--name", "a"], ["folder", "--name", "My Flowers"], ["folder", "--name", "a"],
        ["notes.txt", "--name", "a"], ["folder", "--name", "a", "--size", "0"], ["folder", "--name", "a", "--channels", "2"],
        ["folder", "--name", "a", "--size", "8", "--into", "empty"], ["folder", "--name", "a", "--format", "tar"],
        ["folder", "--name", "glyphs-greek", "--size", "8"], ["empty", "--name", "a", "--size", "8", "--into", "empty"],
        ["short.npz", "--name", "a", "--into", "empty"], ["short.bin", "--name", "a", "--format", "cifar-10", "--into", "empty"],
        ["folder", "--name", "a", "--format", "omniglot", "--into", "empty"], ["folder", "--name", "a", "--fit", "squeeze"],
        ["photos", "--name", "a", "--size", "8", "--into", "empty"],
        ["photos", "--name", "a", "--size", "8", "--ink", "automatic"],
        ["photos", "--name", "a", "--size", "8", "--fit", "crop", "--background", "white"],
        ["short.npz", "--name", "a", "--strict"], ["short.npz", "--name", "a", "--paper", "black"],
        ["short.npz", "--name", "a", "--fit", "crop"], ["short.npz", "--name", "a", "--background", "9"],
        ["short.npz", "--name", "a", "--scale", "red"],
      ]
    ),
    (
      ["datasets", "remove"],
      [
        [], ["glyphs-grek"], ["glyphs-greek"], ["absent.archpack"], ["short.archpack"], ["empty.archpack"], ["folder"],
        ["notes.txt"], ["glyphs-greek", "--dry-run"], ["short.archpack", "glyphs-greek", "--damaged"], ["--all"],
      ]
    ),
    (
      ["doctor"],
      [
        ["now"], ["--jsn"], ["--json=1"], ["-j"], ["--fix"], ["--threads", "2"], ["--json", "x"], ["all"], ["--verbose"],
        ["--", "x"],
      ]
    ),
  ]

  private static var byProxy: [String] {
    [
      "random-search", "--space", "nas-bench-201", "--estimator", "parameters", "--images", "glyphs-thai", "--image-count", "8",
      "--evaluations", "3", "--seeds", "1",
    ]
  }

  /// Files and folders that the inputs are about.
  private static func prepare(_ folder: TemporaryFolder) throws {
    for name in ["folder", "empty", "half-run", "broken-run", "other-study", "other-search", "broken-search"] {
      try FileManager.default.createDirectory(atPath: folder.file(name), withIntermediateDirectories: true)
    }
    try folder.write("not: [yaml", to: "notes.txt")
    try folder.write("x", to: "folder/photo.png")
    try folder.write("", to: "empty.archpack")
    try folder.write("no-such-package\n", to: "fonts.txt")
    try folder.write("PK\u{3}\u{4}", to: "short.npz")
    try folder.write("x", to: "short.bin")
    try FileManager.default.createDirectory(atPath: folder.file("photos/cats"), withIntermediateDirectories: true)
    try folder.write("x", to: "photos/cats/tom.png")
    let pack = try Data(contentsOf: URL(fileURLWithPath: Program.project + "/datasets/glyphs/thai.archpack"))
    try pack.prefix(1000).write(to: URL(fileURLWithPath: folder.file("short.archpack")))
    try folder.write(WorkflowTests.configuration, to: "good.yaml")
    try folder.write("steps: 3\n", to: "misplaced.yaml")
    try folder.write("seed: 1\n", to: "half-run/configuration.yaml")
    try folder.write("seed: x\n", to: "broken-run/configuration.yaml")
    try folder.write("{}", to: "broken-run/provenance.json")
    let configuration = try Configuration(contentsOf: folder.file("good.yaml"))
    _ = try RunDirectory.create(
      at: folder.file("run"), configuration: configuration,
      provenance: Provenance(configuration: configuration, datasets: [], machine: .current(kernels: "test")))
    let study = "datasets: [glyphs-greek, glyphs-katakana]\ntasks: 4\n"
    let methods = "methods: [{name: m, set: {method: maml}}]\n"
    try folder.write(study, to: "no-methods.yaml")
    try folder.write(study + methods, to: "study.yaml")
    try folder.write(study + "seeds: [9]\n" + methods, to: "other-study/study.yaml")
    try folder.write(study + "methods: [{name: m}, {name: n, set: {task: {way: 3}}}]\n", to: "way.yaml")
    try folder.write("datasets: [glyphs-grek, glyphs-thai]\n" + methods, to: "unknown-data.yaml")
    try folder.write(
      #"{"space": "nas-bench-201", "epochs": [0], "evaluations": 5, "budget": 60, "batch": 1, "estimator": "synflow"}"#,
      to: "other-search/search.json")
    try folder.write("[", to: "broken-search/search.json")
    try folder.write("base: {task: {way: 60}}\n" + study + methods, to: "too-small.yaml")
  }

  @Test(arguments: mistakes.indices) func messagesAreAsRecorded(index: Int) throws {
    let (command, inputs) = Self.mistakes[index]
    #expect(inputs.count >= 10)
    let folder = try TemporaryFolder()
    try Self.prepare(folder)
    let before = try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
    var text = ""
    for input in inputs {
      let outcome = try Program.run(
        command + input, in: folder.path, environment: ["ARCHPRIOR_DATASETS": Program.project + "/datasets"])
      #expect(outcome.code == 1 || outcome.code == 2, "\(command + input): \(outcome.code)")
      #expect(outcome.output.isEmpty || command[0] == "datasets", "\(command + input): \(outcome.output)")
      #expect(outcome.error.split(separator: "\n").contains { $0.hasPrefix("error: ") }, "\(command + input)")
      let shown = (command + input).map { $0.isEmpty || $0.contains(" ") ? "'\($0)'" : $0 }.joined(separator: " ")
      text += "$ archprior \(shown)\n"
      text +=
        outcome.error.replacingOccurrences(of: folder.path, with: "FOLDER")
        .replacingOccurrences(of: Program.project, with: "PROJECT") + "exit \(outcome.code)\n\n"
    }
    // Nothing was written for any of them.
    let after = try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
    #expect(Set(after).subtracting(before).filter { !$0.hasPrefix("index.sqlite") && !$0.contains("/index.sqlite") } == [])
    let snapshots = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Snapshots/mistakes"
    let file = "\(snapshots)/\(command.joined(separator: "-")).txt"
    if ProcessInfo.processInfo.environment["ARCHPRIOR_RECORD"] == "1" {
      try FileManager.default.createDirectory(atPath: snapshots, withIntermediateDirectories: true)
      try text.write(toFile: file, atomically: true, encoding: .utf8)
    }
    #expect(try text == String(contentsOfFile: file, encoding: .utf8))
  }

  /// Whoever adds a command adds its mistakes.
  @Test func everyCommandHasMistakes() {
    let covered = Self.mistakes.map(\.command)
    for command in HelpTests.commands where !command.isEmpty { #expect(covered.contains(command), "\(command)") }
  }

  @Test(arguments: ["bash", "zsh", "fish"]) func shellsCanComplete(shell: String) throws {
    let outcome = try Program.run(["--generate-completion-script", shell])
    #expect(outcome.code == 0 && outcome.error.isEmpty)
    for word in ["meta-train", "study", "prune", "--dry-run", "--older-than"] {
      // fish writes long options without the dashes.
      #expect(outcome.output.contains(word.hasPrefix("--") ? String(word.dropFirst(2)) : word), "\(word)")
    }
  }
}
