import Foundation

/// The available memory. Sizes that a file claims are checked against it, because Swift ends the process when memory runs out.
package enum AvailableMemory {
  /// Smaller needs are not looked at.
  package static let floor = 1 << 26
  /// Tests take another machine than the one they run on.
  @TaskLocal static var assumed: Int?

  /// What is lacking, in words that follow the name of a file; `nil` if there is enough memory, or the system does not say.
  ///
  /// - Parameter bytes: all that are yet to be allocated.
  package static func shortage(of bytes: Int) -> String? {
    guard assumed != nil || bytes > floor, let there = assumed ?? now else { return nil }
    // An eighth is left to what is allocated beside it.
    let free = there - there / 8
    return bytes > free ? "it needs \(text(bytes)) of memory, and \(text(free)) are free" : nil
  }

  /// Throws if this many bytes are not available.
  ///
  /// - Throws: ``ReaderError/needsMemory(path:reason:)``.
  package static func check(_ bytes: Int, path: String) throws(ReaderError) {
    if let reason = shortage(of: bytes) { throw .needsMemory(path: path, reason: reason) }
  }

  /// The bytes that this process can still have; `nil` if the system does not say.
  static var now: Int? {
    var limit = rlimit()
    let isLimited = getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0
    return bytes(addresses: isLimited ? Int(clamping: limit.rlim_cur) : .max, SystemMemory())
  }

  /// The least of what the machine, the control group and the limit of addresses leave.
  ///
  /// - Parameter addresses: bytes that the process may map; `.max` for no limit.
  static func bytes(addresses: Int, _ system: SystemMemory) -> Int? {
    var bounds = [system.available, system.leftInGroup].compactMap(\.self)
    if addresses < 1 << 60, let used = system.mapped { bounds.append(addresses - used) }
    return bounds.min().map { max(0, $0) }
  }

  private static func text(_ bytes: Int) -> String {
    bytes < 1 << 30 ? String(format: "%.0f MiB", Double(bytes) / 0x1p20) : String(format: "%.1f GiB", Double(bytes) / 0x1p30)
  }
}
