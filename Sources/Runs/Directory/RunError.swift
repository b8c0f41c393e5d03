import Basics
import Foundation

/// Something wrong with a run's folder.
public struct RunError: ReportableError, Equatable {
  /// What can be wrong.
  public enum Problem: Sendable, Equatable {
    /// The operating system's reason for not doing something.
    case system(action: String, reason: String)
    /// No room to do something.
    case diskFull(action: String)
    /// There is a run already.
    case exists
    /// There are files, but no run.
    case notEmpty
    /// There is no run.
    case noRun
    /// There is no folder to look for runs in, or a file in its place.
    case noRoot(isFile: Bool)
    /// Another process works on it.
    case locked(process: String)
    /// There is no checkpoint.
    case noCheckpoint
    /// A file that the run wrote is not there.
    case missing(file: String)
    /// A file that the run wrote cannot be read back: it is not a regular file, or not in its format.
    case unreadable(file: String, reason: String)
    /// A file whose checksum does not match, or that has lost it; the reason names the line where there are lines.
    case damaged(file: String, reason: String)
    /// A file that is whole and belongs to something else.
    case foreign(file: String, belongsTo: String, expected: String)
  }

  /// The path of the run's folder.
  public var path: String
  /// What is wrong.
  public var problem: Problem
  /// What to do in this case; `nil` for the usual advice on the kind of problem.
  public var remedy: String?
  /// What else of ArchPrior's the folder holds, where that is in the way or not what was looked for.
  var holds: String?

  /// An error without a remedy of its own.
  ///
  /// - Parameter path: the run's folder.
  public init(_ problem: Problem, path: String) {
    self.path = path
    self.problem = problem
  }

  /// Whether the folder is not one for this command: a run is there already, none is there, or other files are.
  public var isUsage: Bool {
    switch problem {
    case .exists, .notEmpty, .noRun, .noRoot: true
    default: false
    }
  }

  /// Which folder, and what is wrong with it.
  public var message: String {
    let path = path.isEmpty ? "''" : path
    return switch problem {
    case .system(let action, let reason): "run \(path): cannot \(action): \(reason)"
    case .diskFull(let action): "run \(path): cannot \(action): the disk is full"
    case .exists: "\(path) holds a run already"
    case .notEmpty: "\(path) holds \(holds.map { "\($0) already" } ?? "files that are not ArchPrior's")"
    case .noRun: "\(path) holds \(holds.map { "\($0), no run" } ?? "no run of ArchPrior")"
    case .noRoot(let isFile): isFile ? "\(path) is not a folder" : "\(path): no such folder"
    case .locked(let process): "run \(path): \(process) is working on it"
    case .noCheckpoint: "run \(path) has no checkpoint yet"
    case .missing(let file): "run \(path): \(file) is missing"
    case .unreadable(let file, let reason): "run \(path): cannot read \(file): \(reason)"
    case .damaged(let file, let reason): "run \(path): \(file) is damaged: \(reason)"
    case .foreign(let file, let owner, let expected):
      "run \(path): \(file) belongs to something else: to \(owner.isEmpty ? "nothing that it names" : owner), not to \(expected)"
    }
  }

  /// The remedy of this error, or else the usual one for its kind of problem.
  public var help: String? { remedy ?? usualHelp }

  private var usualHelp: String {
    switch problem {
    case .system: "check the path, permissions and free disk space"
    case .diskFull: "free some space; what was written before is unharmed"
    case .exists: "go on with it: \(Advice.resume(run: path)); or replace it (--overwrite), or give another folder (--output)"
    case .notEmpty: "give a new or empty folder"
    case .noRoot: "give the folder that runs are in"
    case .noRun: "give the folder that meta-train wrote, with a configuration.yaml in it"
    case .locked: "wait for it to end, or stop it"
    case .noCheckpoint: "let it train until the first checkpoint, or start it again"
    case .missing, .unreadable: "restore the file, or start a new run"
    case .damaged: "nothing was removed; restore the file from a copy, or call what made it again: what is whole is used"
    case .foreign: "put back the file that belongs there, or move this one away"
    }
  }
}

/// Errors that pass by themselves or by the user's doing, so that work may wait instead of ending.
public protocol DiskFullReporting: Error {
  /// Whether the disk is full.
  var isDiskFull: Bool { get }
}

extension RunError: DiskFullReporting {
  /// Whether the problem is ``Problem/diskFull(action:)``.
  public var isDiskFull: Bool { if case .diskFull = problem { true } else { false } }

  /// The error of a file whose seal is not right.
  package init(_ flaw: Seal.Flaw, file: String, expected: String, path: String) {
    switch flaw {
    case .damaged(let reason): self.init(.damaged(file: file, reason: reason), path: path)
    case .foreign(let owner): self.init(.foreign(file: file, belongsTo: owner, expected: expected), path: path)
    }
  }

  /// Whether a file's content is at fault, rather than that it cannot be reached.
  package var isDamage: Bool {
    switch problem {
    case .damaged, .foreign, .unreadable, .missing: true
    default: false
    }
  }

  /// The error of a file that cannot be read. That the operating system does not let anybody read it says nothing against its content.
  package init(reading file: String, _ failure: ByteFile.Failure, path: String) {
    switch failure.code {
    case ENOENT: self.init(.missing(file: file), path: path)
    case 0: self.init(.unreadable(file: file, reason: failure.reason), path: path)
    default: self.init(.system(action: "read \(file)", reason: failure.reason), path: path)
    }
  }

  /// The error with advice of its own.
  package func mended(by remedy: String) -> RunError {
    var error = self
    error.remedy = remedy
    return error
  }

  /// The error of a failed call.
  package init(_ failure: ByteFile.Failure, action: String, path: String) {
    self.init(failure.isFull ? .diskFull(action: action) : .system(action: action, reason: failure.reason), path: path)
  }
}

extension CheckpointError: DiskFullReporting {
  /// Whether the problem is ``Problem/diskFull``.
  public var isDiskFull: Bool { problem == .diskFull }
}
