import Autodiff
import Basics
import Bilevel
import CellNetworks
import NeuralNetworks
import Tensors

extension DifferentiableSearch {
  /// About how many seconds an epoch after the warm-up takes: one step of each kind is made and timed.
  ///
  /// - Parameters:
  ///   - training: numbers of the images that weights are trained on.
  ///   - validation: numbers of those that θ is judged by.
  ///   - batch: reads images.
  /// - Throws: as ``epoch(_:training:validation:batch:)``.
  public func epochSeconds(
    training: [Int], validation: [Int], batch: ([Int]) throws -> LabelledImages
  ) throws -> Double {
    let count = min(training.count, validation.count)
    guard count >= settings.batch else { throw SupernetSearchError.tooFewImages(count: count, batch: settings.batch) }
    let (own, judging) = (
      try batch(Array(training.prefix(settings.batch))), try batch(Array(validation.prefix(settings.batch)))
    )
    let learning = method.learning(on: model, rate: settings.rate, weightDecay: settings.weightDecay)
    var state = start()
    var noise = Philox(seed: settings.seed, stream: "search/estimate")
    var report = Report(trainingLoss: 0)
    let clock = ContinuousClock()
    let begin = clock.now
    try step(
      &state, learning, training: own, validation: { judging },
      at: Place(rate: settings.rate, progress: 0, number: 0, steps: 1), using: &noise, &report)
    var seconds = (clock.now - begin) / .seconds(1) * Double(count / settings.batch)
    if case .rewards(let policy) = learning {
      let begin = clock.now
      _ = try policy.step(&state.architecture, &state.architectureOptimizer, baseline: &state.baseline, using: &noise) {
        try score($0, state.weights.tensors, on: judging).accuracy
      }
      seconds += (clock.now - begin) / .seconds(1) * Double(policy.settings.steps)
    }
    return seconds
  }
}
