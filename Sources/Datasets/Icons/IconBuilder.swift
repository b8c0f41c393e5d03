import Basics
import Foundation

/// Makes the `icons` data sets: colour icons, 32×32, from the icon themes of installed Debian packages.
///
/// A class is an icon's name (freedesktop.org's icon naming, as far as themes keep to it), an image is one theme's drawing of it
/// on white, and each context (actions, devices, file types …) is a separate data set. The same packages in the same versions,
/// and the same librsvg, give the same bytes.
public enum IconBuilder {
  /// Side of the pictures in pixels.
  public static let size = 32
  /// Images of a class: at least, and at most.
  public static let instances = 10...20
  /// Contexts with fewer classes than this give no pack.
  public static let fewestClasses = 15
  /// Goes into each pack; raised whenever the pictures change.
  public static let version = "ArchPrior icons 1"

  /// What became of one context.
  public struct Report: Sendable, Hashable, CustomStringConvertible {
    /// The context's name.
    public var context: String
    /// Classes with enough images.
    public var classes: Int
    /// Images of these classes.
    public var images: Int
    /// Groups of classes that look alike.
    public var lookalikeGroups: Int
    /// Classes in those groups.
    public var lookalikeClasses: Int
    /// The pack's file; `nil` if the context was left out.
    public var path: String?
    /// The size of the file, 0 if there is none.
    public var fileBytes: Int

    /// One line: classes, images, look-alikes and size; or that the context was left out.
    public var description: String {
      guard path != nil else { return "\(context): left out, \(classes) classes" }
      return "\(context): \(classes) classes, \(images) images, \(lookalikeClasses) classes in \(lookalikeGroups) groups of "
        + "look-alikes, \(fileBytes) bytes"
    }
  }

  /// Draws the icons and writes `CONTEXT.archpack` into a folder, and a contact sheet beside each, `sheets/CONTEXT.png`.
  ///
  /// - Parameters:
  ///   - folder: where the packs go; must exist.
  ///   - themeList: a file with a Debian package and the name of one of its themes a line, `#` for comments; `themes.txt` in the
  ///     folder where `nil`. Themes that come first are drawn from first.
  ///   - root: the folder under which `var/lib/dpkg` and `usr` lie.
  ///   - instances: how many images a class has; names with fewer are dropped, and so are surplus images.
  ///   - fewestClasses: contexts with fewer classes than this get no pack.
  ///   - progress: told what was dropped, one line for each context, and of packages that are not installed.
  /// - Returns: a report for each context.
  /// - Throws: ``IconError``, and ``PackError`` or ``PNGError`` if a file cannot be written.
  public static func build(
    into folder: String, themeList: String? = nil, root: String = "/", instances: ClosedRange<Int> = IconBuilder.instances,
    fewestClasses: Int = IconBuilder.fewestClasses, progress: (String) -> Void = { _ in }
  ) throws -> [Report] {
    let list = themeList ?? folder + "/themes.txt"
    let base = root.hasSuffix("/") ? root : root + "/"
    let wanted = try themes(list: list)
    let versions = FontCatalog.installedVersions(status: base + "var/lib/dpkg/status")
    let found = wanted.map { entry in
      IconTheme(package: entry.package, theme: entry.theme, version: versions[entry.package], size: size, root: base)
    }
    let missing = zip(wanted, found).filter { $0.1 == nil }.map(\.0.package)
    let themes = found.compactMap { $0 }.filter { !$0.files.isEmpty }
    guard !themes.isEmpty else { throw IconError.noThemes(missing: missing) }
    if !missing.isEmpty {
      progress("not installed, so the packs will differ from those made with them: " + missing.joined(separator: " "))
    }
    let program = IconRenderer.svgProgram()
    if program == nil { progress("rsvg-convert (package librsvg2-bin) is not installed, so themes of SVG files are left out") }
    var sheet = draw(themes, fewest: instances.lowerBound, root: base)
    sheet.clean(fewest: instances.lowerBound, most: instances.upperBound)
    let drops = sheet.dropped
    progress(
      "\(themes.count) themes; dropped: \(drops.unreadable) unreadable, \(drops.blank) blank, \(drops.shared) under another name, "
        + "\(drops.repeated) (nearly) equal to another theme's, \(drops.surplus) surplus, \(drops.rareNames) names with too few")
    return try Set(IconTheme.contexts.values).sorted().map { context in
      let icons = sheet.icons.filter { $0.context == context }
      var report = Report(
        context: context, classes: icons.count, images: icons.map(\.drawings.count).reduce(0, +), lookalikeGroups: 0,
        lookalikeClasses: 0, path: nil, fileBytes: 0)
      if icons.count >= fewestClasses {
        let pack = try pack(context, icons, themes, program: program)
        let path = "\(folder)/\(context).archpack"
        try pack.write(to: path)
        try ContactSheet.write(pack.dataset, to: "\(folder)/sheets/\(context).png")
        let keys = Dictionary(grouping: pack.dataset.classes.compactMap(\.lookalike)) { $0 }
        report.lookalikeGroups = keys.count
        report.lookalikeClasses = keys.values.map(\.count).reduce(0, +)
        report.path = path
        report.fileBytes = try DatasetPack.verify(path).fileBytes
      }
      progress("\(report)")
      return report
    }
  }

  /// The packages whose themes are drawn.
  ///
  /// - Throws: ``IconError/unreadableList(path:reason:)``.
  public static func packageList(_ path: String) throws(IconError) -> PackageList {
    PackageList(path: path, packages: try themes(list: path).map(\.package))
  }

  /// The packages and themes of a list.
  /// - Throws: ``IconError``.
  static func themes(list path: String) throws(IconError) -> [(package: String, theme: String)] {
    let bytes: [UInt8]
    do {
      bytes = try ByteFile.read(path, limit: 1 << 20)
    } catch {
      throw IconError.unreadableList(path: path, reason: error.reason)
    }
    var result: [(package: String, theme: String)] = []
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    for (number, line) in lines.enumerated() {
      let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace).map(String.init)
      if words.isEmpty { continue }
      guard words.count == 2 else {
        throw IconError.unreadableList(path: path, reason: "line \(number + 1) is not a package and a theme")
      }
      result.append((words[0], words[1]))
    }
    return result
  }

  /// All drawings of the names that enough themes know.
  private static func draw(_ themes: [IconTheme], fewest: Int, root: String) -> IconSheet {
    var users: [String: [Int]] = [:]
    for (index, theme) in themes.enumerated() { for name in theme.files.keys { users[name, default: []].append(index) } }
    let renderer = IconRenderer(size: size, root: root)
    var unreadable = 0
    let icons = users.filter { $0.value.count >= fewest }.sorted { $0.key < $1.key }.map { name, users in
      var votes: [String: Int] = [:]
      let drawings = users.compactMap { theme -> IconSheet.Drawing? in
        guard let file = themes[theme].files[name] else { return nil }
        votes[file.context, default: 0] += 1
        guard let picture = renderer.picture(file.path) else {
          unreadable += 1
          return nil
        }
        return IconSheet.Drawing(theme: theme, pixels: picture.pixels)
      }
      let context = votes.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.first?.key ?? ""
      return IconSheet.Icon(name: name, context: context, drawings: drawings)
    }
    var sheet = IconSheet(icons: icons)
    sheet.dropped.unreadable = unreadable
    return sheet
  }

  static func pack(_ context: String, _ icons: [IconSheet.Icon], _ themes: [IconTheme], program: String?) throws -> DatasetPack {
    let groups = IconSheet.lookalikes(icons)
    let sizes = Dictionary(grouping: groups) { $0 }.mapValues(\.count)
    let classes = icons.indices.map { index in
      ImageDataset.ImageClass(
        name: icons[index].name, group: context, count: icons[index].drawings.count,
        lookalike: sizes[groups[index], default: 1] > 1 ? icons[groups[index]].name : nil)
    }
    let used = Set(icons.flatMap { $0.drawings.map(\.theme) }).sorted()
    let places = Dictionary(uniqueKeysWithValues: zip(used, used.indices))
    guard
      let dataset = ImageDataset(
        name: "icons-\(context)", height: size, width: size, channels: 3, classes: classes,
        pixels: icons.flatMap { $0.drawings.flatMap(\.pixels) })
    else { throw PackError.invalid(reason: "a chosen picture is missing") }
    return try DatasetPack(
      dataset: dataset,
      provenance: DatasetPack.Provenance(
        description: "Icons of the context “\(context)”: a class is an icon's name, an image is one theme's drawing on white.",
        source: "Icon themes of Debian packages, scaled to \(size)×\(size); see the origins.",
        licence: "Each picture under the licence of its theme; see the origins.",
        builder: version + (program.map { "; SVG drawn by \($0)" } ?? ""), origins: used.map { themes[$0].origin },
        originOfImage: icons.map { $0.drawings.compactMap { places[$0.theme] } }))
  }
}

/// Why no icon data set could be made.
public enum IconError: ReportableError, Equatable {
  /// The list of themes cannot be read.
  case unreadableList(path: String, reason: String)
  /// None of the listed packages is installed, or none has an icon.
  case noThemes(missing: [String])

  /// What is wrong, where, and what to do.
  public var fault: Fault {
    switch self {
    case .unreadableList(let path, let reason):
      Fault(
        "cannot read the list of icon themes: \(reason)", at: .file(path), help: "give a file with a package and a theme a line")
    case .noThemes(let missing):
      Fault(
        "no icon theme found: \(missing.count) of the listed packages are not installed",
        help: "install them with: \(Advice.install(packages: missing))")
    }
  }
}
