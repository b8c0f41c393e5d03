import Basics
import Foundation

/// Makes the `glyphs` data sets: characters drawn by FreeType from the typefaces of installed Debian packages.
///
/// A class is a Unicode character, an image is one typeface's drawing of it, and each script is a separate data set. The same
/// packages in the same versions give the same bytes.
public enum GlyphBuilder {
  /// Images of each class.
  public static let instances = 20
  /// Scripts with fewer classes than this give no pack.
  public static let fewestClasses = 20
  /// Where further styles of the families are drawn, each class has drawings of at least this many families.
  public static let fewestFamilies = 6
  /// Goes into each pack; raised whenever the drawings change.
  public static let version = "ArchPrior glyphs 1"

  /// What became of one script.
  public struct Report: Sendable, Hashable, CustomStringConvertible {
    /// The script's name.
    public var script: String
    /// Classes of the pack, 0 if there is none.
    public var classes: Int
    /// Typefaces that have any of the script's characters.
    public var typefaces: Int
    /// Typefaces of which the pack has a drawing.
    public var typefacesUsed: Int
    /// What was left out, and why.
    public var dropped: GlyphDrops
    /// Groups of classes that look alike.
    public var lookalikeGroups: Int
    /// Classes in those groups.
    public var lookalikeClasses: Int
    /// The packages whose typefaces are in the pack.
    public var packages: [String]
    /// The pack's file; `nil` if the script was left out.
    public var path: String?
    /// The size of the file, 0 if there is none.
    public var fileBytes: Int
    /// Whether further styles of the families were needed.
    public var usesFurtherStyles = false
    /// Images of each class.
    public var images = 0

    /// One line: classes, images, typefaces, look-alikes and size; or that the script was left out.
    public var description: String {
      guard path != nil else { return "\(script): left out, \(classes) classes of \(typefaces) typefaces" }
      return "\(script): \(classes) classes × \(images), \(typefacesUsed) of \(typefaces) typefaces"
        + (usesFurtherStyles ? " (several styles a family), " : ", ")
        + "\(lookalikeClasses) classes in \(lookalikeGroups) groups of look-alikes, \(fileBytes) bytes; dropped \(dropped)"
    }
  }

  /// Draws the scripts and writes `SCRIPT.archpack` into a folder, and a contact sheet beside it, `sheets/SCRIPT.png`.
  ///
  /// Scripts for which the families of the list do not suffice are drawn again with more: those of the packages in
  /// `fonts-further.txt` beside the list, and a heavy, a light and a slanted style of each family; where need be, with a fifth
  /// fewer images.
  ///
  /// - Parameters:
  ///   - names: of ``GlyphScript/all``; all of them if `nil`.
  ///   - folder: where the packs go; must exist.
  ///   - fontList: a file with the names of Debian packages, one per line, `#` for comments; `fonts.txt` in the folder if `nil`.
  ///   - root: the folder under which `var/lib/dpkg` and `usr` lie.
  ///   - instances: images of each class.
  ///   - fewestClasses: scripts with fewer classes are left out.
  ///   - progress: told one line for each script, and of packages that are not installed.
  /// - Returns: a report for each script, also for those left out.
  /// - Throws: ``GlyphError`` for a script that does not exist, a list that cannot be read or typefaces that cannot be found, and
  ///   ``PackError`` where a pack cannot be written.
  public static func build(
    scripts names: [String]? = nil, into folder: String, fontList: String? = nil, root: String = "/",
    instances: Int = GlyphBuilder.instances, fewestClasses: Int = GlyphBuilder.fewestClasses,
    progress: (String) -> Void = { _ in }
  ) throws -> [Report] {
    let scripts = try names.map { try $0.map(script) } ?? GlyphScript.all
    let list = fontList ?? folder + "/fonts.txt"
    let packages = try packageNames(list: list)
    let base = root.hasSuffix("/") ? root : root + "/"
    let catalog = FontCatalog(packages: packages, root: root)
    guard !catalog.typefaces.isEmpty else { throw GlyphError.noTypefaces(missing: catalog.missing) }
    if !catalog.missing.isEmpty {
      progress("not installed, so the packs will differ from those made with them: " + catalog.missing.joined(separator: " "))
    }
    // Looked through when the first script wants it.
    var more: [FontCatalog.Typeface]?
    return try scripts.map { script in
      var sheet = GlyphSheet(script: script, typefaces: catalog.typefaces, root: base, instances: instances)
      var faces = sheet.typefaces.count
      sheet.clean()
      var choices = sheet.choose(instances: instances)
      var usesFurtherStyles = false
      if choices.count < fewestClasses {
        let typefaces = try more ?? Self.furtherTypefaces(packages: packages, list: list, root: root, progress: progress)
        more = typefaces
        // A fifth fewer images rather than no data set: 16 of 20 still serve a task of one shot and 15 queries.
        for fewer in [instances, max(1, instances * 4 / 5)] where choices.count < fewestClasses {
          var wider = GlyphSheet(script: script, typefaces: typefaces, root: base, instances: fewer)
          let count = wider.typefaces.count
          wider.clean()
          let found = wider.choose(instances: fewer, fewestFamilies: fewestFamilies)
          if found.count >= fewestClasses { (sheet, faces, choices, usesFurtherStyles) = (wider, count, found, true) }
        }
      }
      var report = Report(
        script: script.name, classes: choices.count, typefaces: faces, typefacesUsed: 0, dropped: sheet.dropped,
        lookalikeGroups: 0, lookalikeClasses: 0, packages: [], path: nil, fileBytes: 0, usesFurtherStyles: usesFurtherStyles)
      if choices.count >= fewestClasses {
        try write(sheet, choices, into: folder, &report)
      }
      progress("\(report)")
      return report
    }
  }

  /// The packages that typefaces are taken from: those of a list, and those of `fonts-further.txt` beside it.
  ///
  /// - Throws: ``GlyphError/unreadableList(path:reason:)``.
  public static func packageLists(_ list: String) throws(GlyphError) -> [PackageList] {
    var lists = [PackageList(path: list, packages: try packageNames(list: list))]
    let further = URL(fileURLWithPath: list).deletingLastPathComponent().appendingPathComponent("fonts-further.txt").path
    if FileManager.default.fileExists(atPath: further) {
      lists.append(PackageList(path: further, packages: try packageNames(list: further)))
    }
    return lists
  }

  private static func furtherTypefaces(
    packages: [String], list: String, root: String, progress: (String) -> Void
  ) throws -> [FontCatalog.Typeface] {
    let names = try packageLists(list).dropFirst().flatMap(\.packages)
    let catalog = FontCatalog(packages: packages + names, root: root)
    let missing = catalog.missing.filter { !packages.contains($0) }
    if !missing.isEmpty {
      progress("not installed, so some packs will differ from those made with them: " + missing.joined(separator: " "))
    }
    return catalog.typefaces + catalog.furtherStyles
  }

  private static func write(
    _ sheet: GlyphSheet, _ choices: [GlyphSheet.Choice], into folder: String, _ report: inout Report
  ) throws {
    let pack = try pack(of: sheet, choices, usesFurtherStyles: report.usesFurtherStyles)
    let path = "\(folder)/\(sheet.script.name).archpack"
    try pack.write(to: path)
    try ContactSheet.write(pack.dataset, to: "\(folder)/sheets/\(sheet.script.name).png")
    let keys = Dictionary(grouping: pack.dataset.classes.compactMap(\.lookalike)) { $0 }
    report.typefacesUsed = pack.provenance.origins.count
    report.lookalikeGroups = keys.count
    report.lookalikeClasses = keys.values.map(\.count).reduce(0, +)
    report.packages = Set(pack.provenance.origins.compactMap { $0.package.split(separator: " ").first.map(String.init) })
      .sorted()
    report.images = choices.first?.typefaces.count ?? 0
    report.path = path
    report.fileBytes = try DatasetPack.verify(path).fileBytes
  }

  /// The names in a list of packages: one per line; what follows `#` is a comment.
  /// - Throws: ``GlyphError/unreadableList(path:reason:)``.
  public static func packageNames(list path: String) throws(GlyphError) -> [String] {
    let bytes: [UInt8]
    do {
      bytes = try ByteFile.read(path, limit: 1 << 20)
    } catch {
      throw GlyphError.unreadableList(path: path, reason: error.reason)
    }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { line in
      let name = line.prefix { $0 != "#" }.trimmingCharacters(in: .whitespaces)
      return name.isEmpty ? nil : name
    }
  }

  /// The name that a character's class has in the packs: `U+03B1`.
  public static func className(_ character: UInt32) -> String {
    let digits = String(character, radix: 16, uppercase: true)
    return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }

  private static func script(_ name: String) throws(GlyphError) -> GlyphScript {
    guard let script = GlyphScript.all.first(where: { $0.name == name }) else {
      throw GlyphError.unknownScript(name, known: GlyphScript.all.map(\.name))
    }
    return script
  }

  static func pack(
    of sheet: GlyphSheet, _ choices: [GlyphSheet.Choice], usesFurtherStyles: Bool = false
  ) throws -> DatasetPack {
    let groups = sheet.lookalikes(choices)
    let sizes = Dictionary(grouping: groups) { $0 }.mapValues(\.count)
    func name(_ choice: Int) -> String { className(sheet.characters[choices[choice].character]) }
    let classes = choices.indices.map { index in
      ImageDataset.ImageClass(
        name: name(index), group: sheet.script.name, count: choices[index].typefaces.count,
        lookalike: sizes[groups[index], default: 1] > 1 ? name(groups[index]) : nil)
    }
    let used = Set(choices.flatMap(\.typefaces)).sorted()
    let places = Dictionary(uniqueKeysWithValues: zip(used, used.indices))
    let pixels = choices.flatMap { choice in
      choice.typefaces.flatMap { sheet.drawings[$0][choice.character]?.pixels ?? [] }
    }
    guard
      let dataset = ImageDataset(
        name: "glyphs-\(sheet.script.name)", height: GlyphDrawing.size, width: GlyphDrawing.size, channels: 1, classes: classes,
        pixels: pixels)
    else { throw PackError.invalid(reason: "a chosen drawing is missing") }
    return try DatasetPack(
      dataset: dataset,
      provenance: DatasetPack.Provenance(
        description: "Characters of the script “\(sheet.script.name)”: a class is a Unicode character, an image is one typeface."
          + (usesFurtherStyles ? " Families may be there in up to four styles." : ""),
        source: "Drawn by FreeType from the typefaces of Debian packages; see the origins.",
        licence: "Drawings: CC0-1.0 as far as rights in them are the makers'; typefaces: see the origins.",
        builder: version, origins: used.map { sheet.typefaces[$0].origin },
        originOfImage: choices.map { $0.typefaces.compactMap { places[$0] } }))
  }
}

/// Why no glyph data set could be made.
public enum GlyphError: ReportableError, Equatable {
  /// No script has this name.
  case unknownScript(String, known: [String])
  /// The list of font packages cannot be read.
  case unreadableList(path: String, reason: String)
  /// None of the listed packages is installed, or none has a usable typeface.
  case noTypefaces(missing: [String])

  /// Whether a name was given that no script has.
  public var isUsage: Bool { if case .unknownScript = self { true } else { false } }

  /// What is wrong, where, and what to do.
  public var fault: Fault {
    switch self {
    case .unknownScript(let name, let known):
      Fault("there is no script “\(name)”", help: "choose from \(known.joined(separator: ", "))")
    case .unreadableList(let path, let reason):
      Fault(
        "cannot read the list of font packages: \(reason)", at: .file(path), help: "give a file with one package name a line")
    case .noTypefaces(let missing):
      Fault(
        "no typeface found: \(missing.count) of the listed packages are not installed",
        help: "install them with: \(Advice.install(packages: missing))")
    }
  }
}
