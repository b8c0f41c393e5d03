import Foundation

/// What the operating system says of memory, in bytes; `nil` where it does not say.
package struct SystemMemory {
  /// What is in a file of the system; tests have files of their own.
  var contents: (String) -> String? = { try? String(contentsOfFile: $0, encoding: .utf8) }

  /// All memory of the machine.
  package static var physical: UInt64 { ProcessInfo.processInfo.physicalMemory }

  /// What the machine can still give.
  var available: Int? { field("MemAvailable:", "/proc/meminfo", unit: 1 << 10) }

  /// What this process has mapped.
  var mapped: Int? { field("VmSize:", "/proc/self/status", unit: 1 << 10) }
  /// What of this process is resident.
  var resident: Int? { field("VmRSS:", "/proc/self/status", unit: 1 << 10) }
  /// The most that was resident at any time.
  var peak: Int? { field("VmHWM:", "/proc/self/status", unit: 1 << 10) }

  /// What the control group of this process leaves; `nil` where it has no limit.
  var leftInGroup: Int? {
    let group = contents("/proc/self/cgroup")?.split(separator: "\n").first { $0.hasPrefix("0::") }?.dropFirst(3) ?? "/"
    let folder = "/sys/fs/cgroup" + (group == "/" ? "" : group)
    guard let text = contents(folder + "/memory.max"), let most = Int(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
      return nil
    }
    // Cached files count too, but give way.
    return most - (field("anon ", folder + "/memory.stat", unit: 1) ?? 0)
  }

  private func field(_ name: String, _ path: String, unit: Int) -> Int? {
    let line = contents(path)?.split(separator: "\n").first { $0.hasPrefix(name) }
    return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }.map { $0 * unit }
  }
}
