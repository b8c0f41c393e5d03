import Foundation

/// A kind of file that the program reads back: a sample of it in a folder, and everything that is made of it.
struct RecordKind: Sendable {
  /// What came of reading a sample.
  struct Outcome {
    /// All that was read, in words; equal for equal results.
    var result: String
    /// What was said: errors and notes.
    var said: [String]
  }

  /// Its name.
  var name: String
  /// The file within the sample folder.
  var file: String
  /// Whether what is damaged must be named or without effect. Not so where checksums are put right, or there are none by design: there it is
  /// only to be survived.
  var isChecked = true
  /// Whether the file as it is has a checksum, so that a single bit that changes is named. A state that its strategy writes has none: the
  /// file that keeps it has.
  var hasSeal = true
  /// Whether reading changes nothing in the folder, so that it need not be copied each time.
  var leavesAllElse = false
  /// Words one of which a report of damage has; the file's name where there are none.
  var names: [String] = []
  /// Puts checksums right after damage.
  var wrap: @Sendable ([UInt8]) -> [UInt8] = { $0 }
  /// Takes them off, before damage.
  var unwrap: @Sendable ([UInt8]) -> [UInt8] = { $0 }
  /// Reads the folder, which may be changed thereby.
  var use: @Sendable (_ folder: String) throws -> Outcome

  /// What was found of a kind.
  struct Report: Codable {
    var tried = 0
    /// Damaged and named.
    var named = 0
    /// Read with the same result as before.
    var same = 0
    /// Survived, where there is no checksum to see it by.
    var survived = 0
    /// The worst: another result, and not a word; or words that do not name the file. By the number of the mutation.
    var silent: [String] = []
    var slowest = 0.0
    var peakMegabytes = 0.0
    /// Ends of the process and hangs, with their numbers.
    var fatal: [String] = []

    mutating func add(_ other: Report) {
      tried += other.tried
      named += other.named
      same += other.same
      survived += other.survived
      silent += other.silent
      fatal += other.fatal
      slowest = max(slowest, other.slowest)
      peakMegabytes = max(peakMegabytes, other.peakMegabytes)
    }
  }

  /// Reads damaged copies of a sample.
  ///
  /// - Parameters:
  ///   - sample: the whole folder.
  ///   - flips: single bits alone, of the raw file.
  ///   - begin: told of each number before it is tried.
  func run(
    sample: String, scratch: String, seed: UInt64, numbers: Range<Int>, flips: Bool, begin: (Int) -> Void = { _ in }
  ) throws -> Report {
    let files = FileManager.default
    let whole = Array(try Data(contentsOf: URL(fileURLWithPath: "\(sample)/\(file)")))
    var isFresh = false
    defer { try? files.removeItem(atPath: scratch) }
    func attempt(_ bytes: [UInt8]?) throws -> Outcome {
      if !isFresh || !leavesAllElse {
        try? files.removeItem(atPath: scratch)
        try files.copyItem(atPath: sample, toPath: scratch)
        isFresh = true
      }
      if let bytes { try Data(bytes).write(to: URL(fileURLWithPath: "\(scratch)/\(file)")) }
      do {
        return try use(scratch)
      } catch {
        return Outcome(result: "", said: ["\(error)"])
      }
    }
    let truth = try attempt(nil)
    guard truth.said.isEmpty else { throw Unusable(kind: name, said: truth.said) }
    let words = names.isEmpty ? [URL(fileURLWithPath: file).lastPathComponent] : names
    var report = Report()
    for number in numbers {
      begin(number)
      var mutator = RecordMutator(seed: seed, kind: flips ? "\(name)/flip" : name, number: number)
      let bytes = flips ? mutator.flip(whole) : wrap(mutator.mutate(unwrap(whole)))
      let start = Date()
      let outcome = try attempt(bytes)
      report.slowest = max(report.slowest, Date().timeIntervalSince(start))
      report.tried += 1
      if !outcome.said.isEmpty, outcome.said.contains(where: { text in words.contains { text.contains($0) } }) {
        report.named += 1
      } else if outcome.result == truth.result, outcome.said.isEmpty {
        report.same += 1
      } else if !isChecked, !(flips && hasSeal) {
        report.survived += 1
      } else {
        report.silent.append("\(number): \(outcome.said.first.map { "said \($0.prefix(200))" } ?? "another result")")
      }
    }
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    report.peakMegabytes = Double(usage.ru_maxrss) / 1024
    return report
  }

  /// A sample that is not even read when it is whole.
  struct Unusable: Error, CustomStringConvertible {
    var kind: String
    var said: [String]
    var description: String { "the whole sample of \(kind) is not read: \(said.joined(separator: "; "))" }
  }
}
