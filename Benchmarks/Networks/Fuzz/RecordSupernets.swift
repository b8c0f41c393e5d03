import ArchPrior
import CellNetworks
import Datasets
import Foundation
import SupernetSearch

/// Folders of searches on a supernet.
enum RecordSupernets {
  private static func dataset() throws -> ImageDataset {
    let classes = (0..<3).map { ImageDataset.ImageClass(name: "class \($0)", group: "", count: 12) }
    let pixels = (0..<3 * 12 * 64).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 4) }
    guard let made = ImageDataset(name: "made", height: 8, width: 8, channels: 1, classes: classes, pixels: pixels) else {
      throw RecordKind.Unusable(kind: "supernet", said: ["no data set"])
    }
    return made
  }

  private static func run(_ folder: String) throws -> SupernetSearchRun<NASBench201Supernet> {
    let data = try dataset()
    let space = try NASBench201Space(classes: 3, imageSize: 8, channels: 4, cellsPerStage: 1)
    var search = SearchSettings()
    (search.epochs, search.batch, search.seed) = (2, 6, 5)
    let settings = SupernetSearchSettings(
      space: space.name, dataset: data.name, pixels: SHA256.hex(data.pixels), images: 12, augments: false, channels: 4,
      cellsPerStage: 1, search: search)
    let directory = try SupernetSearchFolder(folder, settings: settings)
    let method = SharedRandomSearch(candidates: 2, finalists: 2)
    var run = SupernetSearchRun(
      try DifferentiableSearch(model: try NASBench201Supernet(space, channelDivisor: 1), method: method, settings: search),
      images: try SupernetImages(data, count: 12, seed: search.seed), path: "\(folder)/random-shared-5",
      text: { space.text(of: $0) })
    (run.settings, run.isSealed) = (directory.owner, directory.isSealed)
    if !directory.notes.isEmpty { throw RecordKind.Unusable(kind: "supernet", said: directory.notes) }
    return run
  }

  static func make(in root: String) throws {
    _ = try run(root + "/supernet").run()
    try FileManager.default.copyItem(atPath: root + "/supernet", toPath: root + "/supernet-ended")
    try FileManager.default.removeItem(atPath: root + "/supernet-ended/random-shared-5/checkpoint")
  }

  static func kinds(_ root: String) throws -> [(RecordKind, String)] {
    @Sendable func everything(_ folder: String, hasCheckpoint: Bool) throws -> RecordKind.Outcome {
      var run = try run(folder)
      let said = Said()
      run.observer.say = { said.add($0) }
      if hasCheckpoint { _ = try run.run() }
      let curve = try run.curve { _ in nil }
      var text = "\(try run.epochsDone()) \(curve.points.map(\.epoch))"
      if hasCheckpoint {
        let state = try run.savedState()
        text += " \(state.epochs) \(SHA256.hex(state.weights.tensors.flatMap(\.bytes)))"
      } else {
        guard let result = try run.run() else { return .init(result: text, said: ["interrupted"]) }
        text += " \(result.architecture) \(result.sharedAccuracy ?? -1) \(result.epochs)"
      }
      return .init(result: text, said: said.all)
    }
    let own = "random-shared-5"
    var kinds = ["search.json", "\(own)/log.jsonl", "\(own)/checkpoint"].map { file in
      (RecordKind(name: "supernet: \(file)", file: file) { try everything($0, hasCheckpoint: true) }, "supernet")
    }
    kinds += ["log.jsonl", "result.json"].map { file in
      (
        RecordKind(name: "supernet that ended: \(file)", file: "\(own)/\(file)") { try everything($0, hasCheckpoint: false) },
        "supernet-ended"
      )
    }
    kinds.append(
      (
        RecordKind(
          name: "supernet: checkpoint, checksum put right", file: "\(own)/checkpoint", isChecked: false,
          names: ["checkpoint", "state"],
          wrap: { bytes in
            guard let end = bytes.firstIndex(of: 10), end > 65 else { return bytes }
            let rest = Array(bytes[65...])
            return Array("\(SHA256.hex(rest)) ".utf8) + rest
          }
        ) { try everything($0, hasCheckpoint: true) }, "supernet"
      ))
    return kinds
  }
}
