/// This process's memory, in bytes.
///
/// From `/proc`, because the maximum that `getrusage` gives survives `exec` and may be that of the program that started this one.
public enum ProcessMemory {
  /// What is resident now; `nil` if the system does not say.
  public static var resident: Int? { SystemMemory().resident }
  /// The most that was resident at any time; `nil` if the system does not say.
  public static var peak: Int? { SystemMemory().peak }
}
