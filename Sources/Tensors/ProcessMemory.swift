import Foundation

/// This process's memory, in bytes.
///
/// From `/proc`, because the maximum that `getrusage` gives survives `exec` and may be that of the program that started this one.
public enum ProcessMemory {
  /// What is resident now; `nil` if the system does not say.
  public static var resident: Int? { field("VmRSS:") }
  /// The most that was resident at any time; `nil` if the system does not say.
  public static var peak: Int? { field("VmHWM:") }

  private static func field(_ name: String) -> Int? {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return nil }
    let line = status.split(separator: "\n").first { $0.hasPrefix(name) }
    let kibibytes = line.flatMap { $0.split(whereSeparator: \.isWhitespace).dropFirst().first }.flatMap { Int($0) }
    return kibibytes.map { $0 << 10 }
  }
}
