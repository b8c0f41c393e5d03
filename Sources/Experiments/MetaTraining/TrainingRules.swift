import Datasets

/// How meta-training tasks are drawn. Meta-validation and meta-test tasks are of one shape, upright and unchanged.
public struct TrainingRules: Sendable {
  /// How often each data set is drawn from.
  public enum Mixture: Sendable {
    /// Number of classes to the power of 1 / temperature.
    case temperature(Double)
    /// Relative frequencies by name.
    case weights(@Sendable (String) -> Double)
  }

  /// Ways and shots; those of the test tasks where it is `nil`.
  public var shapes: TaskShapeRange?
  /// Ways and shots grow from their least to their most over this number of tasks; drawn at random where it is `nil`.
  public var curriculum: Int?
  /// Which classes may meet in a task.
  public var sampling = ClassSampling.any
  /// How quarter turns are used.
  public var rotations = RotationPolicy.none
  /// Changes of single images.
  public var augmentation = Augmentation.none
  /// How often each data set is drawn from.
  public var mixture = Mixture.temperature(1)

  /// Tasks of the test tasks' shape, with these quarter turns.
  public init(rotations: RotationPolicy = .none) { self.rotations = rotations }

  /// The tasks of some pools.
  ///
  /// - Throws: `TaskError`.
  func distribution(_ pools: [ClassPool<MetaTrain>], shape: TaskShape, seed: UInt64) throws -> TaskDistribution<MetaTrain> {
    let shapes = shapes ?? TaskShapeRange(shape)
    let weights: MixtureWeights =
      switch mixture {
      case .temperature(let value): .temperature(value)
      case .weights(let weight): .explicit(pools.map { weight($0.dataset.name) })
      }
    let stages: [TaskStage]
    if let curriculum {
      func end(_ bound: (ClosedRange<Int>) -> Int) throws -> TaskShape {
        try TaskShape(way: bound(shapes.way), shot: bound(shapes.shot), queriesPerClass: shapes.queriesPerClass)
      }
      stages = try TaskStage.growing(from: end(\.lowerBound), to: end(\.upperBound), tasks: curriculum, mixture: weights)
    } else {
      stages = [TaskStage(shapes: shapes, mixture: weights)]
    }
    return try TaskDistribution(
      sources: pools, stages: stages, sampling: sampling, rotations: rotations, augmentation: augmentation, seed: seed)
  }
}
