import ArchPrior
import ArchPriorTesting
import Foundation
import TestSupport
import Testing

/// Every registered estimator in every registered space with networks, held to the contract.
@Suite struct EstimatorContractTests {
  /// A registered estimator as the contract tries it.
  struct Row {
    let name: String
    /// Settings with which it takes no longer than a test should, besides channels and cells.
    let settings: String
    /// Whether it looks only at images of parts, whose number can be given.
    let looksAtParts: Bool
    /// Whether it wants a folder with a supernet.
    let wantsSupernet: Bool

    init(_ name: String, _ settings: String = "", looksAtParts: Bool = true, wantsSupernet: Bool = false) {
      (self.name, self.settings, self.looksAtParts, self.wantsSupernet) = (name, settings, looksAtParts, wantsSupernet)
    }
  }

  /// A row for every registered estimator, without which the suite fails; proxies have theirs in `ZeroCostProxyTests`.
  static let rows = [
    Row("train", "epochs=1/2,batch=4"),
    Row("shared", looksAtParts: false, wantsSupernet: true),
    Row("adapt", "way=3,shots=1,queries=2,tasks=2,steps=2", looksAtParts: false),
  ]

  static func row(_ method: any EstimatorMethod) -> Row? {
    method is ZeroCostProxyMethod ? Row(method.name) : rows.first { $0.name == method.name }
  }

  @Test func everyEstimatorHasARow() {
    #expect(Self.rows.map(\.name) == EstimatorRegistry.all.filter { !($0 is ZeroCostProxyMethod) }.map(\.name))
  }

  /// The text of a small estimator, in a space whose number of cells can be set or not.
  private static func quick(_ method: any EstimatorMethod, _ row: Row, cells: Bool, folder: String?) -> String {
    let known = method.settingsText
    let size = [("channels", "channels=6"), ("cells", cells ? "cells=3" : "")].filter { known.contains("\($0.0)=") }.map(\.1)
    let all = [row.settings, folder.map { "folder=\($0)" } ?? ""] + size
    return "\(row.name):" + all.filter { !$0.isEmpty }.joined(separator: ",")
  }

  static let spaces = SearchSpaceRegistry.all.filter { $0 is any SizedNetworkSpace }.map(\.name)

  /// Three classes of 8×8 grey images; more than the parts of 9 hold.
  static func data() throws -> EstimatorData {
    EstimatorData(try syntheticDataset(classes: 3, images: 9, side: 8), imageCount: 9, seed: 3)
  }

  @Test(arguments: spaces) func holds(space: String) throws {
    #expect(Self.spaces.count >= 5)
    let found = try #require(SearchSpaceRegistry.space(named: space) as? any SizedNetworkSpace)
    try check(found)
  }

  private func check<Space: SizedNetworkSpace>(_ space: Space) throws {
    let scratch = try TemporaryFolder()
    var generator = Philox(seed: 8)
    let architectures = (0..<2).map { _ in space.sample(using: &generator) }
    for registered in EstimatorRegistry.all {
      let row = try #require(Self.row(registered), "\(registered.name) has no row")
      var (data, folder) = (try Self.data(), String?.none)
      if row.wantsSupernet {
        guard let space = space as? any SupernetSpace else {
          try isRefused(row.name, space, data)
          continue
        }
        folder = try trainedSupernet(space, on: data.dataset, in: scratch.path).path
      }
      let text = Self.quick(registered, row, cells: Space.cellsMeaning != nil, folder: folder)
      let method = try EstimatorRegistry.method(parsing: text)
      // Tasks are of all images, and a supernet's images are those that it was trained on.
      if !row.looksAtParts { data.imageCount = nil }
      #expect(
        EstimatorContract.violations(
          of: method, in: space, on: data, architectures: architectures, unbuildable: try Self.unbuildable(in: space),
          looksAtParts: row.looksAtParts) == [])
    }
  }

  private func isRefused<Space: SizedNetworkSpace>(_ name: String, _ space: Space, _ data: EstimatorData) throws {
    let method = try EstimatorRegistry.method(parsing: "\(name):folder=x")
    let known = SearchSpaceRegistry.supernetSpaces.map { $0.name }
    #expect(known.contains("nas-bench-201") && known.contains("darts"))
    #expect(throws: EstimatorError.noSupernet(estimator: name, space: space.name, known: known)) {
      _ = try method.estimator(for: space, on: data)
    }
  }

  /// Architectures of the space's type that are none of its own.
  private static func unbuildable<Space: SizedNetworkSpace>(in space: Space) throws -> [Space.Architecture] {
    var generator = Philox(seed: 9)
    let foreign: Any
    switch space.name {
    case "nas-bench-101": foreign = try NASBench101Cell(parsing: "000001000:input,conv3x3-bn-relu,output")
    case "nasnet": foreign = try NASNetSpace(blocks: 2).sample(using: &generator)
    case "darts":
      foreign = try DARTSSpace(
        nodes: 2, stem: .flat, inputHeight: 8, inputWidth: 8, inputChannels: 3, way: 3
      ).sample(using: &generator)
    // Every value is an architecture.
    default: return []
    }
    return [try #require(foreign as? Space.Architecture)]
  }

  // MARK: The contract catches what it is for

  private struct Faulty: PerformanceEstimator {
    enum Fault: CaseIterable {
      case none, random, notFinite, buildsAnything, descends, remembers, noTime
    }

    let fault: Fault
    /// Differs where an estimator is made again.
    let number: Int

    var epochs: [Int] { fault == .descends ? [2, 1] : [1, 2] }

    func estimate(_ architecture: Int, epochs: Int) throws -> PerformanceEstimate {
      if architecture < 0, fault != .buildsAnything { throw NetworkError.badSize(space: "numbers", reason: "below 0") }
      let score =
        switch fault {
        case .random: Double.random(in: 0...1)
        case .notFinite: Double.nan
        case .remembers: Double(architecture + number)
        default: Double(architecture)
        }
      return PerformanceEstimate(score: score, seconds: fault == .noTime ? -1 : 0)
    }
  }

  @Test(arguments: Faulty.Fault.allCases) private func faultsAreCaught(fault: Faulty.Fault) {
    var made = 0
    let found = EstimatorContract.violations(architectures: [3, 4], unbuildable: [-1]) {
      made += 1
      return Faulty(fault: fault, number: made)
    }
    #expect(found.isEmpty == (fault == .none), "\(fault): \(found)")
  }

  @Test func settingsAreTexts() throws {
    let method = try EstimatorRegistry.method(parsing: "train:patience=2,epochs=1/3/9,augment=true,share=0.5")
    let training = try #require(method as? TrainingMethod)
    #expect(training.settings.epochs == "1/3/9" && training.settings.patience == 2)
    #expect(training.settings.augment && training.settings.share == 0.5)
    #expect(method.label == "train:augment=true,epochs=1/3/9,patience=2,share=0.5")
    #expect(try (EstimatorRegistry.method(parsing: method.label) as? TrainingMethod)?.settings == training.settings)
    #expect(try EstimatorRegistry.method(parsing: "adapt").label == "adapt")
    #expect(Set(EstimatorRegistry.names).count == EstimatorRegistry.all.count)
    for (text, message) in [
      ("trian", "no estimator 'trian'; there are: train, shared"),
      ("train:epoch=3", "train: no setting 'epoch'; there are: augment, batch"),
      ("train:epochs=3/1", "ascending numbers"), ("train:epochs=", "ascending numbers"), ("train:epochs=0", "ascending numbers"),
      ("train:batch=1", "train: batch is 1; it must be from 2"), ("train:rate=x", "it must be a number"),
      ("train:share=2", "above 0, and 1 at most"), ("train:share=0", "above 0"), ("train:patience=-1", "from 0"),
      ("shared", "a folder METHOD-SEED"), ("adapt:way=1", "adapt: way is 1; it must be from 2"), ("adapt:rate=0", "above 0"),
      ("synflow:cells=-1", "from 0 to 100"), ("naswot:images=3", "naswot: no setting 'images'; there are: cells, channels"),
    ] {
      let error = #expect(throws: (any Error).self) { try EstimatorRegistry.method(parsing: text) }
      #expect(error.map { "\($0)".contains(message) } == true, "\(text): \(String(describing: error))")
    }
  }
}

/// A folder of `archprior supernet` with weights that were trained for an epoch, and its result.
func trainedSupernet<Space: SupernetSpace>(
  _ space: Space, on dataset: ImageDataset, in folder: String, batch: Int = 12
) throws -> (path: String, sharedAccuracy: Double, architecture: String) {
  var search = SearchSettings()
  (search.epochs, search.batch, search.seed) = (1, batch, 5)
  let images = try SupernetImages(dataset, count: 12, seed: search.seed)
  let settings = SupernetSearchSettings(
    space: space.name, dataset: dataset.name, pixels: SHA256.hex(dataset.pixels), images: 12, augments: false, channels: 4,
    cellsPerStage: 1, search: search)
  let path = "\(folder)/\(space.name)"
  let directory = try SupernetSearchFolder(path, settings: settings)
  let model = try space.resized(
    to: NetworkSize(channels: 4, cells: 1), classes: dataset.classes.count, side: dataset.height
  ).supernet(channelDivisor: 1)
  let method = SharedRandomSearch(candidates: 6, finalists: 6)
  var run = SupernetSearchRun(
    try DifferentiableSearch(model: model, method: method, settings: search), images: images,
    path: "\(directory.path)/random-shared-5", text: { space.text(of: $0) })
  (run.settings, run.isSealed) = (directory.owner, directory.isSealed)
  let result = try #require(try run.run())
  return (run.path, try #require(result.sharedAccuracy), result.architecture)
}
