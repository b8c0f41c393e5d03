import ArchitecturePriors
import Autodiff
import Bilevel
import Datasets
import Foundation
import MetaLearning
import NeuralNetworks
import Reports
import SearchSpaces
import Statistics
import Synchronization
import Tensors

extension Comparison {
  /// Evaluates every contestant on every meta-test distribution and puts the results together.
  func results(_ contestants: [Contestant], _ trained: [TrainedRun]) throws -> ComparisonResults {
    let splits = data.metaTest.map {
      ComparisonResults.Split(name: $0.name, title: $0.name, chance: 1 / Double(common.task.way))
    }
    var methods: [ComparisonResults.Method] = []
    var stepCurves: [LineChart.Series] = []
    for contestant in contestants {
      observer.say("evaluating: \(contestant.name)")
      var evaluations: [ComparisonResults.Evaluation] = []
      var seconds: [Double] = []
      for (index, test) in data.metaTest.enumerated() {
        let evaluation = try evaluated(contestant.learner.model, contestant, on: test, curve: index == 0)
        evaluations.append(try .init(split: test.name, accuracies: evaluation.accuracies))
        seconds.append(evaluation.secondsPerTask)
        if index == 0 {
          stepCurves.append(
            .init(
              name: contestant.name,
              points: evaluation.stepCurve.enumerated().map { .init(x: Double($0.offset), y: $0.element) }))
        }
      }
      methods.append(
        .init(
          name: contestant.name, evaluations: evaluations, parameters: contestant.learner.cost.parameters,
          multiplyAdds: contestant.learner.cost.multiplyAdds,
          secondsPerAdaptation: seconds.reduce(0, +) / Double(max(1, seconds.count)),
          metaTrainingSeconds: contestant.trainingSeconds))
    }
    let highlighted = contestants[0].name
    var results = ComparisonResults(
      title: "\(highlighted), adapted in \(contestants[0].learner.steps) steps",
      run: information, splits: splits, methods: methods, highlighted: highlighted,
      comparisons: try ComparisonResults.comparisons(of: highlighted, with: methods, splits: splits),
      curves: curves(contestants, stepCurves))
    results.summary = summary
    results.architectures = try architectures(trained)
    results.adaptation = try adaptation(contestants[0].learner)
    results.sampleTask = try sampleTask(contestants[0])
    return results
  }

  /// The cells that were decoded or drawn.
  private func architectures(_ trained: [TrainedRun]) throws -> [ComparisonResults.Architecture] {
    try trained.compactMap { run in
      if let genotype = run.prior.genotype { return .init(name: "decoded from \(run.name)", genotype: genotype) }
      return try run.prior.configuration.fixedGenotype(imageShape: data.imageShape).map { .init(name: run.name, genotype: $0) }
    }
  }

  private var summary: String {
    let (task, batchNorm) = (common.task, common.batchNorm)
    let budgets = configuration.runs.map { "\($0.name) for \($0.configuration.trainingBudget)" }
    return """
      \(task.way)-way \(task.shot)-shot tasks with \(task.query) query images a class; \(common.evaluation.tasks) meta-test tasks of \
      each kind, the same for every method. Meta-training: \(budgets.joined(separator: ", ")). Batch norm: \(batchNorm.rawValue)\
      \(batchNorm == .transductive ? " (query images see each other’s statistics, as in MAML and T-NAS)" : "").
      """
  }

  private func evaluated(
    _ model: some AdaptableModel, _ contestant: Contestant, on test: StudyData.Test, curve: Bool
  ) throws -> FewShotEvaluation {
    if observer.isInterrupted() { throw Failure.interrupted(during: "the evaluation of \(contestant.name)") }
    let count = common.evaluation.tasks
    let learner = FewShotLearner(
      model, parameters: contestant.learner.parameters, loop: contestant.learner.loop, batchNorm: common.batchNorm)
    var result = try learner.evaluate(
      on: test.tasks, maker: data.maker, count: count, threads: threads,
      progress: counting("\(contestant.name) on \(test.name)", of: count))
    // Measured apart, so that the extra forward passes do not count as adaptation time.
    if curve {
      result.stepCurve = try learner.evaluate(
        on: test.tasks, maker: data.maker, count: min(60, count), threads: threads, curve: true,
        progress: counting("\(contestant.name), step by step", of: min(60, count))
      ).stepCurve
    }
    return result
  }

  /// What an evaluation calls after every task.
  func counting(_ label: String, of total: Int) -> @Sendable (Int) -> Void {
    let done = Counter()
    return { [evaluating] _ in evaluating(label, done.next(), total) }
  }

  private final class Counter: Sendable {
    private let count = Atomic<Int>(0)
    func next() -> Int { count.add(1, ordering: .relaxed).newValue }
  }

  private func curves(
    _ contestants: [Contestant], _ stepCurves: [LineChart.Series]
  ) -> [ComparisonResults.CurveFamily] {
    let trained = contestants.filter { !$0.curve.isEmpty }
    return [
      .init(
        title: "Meta-validation accuracy while meta-training", xLabel: "seconds of meta-training",
        yLabel: "accuracy after adaptation", percent: true,
        series: trained.map { contestant in
          .init(
            name: contestant.name,
            points: contestant.curve.compactMap { point in
              point.validationAccuracy.map { .init(x: point.seconds, y: $0) }
            })
        }),
      .init(
        title: "Accuracy while adapting (\(data.metaTest.first?.name ?? "meta-test"))", xLabel: "inner steps",
        yLabel: "query accuracy", percent: true, series: stepCurves),
    ]
  }

  /// How θ moves on the first meta-test task; `nil` for a learner without θ.
  private func adaptation(_ learner: TrainedPrior.Learner) throws -> ComparisonResults.Adaptation? {
    guard let model = learner.model as? SupernetModel else { return nil }
    let test = data.metaTest[0]
    let task = FewShotTask(try data.maker.episode(test.tasks.description(at: 0)))
    let adapted = try adapt(
      model, from: learner.parameters, to: task, loop: learner.loop, batchNorm: common.batchNorm
    ).parameters
    let before = model.supernet.tables(model.architecture(learner.parameters))
    let after = model.supernet.tables(model.architecture(adapted))
    return .init(
      task: "task 0 of \(test.name)", operations: model.supernet.space.operations,
      cells: model.supernet.space.cellKinds.enumerated().map { index, kind in
        .init(kind: kind, before: before[index], after: after[index])
      })
  }

  /// The first meta-test task in pictures: support images, and a few query images of each class with predictions.
  private func sampleTask(_ contestant: Contestant) throws -> ComparisonResults.SampleTask {
    let test = data.metaTest[0]
    let episode = try data.maker.episode(test.tasks.description(at: 0))
    let task = FewShotTask(episode)
    let predictions = try predictions(contestant.learner.model, contestant.learner, task)
    let names = episode.description.classes.map { draw in
      data.datasets.members.first { $0.dataset.name == episode.description.dataset }?.dataset.classes[draw.classIndex].name
        ?? "\(draw.classIndex)"
    }
    let shown = 3
    let queries = episode.queryLabels.indices.filter { $0 % common.task.query < shown }
    return .init(
      description: "task 0 of \(test.name) (\(episode.description.dataset)), predictions of \(contestant.name).",
      support: try episode.supportLabels.indices.map { index in
        .init(label: names[episode.supportLabels[index]], png: try png(episode.support, index))
      },
      query: try queries.map { index in
        .init(
          label: names[episode.queryLabels[index]], prediction: names[predictions[index]],
          png: try png(episode.query, index))
      })
  }

  private func predictions(
    _ model: some AdaptableModel, _ learner: TrainedPrior.Learner, _ task: FewShotTask
  ) throws -> [Int] {
    try adapt(
      model, from: learner.parameters, to: task, loop: learner.loop, batchNorm: common.batchNorm
    ).probabilities.rowArgmax
  }

  private func png(_ batch: ImageBatch, _ index: Int) throws -> Data {
    let size = batch.height * batch.width * batch.channels
    let pixels = batch.pixels[index * size..<(index + 1) * size].map { UInt8(max(0, min(255, ($0 * 255).rounded()))) }
    guard
      let image = PixelImage(height: batch.height, width: batch.width, channels: batch.channels, pixels: pixels)
    else { return Data() }
    return Data(try image.pngBytes())
  }
}
