import Datasets
import Foundation
import Runs

/// What a study would do, with estimates from a short trial of every method: `study --dry-run`.
public struct StudyPlan: Sendable, Codable {
  /// A method's part.
  public struct Method: Sendable, Codable {
    /// The method's name in the study.
    public var name: String
    /// The number of its meta-trainings.
    public var runs: Int
    /// Seconds to train all its runs, on one thread.
    public var trainingSeconds: Double
    /// Seconds to test all its runs, on one thread.
    public var testingSeconds: Double
    /// Seconds to train and test one run, on one thread.
    public var secondsPerRun: Double
  }

  /// The parts, in the study's order.
  public var methods: [Method]
  /// Runs at a time.
  public var jobs: Int
  /// Runs in all.
  public var runs: Int { methods.reduce(0) { $0 + $1.runs } }
  /// Seconds of the whole study, with as many runs at a time as there are jobs.
  public var seconds: Double { methods.reduce(0) { $0 + $1.trainingSeconds + $1.testingSeconds } / Double(max(1, jobs)) }

  /// Makes a plan; nothing is kept.
  ///
  /// - Throws: the errors that the study itself would begin with.
  public init(_ study: StudyConfiguration, jobs: Int) throws {
    self.jobs = jobs
    let data = try GridData(study)
    let grid = StudyGrid(study)
    methods = try study.methods.map { method in
      let cells = grid.cells.filter { $0.method.name == method.name }
      guard let cell = cells.first else {
        return Method(name: method.name, runs: 0, trainingSeconds: 0, testingSeconds: 0, secondsPerRun: 0)
      }
      for cell in cells { for shot in study.shots { _ = try data.part(of: cell, study: study, shot: shot) } }
      let plan = try RunPlan(
        cell.configuration, data: data.part(of: cell, study: study, shot: cell.configuration.task.shot), threads: 1,
        trialSeconds: 0.5)
      let validation = Double(max(1, cell.configuration.evaluation.validationTasks))
      let perTask = plan.stages.map { $0.secondsPerValidation / validation }.max() ?? 0
      // Accuracies for every shot; curves, and architecture parameters, at the first.
      let testsOfACell = Double(study.shots.count * study.tasks + 2 * min(study.curveTasks, study.tasks))
      let testing = cells.reduce(0) { $0 + Double($1.tests.count) * testsOfACell * perTask }
      return Method(
        name: method.name, runs: cells.count, trainingSeconds: Double(cells.count) * plan.seconds, testingSeconds: testing,
        secondsPerRun: plan.seconds + testing / Double(cells.count))
    }
  }
}
