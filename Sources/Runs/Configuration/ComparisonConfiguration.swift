import Basics
import Yams

/// Runs that are compared on the same meta-test tasks, and what of them takes part: the file of `archprior compare`.
///
/// ```yaml
/// name: comparison
/// base: {task: {way: 5, shot: 1}}                # as in a configuration of meta-train
/// runs:
///   prior: {method: t-nas, budget: {seconds: 60}}
///   conv-4: {method: maml, budget: {seconds: 60}}
/// contestants:                                   # the first is held against all others
///   - {name: T-NAS, run: prior}
///   - {name: "T-NAS, θ frozen", run: prior, learner: frozen}
///   - {name: MAML, run: conv-4}
/// ```
public struct ComparisonConfiguration: Sendable, Equatable {
  /// A run that is meta-trained.
  public struct Run: Sendable, Equatable {
    /// The name of its folder.
    public var name: String
    /// What is meta-trained.
    public var configuration: Configuration
  }

  /// What is evaluated.
  public struct Contestant: Sendable, Equatable {
    /// What it is called in tables; unique.
    public var name: String
    /// The name of its run.
    public var run: String
    /// Which of the run's learners; the first where it is `nil`. `untrained` is the run's first stage as it was before training.
    public var learner: String?
  }

  /// What the comparison is called in its report.
  public var name = "comparison"
  /// What is meta-trained, in the order of work.
  public var runs: [Run] = []
  /// What is evaluated, the one that is held against all others first.
  public var contestants: [Contestant] = []
  /// The text of the file, for the report.
  public internal(set) var text = ""

  /// The comparison of `make run`; `configs/compare.yaml` has the same text, to be read and changed.
  ///
  /// - Throws: `ConfigurationError` only where the text of the program is at fault.
  public static func usual() throws(ConfigurationError) -> ComparisonConfiguration {
    try ComparisonConfiguration(yaml: usualText, path: "the usual comparison")
  }

  /// Reads a file.
  ///
  /// - Throws: `ConfigurationError`.
  public init(contentsOf path: String) throws(ConfigurationError) {
    try self.init(yaml: ConfigurationFile.text(path), path: path)
  }

  /// Reads YAML.
  ///
  /// - Parameters:
  ///   - yaml: the text of the comparison.
  ///   - path: where the text comes from, for messages.
  /// - Throws: `ConfigurationError`.
  public init(yaml: String, path: String? = nil) throws(ConfigurationError) {
    text = yaml
    do throws(ConfigurationError) {
      guard let node = try Configuration.node(yaml), let mapping = node.mapping else {
        throw ConfigurationError(key: "", problem: "is no comparison", help: "see configs/compare.yaml")
      }
      try read(mapping)
      try check()
    } catch {
      var placed = error
      placed.path = path
      throw placed
    }
  }

  /// Changes every run's configuration.
  public mutating func changeRuns(_ change: (inout Configuration) -> Void) {
    for index in runs.indices { change(&runs[index].configuration) }
  }
}

extension ComparisonConfiguration {
  fileprivate mutating func read(_ mapping: Node.Mapping) throws(ConfigurationError) {
    let known = ["name", "base", "runs", "contestants"]
    for (keyNode, value) in mapping {
      let key = keyNode.scalar?.string ?? keyNode.shown
      guard known.contains(key) else { throw Self.unknown(key, keyNode, known) }
      if key == "name" {
        name = try ConfigurationFile.placing("name") { () throws(ConfigurationError) in try String(node: value) }
      }
    }
    var base = Configuration()
    if let node = mapping["base"] {
      try ConfigurationFile.placing("base") { () throws(ConfigurationError) in try base.readWhole(node) }
    }
    for (keyNode, value) in mapping["runs"]?.mapping ?? [:] {
      let key = keyNode.scalar?.string ?? keyNode.shown
      var run = Run(name: key, configuration: base)
      run.configuration.name = "\(name), \(key)"
      try ConfigurationFile.placing("runs.\(key)") { () throws(ConfigurationError) in try run.configuration.readWhole(value) }
      runs.append(run)
    }
    for (index, node) in (mapping["contestants"]?.sequence ?? []).enumerated() {
      contestants.append(try Self.contestant(node, "contestants[\(index)]"))
    }
  }

  private static func contestant(_ node: Node, _ place: String) throws(ConfigurationError) -> Contestant {
    guard let mapping = node.mapping else {
      var error = node.mismatch("a contestant: {name: …, run: …}")
      error.key = place
      throw error
    }
    var contestant = Contestant(name: "", run: "")
    for (keyNode, value) in mapping {
      let key = keyNode.scalar?.string ?? keyNode.shown
      guard ["name", "run", "learner"].contains(key) else {
        throw unknown("\(place).\(key)", keyNode, ["name", "run", "learner"])
      }
      let text = try ConfigurationFile.placing("\(place).\(key)") { () throws(ConfigurationError) in try String(node: value) }
      switch key {
      case "name": contestant.name = text
      case "run": contestant.run = text
      default: contestant.learner = text
      }
    }
    if contestant.name.isEmpty { contestant.name = contestant.run }
    return contestant
  }

  private static func unknown(_ key: String, _ node: Node, _ known: [String]) -> ConfigurationError {
    let near = suggestion(for: key, among: known)
    return ConfigurationError(
      line: node.mark?.line, key: key, problem: ConfigurationError.unknownKey,
      help: near.map { "did you mean \($0)?" } ?? "known keys: \(known.joined(separator: ", "))")
  }

  /// What concerns several keys.
  private func check() throws(ConfigurationError) {
    func fail(_ key: String, _ problem: String, _ help: String) -> ConfigurationError {
      ConfigurationError(key: key, problem: problem, help: help)
    }
    guard !runs.isEmpty else { throw fail("runs", "there are none", "name at least one: runs: {conv-4: {method: maml}}") }
    for run in runs where !Self.isFolderName(run.name) {
      throw fail(
        "runs", "'\(run.name.shortened())' cannot name a folder", "take 1 to 60 letters, digits, hyphens, dots and plus signs")
    }
    guard contestants.count > 1 else {
      throw fail("contestants", "there are fewer than two", "such as contestants: [{name: MAML, run: conv-4}]")
    }
    for contestant in contestants where !runs.contains(where: { $0.name == contestant.run }) {
      throw fail(
        "contestants", "'\(contestant.name.shortened())' is of a run '\(contestant.run.shortened())', which there is not",
        "runs: \(runs.map(\.name).joined(separator: ", "))")
    }
    if let twice = Dictionary(grouping: contestants, by: \.name).first(where: { $1.count > 1 }) {
      throw fail("contestants", "two have the name '\(twice.key.shortened())'", "rename one")
    }
    // The test tasks have to be the same for all.
    let shared = ["seed", "task.way", "task.shot", "task.query", "batch_norm", "evaluation.tasks"]
    for run in runs {
      for pair in run.configuration.pairs(with: runs[0].configuration)
      where pair.mine != pair.theirs && (shared.contains(pair.key) || pair.key.hasPrefix("data.")) {
        throw fail(pair.key, "differs between the runs '\(runs[0].name)' and '\(run.name)'", "set it in base")
      }
    }
  }

  private static func isFolderName(_ name: String) -> Bool {
    (1...60).contains(name.count) && !name.hasPrefix(".")
      && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-._+".contains($0)) }
  }
}
