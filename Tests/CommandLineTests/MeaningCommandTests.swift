import ArchPrior
import Foundation
import Testing

/// What is taken for granted is said, leaks are refused, and nothing is waited for.
@Suite struct MeaningCommandTests {
  /// Drawings of random strokes: 12 classes of 6 pictures.
  private static func draw(_ folder: String, classes: Range<Int>) throws {
    for index in classes {
      for drawing in 0..<6 {
        var picture = PixelImage(height: 12, width: 12, filledWith: 0)
        for place in 0..<12 { picture[(place * (index + 1) + drawing) % 12, place, 0] = UInt8(255 - drawing - index) }
        try FileManager.default.createDirectory(atPath: "\(folder)/c\(index)", withIntermediateDirectories: true)
        try picture.writePNG(to: "\(folder)/c\(index)/\(drawing).png")
      }
    }
  }

  private static let configuration = """
    name: draw
    seed: 1
    data: {sources: [drawa], train_fraction: 0.5, validation_fraction: 0.2}
    task: {way: 2, shot: 1, query: 2}
    method: proto-net
    conv4: {filters: 4}
    budget: {tasks: 4}
    evaluation: {tasks: 4, validation_every: null, validation_tasks: 2}
    """

  @Test func trainingPicturesUnderAnotherNameAreALeak() throws {
    let folder = try TemporaryFolder()
    let environment = ["XDG_DATA_HOME": folder.file("data")]
    func run(_ arguments: String...) throws -> Program.Outcome { try Program.run(arguments, environment: environment) }
    try Self.draw(folder.file("train"), classes: 0..<12)
    try Self.draw(folder.file("new"), classes: 20..<24)
    for (name, source) in [("drawa", "train"), ("drawb", "train"), ("drawc", "new")] {
      let made = try run("datasets", "import", folder.file(source), "--name", name, "--size", "12", "--channels", "1")
      try #require(made.code == 0, "\(made.error)")
    }
    try folder.write(Self.configuration, to: "run.yaml")
    let trained = try run("meta-train", folder.file("run.yaml"), "--output", folder.file("r"), "--threads", "1")
    try #require(trained.code == 0, "\(trained.error)")
    let refused = try run("evaluate", folder.file("r"), "--dataset", "drawb", "--tasks", "4", "--dry-run")
    #expect(refused.code == 1 && refused.output.isEmpty, "\(refused)")
    #expect(
      refused.error.contains("error: leak: image ") && refused.error.contains("'drawa'") && refused.error.contains("'drawb'"))
    #expect(refused.error.contains("help: --drop-shared leaves 8 of 12 classes of drawb out"), "\(refused.error)")
    // What is advised works, says what it left out and keeps it.
    let dropped = try run("evaluate", folder.file("r"), "--dataset", "drawb", "--tasks", "4", "--drop-shared", "--json")
    #expect(dropped.code == 0 && dropped.error.contains("8 of 12 classes of drawb are left out"), "\(dropped.error)")
    #expect(dropped.output.contains("\"classesLeftOut\" : 8"), "\(dropped.output)")
    let clean = try run("evaluate", folder.file("r"), "--dataset", "drawc", "--tasks", "4")
    #expect(clean.code == 0 && !clean.error.contains("left out"), "\(clean.error)")
    #expect(!clean.error.contains("paper"), "\(clean.error)")
    try sayWhatDoesNotFit(folder, run)
    // The run's own data set under its name, but not its pictures: the check proves nothing, which is said.
    let other = try run(
      "datasets", "import", folder.file("train"), "--name", "drawa", "--size", "12", "--channels", "1", "--ink", "dark",
      "--overwrite")
    try #require(other.code == 0, "\(other.error)")
    let changed = try run("evaluate", folder.file("r"), "--dataset", "drawb", "--tasks", "4", "--dry-run")
    #expect(changed.error.contains("drawa is no longer the one that the run was trained on"), "\(changed)")
  }

  /// Paper the other way round, and tasks that are too large: of four classes with six pictures each.
  private func sayWhatDoesNotFit(_ folder: TemporaryFolder, _ run: (String...) throws -> Program.Outcome) throws {
    let made = try run(
      "datasets", "import", folder.file("new"), "--name", "drawd", "--size", "12", "--channels", "1", "--ink", "dark")
    try #require(made.code == 0, "\(made.error)")
    let shown = try run("datasets", "show", "drawd")
    #expect(shown.output.contains("\npictures read as 12×12×1, ink dark, fit pad, paper 255, background 0\n"), "\(shown.output)")
    let other = try run("evaluate", folder.file("r"), "--dataset", "drawd", "--dry-run")
    #expect(
      other.code == 0
        && other.error.contains("note: the drawings of drawd have light paper, those that the run has learned from dark"),
      "\(other)")
    let images = try run("evaluate", folder.file("r"), "--dataset", "drawc", "--set", "task.query=7", "--dry-run")
    #expect(images.error.contains("help: --set task.query=5, or another data set"), "\(images)")
    let classes = try run("evaluate", folder.file("r"), "--dataset", "drawc", "--ways", "9", "--dry-run")
    #expect(classes.error.contains("help: --ways 4, or another data set"), "\(classes)")
  }

  @Test func whatIsTakenForGrantedIsSaid() throws {
    let folder = try TemporaryFolder()
    let environment = ["XDG_DATA_HOME": folder.file("data")]
    try Self.draw(folder.file("in/train"), classes: 0..<3)
    try Self.draw(folder.file("in/test"), classes: 0..<2)
    func imported(_ options: String...) throws -> Program.Outcome {
      try Program.run(
        ["datasets", "import", folder.file("in"), "--name", "x", "--size", "12", "--dry-run"] + options, environment: environment)
    }
    let merged = try imported()
    #expect(merged.code == 0 && merged.output.contains("3 classes, 30 images"), "\(merged)")
    #expect(merged.error.contains("note: train, test look like parts of one data set: 3 classes"), "\(merged)")
    // Each picture of test is in train, too.
    #expect(merged.error.contains("12 of 30 images are the same picture as another of their class"), "\(merged)")
    let kept = try imported("--splits", "keep")
    #expect(kept.output.contains("5 classes, 30 images") && !kept.error.contains("look like"), "\(kept)")
    #expect(kept.error.contains("12 of 30 images are the same picture as one of another class"), "\(kept)")
    for (option, value) in [("--scale", "unit"), ("--class-names", "a,b")] {
      let idle = try imported(option, value)
      #expect(idle.code == 2 && idle.error.contains("\(option) is for npz"), "\(idle)")
    }
  }

  /// Every kind of file that a user names: a pipe in its place is an error at once.
  @Test func namedPipesAreNotWaitedFor() throws {
    let folder = try TemporaryFolder()
    for name in ["x.yaml", "p.archpack", "t.csv", "s.npz", "data_batch_1.bin", "train-images-idx3-ubyte", "names.txt"] {
      mkfifo(folder.file(name), 0o600)
    }
    try Self.draw(folder.file("pictures"), classes: 0..<2)
    mkfifo(folder.file("pictures/c0/pipe.png"), 0o600)
    let environment = ["XDG_DATA_HOME": folder.file("data"), "ARCHPRIOR_DATASETS": folder.path]
    for arguments in [
      ["meta-train", folder.file("x.yaml"), "--print-configuration"], ["study", folder.file("x.yaml"), "--dry-run"],
      ["datasets", "list"], ["datasets", "show", folder.file("p.archpack")], ["datasets", "verify"],
      ["datasets", "import", folder.file("s.npz"), "--name", "a"],
      ["datasets", "import", folder.file("data_batch_1.bin"), "--name", "a"],
      ["datasets", "import", folder.file("pictures"), "--name", "a", "--size", "8", "--strict"],
      [
        "search", "random-search", "--space", "nas-bench-201", "--benchmark", folder.file("t.csv"), "--budget", "9", "--seeds",
        "1",
      ],
      ["runs", "list", "--root", folder.path],
    ] {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/timeout")
      process.arguments = ["20", Program.path] + arguments
      process.environment = ["PATH": "/usr/bin:/bin", "HOME": "/nonexistent"].merging(environment) { $1 }
      let error = Pipe()
      process.standardOutput = FileHandle.nullDevice
      process.standardError = error
      try process.run()
      let text = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      #expect(process.terminationStatus != 124 && process.terminationReason == .exit, "waited for: \(arguments)")
      if arguments.contains("list") { continue }
      #expect(process.terminationStatus != 0 && text.contains("not a regular file but a named pipe"), "\(arguments): \(text)")
    }
  }
}
