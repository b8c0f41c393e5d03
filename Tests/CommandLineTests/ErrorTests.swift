import ArchPrior
import Basics
import Foundation
import Testing

/// All errors say what is wrong, where and what to do in one way.
@Suite struct ErrorTests {
  /// A value of every public error type, with its text.
  private static let errors: [(error: any ReportableError, text: String)] = [
    (
      ReaderError.labelOutOfRange(path: "a", offset: 9, label: 7, classes: 5),
      "a: byte 9: label 7, the data set has classes 0..<5; is it the right file?"
    ),
    (
      ReaderError.badSidecar(path: "a.json", reason: Fault("byte 3 is not UTF-8", help: "save the file in this encoding")),
      "a.json: byte 3 is not UTF-8; save the file in this encoding; mend it, or move it away"
    ),
    (
      ReaderError.damagedArchive(path: "a.zip", entry: "b.png", reason: "it is cut short"),
      "a.zip: b.png: it is cut short; get the file again"
    ),
    (
      RegistryError.nameTaken(kind: "few-shot method", name: "maml"),
      "there is a few-shot method 'maml' already; give yours another name"
    ),
    (StatisticsError.unequalLengths(3, 4), "statistics: paired samples of 3 and 4 numbers; give both the same tasks"),
    (
      BilevelError.shape(parameter: "w", shape: nil, expected: [2]),
      "the parameter w of shape [2] is missing; add it to the variables given"
    ),
    (
      LinearSolverError.notFinite(iteration: 2),
      "a number of the linear solve is not finite at iteration 2; scale the problem down or add damping"
    ),
    (GenotypeError.emptyCell, "genotype: a cell has no node; give every cell at least one"),
    (SearchSpaceError.noCells, "search space: cells is empty; list at least one of normal, reduction"),
    (
      ArchitectureError.notInSpace(space: "darts", reason: GenotypeError.emptyCell.fault),
      "darts: genotype: a cell has no node; give every cell at least one; give an architecture of the space"
    ),
    (
      BenchmarkError.unreadable(.unreadable(path: "a", reason: "Permission denied")),
      "a: cannot be read: Permission denied; check the path"
    ),
    (
      NetworkError.badSize(space: "nas-bench-201", reason: Fault("images are too small", help: "take larger ones")),
      "nas-bench-201: images are too small; take larger ones"
    ),
    (PackError.notAPack(path: "a"), "a: not a data set pack (byte 0: no “ARCHPACK”); give the path of an .archpack file"),
    (CatalogError.unknown(name: "a", known: ["glyphs-b"], folders: []), "no data set “a”; there are glyphs-b"),
    (
      IconError.unreadableList(path: "a", reason: "no such file"),
      "a: cannot read the list of icon themes: no such file; give a file with a package and a theme a line"
    ),
    (GlyphError.unknownScript("a", known: ["b", "c"]), "there is no script “a”; choose from b, c"),
    (PNGError.otherFormat(path: "a", format: "WebP"), "a: it is WebP by its content, which is not read; save it as PNG or JPEG"),
    (FolderTaskError.nameNotUTF8(path: "a/\\xe9"), "a/\\xe9: its name is not UTF-8; rename it"),
    (
      Leak.sharedClass(dataset: "a", name: "b", first: .metaTrain, second: .metaTest),
      "leak: class 'b' of data set 'a' is in meta-train and in meta-test; take it out of one of them"
    ),
    (
      TaskError.badCurriculum(Fault("3 steps in 2 tasks", help: "it wants as many tasks, and one number of queries")),
      "bad curriculum: 3 steps in 2 tasks; it wants as many tasks, and one number of queries; stages begin at task 0 and each later than the one before"
    ),
    (
      TooManyClasses(way: 900, outputs: 2),
      "a model with outputs for 2 classes would have to be adapted more than 2000 times for 900; use a proto-net run, or meta-train with a larger task.way"
    ),
    (SearchStateError("'seen' is impossible"), "no state of this search: 'seen' is impossible"),
    (
      MethodError.badSetting(method: "bananas", name: "width", value: "0", allowed: "from 1 to 100"),
      "bananas: width is 0; it must be from 1 to 100"
    ),
    (
      ConfigurationError(path: "a.yaml", line: 3, key: "task.way", problem: "must be a number", help: "write one"),
      "a.yaml:3: task.way: must be a number; write one"
    ),
    (
      CheckpointError(.notACheckpoint, path: "a"),
      "checkpoint a: not a checkpoint of ArchPrior (at byte 0); give a file from the folder checkpoints of a run"
    ),
    (RunError(.missing(file: "log.jsonl"), path: "a"), "run a: log.jsonl is missing; restore the file, or start a new run"),
    (
      RunError(.noRun, path: "a"),
      "a holds no run of ArchPrior; give the folder that meta-train wrote, with a configuration.yaml in it"
    ),
    (
      ResultsFileError.schema(file: "a", found: 1, expected: 2),
      "a: schema 1, but this program reads schema 2; make the report with the program that wrote the results"
    ),
    (
      SupernetSearchError.badState(reason: "it is cut short"),
      "the saved search cannot go on: it is cut short; remove it to begin anew"
    ),
    (EstimatorError.noNetworks(space: "a"), "architectures of a cannot be built; search it by a table"),
    (ProxyError.unknown(name: "a", known: ["b", "c"]), "there is no proxy a; choose of b, c"),
    (SearchStudyError.nothingJudges, "nothing judges architectures; give a benchmark or an estimator"),
    (
      StudyRun.Failure.differentWays("a"),
      "method 'a' has tasks of another way, which cannot be compared; give all methods the same task.way and task.query"
    ),
    (
      Comparison.Failure.interrupted(during: "a"),
      "stopped during a; no results were written, since only a whole comparison is worth something; call it again"
    ),
  ]
  /// Errors that only their own module can make; tests of their rooms read their texts.
  private static let unmakable: Set = ["UnknownLearner", "BudgetFailure", "SavedSupernet.Failure", "SupernetImages.Failure"]

  @Test func errorsSayWhatWhereAndWhatToDo() {
    for (error, text) in Self.errors {
      #expect("\(error)" == text)
      #expect(error.localizedDescription == text)
      let what = error.what
      #expect(!what.isEmpty && !what.contains("\n") && !what.hasSuffix("."), "\(type(of: error)): \(what)")
      if let help = error.help {
        #expect(!help.isEmpty && !help.contains("\n") && !help.hasSuffix("."), "\(type(of: error)): \(help)")
      }
    }
  }

  /// The sources are read: an error of a new type has to follow the protocol, and to be in the list above.
  @Test func everyErrorTypeFollowsTheProtocol() throws {
    let sources = Program.project + "/Sources"
    var (own, bare) = (Set<String>(), [String]())
    let declaration = /^ *((?:\w+ )*)(?:enum|struct|class|actor|extension) (\w+): ([^{]*)\{/
    for file in try FileManager.default.subpathsOfDirectory(atPath: sources).sorted() where file.hasSuffix(".swift") {
      for line in try String(contentsOfFile: "\(sources)/\(file)", encoding: .utf8).split(separator: "\n") {
        guard line.contains("Error"), let match = line.firstMatch(of: declaration) else { continue }
        let parents = match.3.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        // What is private is caught where it is thrown.
        if parents.contains("Error") || parents.contains("LocalizedError"), !match.1.contains("private") {
          bare.append("\(file): \(match.2)")
        }
        guard parents.contains("ReportableError"), match.1.contains("public") else { continue }
        let outer = URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent
        own.insert(match.2 == "Failure" ? "\(outer).Failure" : String(match.2))
      }
    }
    #expect(bare.isEmpty, "conform to ReportableError: \(bare)")
    let listed = Set(
      Self.errors.map { String(reflecting: type(of: $0.error)).split(separator: ".").dropFirst().joined(separator: ".") })
    #expect(own == listed.union(Self.unmakable), "\(own.symmetricDifference(listed.union(Self.unmakable)).sorted())")
  }
}
