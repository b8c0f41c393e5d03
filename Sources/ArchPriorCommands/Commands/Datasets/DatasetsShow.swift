import ArchPrior
import ArgumentParser
import Basics
import Foundation

extension DatasetsCommand {
  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Say what is in a data set and where it comes from; draw its images.")

    @Argument(help: "The name of a data set, or the path of an .archpack file.")
    var name: String

    @Option(help: ArgumentHelp("Write a contact sheet: a row a class.", valueName: "file.png"))
    var sheet: String?

    @Option(help: "Classes on the sheet, spread evenly.")
    var classes = 24

    @Option(help: "Images of each class on the sheet.")
    var images = 20

    @OptionGroup var json: JSONOption

    func validate() throws {
      try Bounds.check("classes", classes, from: 1, to: 2000)
      try Bounds.check("images", images, from: 1, to: 200)
      if let sheet, !sheet.lowercased().hasSuffix(".png") { throw ValidationError("--sheet must end in .png") }
    }

    /// What is printed as JSON.
    struct Details: Encodable {
      var name: String
      var path: String
      var shape: [Int]
      var classes: [ImageDataset.ImageClass]
      var provenance: DatasetPack.Provenance
    }

    func run() throws {
      let path = try DatasetsCommand.path(of: name)
      let pack = try DatasetPack.read(path)
      let dataset = pack.dataset
      if let sheet {
        try OutputFolder.make(OutputFolder.parent(of: sheet), option: "--sheet")
        let file = try OutputFile(sheet, .sheet, option: "--sheet", inputs: [path])
        try file.write(ContactSheet.compose(dataset, spread: classes, images: images).markedPNG())
      }
      if json.json {
        try Output.json(
          Details(
            name: dataset.name, path: path, shape: [dataset.height, dataset.width, dataset.channels], classes: dataset.classes,
            provenance: pack.provenance))
        return
      }
      let counts = dataset.classes.map(\.count)
      let (least, most) = (counts.min() ?? 0, counts.max() ?? 0)
      let groups = Set(dataset.classes.map(\.group))
      let alike = Dictionary(grouping: dataset.classes.compactMap(\.lookalike)) { $0 }
      print("\(dataset.name) (\(path))")
      print(pack.provenance.description)
      print(
        "\(counted(counts.count, "class", "classes")) in \(counted(groups.count, "group")), \(counted(dataset.imageCount, "image")) "
          + "(\(least == most ? "\(least)" : "\(least) to \(most)") a class) of "
          + "\(dataset.height)×\(dataset.width)×\(dataset.channels)")
      print(
        "look-alikes: \(counted(alike.values.map(\.count).reduce(0, +), "class", "classes")) in \(counted(alike.count, "group"))")
      if let reading = pack.provenance.reading {
        print("pictures read as \(reading)" + (reading.isAssumed ? " (nothing was written down: by the look of the images)" : ""))
      }
      print("source: \(pack.provenance.source)")
      print("licence: \(pack.provenance.licence)")
      print("builder: \(pack.provenance.builder)")
      if !pack.provenance.origins.isEmpty {
        let licences = Dictionary(grouping: pack.provenance.origins, by: \.licence).mapValues(\.count)
        print(
          "origins: \(pack.provenance.origins.count) ("
            + licences.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .map { "\($0.key): \($0.value)" }.joined(separator: ", ") + ")")
      }
      print("classes: " + dataset.classes.prefix(12).map(\.name).joined(separator: ", ") + (counts.count > 12 ? " …" : ""))
      if let sheet { print("contact sheet: \(sheet)") }
    }
  }
}
