import Basics
import Foundation
import Yams

/// A grid of meta-training runs and what they are tested on: methods × meta-training data × seeds, tested on data sets × shots.
///
/// ```yaml
/// name: scripts
/// datasets: [glyphs-greek, glyphs-thai, glyphs-hebrew]   # each is tested on, on classes that nothing is trained on
/// train: [leave-one-out, each]                           # what is trained on
/// seeds: [1, 2, 3]
/// shots: [1, 5]
/// tasks: 200                                             # meta-test tasks of each kind
/// base: {budget: {tasks: 4000}}                          # as in a configuration of meta-train
/// methods:
///   - {name: prior, set: {method: t-nas}}
///   - {name: conv-4, set: {method: maml}}
/// ```
public struct StudyConfiguration: Sendable, Equatable {
  /// What a run is meta-trained on.
  public enum Training: String, Sendable, CaseIterable {
    /// One run for every data set that is tested on, trained on all others.
    case leaveOneOut
    /// One run for every data set, trained on that one only.
    case each
    /// One run, trained on all.
    case all
  }

  /// A method of the grid: what it changes in the base configuration.
  public struct Method: Sendable, Equatable {
    /// What the method is called in tables; unique within the study, 1 to 60 characters without a slash.
    public var name: String
    /// Which of a run's learners is tested: `prior`, `decoded`, …; the first where it is `nil`.
    public var learner: String?
    /// The base configuration with the method's changes.
    public var configuration: Configuration
  }

  /// What the study is called in its report.
  public var name = "study"
  /// The data sets, by name.
  public var datasets: [String] = []
  /// Which sets of data sets are meta-trained on.
  public var train: [Training] = [.leaveOneOut, .each]
  /// Seeds of the meta-trainings.
  public var seeds: [UInt64] = [1, 2, 3]
  /// Decides which classes of a data set are trained on, selected on and tested on, and the test tasks; the same for all runs.
  public var splitSeed: UInt64 = 1
  /// Shots of the test tasks.
  public var shots = [1, 5]
  /// Meta-test tasks for each data set and shot.
  public var tasks = 200
  /// Meta-test tasks for the curves over inner steps, and for the adapted architecture parameters.
  public var curveTasks = 40
  /// 1 for grey, 3 for colour: what images are made; 3 where a data set has colours, if `nil`.
  public var channels: Int?
  /// Height and width that images are made.
  public var imageSize = 28
  /// What is meta-trained on each.
  public var methods: [Method] = []
  /// The text of the file, for the study's folder.
  public internal(set) var text = ""

  /// A study without data sets and methods, which must be set.
  public init() {}
}

extension StudyConfiguration.Training: ConfigurationChoice {}

extension StudyConfiguration: ConfigurationSection {
  /// What is read before the methods are put together.
  private final class Draft {
    var base: Node?
    var methods: Node?
  }

  static var fields: [Field<Self>] { fields(Draft()) }

  private static func fields(_ draft: Draft) -> [Field<Self>] {
    func kept(_ key: String, _ keep: @escaping (Node) -> Void) -> Field<Self> {
      Field(key: key, read: { _, node, _ in keep(node) }, lines: { _, _ in [] }, names: { [$0] }, values: { _, _ in [] })
    }
    return [
      .value(
        "name", \.name,
        .name),
      .value("datasets", \.datasets, .distinct()),
      .value("train", \.train, .distinct()),
      .value("seeds", \.seeds, .distinct()),
      .value("split_seed", \.splitSeed),
      .value(
        "shots", \.shots,
        Rule(description: "a list of distinct numbers from 1 to 1000") { shots in
          !shots.isEmpty && Set(shots).count == shots.count && shots.allSatisfy { (1...1000).contains($0) }
        }),
      .value("tasks", \.tasks, .from(2, to: 1_000_000)),
      .value("curve_tasks", \.curveTasks, .from(1, to: 1_000_000)),
      .value("channels", \.channels, Rule(description: "1, 3 or null") { [nil, 1, 3].contains($0) }),
      .value("image_size", \.imageSize, .from(4, to: 1024)),
      kept("base") { draft.base = $0 },
      kept("methods") { draft.methods = $0 },
    ]
  }

  /// Reads a study's YAML.
  ///
  /// - Throws: `ConfigurationError`.
  public init(yaml: String, path: String? = nil) throws(ConfigurationError) {
    self.init()
    text = yaml
    do throws(ConfigurationError) {
      let draft = Draft()
      guard let node = try Configuration.node(yaml) else {
        throw ConfigurationError(key: "", problem: "is empty", help: "see configs/study-quick.yaml")
      }
      try read(node, fields: Self.fields(draft), name: "")
      var base = Configuration()
      if let node = draft.base {
        try ConfigurationFile.placing("base") { () throws(ConfigurationError) in try base.readWhole(node) }
      }
      guard !datasets.isEmpty else {
        throw ConfigurationError(key: "datasets", problem: "there are none", help: "name at least one")
      }
      guard let list = draft.methods?.sequence, !list.isEmpty else {
        throw ConfigurationError(
          line: draft.methods?.mark?.line, key: "methods", problem: "expected a list of methods with at least one entry",
          help: "such as methods: [{name: prior, set: {method: t-nas}}]")
      }
      for (index, node) in list.enumerated() { methods.append(try Self.method(node, base, "methods[\(index)]")) }
      if let twice = Dictionary(grouping: methods, by: \.name).first(where: { $1.count > 1 }) {
        throw ConfigurationError(key: "methods", problem: "two have the name '\(twice.key)'", help: "rename one")
      }
      // All methods are trained and tested on the same classes and pictures.
      let shared = ["data.split", "data.split_by", "data.train_fraction", "data.validation_fraction", "data.fit"]
      for method in methods {
        for pair in method.configuration.pairs(with: methods[0].configuration)
        where pair.mine != pair.theirs && shared.contains(pair.key) {
          throw ConfigurationError(
            key: pair.key, problem: "differs between methods '\(methods[0].name)' and '\(method.name)'", help: "set it in base")
        }
      }
      if datasets.count < 2 && train != [.all] && train != [.each] {
        throw ConfigurationError(key: "train", problem: "leave-one-out needs two data sets or more", help: "train: [each]")
      }
    } catch {
      var placed = error
      placed.path = path
      throw placed
    }
  }

  /// Reads a study's file.
  ///
  /// - Throws: `ConfigurationError`.
  public init(contentsOf path: String) throws(ConfigurationError) {
    try self.init(yaml: ConfigurationFile.text(path), path: path)
  }

  /// Keys that the study itself decides.
  private static let settled = [
    "name", "seed", "threads", "data.sources", "data.path", "data.holdout_sources", "data.image_size", "data.channels",
    "data.split_seed",
  ]

  private static func method(_ node: Node, _ base: Configuration, _ place: String) throws(ConfigurationError) -> Method {
    guard let mapping = node.mapping else {
      var error = node.mismatch("a method: {name: …, set: {…}}")
      error.key = place
      throw error
    }
    var method = Method(name: "", learner: nil, configuration: base)
    for (keyNode, value) in mapping {
      let key = keyNode.scalar?.string ?? keyNode.shown
      switch key {
      case "name":
        method.name = try ConfigurationFile.placing("\(place).name") { () throws(ConfigurationError) in try String(node: value) }
      case "learner":
        method.learner = try ConfigurationFile.placing("\(place).learner") { () throws(ConfigurationError) in
          try String(node: value)
        }
      case "set":
        try ConfigurationFile.placing("\(place).set") { () throws(ConfigurationError) in try method.configuration.readWhole(value)
        }
      default:
        let near = suggestion(for: key, among: ["name", "learner", "set"])
        throw ConfigurationError(
          line: keyNode.mark?.line, key: "\(place).\(key)", problem: ConfigurationError.unknownKey,
          help: near.map { "did you mean \(place).\($0)?" } ?? "known keys: name, learner, set")
      }
    }
    guard !method.name.isEmpty, method.name.count <= 60, method.name.utf8.count <= 600,
      !method.name.contains(where: { $0 == "/" || $0.isNewline })
    else {
      throw ConfigurationError(
        line: node.mark?.line, key: "\(place).name", problem: "must be 1 to 60 characters without a slash",
        help: "name the method")
    }
    let plain = Configuration()
    for pair in method.configuration.pairs(with: plain) where pair.mine != pair.theirs && settled.contains(pair.key) {
      throw ConfigurationError(
        line: node.mark?.line, key: pair.key, problem: "is decided by the study",
        help: "set datasets, seeds, image_size of the study")
    }
    guard method.configuration.budget.seconds == nil else {
      throw ConfigurationError(
        line: node.mark?.line, key: "budget.seconds", problem: "a study compares equal numbers of tasks", help: "set budget.tasks"
      )
    }
    return method
  }
}
