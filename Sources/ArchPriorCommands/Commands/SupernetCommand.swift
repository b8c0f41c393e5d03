import ArchPrior
import ArgumentParser
import Basics
import Foundation

struct SupernetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "supernet",
    abstract: "Search on a supernet: all architectures share weights that are trained on a data set.",
    discussion: """
      Half of the data set's images train the weights, the other half judges architectures. Every search has a folder \
      OUTPUT/METHOD-SEED with log.jsonl (a line an epoch), checkpoint and result.json. Stopped or killed, it goes on after its last \
      complete epoch when it is called again. In the end OUTPUT/epochs.csv and report.html show all of them together.

      A method is a name, with settings after a colon: enas:steps=10,batch=5. Names: \
      \(SupernetMethodRegistry.names.joined(separator: ", ")).

      Data sets: those of `archprior datasets list`, with square images (whose side is a multiple of 4 for nas-bench-201); `archprior \
      datasets import` makes them of CIFAR files, NPZ files and folders of pictures. Grey images become three equal channels.

      Spaces with a supernet: \(SearchSpaceRegistry.supernetSpaces.map { $0.name }.joined(separator: ", ")).
      """)

  @Argument(
    help: "One method or several, as words or separated by commas; settings after a colon.",
    completion: .list(SupernetMethodRegistry.names))
  var methods: [String]

  @Option(help: "The search space.", completion: .list(SearchSpaceRegistry.supernetSpaces.map { $0.name }))
  var space = NASBench201Space.cifar10.name

  @Option(help: "The data set: a name of the catalogue, or the path of an .archpack file.")
  var dataset: String

  @Option(help: "Epochs; learning rates and temperatures follow their schedules over all of them.")
  var epochs = 50

  @Option(help: "Seconds after which a search ends early: an epoch that would probably end later is not begun.")
  var seconds: Double?

  @Option(help: "Images of each half; half of the data set where it is left out.")
  var images: Int?

  @Flag(help: "Mirror and move images at random, as the published searches on photographs do.")
  var augment = false

  @Option(help: "Images a batch.")
  var batch = 64

  @Option(help: "Channels at the beginning; 16 in NAS-Bench-201 and in DARTS.")
  var channels = 16

  @Option(
    help: """
      Cells: \(SearchSpaceRegistry.supernetSpaces.map { $0.cellsHelp }.joined(separator: ", ")).
      """)
  var cells: Int?

  @Option(help: "The first learning rate of the weights.")
  var rate = 0.025

  @Option(help: "The learning rate of the architecture parameters, where they follow a gradient.")
  var architectureRate = 3e-4

  @Option(help: "Searches of each method, from different seeds.")
  var seeds = 1

  @Option(help: "The first seed.")
  var seed: UInt64 = 1

  @Option(help: "Epochs from one Hessian eigenvalue to the next; 0 for none.")
  var eigenvalues = 2

  @Flag(
    help: """
      End a search once the eigenvalue, averaged over five, has grown by 30 % within four, and take the architecture from before \
      (Zela et al., 2020).
      """)
  var stopEarly = false

  @Option(help: "A table of NAS-Bench-201 in which the cells of all epochs are looked up, once a search has ended.")
  var benchmark: String?

  @Option(help: "The folder of the searches; runs/supernet-DATASET where it is left out.")
  var output: String?

  @OptionGroup var threads: ThreadOption
  @OptionGroup var dry: DryRunOption
  @OptionGroup var json: JSONOption

  /// Which searches would be made.
  struct Plan: Codable {
    struct Search: Codable {
      var method: String
      var seed: UInt64
      /// The weights of its supernet.
      var weights: Int
      var epochsDone: Int
      /// Estimated, for the epochs to come.
      var seconds: Double
    }
    var space, dataset: String
    var classes: Int
    var imagesPerHalf: Int
    var batchesPerEpoch: Int
    var epochs: Int
    var searches: [Search]
    var threads: Int
    var output: String
  }

  func validate() throws {
    try Bounds.check("epochs", epochs, from: 1, to: 100_000)
    try Bounds.check("batch", batch, from: 2, to: 65_536)
    try Bounds.check("channels", channels, from: 1, to: 4_096)
    try Bounds.check("cells", cells, from: 1, to: 100)
    try Bounds.check("seeds", seeds, from: 1, to: 10_000)
    try Bounds.check("eigenvalues", eigenvalues, from: 0, to: 100_000)
    try Bounds.check("seconds", seconds, above: 0, to: 1e12)
    try Bounds.check("rate", rate, above: 0, to: 1e6)
    try Bounds.check("architecture-rate", architectureRate, above: 0, to: 1e6)
    guard !seed.addingReportingOverflow(UInt64(seeds - 1)).overflow else {
      throw ValidationError("--seed and --seeds reach beyond the greatest seed, \(UInt64.max)")
    }
    guard images.map({ $0 >= batch }) ?? true else {
      throw ValidationError("--images must be at least --batch, which is \(batch)")
    }
    guard !stopEarly || eigenvalues > 0 else {
      throw ValidationError("--stop-early goes by eigenvalues, which --eigenvalues 0 leaves out")
    }
  }

  func run() throws {
    let methods = try Self.methods(methods)
    guard SearchSpaceRegistry.space(named: space) != nil else {
      throw CommandError.unknown(SearchSpaceRegistry.registry.kind, space, SearchSpaceRegistry.names)
    }
    let spaces = SearchSpaceRegistry.supernetSpaces
    guard let found = spaces.first(where: { $0.name == space }) else {
      throw CommandError(
        "the space \(space) has no supernet", help: "spaces with one: \(spaces.map { $0.name }.joined(separator: ", "))")
    }
    try search(found, methods)
  }

  private static func methods(_ texts: [String]) throws -> [any SupernetMethod] {
    // A piece such as `batch=5` is a setting of the method before it.
    var names: [String] = []
    for piece in texts.flatMap({ $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }) {
      if piece.contains("="), !piece.contains(":"), let last = names.indices.last {
        names[last] += "," + piece
      } else {
        names.append(piece)
      }
    }
    var found: [any SupernetMethod] = []
    for method in try names.map(Self.method) where !found.contains(where: { $0.label == method.label }) {
      found.append(method)
    }
    return found
  }

  private static func method(_ text: String) throws -> any SupernetMethod {
    do {
      return try SupernetMethodRegistry.method(parsing: text)
    } catch {
      guard case .unknown(let kind, let name, let known) = error else { throw error }
      guard StrategyRegistry.registry[name] == nil else {
        throw CommandError("\(name) searches without a supernet", help: "for its like see \(Advice.help(command: ["search"]))")
      }
      throw CommandError.unknown(kind, name, known)
    }
  }
}

extension SupernetSpace {
  /// What `--cells` counts, and how many there are where it is left out.
  fileprivate var cellsHelp: String {
    "\(Self.cellsMeaning ?? "") of \(name) (\(Self.trainedSize.cells) by default)"
  }
}
