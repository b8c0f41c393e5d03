import ArchPrior
import ArgumentParser

/// Which meta-gradient.
enum Order: String, ExpressibleByArgument, CaseIterable {
  case first, exact

  var estimator: any HypergradientEstimator {
    switch self {
    case .first: FirstOrder()
    case .exact: UnrolledRematerialized()
    }
  }

  /// 10⁹ floating-point operations of a few-shot task.
  ///
  /// A gradient costs three forward passes; an inner step's part of the exact meta-gradient costs the tangents of one gradient, twice
  /// that. What an implementation recomputes to save memory does not count.
  /// - Parameter multiplyAdds: of one image's forward pass.
  func gigaflop(multiplyAdds: Int, support: Int, query: Int, steps: Int) -> Double {
    let gradient = 6e-9 * Double(multiplyAdds)
    let step = self == .exact ? 3 * gradient : gradient
    return Double(steps * support) * step + Double(query) * gradient
  }
}

extension Outcome {
  /// The mean over tasks, summed in task order.
  static func mean(_ results: [(loss: Double, gradient: [Tensor])]) -> Outcome {
    let scale = 1 / Double(results.count)
    let gradient = results.dropFirst().reduce(results[0].gradient) { sum, result in zip(sum, result.gradient).map { $0 + $1 } }
    return Outcome(
      loss: results.reduce(0) { $0 + $1.loss } * scale,
      gradient: results.count == 1 ? gradient : gradient.map { $0 * scale })
  }
}
