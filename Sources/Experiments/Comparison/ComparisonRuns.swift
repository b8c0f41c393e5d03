import Basics
import Foundation
import MetaLearning
import NeuralNetworks
import Runs
import SearchSpaces
import Tensors

/// Keeps what a comparison has trained as ordinary runs, so that it can be adapted and evaluated: `FOLDER/t-nas` (the prior and the network
/// decoded from it), `FOLDER/random` (the random network) and `FOLDER/conv-4`.
public struct ComparisonRuns: Sendable {
  /// A run that is kept.
  public enum Name: String, Sendable, CaseIterable {
    /// The T-NAS prior, and the network decoded from it.
    case tNAS = "t-nas"
    /// The network of a random genotype.
    case random
    /// MAML with the four-layer network.
    case conv4 = "conv-4"
  }

  /// The folder that the runs are in.
  public let folder: String
  /// What a run that is like the comparison's prior would be told.
  let configuration: Configuration
  let data: StudyData

  /// Looks whether runs can be kept; nothing is.
  ///
  /// - Parameters:
  ///   - folder: made where there is none.
  ///   - configuration: as ``ComparisonSettings/configuration(data:)`` makes it.
  /// - Throws: `RunError` where the folder cannot serve.
  public init(in folder: String, configuration: Configuration, data: StudyData) throws(RunError) {
    self.folder = folder
    self.configuration = configuration
    self.data = data
    try FolderFile.makeFolder(folder, of: folder)
    try Self.check(folder)
  }

  /// Looks whether runs can be kept in a folder, which need not be there.
  ///
  /// - Throws: `RunError` where other files are in the way.
  public static func check(_ folder: String) throws(RunError) {
    for name in Name.allCases {
      let path = "\(folder)/\(name.rawValue)"
      guard FileManager.default.fileExists(atPath: path) else { continue }
      // What an interrupted comparison began is replaced.
      try RunDirectory.check(path, existing: .overwrite)
    }
  }

  /// Where a run is kept.
  public func path(of name: Name) -> String { "\(folder)/\(name.rawValue)" }

  /// The prior's run, with the network that was decoded from it where that is trained.
  func keepPrior<Prior: AdaptableModel, Decoded: AdaptableModel>(
    _ prior: TrainedStage<Prior>, genotype: Genotype, decoded: TrainedStage<Decoded>
  ) throws -> String {
    try keep(.tNAS, configuration) { checkpoint in
      prior.stage.store(prior.state, sums: CurveSums(), point: 0, in: &checkpoint)
      checkpoint.arrays.append(StoredArray(name: "genotype", bytes: Array(genotype.text.utf8)))
      decoded.stage.store(decoded.state, sums: CurveSums(), point: 0, in: &checkpoint)
    } curves: {
      (prior.curve, decoded.curve, genotype)
    }
  }

  /// The run of a fixed network.
  ///
  /// - Parameter genotype: of the network; `nil` for four convolutions.
  func keepNetwork<Model: AdaptableModel>(
    _ trained: TrainedStage<Model>, _ learner: ComparisonSettings.Learner, genotype: Genotype?
  ) throws -> String {
    var settings = configuration
    settings.name += genotype == nil ? ", MAML conv-4" : ", random genotype"
    settings.method = .maml
    settings.genotype = genotype?.text
    settings.use(learner)
    settings.budget.seconds = trained.stage.budget.seconds
    return try keep(genotype == nil ? .conv4 : .random, settings) { checkpoint in
      trained.stage.store(trained.state, sums: CurveSums(), point: 0, in: &checkpoint)
    } curves: {
      (trained.curve, [], nil)
    }
  }

  private func keep(
    _ name: Name, _ settings: Configuration, store: (inout Checkpoint) -> Void,
    curves: () -> (prior: [CurvePoint], decoded: [CurvePoint], genotype: Genotype?)
  ) throws -> String {
    let path = path(of: name)
    let aside = try moveAside(path)
    let provenance = Provenance(
      configuration: settings, datasets: data.provenance, machine: Machine.current(kernels: KernelLevel.name))
    let run = try RunDirectory.create(at: path, configuration: settings, provenance: provenance, existing: .overwrite)
    let (prior, decoded, genotype) = curves()
    let tasks = (prior.last?.tasks ?? 0) + (decoded.last?.tasks ?? 0)
    var checkpoint = Checkpoint(configuration: settings, tasksSeen: tasks)
    store(&checkpoint)
    checkpoint.imageShape = data.imageShape
    for (stage, curve) in [("prior", prior), ("decoded", decoded)] {
      if let last = curve.last { checkpoint.counters["\(stage).milliseconds"] = Int(last.seconds * 1000) }
    }
    let journal = try run.journal()
    try journal.append(PriorRun.Record(event: "session", stage: "", tasks: 0, seconds: 0))
    var before = 0
    for (stage, curve) in [("prior", prior), ("decoded", decoded)] {
      for point in curve {
        try journal.append(
          PriorRun.Record(
            event: "point", stage: stage, tasks: before + point.tasks, seconds: point.seconds, queryLoss: point.queryLoss,
            queryAccuracy: point.queryAccuracy, validationAccuracy: point.validationAccuracy))
      }
      before += curve.last?.tasks ?? 0
      if stage == "prior", let genotype {
        try journal.append(
          PriorRun.Record(event: "decoded", stage: stage, tasks: before, seconds: 0, genotype: genotype.text))
      }
    }
    try journal.sync()
    try run.save(checkpoint)
    func points(_ curve: [CurvePoint]) -> [PriorRun.Outcome.Point] {
      curve.map {
        .init(
          tasks: $0.tasks, seconds: $0.seconds, queryLoss: $0.queryLoss, queryAccuracy: $0.queryAccuracy,
          validationAccuracy: $0.validationAccuracy)
      }
    }
    try run.writeResult(
      PriorRun.Outcome(
        finished: true, prior: points(prior), decoded: points(decoded), genotype: genotype?.text,
        batchNorm: settings.batchNorm.rawValue), named: "meta-training")
    var timing = ["prior": prior.last?.seconds ?? 0]
    if let last = decoded.last { timing["decoded"] = last.seconds }
    try run.writeResult(timing, named: "timing")
    return path + (aside.map { "; that of an earlier comparison, which has results of yours, is \($0) now" } ?? "")
  }

  /// Renames a run of an earlier comparison that somebody has used since, so that no evaluation or adaptation is lost with it.
  ///
  /// - Returns: its new path; `nil` where there was none.
  private func moveAside(_ path: String) throws -> String? {
    let results = (try? FileManager.default.contentsOfDirectory(atPath: path + "/results")) ?? []
    guard results.contains(where: { $0.hasPrefix("adaptation") || $0.hasPrefix("evaluation") }) else { return nil }
    var number = 1
    while FileManager.default.fileExists(atPath: "\(path)-before-\(number)") { number += 1 }
    do {
      try FileManager.default.moveItem(atPath: path, toPath: "\(path)-before-\(number)")
    } catch {
      throw RunError(.system(action: "rename it", reason: FailureText.of(error)), path: path)
    }
    return "\(path)-before-\(number)"
  }
}

/// What a comparison has trained: a stage of a run, and how it went.
struct TrainedStage<Model: AdaptableModel>: Sendable {
  var stage: PriorStage<Model>
  var state: MetaState
  var curve: [CurvePoint]
}

extension ComparisonSettings {
  /// The configuration of a run that trains what the comparison trains as its prior and as the network decoded from it.
  ///
  /// - Parameter data: where tasks come from.
  /// - Returns: `nil` where there is none, because the hypergradient estimators are not those that configurations name.
  public func configuration(data: Configuration.Data) -> Configuration? {
    guard Set([prior.gradient, decoded.gradient, conv4.gradient]).count == 1 else { return nil }
    var result = Configuration()
    result.name = "comparison"
    result.seed = seed
    result.data = data
    result.task.way = way
    result.task.shot = shot
    result.task.query = queriesPerClass
    result.space.stem = stem
    result.space.channels = channels
    result.space.nodes = nodes
    result.conv4.filters = conv4Filters
    result.inner.variant = variant == .alternating ? .alternating : .simultaneous
    result.inner.architectureRate = architectureRate
    result.outer.architectureRate = architectureOuterRate
    result.outer.architectureBetas = [0.5, 0.999]
    result.outer.architectureWeightDecay = 1e-3
    result.outer.schedule = schedule
    result.batchNorm = batchNorm
    switch prior.gradient {
    case "first-order": result.outer.gradient = .firstOrder
    case "exact": result.outer.gradient = .exact
    default: return nil
    }
    result.use(prior)
    result.budget.tasks = nil
    result.budget.seconds = priorSeconds
    result.decoded.tasks = nil
    result.decoded.seconds = decodedSeconds
    result.decoded.steps = decoded.innerSteps
    result.decoded.testSteps = decoded.testSteps
    result.decoded.weightRate = decoded.innerRate
    result.decoded.outerRate = decoded.outerRate
    result.decoded.metaBatch = decoded.metaBatch
    result.evaluation.tasks = testTasks
    result.evaluation.validationTasks = validationTasks
    result.evaluation.validationEvery = nil
    return result
  }
}

extension Configuration {
  fileprivate mutating func use(_ learner: ComparisonSettings.Learner) {
    inner.weightRate = learner.innerRate
    inner.steps = learner.innerSteps
    inner.testSteps = learner.testSteps
    outer.weightRate = learner.outerRate
    outer.metaBatch = learner.metaBatch
  }
}
