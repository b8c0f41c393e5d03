import Basics
import Foundation

extension RunDirectory {
  /// Keeps an evaluation: in `results/evaluation.json`, or in `results/evaluation-DIGEST.json` where that holds another one. The same
  /// evaluation made again takes its own place.
  ///
  /// - Returns: the name of the result, without folder and ending.
  /// - Throws: `RunError`.
  @discardableResult public func writeEvaluation(_ rows: [RunSummary.Evaluation]) throws(RunError) -> String {
    let name = evaluationName(for: rows)
    try writeResult(rows, named: name)
    return name
  }

  /// Under which name ``writeEvaluation(_:)`` keeps an evaluation; only what it is of matters, not its numbers.
  public func evaluationName(for rows: [RunSummary.Evaluation]) -> String {
    let subject = rows.map(\.subject)
    return resultName("evaluation", digest: Self.digest(subject)) { name in
      (try? readResult([RunSummary.Evaluation].self, named: name))?.map(\.subject) == subject
    }
  }

  /// All evaluations that the run keeps, the first one first.
  ///
  /// - Throws: `RunError` for one that cannot be read.
  public func evaluations() throws(RunError) -> [RunSummary.Evaluation] {
    var all: [RunSummary.Evaluation] = []
    // A folder that may not be looked into is not one without evaluations.
    _ = try FolderFile.entries(of: path + "/results")
    for name in resultNames(beginningWith: "evaluation") {
      for var row in try readResult([RunSummary.Evaluation].self, named: name) {
        row.file = name
        all.append(row)
      }
    }
    return all
  }

  /// The name for a result of which there may be several.
  ///
  /// - Parameters:
  ///   - base: the name of the first one.
  ///   - digest: of what the result is of; names a result that is not the first one, by as many of its digits as no other one has.
  ///   - isTheSame: whether the result that is kept under a name is of the same.
  public func resultName(_ base: String, digest: String, isTheSame: (String) -> Bool) -> String {
    let names = [base] + [8, 16, 32].map { "\(base)-\(digest.prefix($0))" }
    func isFree(_ name: String) -> Bool {
      !FileManager.default.fileExists(atPath: "\(path)/\(existingResultFile(name))") || isTheSame(name)
    }
    // The whole digest is nobody else's.
    return names.first(where: isFree) ?? "\(base)-\(digest)"
  }

  /// The SHA-256 of a value's JSON, 64 hexadecimal digits.
  public static func digest(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return SHA256.hex((try? encoder.encode(value)).map(Array.init) ?? [])
  }

  /// The results `BASE.json` and `BASE-DIGEST.json`, by name, without their ending; the first one first.
  public func resultNames(beginningWith base: String) -> [String] {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: path + "/results")) ?? []
    return files.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }
      .filter { $0 == base || $0.hasPrefix(base + "-") }.sorted { ($0.count, $0) < ($1.count, $1) }
  }

  /// Tries whether a result can be written, before there is one to be lost.
  ///
  /// - Throws: `RunError` with the operating system's reason.
  public func checkResultsAreWritable() throws(RunError) {
    let file = "\(path)/results/.results.tmp-\(getpid())-\(UInt64.random(in: 0 ... .max))"
    let descriptor = calls.opened(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC)
    guard descriptor >= 0 else { throw RunError(ByteFile.Failure.last, action: "write to results/", path: path) }
    close(descriptor)
    calls.unlink(file)
  }
}
