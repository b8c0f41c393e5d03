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
    #expect(again.csv == results.csv)
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
    let supernet = try Program.run([
      "supernet", "random-shared:candidates=4", "--dataset", "glyphs-runic", "--channels", "4", "--images", "24", "--batch", "24",
      "--epochs", "1", "--output", folder.file("supernet"),
    ])
    try #require(supernet.code == 0, "\(supernet.error)")
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
    #expect(trained.epochs == [1, 2] && trained.estimator?.hasPrefix("train:epochs=1/2") == true)
    #expect(trained.estimator?.hasSuffix(" on 32 images of glyphs-runic") == true)
    let adapted = try search("random-search", "adapt:way=3,shots=1,queries=2,tasks=2,steps=2,channels=4")
    let shared = try search(
      "regularized-evolution:population=3,tournament=2",
      "shared:folder=" + folder.file("supernet/random-shared-candidates=4-1"))
    for results in [trained, adapted, shared] {
      for search in results.methods[0].searches {
        #expect((0...100).contains(search.score) && search.evaluations == 6, "\(results.estimator ?? "")")
        let cell = try NASBench201Cell(parsing: search.architecture)
        #expect(Int(search.test[0] ?? 0) == 60 + 5 * cell.digits.count { $0 == 3 })
      }
    }
    #expect(adapted.estimator?.hasSuffix(" on images of glyphs-runic") == true && shared.epochs == [0])
  }

  @Test func mistakesGetOneMessage() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.table(), to: "table.csv")
    try folder.write(String(Self.table().prefix(30_000)), to: "short.csv")
    try folder.write("arch,x\n", to: "other.csv")
    let common = ["--space", "nas-bench-201", "--benchmark", folder.file("table.csv"), "--budget", "1000"]
    func fails(_ arguments: [String], code: Int32, _ message: String, _ help: String, location: SourceLocation = #_sourceLocation)
      throws
    {
      let outcome = try Program.run(["search"] + arguments)
      #expect(outcome.code == code && outcome.output.isEmpty, "\(outcome.error)", sourceLocation: location)
      // A search that fails on the way has shown progress above.
      let lines = outcome.error.split(separator: "\n").map(String.init).filter { !$0.contains(" tasks  ") }
      #expect(
        lines.count == 2 && lines[0].hasPrefix("error: ") && lines[0].contains(message), "\(outcome.error)",
        sourceLocation: location)
      #expect(lines.last?.hasPrefix("help: " + help) == true, "\(outcome.error)", sourceLocation: location)
    }
    try fails(["random-serch"] + common, code: 2, "no search strategy 'random-serch'", "did you mean random-search?")
    try fails(
      ["regularized-evolution:size=3"] + common, code: 2, "regularized-evolution: no setting 'size'", "there are: population")
    try fails(["tpe:candidates=many"] + common, code: 2, "tpe: candidates is 'many'", "it must be")
    try fails(["random-search"] + common + ["--dataset", "cifar"], code: 2, "has no data set 'cifar'", "there are: cifar10")
    try fails(
      ["random-search"] + common + ["--epochs", "50"], code: 2, "no values of cifar10 after 50 epochs", "there are: 12, 200")
    try fails(["hyperband"] + common + ["--epochs", "12"], code: 2, "hyperband cannot search nas-bench-201", "offer two or more")
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
