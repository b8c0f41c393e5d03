import Basics

/// What is wrong with a checkpoint file: which file, what, where in it, and what to do.
public struct CheckpointError: ReportableError, Equatable {
  /// What can be wrong.
  public enum Problem: Sendable, Equatable {
    /// The operating system's reason for not reading or writing.
    case system(action: String, reason: String)
    /// No room to write.
    case diskFull
    /// The first bytes are not a checkpoint's.
    case notACheckpoint
    /// Written by a newer version of the format.
    case newerVersion(found: Int, supported: Int)
    /// The file ends at `offset`, before everything that it should hold.
    case truncated(offset: Int, expected: String)
    /// Bytes that are not what was written; `part` names the section.
    case damaged(part: String, offset: Int)
    /// A header that no version of this program writes.
    case badHeader(offset: Int, reason: String)
    /// Made under a configuration that differs in what training computes.
    case otherConfiguration([Configuration.Difference])
    /// A number that no run has.
    case badCounter(name: String, problem: String)
    /// It is whole, and another run's.
    case foreign(owner: String, expected: String)
    /// An array that is missing or not as it should be.
    case unexpectedArray(name: String, problem: String)
  }

  /// The file, where it is known.
  public var path: String?
  /// What is wrong.
  public var problem: Problem
  /// What to do in this case; `nil` for the usual advice on the kind of problem.
  public var remedy: String?

  /// An error without a remedy of its own.
  ///
  /// - Parameters:
  ///   - problem: what is wrong.
  ///   - path: the file; `nil` where the checkpoint is in memory.
  public init(_ problem: Problem, path: String? = nil) {
    self.path = path
    self.problem = problem
  }

  /// Which file, what is wrong with it, and the remedy of this error or else the usual one for its kind of problem.
  public var fault: Fault {
    Fault(
      problemText, at: .named("checkpoint \(path ?? "in memory")", file: path, byte: offset), help: remedy ?? usualHelp)
  }

  private var offset: Int? {
    switch problem {
    case .notACheckpoint: 0
    case .truncated(let offset, _), .damaged(_, let offset), .badHeader(let offset, _): offset
    default: nil
    }
  }

  /// Whether the file's content is at fault, so that an earlier checkpoint is better.
  package var isDamage: Bool {
    switch problem {
    case .notACheckpoint, .truncated, .damaged, .badHeader, .badCounter, .foreign: true
    case .system, .diskFull, .newerVersion, .otherConfiguration, .unexpectedArray: false
    }
  }

  private var problemText: String {
    switch problem {
    case .system(let action, let reason): "cannot \(action) it: \(reason)"
    case .diskFull: "cannot write it: the disk is full"
    case .notACheckpoint: "not a checkpoint of ArchPrior (at byte 0)"
    case .newerVersion(let found, let supported): "format version \(found), newer than \(supported), the newest known here"
    case .truncated(let offset, let expected): "ends at byte \(offset), before \(expected)"
    case .damaged(let part, let offset): "damaged: the checksum of \(part), at byte \(offset), does not match"
    case .badHeader(let offset, let reason): "bad header at byte \(offset): \(reason)"
    case .otherConfiguration(let differences):
      "made under another configuration: " + differences.map(\.description).joined(separator: "; ")
    case .badCounter(let name, let problem): "counter '\(name)' is impossible: \(problem)"
    case .foreign(let owner, let expected):
      "it belongs to another run: to \(owner.isEmpty ? "one that it does not name" : owner), not to \(expected)"
    case .unexpectedArray(let name, let problem): "array '\(name)': \(problem)"
    }
  }

  private var usualHelp: String? {
    switch problem {
    case .system: "check the path, permissions and free disk space"
    case .diskFull: "free some space; earlier checkpoints are unharmed"
    case .newerVersion: "use the version of ArchPrior that wrote it"
    case .notACheckpoint: "give a file from the folder checkpoints of a run"
    case .truncated, .damaged, .badHeader, .badCounter: "remove the file and resume from an earlier checkpoint of the run"
    case .foreign: "put back the run's own file, or move this one away and resume from an earlier checkpoint"
    case .otherConfiguration: "resume with the run's own configuration, or start a new run in another folder"
    case .unexpectedArray:
      "it was made for other images, classes or layers than are asked for here; give those that it was trained with, or start a new run"
    }
  }
}
