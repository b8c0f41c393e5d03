import Basics
import CellNetworks
import Datasets
import Foundation
import Runs

/// A search on a supernet that has ended, read from its folder for the shared weights.
public struct SavedSupernet: Sendable {
  /// The folder, `METHOD-SEED`.
  public let path: String
  /// What the searches beside it have in common.
  public let settings: SupernetSearchSettings
  /// The method that trained the weights.
  public let method: any SupernetMethod
  /// Whether its folder was made with checksums.
  public let isSealed: Bool
  /// Its seed, which also says which images the weights have seen.
  public let seed: UInt64

  /// Why the weights cannot be used.
  public struct Failure: ReportableError, Equatable {
    /// What is wrong, where, and what to do.
    public let fault: Fault
    /// A mistake of the caller.
    public var isUsage: Bool { true }
  }

  private struct Found: Decodable {
    var method: String
    var seed: UInt64
  }

  /// Reads what the folder says of its search.
  ///
  /// - Throws: ``Failure`` where the folder holds no search that has ended, `RunError` where its settings are damaged.
  public init(_ path: String) throws {
    guard try FolderFile.exists("result.json", of: path) else {
      throw Failure(
        fault: Fault(
          "\(path.isEmpty ? "''" : path) holds no search of `archprior supernet` that has ended", at: .mentioned(file: path),
          help: "give a folder METHOD-SEED with checkpoint and result.json in it, where it was written"))
    }
    self.path = path
    settings = try SupernetSearchFolder.settings(of: path + "/..")
    isSealed = try SupernetSearchFolder.isSealed(path + "/..")
    let found = try FolderFile.read(json: Found.self, from: "result.json", of: path, owner: nil, mustBeSealed: isSealed)
    guard let method = try? SupernetMethodRegistry.method(parsing: found.method) else {
      throw RunError(.unreadable(file: "result.json", reason: "'method' is none that there is"), path: path)
    }
    self.method = method
    seed = found.seed
  }

  /// A digest of the weights.
  ///
  /// - Throws: `RunError` where the checkpoint is damaged or not there.
  public func fingerprint() throws -> String { SHA256.hex(try FolderFile.readChecked("checkpoint", of: path)) }

  /// The search, with the images that it was made on.
  ///
  /// - Throws: ``Failure`` where space or images are others, `RunError` and `SupernetSearchError` where the checkpoint is damaged.
  public func run<Space: SupernetSpace>(
    in space: Space, on dataset: ImageDataset
  ) throws -> SupernetSearchRun<Space.Model> {
    guard settings.space == space.name else {
      throw Failure(
        fault: Fault(
          "\(path) is of the space \(settings.space), not of \(space.name)", at: .mentioned(file: path),
          help: "search in \(settings.space)"))
    }
    guard settings.pixels == SHA256.hex(dataset.pixels) else {
      throw Failure(
        fault: Fault(
          "\(path) was trained on \(settings.dataset), and \(dataset.name) has other images", at: .mentioned(file: path),
          help: "give the data set that it was trained on"))
    }
    var search = settings.search
    search.seed = seed
    let own = try space.resized(
      to: NetworkSize(channels: settings.channels, cells: settings.cellsPerStage), classes: dataset.classes.count,
      side: dataset.height)
    var run = SupernetSearchRun(
      try DifferentiableSearch(
        model: try own.supernet(channelDivisor: method.channelDivisor), method: method, settings: search),
      images: try SupernetImages(dataset, count: settings.images, seed: seed), path: path, text: { own.text(of: $0) })
    if isSealed { (run.settings, run.isSealed) = (SupernetSearchFolder.owner(settings), true) }
    return run
  }
}
