import ArchPrior
import Foundation
import Synchronization
import Testing

@testable import Experiments

/// A study that is far too small to find anything, killed on the way and begun again.
@Suite struct StudyTests {
  private static let study = """
    name: tiny
    datasets: [glyphs-greek, glyphs-thai]
    train: [leave-one-out, each]
    seeds: [1, 2]
    shots: [1, 2]
    tasks: 6
    curve_tasks: 2
    base:
      space: {channels: 2, nodes: 1, stem: pooled-twice}
      conv4: {filters: 2}
      task: {way: 3, shot: 1, query: 2}
      inner: {steps: 1, test_steps: 2}
      outer: {meta_batch: 2}
      budget: {tasks: 12}
      decoded: {tasks: 2, steps: 1, test_steps: 1, meta_batch: 2}
      evaluation: {validation_every: null, validation_tasks: 2}
      checkpoint_every: 4
    methods:
      - {name: prior, set: {method: t-nas}}
      - {name: conv, set: {method: maml}}
      - {name: scratch, set: {method: fine-tune}}
    """

  /// The results but for times.
  private func results(_ folder: String) throws -> StudyResults {
    let data = try Data(contentsOf: URL(fileURLWithPath: folder + "/results.json"))
    var results = try JSONDecoder().decode(StudyResults.self, from: data)
    for index in results.records.indices { results.records[index].secondsPerTask = 0 }
    return results
  }

  @Test func aKilledStudyGoesOnAndEndsInTheSameNumbers() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.study, to: "study.yaml")
    let command = ["study", folder.file("study.yaml"), "--output"]
    let whole = try Program.run(command + [folder.file("whole"), "--jobs", "2"])
    try #require(whole.code == 0, "\(whole.error)")
    let expected = try results(folder.file("whole"))
    // Four trainings (two left out, two alone) of two methods and one of none, twice: each tested on one or both data sets, two shots.
    #expect(expected.records.count == 2 * (2 * (2 * 1 + 2 * 2) + 2) * 2)
    #expect(expected.records.allSatisfy { $0.accuracies.count == 6 } && expected.failures.isEmpty)
    #expect(expected.architectures.count == 2 * (2 + 4))
    #expect(Set(expected.records.map(\.regime)) == [.allOthers, .oneOther, .itself, .nothing])

    for done in [1, 5, 11] {
      let killed = try Program.run(command + [folder.file("parts"), "--jobs", "2"], signal: SIGKILL) {
        let cells = (try? FileManager.default.contentsOfDirectory(atPath: folder.file("parts/cells"))) ?? []
        return cells.count { FileManager.default.fileExists(atPath: folder.file("parts/cells/\($0)/results/evaluation.json")) }
          >= done
      }
      #expect(killed.code != 0)
    }
    let locked = try Program.run(command + [folder.file("parts"), "--jobs", "1"])
    try #require(locked.code == 0, "\(locked.error)")
    #expect(locked.error.contains("was killed while it worked on"))
    #expect(try results(folder.file("parts")) == expected)
    for name in ["results.csv", "tasks.csv", "report.html"] {
      #expect(FileManager.default.fileExists(atPath: folder.file("parts/\(name)")))
    }
    let listed = try Program.run(["runs", "list", "--root", folder.path, "--status", "finished", "--json"])
    let runs = try JSONDecoder().decode([RunSummary].self, from: Data(listed.output.utf8))
    #expect(runs.count == 2 * 18 && runs.allSatisfy { !$0.evaluations.isEmpty })

    let plan = try Program.run(["study", folder.file("study.yaml"), "--dry-run"], in: folder.path)
    #expect(plan.code == 0 && plan.output.contains("18 runs, ") && plan.output.contains("nothing was written"))
  }

  /// The test classes of a data set are the same for all runs, and none of their images is trained on by any.
  @Test func noRunSeesATestImage() throws {
    let study = try StudyConfiguration(yaml: Self.study)
    let grid = StudyGrid(study)
    #expect(grid.cells.count == 18)
    #expect(Set(grid.cells.map(\.folder)).count == 18)
    for cell in grid.cells where cell.method.name == "prior" {
      #expect(cell.tests.count == (cell.training.hasPrefix("all but") ? 1 : 2))
      #expect(
        cell.training.hasPrefix("all but") ? Set(cell.sources).isDisjoint(with: cell.tests) : cell.sources == [cell.training])
    }
    let data = try GridData(study)
    var tests: [String: Set<[UInt8]>] = [:]
    for cell in grid.cells {
      let part = try data.part(of: cell, study: study, shot: 1)
      for test in part.metaTest {
        let images = test.tasks.sources.reduce(into: Set<[UInt8]>()) { images, pool in
          for index in pool.classes {
            for image in 0..<pool.dataset.classes[index].count { images.insert(Array(pool.dataset.image(image, ofClass: index))) }
          }
        }
        #expect(tests[test.name].map { $0 == images } ?? true)
        tests[test.name] = images
      }
    }
    let all = tests.values.reduce(into: Set<[UInt8]>()) { $0.formUnion($1) }
    #expect(all.count > 100)
    for cell in grid.cells {
      for pool in try data.part(of: cell, study: study, shot: 1).metaTrain.sources {
        for index in pool.classes {
          for image in 0..<pool.dataset.classes[index].count {
            #expect(!all.contains(Array(pool.dataset.image(image, ofClass: index))))
          }
        }
      }
    }
  }

  /// Damage in a cell's run is mended as that of a run is: the study ends in the same accuracies, and says what it found.
  @Test func damagedCellsAreMended() throws {
    let folder = try TemporaryFolder()
    let text = Self.study.split(separator: "\n").filter { !$0.contains("name: prior") && !$0.contains("name: scratch") }
      .joined(separator: "\n").replacing("tasks: 12", with: "tasks: 4").replacing("leave-one-out, each", with: "each")
      .replacing("seeds: [1, 2]", with: "seeds: [1]")
    let study = try StudyConfiguration(yaml: text + "\n", path: "study.yaml")
    func run(_ said: Said) throws -> [[Double]] {
      var run = try StudyRun(study, in: folder.file("out"), jobs: 1)
      run.observer.say = { line in said.lines.withLock { $0.append(line) } }
      return try run.run().records.map(\.accuracies)
    }
    let expected = try run(Said())
    let cells = folder.file("out/cells")
    let cell = try #require(try FileManager.default.contentsOfDirectory(atPath: cells).min())
    let checkpoint = try #require(try RunDirectory.read("\(cells)/\(cell)").checkpoints().last)
    for file in ["provenance.json", "configuration.yaml", "checkpoints/\(URL(fileURLWithPath: checkpoint).lastPathComponent)"] {
      for isGone in [false, true] {
        let path = "\(cells)/\(cell)/\(file)"
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[bytes.count / 3] ^= 4
        try isGone ? FileManager.default.removeItem(atPath: path) : bytes.write(to: URL(fileURLWithPath: path))
        let said = Said()
        #expect(try run(said) == expected, "\(file)")
        let lines = said.lines.withLock { $0 }
        if !isGone || !file.contains("checkpoint") {
          #expect(lines.contains { $0.contains(URL(fileURLWithPath: file).lastPathComponent) }, "\(file): \(lines)")
        }
        #expect(FileManager.default.fileExists(atPath: path + ".damaged-1"))
      }
    }
  }
}

/// What a study said.
private final class Said: Sendable {
  let lines = Mutex<[String]>([])
}
