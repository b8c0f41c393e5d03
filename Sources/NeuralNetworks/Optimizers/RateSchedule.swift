import Foundation

/// How a learning rate changes over a training.
public enum RateSchedule: String, Sendable, Hashable, Codable, CaseIterable {
  /// The full rate throughout.
  case constant
  /// Half a cosine from the full rate to 0 (Loshchilov & Hutter 2017; MAML++ uses it for the outer loop).
  case cosine
  /// Linearly from the full rate to 0 (Reptile's outer loop).
  case linear

  /// The factor that the rate is multiplied by.
  ///
  /// - Parameter fraction: the share of the training that is done, in 0...1.
  public func scale(at fraction: Double) -> Double {
    switch self {
    case .constant: return 1
    case .cosine: return 0.5 * (1 + cos(.pi * min(1, max(0, fraction))))
    case .linear: return 1 - min(1, max(0, fraction))
    }
  }
}
