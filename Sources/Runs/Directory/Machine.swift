import Basics
import Foundation

/// The computer that a run ran on.
public struct Machine: Sendable, Codable, Equatable {
  /// The processor's name, as the system gives it.
  public var processor: String
  /// Cores that this process may use.
  public var cores: Int
  /// Bytes of main memory.
  public var memory: UInt64
  /// Which instruction sets the kernels use, such as `avx2`.
  public var kernels: String
  /// The system's name and version.
  public var operatingSystem: String
  /// The compiler's version, to the minor one.
  public var swift: String

  /// This computer.
  ///
  /// - Parameter kernels: what the kernels say of themselves.
  public static func current(kernels: String) -> Machine {
    let system = (try? String(contentsOfFile: "/etc/os-release", encoding: .utf8)).flatMap {
      value(of: "PRETTY_NAME", separator: "=", in: $0)
    }
    let processor = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)).flatMap {
      value(of: "model name", separator: ":", in: $0)
    }
    return Machine(
      processor: processor ?? "unknown", cores: ProcessInfo.processInfo.activeProcessorCount,
      memory: SystemMemory.physical, kernels: kernels,
      operatingSystem: system ?? ProcessInfo.processInfo.operatingSystemVersionString, swift: compiler)
  }

  /// The value on the first line that starts with a key.
  static func value(of key: String, separator: Character, in text: String) -> String? {
    for line in text.split(separator: "\n") where line.hasPrefix(key) {
      guard let position = line.firstIndex(of: separator) else { continue }
      return line[line.index(after: position)...].trimmingCharacters(in: CharacterSet(charactersIn: " \t\""))
    }
    return nil
  }

  private static var compiler: String {
    #if compiler(>=6.4)
      "6.4 or newer"
    #elseif compiler(>=6.3)
      "6.3"
    #elseif compiler(>=6.2)
      "6.2"
    #else
      "6.1"
    #endif
  }
}
