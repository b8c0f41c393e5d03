import ArchPrior
import ArgumentParser
import Basics
import Foundation

extension DatasetImport.Format: ExpressibleByArgument {}
extension PictureFolderReader.Splits: ExpressibleByArgument {}
extension PixelScale: ExpressibleByArgument {
  /// Reads the words of the option `--scale`, see `PixelScale.init(parsing:)`; `nil` for other words.
  public init?(argument: String) { self.init(parsing: argument) }
}

extension DatasetsCommand {
  struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Turn data in an official format, or a folder of pictures, into a checked pack.",
      discussion: """
        Formats: \(formats). What is taken for \
        granted about the source is said. How pictures were read is kept with the pack, and adapt reads others so: with --ink keep, \
        --fit pad, --paper white and --background black where nothing else is said. The pack can then be named like those that come \
        with ArchPrior.
        """)

    @Argument(help: "The file or folder to import.")
    var source: String

    @Option(help: "The data set's name: small letters, digits and hyphens.")
    var name: String

    @Option(help: "The source's format; found out where it is left out.")
    var format: DatasetImport.Format?

    @Option(help: "Scale images to a square of so many pixels a side; wanted for folders.")
    var size: Int?

    @Option(help: "1 for grey, 3 for colour; as they are where it is left out (folders: 3).")
    var channels: Int?

    @OptionGroup var pictures: PictureOptions<DatasetInk>

    @Option(
      help:
        "What the numbers of an npz mean: unit (0…1), byte (0…255), word (0…65535), signed (−1…1), or the number that is white.")
    var scale: PixelScale?

    @Option(
      help: ArgumentHelp("Class names of npz or idx, by label: a,b,c or a file with a name a line, or JSON.", valueName: "names"))
    var classNames: String?

    @Option(
      help:
        "Folders such as train, val and test, or support and query: merge puts their classes together, keep takes them for groups."
    )
    var splits: PictureFolderReader.Splits?

    @Option(help: "The terms of use, to be recorded; those of the .json beside an npz where it is left out.")
    var licence: String?

    @Option(help: "The folder that the pack goes into; the user's own where it is left out.")
    var into: String?

    @Flag(help: "Take what cannot be read in a folder for an error, instead of leaving it out and naming it.")
    var strict = false

    @Flag(help: "Replace a pack of the same name, or hide one of another folder.")
    var overwrite = false

    @Flag(help: "Say what would be imported and write nothing.")
    var dryRun = false

    func validate() throws {
      guard name.wholeMatch(of: /[a-z0-9][a-z0-9-]{0,63}/) != nil else {
        throw ValidationError("--name wants small letters, digits and hyphens, at most 64, such as my-flowers")
      }
      try Bounds.check("size", size, from: 1, to: 1024)
      if let fit = pictures.fit, fit != .pad, pictures.background != nil {
        throw ValidationError("--background goes with --fit pad only: \(fit.rawValue) adds nothing beside a picture")
      }
      if let channels, channels != 1 && channels != 3 { throw ValidationError("--channels must be 1 or 3") }
    }

    func run() throws {
      let format = try sourceFormat()
      let meaning = DatasetImport.Meaning(
        scale: scale, classNames: try classNames.map { try ClassNames(argument: $0, origin: "--class-names") }, splits: splits)
      if let idle = meaning.idle(for: format) ?? idle(for: format) {
        throw CommandError(
          "\(idle.option) is for \(idle.formats), and \(source) is read as \(format.rawValue)", help: "leave it out", code: 2)
      }
      let folder = into ?? DatasetCatalog.userFolder()
      let path = folder + "/" + name + DatasetCatalog.suffix
      try checkName(path)
      var report = ImportReport()
      let pack = try Heartbeat.during("reading \(source)") { try self.pack(of: format, meaning, &report) }
      for note in report.notes { Output.note("note: \(note)") }
      for line in report.lines { Output.note(line) }
      for other in DatasetCatalog.others(named: name, than: path) {
        Output.note(
          "note: " + (other.isHidden ? "it hides \(other.path)" : "it is hidden by \(other.path)") + ", of the same name")
      }
      let dataset = pack.dataset
      let summary =
        "\(counted(dataset.classes.count, "class", "classes")), \(counted(dataset.imageCount, "image")) of "
        + "\(dataset.height)×\(dataset.width)×\(dataset.channels)"
      if dryRun {
        print("\(source) (\(format.rawValue)): \(summary); nothing written")
        return
      }
      try OutputFolder.make(folder, option: "--into")
      try pack.write(to: path)
      print("\(name): \(summary), sha256 \(try DatasetPack.verify(path).digest)")
      print("in \(path)")
    }

    /// The format of the source, which is there and can be read with the options.
    private func sourceFormat() throws -> DatasetImport.Format {
      guard FileManager.default.fileExists(atPath: source) else {
        throw CommandError("\(source): there is no such file or folder", help: "check the path", code: 2)
      }
      if format == nil,
        let archive = [".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2", ".7z", ".rar", ".zip"].first(
          where: source.lowercased().hasSuffix), DatasetImport.Format.detect(source) == nil
      {
        throw CommandError(
          "\(source): a \(archive) archive is not unpacked", help: "unpack it and give the folder", code: 2)
      }
      guard let format = format ?? DatasetImport.Format.detect(source) else {
        throw CommandError(
          "\(source): cannot tell the format",
          help: "say it: --format " + DatasetReaderRegistry.names.joined(separator: "|"), code: 2)
      }
      if appliesRule(format), size == nil {
        throw CommandError(
          "\(source): pictures of a folder may differ in size", help: "say one size for all, such as --size 32", code: 2)
      }
      return format
    }

    /// Refuses a name that is taken.
    private func checkName(_ path: String) throws {
      guard !overwrite else { return }
      if FileManager.default.fileExists(atPath: path) {
        throw CommandError("\(path): there is a pack of this name", help: "give another --name, or --overwrite", code: 2)
      }
      if into == nil, let other = DatasetCatalog().list().first(where: { $0.name == name }) {
        throw CommandError(
          "\(other.path): a data set is called \(name) already", help: "give another --name", code: 2)
      }
    }

    /// The option that has nothing to do for a format, and for which formats it is.
    private func idle(for format: DatasetImport.Format) -> (option: String, formats: String)? {
      for (option, isSaid) in [(ImportOption.strict, strict), (.paper, pictures.paper != nil)] where isSaid {
        if let formats = option.others(than: format) { return ("--\(option.rawValue)", formats) }
      }
      // Without another size, there is nothing to fit.
      guard !appliesRule(format), size == nil else { return nil }
      let formats =
        DatasetReaderRegistry.all.filter(\.appliesRule).map(\.name).joined(separator: " and ") + " (or goes with --size)"
      if pictures.fit != nil { return ("--fit", formats) }
      return pictures.background != nil ? ("--background", formats) : nil
    }

    private func appliesRule(_ format: DatasetImport.Format) -> Bool { format.reader?.appliesRule == true }

    /// The formats with what they are, those that are the same together: `cifar-10 and cifar-100 (binary, also .gz)`.
    private static var formats: String {
      var entries: [(names: [String], summary: String)] = []
      for reader in DatasetReaderRegistry.all {
        if let last = entries.indices.last, entries[last].summary == reader.summary {
          entries[last].names.append(reader.name)
        } else {
          entries.append(([reader.name], reader.summary))
        }
      }
      return entries.map { "\($0.names.joined(separator: " and ")) (\($0.summary))" }.joined(separator: ", ")
    }

    private func pack(
      of format: DatasetImport.Format, _ meaning: DatasetImport.Meaning, _ report: inout ImportReport
    ) throws -> DatasetPack {
      let ink = pictures.ink?.ink ?? .keep
      var wanted = DatasetImport(source: source, format: format, name: name, rule: nil, licence: licence, meaning: meaning)
      if appliesRule(format) || size != nil || channels != nil || ink != .keep {
        var (height, width, count) = (size ?? 28, size ?? 28, channels ?? 3)
        if !appliesRule(format), size == nil || channels == nil {
          // What is not asked for stays as the source has it.
          let read = try wanted.dataset()
          (height, width, count) = (size ?? read.height, size ?? read.width, channels ?? read.channels)
        }
        wanted = DatasetImport(
          source: source, format: format, name: name,
          rule: ImageFormat(
            height: height, width: width, channels: count, fit: pictures.fit ?? .pad, ink: ink,
            paper: pictures.paper?.level ?? 255, background: pictures.background?.level ?? 0),
          licence: licence, meaning: meaning)
      }
      wanted.isStrict = strict
      return try wanted.pack(report: &report)
    }
  }
}
