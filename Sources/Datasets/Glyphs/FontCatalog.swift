import Foundation

/// The typefaces that a list of Debian packages installs: one upright regular face of each family.
public struct FontCatalog: Sendable {
  /// One typeface.
  public struct Typeface: Sendable, Hashable {
    /// The family's name, as the font file says.
    public var family: String
    /// The face's style, such as `"Regular"`.
    public var style: String
    /// The font file's path.
    public var path: String
    /// The face within the file.
    public var index: Int
    /// The package that installed it.
    public var package: String
    /// The package's version.
    public var version: String
    /// The licence that the package's copyright file names first.
    public var licence: String

    var origin: DatasetPack.Origin {
      DatasetPack.Origin(
        name: style.isEmpty ? family : "\(family) \(style)", package: "\(package) \(version)",
        file: index == 0 ? path : "\(path)#\(index)", licence: licence)
    }
  }

  /// One a family, by package, then path.
  public let typefaces: [Typeface]
  /// Other styles of the same families, at most a heavy, a light and a slanted one of each, in the families' order.
  public let furtherStyles: [Typeface]
  /// Packages of the list that are not installed.
  public let missing: [String]

  /// Looks through the installed packages of a list.
  ///
  /// - Parameters:
  ///   - packages: names of Debian packages.
  ///   - root: the folder under which `var/lib/dpkg` and `usr` lie.
  public init(packages: [String], root: String = "/") {
    let base = root.hasSuffix("/") ? root : root + "/"
    let versions = Self.installedVersions(status: base + "var/lib/dpkg/status")
    var missing: [String] = []
    var best: [String: (rank: Int, typeface: Typeface)] = [:]
    var families: [String] = []
    var others: [String: [StyleKind: (rank: Int, typeface: Typeface)]] = [:]
    for package in Set(packages).sorted() {
      guard let version = versions[package],
        let list = try? String(contentsOfFile: base + "var/lib/dpkg/info/\(package).list", encoding: .utf8)
      else {
        missing.append(package)
        continue
      }
      let licence = DebianCopyright.licence(ofPackage: package, root: base)
      let files = list.split(separator: "\n").map(String.init).filter(Self.isFont).sorted()
      for file in files {
        for (index, face) in Self.faces(of: base + file.dropFirst()) where face.isScalable {
          let typeface = Typeface(
            family: face.family, style: face.style, path: file, index: index, package: package, version: version,
            licence: licence)
          let key = face.family.lowercased()
          if let (kind, rank) = Self.kind(ofStyle: face.style), rank < others[key]?[kind]?.rank ?? .max {
            others[key, default: [:]][kind] = (rank, typeface)
          }
          guard face.isUpright else { continue }
          let rank = Self.rank(ofStyle: face.style)
          if let known = best[key] {
            if rank < known.rank { best[key] = (rank, typeface) }
          } else {
            best[key] = (rank, typeface)
            families.append(key)
          }
        }
      }
    }
    let regular = families.compactMap { best[$0]?.typeface }
    typefaces = regular
    furtherStyles = zip(families, regular).flatMap { key, regular in
      StyleKind.allCases.compactMap { others[key]?[$0]?.typeface }.filter { $0 != regular }
    }
    self.missing = missing
  }

  /// How far a style is from the regular one; 0 is regular.
  static func rank(ofStyle style: String) -> Int {
    let words = style.lowercased()
    let order = ["regular", "book", "normal", "roman", "standard", "plain", "", "medium"]
    if let position = order.firstIndex(of: words) { return position }
    let unwanted = ["bold", "black", "heavy", "thin", "light", "condensed", "italic", "oblique", "slanted", "outline", "inline"]
    return order.count + (unwanted.contains { words.contains($0) } ? 2 : 1)
  }

  /// Styles that differ from the regular one so much that nobody takes them for the same drawing.
  enum StyleKind: CaseIterable { case heavy, light, slanted }

  /// What a style is besides regular, and how far it is from the first choice of its kind; `nil` for other styles.
  static func kind(ofStyle style: String) -> (kind: StyleKind, rank: Int)? {
    let words = style.lowercased()
    guard !["condensed", "narrow", "outline", "inline", "mono"].contains(where: words.contains) else { return nil }
    let slanted = ["italic", "oblique", "slanted"]
    // The heaviest and the lightest first; “semibold” and “extralight” hold the words that come after them.
    let heavy = ["black", "heavy", "extrabold", "ultrabold", "semibold", "demibold", "bold"]
    let light = ["thin", "hairline", "extralight", "ultralight", "semilight", "light"]
    if let rank = slanted.firstIndex(where: words.contains) {
      return (heavy + light).contains(where: words.contains) ? nil : (.slanted, rank)
    }
    if let rank = heavy.firstIndex(where: words.contains) { return (.heavy, rank) }
    return light.firstIndex(where: words.contains).map { (.light, $0) }
  }

  private static func isFont(_ path: String) -> Bool {
    [".ttf", ".otf", ".ttc", ".pfb", ".pfa"].contains { path.lowercased().hasSuffix($0) }
  }

  private static func faces(of path: String) -> [(Int, FontFace)] {
    guard let first = FontFace(path: path, index: 0) else { return [] }
    return [(0, first)] + (1..<max(1, first.count)).compactMap { index in FontFace(path: path, index: index).map { (index, $0) } }
  }

  /// Package names and versions out of dpkg's status file; packages that are removed or half-installed are left out.
  static func installedVersions(status path: String) -> [String: String] {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [:] }
    var result: [String: String] = [:]
    var package = ""
    var installed = false
    for line in text.utf8.split(separator: 10) {
      if line.starts(with: "Package: ".utf8) {
        package = String(Substring(line.dropFirst(9)))
        installed = false
      } else if line.starts(with: "Status: ".utf8) {
        installed = line.elementsEqual("Status: install ok installed".utf8)
      } else if line.starts(with: "Version: ".utf8), installed {
        result[package] = String(Substring(line.dropFirst(9)))
      }
    }
    return result
  }
}
