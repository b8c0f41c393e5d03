/// What was odd about the pictures of a folder, to be said after an import.
public struct PictureReport: Sendable, Hashable {
  /// How many pictures are named, of thousands.
  static let named = 10

  /// Pictures that cannot be read, with why.
  public internal(set) var unreadable: [String] = []
  /// Classes none of whose pictures can be read.
  public internal(set) var emptyClasses: [String] = []
  /// Pictures of which something was passed over though their pixels are whole.
  public internal(set) var noted: [String] = []
  /// Pictures all of whose pixels have one value, as they are in the data set.
  public internal(set) var blank: [String] = []
  /// Pictures that were looked at.
  public internal(set) var count = 0

  /// An empty report.
  public init() {}

  /// A line for each kind of oddity and for each picture that is named.
  public var lines: [String] {
    var lines: [String] = []
    func list(_ entries: [String], _ title: String) {
      guard !entries.isEmpty else { return }
      lines.append("\(entries.count) of \(count) pictures \(title):")
      lines += entries.prefix(Self.named).map { "  \($0)" }
      if entries.count > Self.named { lines.append("  and \(entries.count - Self.named) more") }
    }
    list(unreadable, "cannot be read and are left out (--strict makes that an error)")
    if !emptyClasses.isEmpty {
      lines.append("classes without a picture that can be read, left out: \(emptyClasses.joined(separator: ", "))")
    }
    list(noted, "are not as they should be, though their pixels are whole")
    list(blank, "are blank: all their pixels have one value (see --ink, --paper and --channels)")
    return lines
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
    report: inout PictureReport
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
        report.unreadable.append("\(file): \(error.problem)")
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
