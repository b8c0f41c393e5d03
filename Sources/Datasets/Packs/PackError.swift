import Basics

/// What can be wrong with a pack. Each says which file, where in it, and what to do.
public enum PackError: ReportableError, Equatable {
  /// The file cannot be opened or read.
  case unreadable(path: String, reason: String)
  /// The file does not start with a pack's magic bytes.
  case notAPack(path: String)
  /// The pack was written by a later version of the format.
  case newerVersion(path: String, version: Int, supported: Int)
  /// The file ends before what starts at `offset` is complete.
  case truncated(path: String, offset: Int, needed: Int, available: Int)
  /// The bytes of a section (or of the table that lists them) are not those that were written.
  case checksumMismatch(path: String, section: String, offset: Int)
  /// The bytes are intact but say something that a pack cannot say.
  case malformed(path: String, section: String, offset: Int, reason: String)
  /// The data set cannot be held in a pack.
  case invalid(reason: String)
  /// The file cannot be written.
  case unwritable(path: String, reason: String)

  /// Which file, what is wrong, where in it, and what to do.
  public var fault: Fault {
    switch self {
    case .unreadable(let path, let reason): Fault("cannot read the pack: \(reason)", at: .file(path), help: "check the path")
    case .notAPack(let path):
      Fault(
        "not a data set pack (byte 0: no “ARCHPACK”)", at: .file(path).mentioning(byte: 0),
        help: "give the path of an .archpack file")
    case .newerVersion(let path, let version, let supported):
      Fault(
        "pack format \(version) (byte 8), and this program reads up to \(supported)", at: .file(path).mentioning(byte: 8),
        help: "use a newer ArchPrior")
    case .truncated(let path, let offset, let needed, let available):
      Fault(
        "the pack is cut short: \(needed) bytes are needed at byte \(offset) and \(available) are there",
        at: .file(path).mentioning(byte: offset), help: "copy or build it again")
    case .checksumMismatch(let path, let section, let offset):
      Fault(
        "the pack's section “\(section)” (byte \(offset)) is damaged: its checksum differs",
        at: .file(path).mentioning(byte: offset, key: section), help: "copy or build it again")
    case .malformed(let path, let section, let offset, let reason):
      Fault(
        "the pack's section “\(section)” (byte \(offset)) makes no sense: \(reason)",
        at: .file(path).mentioning(byte: offset, key: section), help: "build it again")
    case .invalid(let reason): Fault("the data set does not fit a pack: \(reason)")
    case .unwritable(let path, let reason):
      Fault(
        "cannot write the pack: \(reason)", at: .file(path), help: "check that its folder exists and may be written")
    }
  }
}
