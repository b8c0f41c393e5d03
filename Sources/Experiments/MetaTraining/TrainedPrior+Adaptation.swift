import ArchitecturePriors
import Basics
import MetaLearning
import NeuralNetworks
import Runs
import SearchSpaces

extension TrainedPrior {
  /// A learner that a run does not have.
  public struct UnknownLearner: ReportableError {
    /// What was asked for.
    public var name: String
    /// The names of those that there are.
    public var known: [String]
    /// Whether the run is one that decodes a network at its end.
    var decodes: Bool

    /// True: the name that was given is at fault.
    public var isUsage: Bool { true }
    /// Which name is unknown, and the names that there are, or how the run comes to a decoded network.
    public var fault: Fault {
      Fault(
        "the run has no learner '\(name)'",
        help: name == "decoded" && decodes
          ? "its search is not over yet; go on with meta-train --resume" : "there are: \(known.joined(separator: ", "))")
    }
  }

  /// The names that ``learner(named:)`` takes.
  public var learnerNames: [String] { learners.map(\.shortName) }

  /// A learner by its name.
  ///
  /// - Parameter name: that of tables, or `frozen` for the prior whose architecture does not adapt; the first learner where it is `nil`.
  /// - Throws: ``UnknownLearner``.
  public func learner(named name: String? = nil) throws -> Learner {
    guard let name else { return learners[0] }
    guard let learner = learners.first(where: { $0.name == name || $0.shortName == name }) else {
      throw UnknownLearner(name: name, known: learnerNames, decodes: configuration.learnsArchitecture)
    }
    return learner
  }

  /// The adaptation of a learner to one task.
  ///
  /// - Parameters:
  ///   - task: labelled support images, and the query images to classify.
  ///   - learner: one of ``learners``; the first where it is `nil`.
  ///   - batchNorm: by default every query image is classified by itself, whatever the run was evaluated with: a user's answer must not
  ///     depend on which other pictures were asked about.
  /// - Returns: the outcome, and the genotype: the adapted one where the learner has architecture parameters (and the task no more
  ///   classes than it was trained on), the decoded network's own where it is that.
  /// - Throws: `BilevelError` where it diverges, `TooManyClasses`.
  public func adapt(
    to task: FewShotTask, learner: Learner? = nil, batchNorm: BatchNormPolicy = .supportStatistics
  ) throws -> (result: AdaptationResult, genotype: Genotype?) {
    let learner = learner ?? learners[0]
    return try adaptOpened(learner.model, learner, to: task, batchNorm)
  }

  private func adaptOpened(
    _ model: some AdaptableModel, _ learner: Learner, to task: FewShotTask, _ batchNorm: BatchNormPolicy
  ) throws -> (result: AdaptationResult, genotype: Genotype?) {
    let result = try MetaLearning.adapt(
      model, from: learner.parameters, to: task, loop: learner.loop, batchNorm: batchNorm, outputs: trainedWay)
    // Groups of classes have a cell each.
    if let model = model as? SupernetModel {
      guard task.way <= trainedWay else { return (result, nil) }
      return (result, try model.decode(result.parameters))
    }
    return (result, learner.name == "decoded" ? genotype : nil)
  }
}

extension TrainedPrior.Learner {
  /// The name without a comma or a Greek letter, for command lines.
  public var shortName: String { name == "prior, θ frozen" ? "frozen" : name }
  /// Inner steps of an adaptation.
  public var steps: Int { loop.rounds }
}
