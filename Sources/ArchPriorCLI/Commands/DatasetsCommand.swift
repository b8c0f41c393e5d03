import ArchPrior
import ArgumentParser
import Foundation

struct DatasetsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "datasets", abstract: "List, check or build the bundled data sets.",
    subcommands: [List.self, Verify.self, Build.self])

  /// What is printed of a pack.
  struct Row: Encodable {
    var name: String
    var path: String
    var classes: Int
    var images: Int
    var shape: [Int]
    var bytes: Int
    var sha256: String
    var licence: String

    init(name: String, path: String) throws {
      let summary = try DatasetPack.verify(path)
      self.name = name
      self.path = path
      classes = summary.classes
      images = summary.images
      shape = [summary.height, summary.width, summary.channels]
      bytes = summary.fileBytes
      sha256 = summary.digest
      licence = summary.licence
    }
  }

  private static func failIfDamaged(_ damaged: Int, of all: Int) throws {
    guard damaged > 0 else { return }
    throw CommandError(
      "\(damaged) of \(all) data sets \(damaged == 1 ? "is" : "are") damaged or unreadable",
      help: "restore the files, or build them again with `archprior datasets build`", code: 1)
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the data sets at hand.")

    @OptionGroup var json: JSONOption

    func run() throws {
      let entries = DatasetCatalog().list()
      guard !entries.isEmpty else {
        throw CommandError(
          "no data sets found",
          help: "run from the project's folder, or set ARCHPRIOR_DATASETS to a folder of .archpack files", code: 1)
      }
      var rows: [Row] = []
      for entry in entries {
        // A damaged pack must not hide the others.
        do { rows.append(try Row(name: entry.name, path: entry.path)) } catch { Output.note(ErrorReport(error).message) }
      }
      if json.json {
        try Output.json(rows)
      } else {
        print(
          Output.table(
            ["name", "classes", "images", "shape", "bytes"],
            rows.map { row in
              [row.name, "\(row.classes)", "\(row.images)", row.shape.map(String.init).joined(separator: "×"), "\(row.bytes)"]
            }))
      }
      try DatasetsCommand.failIfDamaged(entries.count - rows.count, of: entries.count)
    }
  }

  struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Check every byte of data sets against their checksums.",
      discussion: "Checks all data sets at hand where no names are given. Goes on after a damaged one; the exit code is then 1.")

    @Argument(help: "Names of data sets, or paths of .archpack files.")
    var names: [String] = []

    func run() throws {
      let entries = DatasetCatalog().list()
      let chosen = try names.map { name -> (name: String, path: String) in
        if name.hasSuffix(DatasetCatalog.suffix) { return (name, name) }
        guard let entry = entries.first(where: { $0.name == name }) else {
          throw CatalogError.unknown(name: name, known: entries.map(\.name), folders: DatasetCatalog().folders)
        }
        return (entry.name, entry.path)
      }
      var damaged = 0
      let all = names.isEmpty ? entries.map { (name: $0.name, path: $0.path) } : chosen
      for entry in all {
        do {
          let row = try Row(name: entry.name, path: entry.path)
          print("\(row.name): intact, \(row.classes) classes, \(row.images) images, sha256 \(row.sha256)")
        } catch {
          damaged += 1
          // The message begins with the pack's path.
          Output.note(ErrorReport(error).message)
        }
      }
      try DatasetsCommand.failIfDamaged(damaged, of: all.count)
    }
  }

  struct Build: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Draw the characters of Debian's fonts into data sets.",
      discussion: "Needs the packages of the font list to be installed: `apt-get install $(grep -v '^#' FOLDER/fonts.txt)`.")

    @Argument(help: "The folder that the .archpack files go into.")
    var folder: String

    @Option(help: "A file with names of font packages, one a line; FOLDER/fonts.txt where it is left out.")
    var fonts: String?

    @Option(parsing: .upToNextOption, help: "Scripts; all of them where it is left out.")
    var scripts: [String] = []

    func run() throws {
      do {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      } catch {
        throw CommandError(
          "cannot make the folder \(folder): \(error.localizedDescription)", help: "give another folder", code: 1)
      }
      let reports = try GlyphBuilder.build(scripts: scripts.isEmpty ? nil : scripts, into: folder, fontList: fonts) { print($0) }
      print("\(reports.filter { $0.path != nil }.count) data sets in \(folder)")
    }
  }
}
