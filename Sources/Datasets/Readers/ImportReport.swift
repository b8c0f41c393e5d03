import Basics

/// What an import reports: its assumptions, unusual pictures, and what was left out.
public struct ImportReport: Sendable, Hashable {
  /// How many pictures are named, of thousands.
  static let named = 10

  /// What was taken for granted, put together or is there twice, a line each.
  public internal(set) var notes: [String] = []
  /// Pictures that cannot be read, with why.
  public internal(set) var unreadable: [String] = []
  /// What is in the folder and is neither read nor a picture, with why: folders that cannot be read, links, other files.
  public internal(set) var leftOut: [String] = []
  /// Classes none of whose pictures can be read.
  public internal(set) var emptyClasses: [String] = []
  /// Pictures of which something was passed over though their pixels are whole.
  public internal(set) var noted: [String] = []
  /// Pictures all of whose pixels have one value, as they are in the data set.
  public internal(set) var blank: [String] = []
  /// What is wrong with the first picture that cannot be read; `nil` where there is none.
  private(set) var firstUnreadable: Fault?
  /// What is wrong with the first of ``leftOut``.
  private(set) var firstLeftOut: Fault?
  /// Pictures that were looked at.
  public internal(set) var count = 0

  /// An empty report.
  public init() {}

  /// Adds a line on what a reader took for granted or put together.
  public mutating func note(_ line: String) { notes.append(line) }

  /// A line for each kind of oddity and for each picture that is named; without the ``notes``.
  public var lines: [String] {
    var lines: [String] = []
    func list(_ entries: [String], _ title: String) {
      guard !entries.isEmpty else { return }
      lines.append(title + ":")
      lines += entries.prefix(Self.named).map { "  \($0)" }
      if entries.count > Self.named { lines.append("  and \(entries.count - Self.named) more") }
    }
    func pictures(_ entries: [String], _ one: String, _ several: String) {
      list(entries, "\(entries.count) of \(counted(count, "picture")) \(entries.count == 1 ? one : several)")
    }
    let strict = "left out (--strict makes that an error)"
    pictures(unreadable, "cannot be read and is \(strict)", "cannot be read and are \(strict)")
    list(
      leftOut, "\(counted(leftOut.count, "file or folder", "files and folders")) \(leftOut.count == 1 ? "is" : "are") \(strict)")
    if !emptyClasses.isEmpty {
      lines.append("classes without a picture that can be read, left out: \(emptyClasses.joined(separator: ", "))")
    }
    let odd = "as it should be, though its pixels are whole"
    pictures(noted, "is not \(odd)", "are not as they should be, though their pixels are whole")
    let see = "(see --ink, --paper and --channels)"
    pictures(blank, "is blank: all its pixels have one value \(see)", "are blank: all their pixels have one value \(see)")
    return lines
  }

  /// Leaves out what is not a picture, or throws if that is an error.
  mutating func leave(_ error: ReaderError, strict: Bool) throws(ReaderError) {
    if strict { throw error }
    leftOut.append(error.description)
    firstLeftOut = firstLeftOut ?? error.fault
  }

  /// Leaves out a picture that cannot be read.
  fileprivate mutating func leave(_ picture: Fault) {
    unreadable.append(picture.description)
    firstUnreadable = firstUnreadable ?? picture
  }
}

extension PictureFolderReader {
  /// Reads the pictures of a class.
  ///
  /// - Parameters:
  ///   - pixels: gets the images.
  ///   - report: gets what is odd; with `strict`, a picture that cannot be read is an error instead.
  /// - Returns: how many pictures were read.
  static func read(
    _ files: [String], format: ImageFormat, limits: PNGLimits, strict: Bool, into pixels: inout [UInt8],
    report: inout ImportReport
  ) throws(ReaderError) -> Int {
    var count = 0
    for file in files {
      report.count += 1
      var note: String?
      let picture: PixelImage
      do throws(PNGError) {
        picture = try PixelImage(file: file, limits: limits, background: format.paper, note: &note)
      } catch {
        if strict { throw .badPicture(path: file, problem: error.problem) }
        report.leave(error.problem.within(.file(file)))
        continue
      }
      if let note { report.noted.append("\(file): \(note)") }
      let image = format.apply(to: picture).pixels
      if let first = image.first, image.allSatisfy({ $0 == first }) { report.blank.append("\(file): \(first)") }
      pixels += image
      count += 1
    }
    return count
  }
}
