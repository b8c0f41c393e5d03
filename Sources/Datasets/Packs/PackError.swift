/// What can be wrong with a pack. Each says which file, where in it, and what to do.
public enum PackError: Error, Equatable, CustomStringConvertible {
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

  /// One sentence: the file, what is wrong, where in it, and what to do.
  public var description: String {
    switch self {
    case .unreadable(let path, let reason): "\(path): cannot read the pack: \(reason); check the path"
    case .notAPack(let path): "\(path): not a data set pack (byte 0: no “ARCHPACK”); give the path of an .archpack file"
    case .newerVersion(let path, let version, let supported):
      "\(path): pack format \(version) (byte 8), and this program reads up to \(supported); use a newer ArchPrior"
    case .truncated(let path, let offset, let needed, let available):
      "\(path): the pack is cut short: \(needed) bytes are needed at byte \(offset) and \(available) are there; "
        + "copy or build it again"
    case .checksumMismatch(let path, let section, let offset):
      "\(path): the pack's section “\(section)” (byte \(offset)) is damaged: its checksum differs; copy or build it again"
    case .malformed(let path, let section, let offset, let reason):
      "\(path): the pack's section “\(section)” (byte \(offset)) makes no sense: \(reason); build it again"
    case .invalid(let reason): "the data set does not fit a pack: \(reason)"
    case .unwritable(let path, let reason):
      "\(path): cannot write the pack: \(reason); check that its folder exists and may be written"
    }
  }
}
