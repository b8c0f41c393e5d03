import Tensors

/// Deterministic test inputs of type Float64, each a function of a name and a shape.
///
/// All values are exact in Float32 too, so that an evaluation in Float32 starts from the very same numbers.
public enum TestInputs {
  /// Numbers in [-1, 1).
  public static func any(_ name: String, _ shape: Shape) -> Tensor {
    tensor(shape, FixtureValues.values(name, count: shape.count))
  }

  /// Numbers in `range`.
  public static func within(_ range: ClosedRange<Double>, _ name: String, _ shape: Shape) -> Tensor {
    let (middle, half) = ((range.lowerBound + range.upperBound) / 2, (range.upperBound - range.lowerBound) / 2)
    return tensor(shape, FixtureValues.values(name, count: shape.count).map { middle + half * $0 })
  }

  /// Numbers of both signs whose absolute values lie in [margin, 1 + margin): differences do not step over a kink at 0.
  public static func awayFromZero(_ name: String, _ shape: Shape, margin: Double = 0.02) -> Tensor {
    tensor(shape, FixtureValues.values(name, count: shape.count).map { $0 + ($0 < 0 ? -margin : margin) })
  }

  /// Numbers no two of which lie closer than `gap`, in random order around 0: no maximum is a tie or near one.
  public static func distinct(_ name: String, _ shape: Shape, gap: Double = 0.01) -> Tensor {
    let keys = FixtureValues.values(name, count: shape.count)
    let order = keys.indices.sorted { keys[$0] < keys[$1] }
    var values = [Double](repeating: 0, count: shape.count)
    for (rank, index) in order.enumerated() { values[index] = (Double(rank) - Double(shape.count) / 2 + 0.25) * gap }
    return tensor(shape, values)
  }

  /// The given numbers.
  public static func exactly(_ shape: Shape, _ values: [Double]) -> Tensor { tensor(shape, values) }

  private static func tensor(_ shape: Shape, _ values: [Double]) -> Tensor {
    Tensor(shape: shape, values.map { Double(Float($0)) })
  }
}
