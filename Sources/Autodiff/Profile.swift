import Foundation
import Synchronization

/// A profile by primitive: counts and seconds of every evaluation while it is enabled.
public enum Profile {
  /// The calls of one primitive.
  public struct Entry: Sendable {
    /// How often it was evaluated.
    public var calls = 0
    /// The time that all calls took together, in seconds.
    public var seconds = 0.0
  }

  private static let enabled = Atomic<Bool>(false)
  private static let entries = Mutex<[String: Entry]>([:])

  /// Whether evaluations are being measured.
  public static var isEnabled: Bool { enabled.load(ordering: .relaxed) }

  /// Forgets what was measured and starts.
  public static func start() {
    entries.withLock { $0 = [:] }
    enabled.store(true, ordering: .relaxed)
  }

  /// Stops, and gives what was measured since the start.
  public static func stop() -> [String: Entry] {
    enabled.store(false, ordering: .relaxed)
    return entries.withLock { $0 }
  }

  /// Evaluates a kernel, and measures it if that is wanted.
  @inline(__always)
  static func measured<Result>(_ name: String, _ body: () -> Result) -> Result { isEnabled ? measure(name, body) : body() }

  static func measure<Result>(_ name: String, _ body: () -> Result) -> Result {
    let start = DispatchTime.now().uptimeNanoseconds
    let result = body()
    let seconds = Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
    entries.withLock { table in
      table[name, default: Entry()].calls += 1
      table[name, default: Entry()].seconds += seconds
    }
    return result
  }
}
