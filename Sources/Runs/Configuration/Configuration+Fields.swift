import Datasets
import NeuralNetworks

extension Configuration.Inner.Variant: ConfigurationChoice {}
extension Configuration.Outer.Gradient: ConfigurationChoice {}
extension RateSchedule: ConfigurationChoice {}
extension Configuration.Data.Split: ConfigurationChoice {}
extension ClassSplit.Unit: ConfigurationChoice {}
extension ClassSampling: ConfigurationChoice {}
extension ImageFormat.Fit: ConfigurationChoice {}

extension Rule where Value == Double {
  /// A step size.
  fileprivate static var rate: Rule { Rule(description: "a finite number above 0") { $0 > 0 && $0.isFinite } }
  fileprivate static var share: Rule { Rule(description: "above 0 and below 1") { $0 > 0 && $0 < 1 } }
}

extension Rule where Value == String {
  /// What a run or a study may be called. Characters may have any number of parts, of which a name has few.
  static var name: Rule {
    Rule(description: "1 to 100 characters on one line") {
      (1...100).contains($0.count) && $0.utf8.count <= 1000 && !$0.contains("\n")
    }
  }
}

extension Rule where Value == Int {
  fileprivate static var steps: Rule { .from(0, to: 10_000) }
  fileprivate static var count: Rule { .from(1, to: 1_000_000_000) }
}

extension Rule where Value == [Int] {
  /// The ends of a range.
  fileprivate static func ends(from least: Int) -> Rule {
    Rule(description: "two numbers from \(least) to 1000, the smaller one first") { ends in
      ends.count == 2 && ends.allSatisfy { (least...1000).contains($0) } && ends[0] <= ends[1]
    }
  }
}

extension Configuration: ConfigurationSection {
  // It decides what the section learner takes.
  static var firstKey: String? { "method" }

  static var fields: [Field<Self>] {
    [
      .value(
        "name", \.name,
        .name),
      .value("method", \.method),
      .value("seed", \.seed),
      .value("threads", \.threads, .from(0, to: 1024)),
      .section("data", \.data),
      .section("task", \.task),
      .section("space", \.space),
      .value("genotype", \.genotype),
      .section("conv4", \.conv4),
      .section("inner", \.inner),
      .learner,
      .section("outer", \.outer),
      .value("batch_norm", \.batchNorm),
      .section("budget", \.budget),
      .section("decoded", \.decoded),
      .section("evaluation", \.evaluation),
      .value("checkpoint_every", \.checkpointEvery, .count),
    ]
  }

  mutating func settle(given: Set<String>) -> (key: String, problem: String, help: String?)? {
    if let ways = task.trainWay, ways[1] > task.way, method.type?.hasClassOutputs ?? true {
      return (
        "task.train_way", "goes up to \(ways[1]) classes, and networks have one output for each of \(task.way)",
        "raise task.way; evaluate and adapt take fewer classes"
      )
    }
    return nil
  }
}

extension Configuration.Data: ConfigurationSection {
  static var fields: [Field<Self>] {
    [
      .value("sources", \.sources, .distinct(allowEmpty: true)),
      .value(
        "weights", \.weights,
        Rule(description: "a section of names and weights of at least 0, not all of them 0") { weights in
          let entries = weights.entries
          return entries.allSatisfy { $0.weight >= 0 } && (entries.isEmpty || entries.contains { $0.weight > 0 })
        }),
      .value("temperature", \.temperature, .rate),
      .value("path", \.path),
      .value("split", \.split),
      .value("split_by", \.splitBy),
      .value("train_fraction", \.trainFraction, .share),
      .value("validation_fraction", \.validationFraction, .from(0, to: 0.99)),
      .value("split_seed", \.splitSeed),
      .value("holdout_sources", \.holdoutSources, .distinct(allowEmpty: true)),
      .value("rotations", \.rotations),
      .value("image_size", \.imageSize, .ifGiven(.from(4, to: 1024))),
      .value("channels", \.channels, Rule(description: "1, 3 or null") { [nil, 1, 3].contains($0) }),
      .value("fit", \.fit),
      .section("augmentation", \.augmentation),
    ]
  }

  mutating func settle(given: Set<String>) -> (key: String, problem: String, help: String?)? {
    guard trainFraction + validationFraction < 1 else {
      return (
        "validation_fraction", "leaves no classes for meta-test: \(trainFraction) + \(validationFraction) is not below 1",
        "lower train_fraction or validation_fraction"
      )
    }
    if !weights.entries.isEmpty && temperature != 1 {
      return ("temperature", "given beside weights, which say how often each data set is drawn", "give one of the two")
    }
    return nil
  }
}

extension Configuration.Data.Augmentation: ConfigurationSection {
  static var fields: [Field<Self>] {
    [
      .value("shift", \.shift, .from(0, to: 1024)),
      .value("flip", \.flip),
      .value("vertical_flip", \.verticalFlip),
      .value("crop", \.crop, .from(0.05, to: 1)),
    ]
  }
}

extension Configuration.Task: ConfigurationSection {
  static var fields: [Field<Self>] {
    [
      .value("way", \.way, .from(2, to: 1000)),
      .value("shot", \.shot, .from(1, to: 1000)),
      .value("query", \.query, .from(1, to: 1000)),
      .value("train_way", \.trainWay, .ifGiven(.ends(from: 2))),
      .value("train_shot", \.trainShot, .ifGiven(.ends(from: 1))),
      .value("curriculum", \.curriculum, .ifGiven(.count)),
      .value("sampling", \.sampling),
    ]
  }

  mutating func settle(given: Set<String>) -> (key: String, problem: String, help: String?)? {
    guard let curriculum else { return nil }
    let steps = [trainWay, trainShot].compactMap { $0.map { $0[1] - $0[0] } }.max() ?? 0
    if steps == 0 { return ("curriculum", "has nothing to grow", "give train_way or train_shot as [least, most]") }
    if steps >= curriculum { return ("curriculum", "has \(steps + 1) steps in \(curriculum) tasks", "give it more tasks") }
    return nil
  }
}

extension Configuration.Space: ConfigurationSection {
  static var fields: [Field<Self>] {
    [
      .value("stem", \.stem),
      .value("channels", \.channels, .from(1, to: 1024)),
      .value("nodes", \.nodes, .from(1, to: 16)),
      .value("cells", \.cells, Rule(description: "a list of 1 to 100 entries") { (1...100).contains($0.count) }),
      .value("operations", \.operations, .distinct()),
    ]
  }

  mutating func settle(given: Set<String>) -> (key: String, problem: String, help: String?)? {
    if operations.allSatisfy({ $0 == .none }) {
      return ("operations", "holds nothing but none, which no network can be made of", "add an operation")
    }
    if stem == .pooledTwice && !channels.isMultiple(of: 2) {
      return ("channels", "must be even for the stem pooled-twice, not \(channels)", nil)
    }
    return nil
  }
}

extension Configuration.FourLayers: ConfigurationSection {
  static var fields: [Field<Self>] {
    [.value("filters", \.filters, .from(1, to: 1024)), .value("downsampling", \.downsampling)]
  }
}

extension Configuration.Inner: ConfigurationSection {
  static var fields: [Field<Self>] {
    [
      .value("variant", \.variant),
      .value("steps", \.steps, .steps),
      .value("test_steps", \.testSteps, .steps),
      .value("weight_rate", \.weightRate, .rate),
      .value("architecture_rate", \.architectureRate, .rate),
    ]
  }
}

extension Configuration.Outer: ConfigurationSection {
  static var fields: [Field<Self>] {
    [
      .value("gradient", \.gradient),
      .value("weight_rate", \.weightRate, .rate),
      .value("architecture_rate", \.architectureRate, .rate),
      .value(
        "architecture_betas", \.architectureBetas,
        Rule(description: "two numbers from 0 to below 1") { $0.count == 2 && $0.allSatisfy { $0 >= 0 && $0 < 1 } }),
      .value("schedule", \.schedule),
      .value("architecture_weight_decay", \.architectureWeightDecay, .from(0, to: 1000)),
      .value("meta_batch", \.metaBatch, .from(1, to: 10_000)),
      .value("gradient_clip", \.gradientClip, .ifGiven(.above(0))),
    ]
  }
}

extension Configuration.Budget: ConfigurationSection {
  static var fields: [Field<Self>] {
    [
      .value("tasks", \.tasks, .ifGiven(.count)),
      .value("seconds", \.seconds, .ifGiven(.above(0))),
    ]
  }

  mutating func settle(given: Set<String>) -> (key: String, problem: String, help: String?)? {
    settleBudget(tasks: &tasks, seconds: &seconds, given: given)
  }
}

extension Configuration.Decoded: ConfigurationSection {
  static var fields: [Field<Self>] {
    [
      .value("tasks", \.tasks, .ifGiven(.count)),
      .value("seconds", \.seconds, .ifGiven(.above(0))),
      .value("steps", \.steps, .steps),
      .value("test_steps", \.testSteps, .steps),
      .value("weight_rate", \.weightRate, .rate),
      .value("outer_rate", \.outerRate, .rate),
      .value("meta_batch", \.metaBatch, .from(1, to: 10_000)),
    ]
  }

  mutating func settle(given: Set<String>) -> (key: String, problem: String, help: String?)? {
    settleBudget(tasks: &tasks, seconds: &seconds, given: given)
  }
}

/// Exactly one limit holds; a given time does away with a number of tasks that nobody gave.
private func settleBudget(
  tasks: inout Int?, seconds: inout Double?, given: Set<String>
) -> (key: String, problem: String, help: String?)? {
  if seconds != nil && !given.contains("tasks") { tasks = nil }
  if tasks != nil && seconds != nil {
    return ("seconds", "given beside tasks", "give one of tasks and seconds; set the other to null")
  }
  if tasks == nil && seconds == nil { return ("tasks", "neither tasks nor seconds is given", "give one of them") }
  return nil
}

extension Configuration.Evaluation: ConfigurationSection {
  static var fields: [Field<Self>] {
    [
      // An interval needs two.
      .value("tasks", \.tasks, .from(2, to: 1_000_000)),
      .value("validation_every", \.validationEvery, .ifGiven(.count)),
      .value("validation_points", \.validationPoints, .ifGiven(.from(1, to: 1000))).written(if: { $0.validationPoints != nil }),
      .value("validation_tasks", \.validationTasks, .from(1, to: 1_000_000)),
    ]
  }
}
