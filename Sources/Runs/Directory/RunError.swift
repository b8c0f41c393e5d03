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
  /// - Parameters:
  ///   - problem: what is wrong.
  ///   - path: the run's folder.
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

  /// Which folder, what is wrong with it, and the remedy of this error or else the usual one for its kind of problem.
  public var fault: Fault {
    let path = path.isEmpty ? "''" : path
    let help = remedy ?? usualHelp
    func run(_ what: String, _ file: String? = nil) -> Fault {
      Fault(what, at: .named("run \(path)", file: file.map { "\(self.path)/\($0)" } ?? self.path), help: help)
    }
    func folder(_ what: String) -> Fault { Fault(what, at: .mentioned(file: self.path), help: help) }
    return switch problem {
    case .system(let action, let reason): run("cannot \(action): \(reason)")
    case .diskFull(let action): run("cannot \(action): the disk is full")
    case .exists: folder("\(path) holds a run already")
    case .notEmpty: folder("\(path) holds \(holds.map { "\($0) already" } ?? "files that are not ArchPrior's")")
    case .noRun: folder("\(path) holds \(holds.map { "\($0), no run" } ?? "no run of ArchPrior")")
    case .noRoot(isFile: true): folder("\(path) is not a folder")
    case .noRoot: Fault("no such folder", at: .named(path, file: self.path), help: help)
    case .locked(let process): run("\(process) is working on it")
    case .noCheckpoint: folder("run \(path) has no checkpoint yet")
    case .missing(let file): run("\(file) is missing", file)
    case .unreadable(let file, let reason): run("cannot read \(file): \(reason)", file)
    case .damaged(let file, let reason): run("\(file) is damaged: \(reason)", file)
    case .foreign(let file, let owner, let expected):
      run(
        "\(file) belongs to something else: to \(owner.isEmpty ? "nothing that it names" : owner), not to \(expected)", file)
    }
  }

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
