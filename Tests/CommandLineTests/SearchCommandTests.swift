import ArchPrior
import Foundation
import Testing

/// `archprior search` on a whole made-up table of NAS-Bench-201.
@Suite struct SearchCommandTests {
  /// All 15,625 cells; accuracies grow with the number of 3×3 convolutions.
  static func table() -> String {
    let columns = ["val12", "test12", "val200", "test200", "val200_s0", "val200_s1", "val200_s2", "train_s"]
    var lines = [
      "index,arch," + ["c10", "c100", "in16"].flatMap { prefix in columns.map { "\(prefix)_\($0)" } }.joined(separator: ",")
    ]
    for (index, cell) in NASBench201Space.cifar10.enumerated().enumerated() {
      let accuracy = "\(60 + 5 * cell.digits.count { $0 == 3 }).\(index % 10)"
      let one = [accuracy, accuracy, accuracy, accuracy, accuracy, accuracy, "", "2000"].joined(separator: ",")
      lines.append("\(index),\(cell.digits.map(String.init).joined()),\(one),\(one),\(one)")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  @Test func searchesAreComparedAndReported() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.table(), to: "table.csv")
    let output = folder.file("out")
    let arguments = [
      "search", "random-search", "regularized-evolution:population=10,tournament=3", "hyperband", "--space", "nas-bench-201",
      "--benchmark", folder.file("table.csv"), "--budget", "12000", "--seeds", "4",
    ]
    let plan = try Program.run(arguments + ["--epochs", "12,200", "--output", output, "--dry-run"])
    #expect(
      plan.code == 0 && plan.output.contains("nothing was written") && plan.output.contains("12, 200 epochs"), "\(plan.error)")
    #expect(!FileManager.default.fileExists(atPath: output))
    let outcome = try Program.run(arguments + ["--epochs", "12,200", "--output", output])
    try #require(outcome.code == 0, "\(outcome.error)")
    #expect(outcome.output.contains("regularized-evolution:population=10,tournament=3"))
    #expect(outcome.output.contains("best of the table") && outcome.output.contains("90.80"))
    let results = try JSONDecoder().decode(
      SearchResults.self, from: Data(contentsOf: URL(fileURLWithPath: output + "/results.json")))
    // 120 s an evaluation at 12 epochs.
    #expect(results.methods[0].searches.map(\.evaluations) == [100, 100, 100, 100])
    #expect(results.methods[2].searches.allSatisfy { $0.evaluations < 100 && $0.seconds <= 12_000 })
    let csv = try String(contentsOfFile: output + "/results.csv", encoding: .utf8)
    #expect(csv == results.csv)
    let html = try String(contentsOfFile: output + "/report.html", encoding: .utf8)
    #expect(html.contains("<svg") && html.contains("What was found"))

    let json = try Program.run(arguments + ["--epochs", "12,200", "--json", "--threads", "2"])
    let again = try JSONDecoder().decode(SearchResults.self, from: Data(json.output.utf8))
    #expect(again.withoutMeasurements == results.withoutMeasurements)
    #expect(results.comparisons.count == 3 && results.methods.allSatisfy { $0.wallSeconds > 0 && $0.regret != nil })

    // Four of seven searches of each strategy are in the folder, so that they are not made again.
    let more = Array(arguments.dropLast()) + ["7", "--epochs", "12,200", "--output", output]
    let rest = try Program.run(more + ["--dry-run"])
    #expect(rest.code == 0 && rest.output.contains("there already"), "\(rest.error)")
    #expect(rest.output.split(separator: "\n").count { $0.split(separator: " ").dropFirst().prefix(2) == ["7", "4"] } == 3)
    let seven = try JSONDecoder().decode(SearchResults.self, from: Data(Program.run(more + ["--json"]).output.utf8))
    for (method, before) in zip(seven.methods, results.methods) {
      #expect(method.searches.count == 7 && Array(method.searches.prefix(4)) == before.searches)
    }
    let other = try Program.run(more + ["--batch", "2"])
    #expect(other.code == 2 && other.error.contains("with other settings: batch was 1, is 2\nhelp: give another folder"))
    try folder.write(Self.table().replacing("60.", with: "61."), to: "table.csv")
    let table = try Program.run(more)
    #expect(table.code == 2 && table.error.contains("with other settings: table was "), "\(table.error)")
  }

  /// Killed or interrupted between and in the middle of searches, it goes on and ends where an undisturbed one does.
  @Test func aStoppedSearchGoesOn() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.table(), to: "table.csv")
    func arguments(_ output: String) -> [String] {
      [
        "search", "random-search", "bananas:candidates=30", "--space", "nas-bench-201", "--benchmark", folder.file("table.csv"),
        "--epochs", "12", "--evaluations", "30", "--seeds", "20", "--output", folder.file(output), "--threads", "2",
      ]
    }
    func results(_ outcome: Program.Outcome) throws -> SearchResults {
      try #require(outcome.code == 0, "\(outcome.error)")
      return try JSONDecoder().decode(SearchResults.self, from: Data(outcome.output.utf8))
    }
    let whole = try results(Program.run(arguments("whole") + ["--json"]))
    let file = folder.file("part/searches.jsonl")
    func ended() -> Int { (try? Program.lines(file).count) ?? 0 }
    for signal in [SIGKILL, SIGINT] {
      // All of random search the first time, and something of BANANAS each time, so that the program is at work when the signal comes.
      let lines = max(20, ended()) + 1
      let stopped = try Program.run(arguments("part"), signal: signal) { ended() >= lines }
      #expect(stopped.code != 0 && stopped.output.isEmpty)
      if signal == SIGINT {
        #expect(stopped.error.contains("was killed while it worked on"), "\(stopped.error)")
        #expect(
          stopped.code == 1 && stopped.error.contains(" of 40 searches; everything so far is saved in ")
            && stopped.error.contains("help: go on with: archprior "), "\(stopped.error)")
      }
      #expect((lines..<40).contains(ended()))
    }
    let part = try results(Program.run(arguments("part") + ["--json"]))
    #expect(part.withoutMeasurements == whole.withoutMeasurements)
  }

  /// Without a table there are scores alone; a table given later looks up what was found, without searching again.
  @Test func anEstimatorNeedsNoBenchmark() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.table(), to: "table.csv")
    let output = folder.file("out")
    let arguments = [
      "search", "random-search", "local-search", "--space", "nas-bench-201", "--estimator", "parameters", "--images",
      "glyphs-runic", "--image-count", "8", "--evaluations", "25", "--seeds", "2", "--output", output,
    ]
    let plan = try Program.run(arguments + ["--dry-run"])
    #expect(plan.code == 0 && plan.output.contains("images of glyphs-runic, not looked up"), "\(plan.error)")
    func results() throws -> SearchResults {
      try JSONDecoder().decode(SearchResults.self, from: Data(contentsOf: URL(fileURLWithPath: output + "/results.json")))
    }
    let alone = try Program.run(arguments + ["--threads", "1"])
    try #require(alone.code == 0, "\(alone.error)")
    #expect(alone.output.contains("score") && !alone.output.contains("best of the table") && !alone.output.contains("test"))
    let scores = try results()
    #expect(scores.benchmark == nil && scores.datasets.isEmpty && scores.comparisons.count == 1)
    #expect(scores.methods.flatMap(\.searches).allSatisfy { $0.evaluationSeconds?.count == 25 && $0.test.isEmpty })
    let html = try String(contentsOfFile: output + "/report.html", encoding: .utf8)
    #expect(html.contains("test accuracies are not known"))
    let again = try JSONDecoder().decode(
      SearchResults.self, from: Data(Program.run(Array(arguments.dropLast(2)) + ["--json", "--threads", "2"]).output.utf8))
    #expect(again.withoutMeasurements == scores.withoutMeasurements)

    let lookedUp = try Program.run(arguments + ["--benchmark", folder.file("table.csv")])
    try #require(lookedUp.code == 0, "\(lookedUp.error)")
    let found = try results()
    for (method, before) in zip(found.methods, scores.methods) {
      #expect(method.searches.map(\.seconds) == before.searches.map(\.seconds) && method.regret != nil)
      for search in method.searches {
        let cell = try NASBench201Cell(parsing: search.architecture)
        #expect(Int(search.test[0] ?? 0) == 60 + 5 * cell.digits.count { $0 == 3 })
      }
    }
  }

  /// Images of a test set may judge alone, but not where a table of test accuracies is looked up afterwards.
  @Test func testImagesAreKeptFromSearches() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.table(), to: "table.csv")
    let environment = ["XDG_DATA_HOME": folder.path, "ARCHPRIOR_DATASETS": Program.project + "/datasets"]
    let made = try Program.run(
      ["datasets", "import", ImportTests.cifar(folder), "--name", "tiny-test", "--size", "8"], environment: environment)
    try #require(made.code == 0, "\(made.error)")
    let arguments = [
      "search", "random-search", "--space", "nas-bench-201", "--estimator", "parameters", "--images", "tiny-test",
      "--image-count",
      "2", "--evaluations", "3", "--seeds", "1",
    ]
    let refused = try Program.run(arguments + ["--benchmark", folder.file("table.csv")], environment: environment)
    #expect(refused.code == 2 && refused.output.isEmpty)
    #expect(
      refused.error.contains("error: tiny-test has test images by its name") && refused.error.contains("help: give a data set"))
    let alone = try Program.run(arguments, environment: environment)
    #expect(alone.code == 0, "\(alone.error)")
  }

  /// A proxy that counts parameters gives scores that are known, and the found cells are looked up in the table.
  @Test func proxiesJudgeInTheTablesPlace() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.table(), to: "table.csv")
    let arguments = [
      "search", "random-search", "local-search", "--space", "nas-bench-201", "--benchmark", folder.file("table.csv"),
      "--estimator",
      "parameters", "--images", "glyphs-runic", "--image-count", "8", "--evaluations", "25", "--seeds", "2",
    ]
    let output = folder.file("out")
    let outcome = try Program.run(arguments + ["--output", output])
    try #require(outcome.code == 0, "\(outcome.error)")
    let results = try JSONDecoder().decode(
      SearchResults.self, from: Data(contentsOf: URL(fileURLWithPath: output + "/results.json")))
    #expect(results.estimator == "parameters on 8 images of glyphs-runic" && results.epochs == [0])
    let space = try NASBench201Space(classes: 32, imageSize: 28)
    for search in results.methods.flatMap(\.searches) {
      let cell = try NASBench201Cell(parsing: search.architecture)
      #expect(search.evaluations == 25)
      #expect(try search.score == Double(#require(space.networkCost(of: cell)).parameters))
      // The table's accuracies grow with the number of 3×3 convolutions.
      #expect(Int(search.test[0] ?? 0) == 60 + 5 * cell.digits.count { $0 == 3 })
    }
    let html = try String(contentsOfFile: output + "/report.html", encoding: .utf8)
    #expect(html.contains("scores by parameters on 8 images of glyphs-runic") && !html.contains("simulated seconds"))
    let plan = try Program.run(arguments + ["--dry-run"])
    #expect(plan.code == 0 && plan.output.contains("judged by parameters on 8 images of glyphs-runic"), "\(plan.error)")
  }

  /// Estimators with networks, in searches of several fidelities and of one.
  @Test func networksAreTrainedAdaptedAndShared() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.table(), to: "table.csv")
    func train(epochs: Int) throws {
      let supernet = try Program.run([
        "supernet", "random-shared:candidates=4,finalists=2", "--dataset", "glyphs-runic", "--channels", "4", "--images", "24",
        "--batch", "24", "--epochs", "\(epochs)", "--output", folder.file("supernet"),
      ])
      try #require(supernet.code == 0, "\(supernet.error)")
    }
    try train(epochs: 1)
    func search(_ strategy: String, _ estimator: String, _ more: [String] = []) throws -> SearchResults {
      let arguments = [
        "search", strategy, "--space", "nas-bench-201", "--benchmark", folder.file("table.csv"), "--estimator", estimator,
        "--images", "glyphs-runic", "--evaluations", "6", "--seeds", "2", "--json",
      ]
      let runs = try ["1", "2"].map { try Program.run(arguments + more + ["--threads", $0]) }
      try #require(runs.allSatisfy { $0.code == 0 }, "\(estimator): \(runs[0].error)")
      let results = try runs.map { try JSONDecoder().decode(SearchResults.self, from: Data($0.output.utf8)) }
      // Scores and finds do not depend on threads.
      #expect(
        results[0].methods[0].searches.map(\.score) == results[1].methods[0].searches.map(\.score)
          && results[0].methods[0].searches.map(\.architecture) == results[1].methods[0].searches.map(\.architecture))
      return results[0]
    }
    let trained = try search(
      "successive-halving:width=4,eta=2", "train:epochs=1/2,batch=8,channels=4,rate=0.1", ["--image-count", "32"])
    #expect(trained.epochs == [1, 2] && trained.estimator?.contains("epochs=1/2") == true)
    #expect(trained.estimator?.hasSuffix(" on 32 images of glyphs-runic") == true)
    let adapted = try search("random-search", "adapt:way=3,shots=1,queries=2,tasks=2,steps=2,channels=4")
    // The folder's name has a comma in it.
    let weights = "shared:folder=" + folder.file("supernet/random-shared-candidates=4,finalists=2-1")
    let shared = try search("regularized-evolution:population=3,tournament=2", weights)
    for results in [trained, adapted, shared] {
      for search in results.methods[0].searches {
        #expect((0...100).contains(search.score) && search.evaluations == 6, "\(results.estimator ?? "")")
        let cell = try NASBench201Cell(parsing: search.architecture)
        #expect(Int(search.test[0] ?? 0) == 60 + 5 * cell.digits.count { $0 == 3 })
      }
    }
    #expect(adapted.estimator?.hasSuffix(" on images of glyphs-runic") == true && shared.epochs == [0])

    // Kept searches are of these weights: other ones in the same place are other settings.
    let kept = [
      "search", "random-search", "--space", "nas-bench-201", "--estimator", weights, "--images", "glyphs-runic", "--evaluations",
      "2",
      "--seeds", "1", "--output", folder.file("kept"),
    ]
    let first = try Program.run(kept)
    #expect(first.code == 0 && first.output.contains("random-search, highest score (seed 1): |"), "\(first.error)")
    #expect(try Program.run(kept).code == 0)
    try FileManager.default.removeItem(atPath: folder.file("supernet"))
    try train(epochs: 2)
    let other = try Program.run(kept)
    #expect(
      other.code == 2 && other.error.contains("the folder holds searches with other settings: estimator was "), "\(other.error)")
  }

  /// A search that ends with one message and one piece of advice.
  private func fails(
    _ arguments: [String], code: Int32, _ message: String, _ help: String, location: SourceLocation = #_sourceLocation
  ) throws {
    let outcome = try Program.run(["search"] + arguments)
    #expect(outcome.code == code && outcome.output.isEmpty, "\(outcome.error)", sourceLocation: location)
    // A search that fails on the way has shown progress above.
    let lines = outcome.error.split(separator: "\n").map(String.init).filter { !$0.contains(" searches  ") }
    #expect(
      lines.count == 2 && lines[0].hasPrefix("error: ") && lines[0].contains(message), "\(outcome.error)",
      sourceLocation: location)
    #expect(lines.last?.hasPrefix("help: " + help) == true, "\(outcome.error)", sourceLocation: location)
  }

  /// Options that name the table in a folder.
  private func options(_ folder: TemporaryFolder) -> [String] {
    ["--space", "nas-bench-201", "--benchmark", folder.file("table.csv"), "--budget", "1000"]
  }

  @Test func mistakesAboutMethodsGetOneMessage() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.table(), to: "table.csv")
    let common = options(folder)
    try fails(["random-serch"] + common, code: 2, "no search strategy 'random-serch'", "did you mean random-search?")
    try fails(
      ["regularized-evolution:size=3"] + common, code: 2, "regularized-evolution: no setting 'size'", "there are: population")
    try fails(["tpe:candidates=many"] + common, code: 2, "tpe: candidates is 'many'", "it must be")
    try fails(["random-search"] + common + ["--dataset", "cifar"], code: 2, "has no data set 'cifar'", "there are: cifar10")
    try fails(
      ["random-search"] + common + ["--epochs", "50"], code: 2, "no values of cifar10 after 50 epochs", "there are: 12, 200")
    try fails(["hyperband"] + common + ["--epochs", "12"], code: 2, "hyperband cannot search nas-bench-201", "offer two or more")
  }

  @Test func mistakesAboutEstimatorsGetOneMessage() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.table(), to: "table.csv")
    let common = options(folder)
    try fails(
      ["random-search"] + common + ["--estimator", "synflo", "--images", "glyphs-thai"], code: 2, "no estimator 'synflo'",
      "did you mean synflow?")
    try fails(
      ["random-search"] + common + ["--estimator", "synflow", "--images", "glyphs-tai"], code: 2, "no data set 'glyphs-tai'",
      "did you mean glyphs-thai?")
    let read = try DatasetPack.read(Program.project + "/datasets/glyphs/thai.archpack")
    let pack = read.dataset
    let renamed = try #require(
      ImageDataset(
        name: "thai-test", height: pack.height, width: pack.width, channels: pack.channels, classes: pack.classes,
        pixels: pack.pixels))
    try DatasetPack(dataset: renamed, provenance: read.provenance).write(to: folder.file("thai-test.archpack"))
    try fails(
      ["random-search"] + common + ["--estimator", "train", "--images", folder.file("thai-test.archpack")], code: 2,
      "thai-test has test images by its name", "give a data set of training images")
    try fails(
      ["random-search"] + common + ["--estimator", "shared:folder=x", "--images", "glyphs-thai"], code: 2,
      "x holds no search of `archprior supernet`", "give a folder METHOD-SEED")
    try fails(
      ["random-search"] + common + ["--estimator", "adapt", "--images", "glyphs-thai", "--image-count", "8"], code: 2,
      "adapt: the number of images is 8", "it must be left out; way, shots")
    try fails(
      ["random-search"] + common + [
        "--estimator", "train", "--images", "glyphs-thai", "--image-count", "\(pack.imageCount)",
      ], code: 2, "no two parts of \(pack.imageCount)", "take 1 to \(pack.imageCount / 2) images a part")
    try fails(
      ["hyperband"] + common + ["--estimator", "synflow", "--images", "glyphs-thai"], code: 2, "hyperband cannot search",
      "offer two or more")
  }

  @Test func mistakesAboutTablesGetOneMessage() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.table(), to: "table.csv")
    try folder.write(String(Self.table().prefix(30_000)), to: "short.csv")
    try folder.write("arch,x\n", to: "other.csv")
    let common = options(folder)
    try fails(
      ["random-search"] + common + ["--transfer", folder.file("other.csv")], code: 1, "no column “ninapro_acc”", "is it the right"
    )
    try fails(
      ["random-search", "--space", "nas-bench-201", "--benchmark", folder.file("short.csv"), "--budget", "1"], code: 1,
      "short.csv: ", "")
    try fails(
      ["random-search", "--space", "nas-bench-201", "--benchmark", folder.file("table.csv"), "--budget", "1"], code: 1,
      "none of 0 evaluations succeeded", "raise the budget")
    try fails(
      ["random-search", "--space", "nas-bench-101", "--benchmark", folder.file("table.csv"), "--budget", "1"], code: 1,
      "table.csv: byte 0: the checksum of the record's length does not fit", "get the file again")
  }
}
