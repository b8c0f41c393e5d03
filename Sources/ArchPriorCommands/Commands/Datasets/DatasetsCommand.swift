import ArchPrior
import ArgumentParser
import Basics
import Foundation

struct DatasetsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "datasets", abstract: "List, look at, check, build, import or remove data sets.",
    subcommands: [List.self, Show.self, Verify.self, Build.self, Import.self, Remove.self])

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

  /// The file of a data set that is named by its name, or by its path.
  static func path(of name: String) throws -> String {
    if name.hasSuffix(DatasetCatalog.suffix) { return name }
    let catalog = DatasetCatalog()
    let entries = catalog.list()
    guard let entry = entries.first(where: { $0.name == name }) else {
      throw CatalogError.unknown(name: name, known: entries.map(\.name), folders: catalog.folders)
    }
    return entry.path
  }

  private static func failIfDamaged(_ damaged: Int, of all: Int) throws {
    guard damaged > 0 else { return }
    throw CommandError(
      "\(damaged) of \(counted(all, "data set")) \(damaged == 1 ? "is" : "are") damaged or unreadable",
      help:
        "restore the files; your own can be imported once more: \(Advice.help(command: ["datasets", "import"]))", code: 1)
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
      let chosen = try names.map { name in (name: name, path: try DatasetsCommand.path(of: name)) }
      var damaged = 0
      let all = names.isEmpty ? entries.map { (name: $0.name, path: $0.path) } : chosen
      for entry in all {
        do {
          let row = try Row(name: entry.name, path: entry.path)
          print(
            "\(row.name): intact, \(counted(row.classes, "class", "classes")), \(counted(row.images, "image")), sha256 \(row.sha256)"
          )
        } catch {
          damaged += 1
          // The message begins with the pack's path.
          Output.note(ErrorReport(error).message)
        }
      }
      try DatasetsCommand.failIfDamaged(damaged, of: all.count)
    }
  }
}
