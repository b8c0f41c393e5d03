/// How bytes become the numbers that a network sees.
public enum PixelScaling: Codable, Hashable, Sendable {
  /// x / 255, in 0…1; ink stays high.
  case unit
  /// (x / 255 − mean) / deviation, one pair for all channels.
  case standardised(mean: Float, deviation: Float)

  /// The 256 values, by byte.
  private var table: [Float] {
    switch self {
    case .unit: (0..<256).map { Float($0) / 255 }
    case .standardised(let mean, let deviation): (0..<256).map { (Float($0) / 255 - mean) / deviation }
    }
  }

  /// The 256 values of a scaling that can be used.
  ///
  /// - Throws: ``TaskError/badScaling(_:)``.
  func checkedTable() throws -> [Float] {
    if case .standardised(let mean, let deviation) = self, !(mean.isFinite && deviation.isFinite && deviation > 0) {
      throw TaskError.badScaling("mean \(mean), deviation \(deviation)")
    }
    return table
  }
}
