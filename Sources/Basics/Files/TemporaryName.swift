import Foundation

/// The name under which a file is written before it has its own: `.NAME.tmp-PROCESS-RANDOM`.
package struct TemporaryName: Equatable {
  /// The name that the file is to have, or its beginning where that is long.
  package var target: String
  /// The process that writes.
  package var process: Int32
  package var text: String

  /// A fresh name for this process.
  package init(of target: String) {
    self.target = Self.beginning(of: target)
    process = getpid()
    text = ".\(self.target).tmp-\(process)-\(UInt64.random(in: 0 ... .max))"
  }

  /// Takes a name apart; `nil` for one of another pattern.
  package init?(parsing text: String) {
    guard text.hasPrefix("."), let mark = text.range(of: ".tmp-", options: .backwards), mark.lowerBound > text.startIndex else {
      return nil
    }
    let numbers = text[mark.upperBound...].split(separator: "-", omittingEmptySubsequences: false)
    guard numbers.count == 2, numbers.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (48...57).contains($0) } }),
      let process = Int32(numbers[0]), process > 0, UInt64(numbers[1]) != nil
    else { return nil }
    self.process = process
    self.text = text
    target = String(text[text.index(after: text.startIndex)..<mark.lowerBound])
  }

  /// Whether it is one that a file of this name is written under.
  package func isOf(_ target: String) -> Bool { self.target == Self.beginning(of: target) }

  /// Names end at 255 bytes, and process and random number want up to 37.
  private static func beginning(of target: String) -> String {
    var result = target
    while result.utf8.count > 200 { result.removeLast() }
    return result
  }
}

extension ByteFile {
  /// Removes temporary files whose process was killed; those that a living process writes stay, and so do files of other patterns, other
  /// users and anything that is not a regular file. A folder that is a symbolic link is not touched.
  ///
  /// - Parameter isOurs: which files are ours; all by default, for folders that nobody else writes into.
  package static func removeAbandoned(
    in folder: String, calls: FileCalls = .system, of isOurs: (TemporaryName) -> Bool = { _ in true }
  ) {
    var status = stat()
    guard lstat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return }
    for entry in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
      guard let name = TemporaryName(parsing: entry), isOurs(name), isAbandoned("\(folder)/\(entry)", name) else { continue }
      calls.unlink("\(folder)/\(entry)")
    }
  }

  private static func isAbandoned(_ path: String, _ name: TemporaryName) -> Bool {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid() else { return false }
    // Whoever writes has it locked, on this computer at least.
    guard FileLock.take(descriptor, LOCK_EX | LOCK_NB) || errno != EWOULDBLOCK else { return false }
    // In a container every process may have the number of the one before it.
    let isGone = name.process == getpid() || (kill(name.process, 0) != 0 && errno == ESRCH)
    // The number may have been given to another process since; between opening and locking a file lies less than a minute.
    return isGone || time(nil) - status.st_mtim.tv_sec > 60
  }
}
