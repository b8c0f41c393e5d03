import ArchPrior
import Foundation
import Synchronization
import TestSupport
import Testing

/// Searches on a supernet that are interrupted, or whose files are damaged: they end as they would have.
@Suite struct SupernetRunTests {
  typealias Run = SupernetSearchRun<NASBench201Space.Model>

  private func run(_ folder: String, epochs: Int = 2) throws -> Run {
    let dataset = try syntheticDataset(classes: 3, images: 8, side: 8)
    var settings = SearchSettings()
    (settings.epochs, settings.batch, settings.seed) = (epochs, 4, 5)
    let space = NASBench201Space.cifar10
    let model = try space.resized(to: NetworkSize(channels: 2, cells: 1), classes: 3, side: 8).supernet(channelDivisor: 1)
    let method = try SupernetMethodRegistry.method(parsing: "gdas")
    var run = Run(
      try DifferentiableSearch(model: model, method: method, settings: settings),
      images: try SupernetImages(dataset, count: 12, seed: settings.seed), path: folder, text: { space.text(of: $0) })
    run.eigenvalues = 1
    return run
  }

  private func essence(_ result: Run.Result?) throws -> [String] {
    let result = try #require(result)
    return [
      result.architecture, "\(result.epochs)", "\(String(describing: result.search))",
      "\(String(describing: result.diagnostics))",
    ]
  }

  /// Three batches a level and an eigenvalue an epoch: there are many moments to stop at, and the longest wait is one of them.
  @Test func itStopsBetweenAnyTwoSteps() throws {
    let scratch = try TemporaryFolder()
    let asked = Mutex(0)
    var whole = try run(scratch.path + "/whole")
    whole.observer.isInterrupted = {
      asked.withLock {
        $0 += 1
        return false
      }
    }
    let expected = try essence(whole.run())
    let moments = asked.withLock { $0 }
    #expect(moments >= 2 * (1 + 6 + 2))
    let folder = scratch.path + "/parts"
    for moment in [1, 4, 9, moments / 2, moments] {
      asked.withLock { $0 = 0 }
      var part = try run(folder)
      part.observer.isInterrupted = {
        asked.withLock {
          $0 += 1
          return $0 >= moment
        }
      }
      #expect(try part.run() == nil)
      #expect(asked.withLock { $0 } == moment)
      if moment == moments { break }
      try FileManager.default.removeItem(atPath: folder)
    }
    #expect(try essence(run(folder).run()) == expected)
  }

  @Test(arguments: ["flip", "cut", "empty", "folder", "pipe"]) func aDamagedCheckpointIsPutAside(harm: String) throws {
    let scratch = try TemporaryFolder()
    let expected = try essence(run(scratch.path).run())
    let file = scratch.path + "/checkpoint"
    var bytes = try Data(contentsOf: URL(fileURLWithPath: file))
    unlink(file)
    switch harm {
    case "flip": bytes[bytes.count / 2] ^= 1
    case "cut": bytes.removeLast(7)
    case "empty": bytes = Data()
    case "folder": #expect(mkdir(file, 0o755) == 0)
    default: #expect(mkfifo(file, 0o644) == 0)
    }
    if !["folder", "pipe"].contains(harm) { try bytes.write(to: URL(fileURLWithPath: file)) }
    // Looking changes nothing.
    #expect(try run(scratch.path).epochsDone() == 0)
    #expect(!FileManager.default.fileExists(atPath: file + ".damaged-1"))
    let said = Mutex<[String]>([])
    var again = try run(scratch.path)
    again.observer.say = { line in said.withLock { $0.append(line) } }
    #expect(try essence(again.run()) == expected)
    let lines = said.withLock { $0 }
    #expect(lines.count == 1 && lines[0].contains("kept as checkpoint.damaged-1, and the search begins again"), "\(lines)")
    #expect(try run(scratch.path).epochsDone() == 2)
  }

  /// Without a checkpoint, log and result are all there is; where one is damaged, the search is made again.
  @Test(arguments: ["log.jsonl", "result.json"]) func withoutACheckpointItIsMadeAgain(file: String) throws {
    let scratch = try TemporaryFolder()
    let expected = try essence(run(scratch.path).run())
    unlink(scratch.path + "/checkpoint")
    let url = URL(fileURLWithPath: "\(scratch.path)/\(file)")
    var bytes = try Data(contentsOf: url)
    bytes[bytes.count / 3] ^= 4
    try bytes.write(to: url)
    #expect(try essence(run(scratch.path).run()) == expected)
    #expect(FileManager.default.fileExists(atPath: url.path + ".damaged-1"))
  }
}
