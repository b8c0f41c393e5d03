import ArchPrior
import Foundation

/// Tries the settings of searches from scratch on meta-validation tasks: one setting at a time around the standard ones.
struct PriorTuning {
  let contest: PriorContest
  /// Meta-validation tasks of each kind.
  let tasks: Int
  /// Whose settings are tried.
  let contestants: [Contestant]

  private struct Trial {
    var name: String
    var contestants: [Contestant]
    var change: @Sendable (inout ScratchSettings) -> Void
  }

  private static let trials: [Trial] = {
    var trials: [Trial] = []
    for warp in [
      Warp(degrees: 0, scale: 0, shift: 0), Warp(degrees: 5, scale: 0.05, shift: 1), Warp(degrees: 15, scale: 0.15, shift: 2),
    ] {
      trials.append(
        Trial(
          name: "training: turns \(warp.degrees)°, sizes \(warp.scale), shifts \(warp.shift)", contestants: [.priorCell, .conv4]
        ) {
          ($0.training.warp, $0.conv4.warp) = (warp, warp)
        })
    }
    for rate in [3e-4, 1e-3, 3e-3] {
      for copies in [1, 4] {
        trials.append(
          Trial(name: "training: rate \(rate), copies \(copies)", contestants: [.priorCell, .conv4]) {
            ($0.training.rate, $0.training.copies) = (rate, copies)
            ($0.conv4.rate, $0.conv4.copies) = (rate, copies)
          })
      }
    }
    for steps in [4, 16, 64] {
      trials.append(
        Trial(name: "candidates: \(steps) steps", contestants: [.randomSearch]) { $0.candidateSteps = steps })
    }
    for share in [0.25, 0.75] {
      trials.append(Trial(name: "share of the search \(share)", contestants: [.randomSearch]) { $0.searchShare = share })
    }
    for (rate, theta) in [(0.025, 0.03), (0.1, 3e-3), (0.1, 0.03), (0.1, 0.3)] {
      trials.append(
        Trial(name: "supernet: rate \(rate), θ \(theta)", contestants: [.darts, .gdas]) {
          ($0.supernetRate, $0.architectureRate) = (rate, theta)
        })
    }
    return trials
  }()

  func run(_ places: [PriorCommand.Place], factors: [Int]) throws {
    for place in places {
      func accuracy(_ contestant: Contestant, _ settings: ScratchSettings, _ seconds: Double) throws -> (Double, Double, Double)?
      {
        let attempts = try (0..<tasks).compactMap { number in
          try contest.attempt(
            contestant, on: ContestTask(place.tasks(number), maker: place.data.maker), number: number, stream: "tuning",
            settings: settings, seconds: seconds)
        }
        func mean(_ value: (Attempt) -> Double) -> Double { attempts.reduce(0) { $0 + value($1) } / Double(attempts.count) }
        return attempts.isEmpty ? nil : (mean(\.accuracy), mean { Double($0.steps) }, mean { Double($0.evaluations) })
      }
      let unit = median(
        try (0..<tasks).compactMap {
          try contest.attempt(
            .prior, on: ContestTask(place.tasks($0), maker: place.data.maker), number: $0, stream: "tuning",
            settings: .standard(factor: 1), seconds: 0)?.seconds
        })
      say("\(place.dataset), \(place.shot)-shot, meta-validation: \(tasks) tasks; the prior takes \(PriorResults.time(unit))")
      for factor in factors {
        for trial in Self.trials {
          var settings = ScratchSettings.standard(factor: factor)
          trial.change(&settings)
          for contestant in trial.contestants where contestants.contains(contestant) {
            guard let (mean, steps, judged) = try accuracy(contestant, settings, unit * Double(factor)) else { continue }
            say(
              "\(place.dataset)\t\(factor)×\t\(contestant.rawValue)\t\(trial.name)\t"
                + String(format: "%.1f %%\t%.0f steps\t%.0f judged", 100 * mean, steps, judged))
          }
        }
      }
    }
  }
}
