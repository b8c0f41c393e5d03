extension Configuration {
  /// Keys that say how a trained prior adapts and is evaluated. All others decide what was learned, or which classes were seen.
  public static let evaluationKeys = [
    "task.way", "task.shot", "task.query", "inner.test_steps", "inner.weight_rate", "inner.architecture_rate",
    "decoded.test_steps", "decoded.weight_rate", "batch_norm", "evaluation.tasks", "evaluation.validation_tasks", "threads",
  ]

  /// Those of ``evaluationKeys`` that the adaptation to a user's pictures depends on; how many there are is for the pictures to say.
  public static let adaptationKeys = [
    "inner.test_steps", "inner.weight_rate", "inner.architecture_rate", "decoded.test_steps", "decoded.weight_rate", "batch_norm",
    "threads",
  ]

  /// Those of ``evaluationKeys`` that only some of a run's learners depend on.
  public static let learnerKeys = [
    "inner.test_steps", "inner.weight_rate", "inner.architecture_rate", "decoded.test_steps", "decoded.weight_rate",
  ]

  /// The configuration of a run with some keys of ``evaluationKeys`` set anew. How ways and shots of training tasks were drawn does
  /// not bind an evaluation, and is left out of what is returned.
  ///
  /// - Throws: `ConfigurationError`, also for any other key.
  public func setting(forEvaluation overrides: [String]) throws(ConfigurationError) -> Configuration {
    try setting(overrides, among: Self.evaluationKeys, because: "is settled since the run was trained")
  }

  /// The configuration of a run with some keys of ``adaptationKeys`` set anew.
  ///
  /// - Throws: `ConfigurationError`, also for any other key.
  public func setting(forAdaptation overrides: [String]) throws(ConfigurationError) -> Configuration {
    for text in overrides {
      let key = text.prefix { $0 != "=" }.filter { !$0.isWhitespace }
      guard Self.evaluationKeys.contains(key), !Self.adaptationKeys.contains(key) else { continue }
      let reason =
        switch key {
        case "task.way": "the task's folder says how many classes there are"
        case "task.shot", "task.query": "the task's folder says how many pictures there are"
        default: "there is one task, the folder's"
        }
      throw ConfigurationError(
        path: "--set", key: key, problem: "is for evaluate: here \(reason)",
        help: "what can be set: \(Self.adaptationKeys.joined(separator: ", "))")
    }
    return try setting(overrides, among: Self.adaptationKeys, because: "is settled since the run was trained")
  }

  private func setting(
    _ overrides: [String], among keys: [String], because reason: String
  ) throws(ConfigurationError) -> Configuration {
    var plain = self
    (plain.task.trainWay, plain.task.trainShot, plain.task.curriculum) = (nil, nil, nil)
    let changed = try plain.setting(overrides)
    for pair in plain.pairs(with: changed) where pair.mine != pair.theirs && !keys.contains(pair.key) {
      throw ConfigurationError(
        path: "--set", key: pair.key, problem: reason, help: "what can be set: \(keys.joined(separator: ", "))")
    }
    return changed
  }

  /// What a configuration for evaluation sets otherwise than the run, as `key=value`; numbers of tasks and threads are left out.
  public func overrides(of run: Configuration) -> [String] {
    let silent = ["threads", "evaluation.tasks", "evaluation.validation_tasks"]
    let keys = Self.evaluationKeys.filter { !silent.contains($0) }
    return pairs(with: run).compactMap { pair in
      pair.mine != pair.theirs && keys.contains(pair.key) ? "\(pair.key)=\(pair.mine)" : nil
    }
  }
}
