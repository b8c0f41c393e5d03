import Basics
import Foundation

/// One icon theme of a Debian package: for each icon's name the file that draws it best at the wanted size.
struct IconTheme {
  /// A file that draws an icon.
  struct File {
    var path: String
    /// The theme's name for the kind of thing: `actions`, `devices`, `mimetypes`.
    var context: String
  }

  let name: String
  let package: String
  let version: String
  let licence: String
  /// Files by icon name.
  let files: [String: File]

  var origin: DatasetPack.Origin {
    DatasetPack.Origin(name: name, package: "\(package) \(version)", file: "/usr/share/icons/\(name)", licence: licence)
  }

  /// Looks through a package's files; `nil` if it is not installed.
  init?(package: String, theme: String, version: String?, size: Int, root: String) {
    guard let version,
      let list = try? String(contentsOfFile: root + "var/lib/dpkg/info/\(package).list", encoding: .utf8)
    else { return nil }
    name = theme
    self.package = package
    self.version = version
    licence = DebianCopyright.licence(ofPackage: package, root: root)
    let prefix = "/usr/share/icons/\(theme)/"
    var best: [String: (rank: Int, file: File)] = [:]
    for line in list.utf8.split(separator: 10) where line.starts(with: prefix.utf8) {
      let path = String(Substring(line))
      guard let candidate = Self.candidate(path.dropFirst(prefix.count), size: size) else { continue }
      // Of equally good files the first by path, regardless of dpkg's order.
      let known = best[candidate.name]
      if let known, (known.rank, known.file.path) <= (candidate.rank, path) { continue }
      best[candidate.name] = (candidate.rank, File(path: path, context: candidate.context))
    }
    files = best.mapValues(\.file)
  }

  static let contexts: [String: String] = [
    "actions": "actions", "apps": "apps", "categories": "categories", "devices": "devices", "emblems": "emblems",
    "emotes": "emotes", "mimetypes": "mimetypes", "mimes": "mimetypes", "places": "places", "status": "status",
    "preferences": "categories",
  ]

  /// An icon's name and context out of a path below the theme, and how far its size is from the wanted one; `nil` for what is no
  /// icon, or too small a one.
  static func candidate(_ path: Substring, size: Int) -> (name: String, context: String, rank: Int)? {
    let parts = path.split(separator: "/")
    guard parts.count >= 2, let file = parts.last, let dot = file.lastIndex(of: ".") else { return nil }
    let suffix = file[dot...]
    guard suffix == ".png" || suffix == ".svg" else { return nil }
    let folders = parts.dropLast()
    let name = String(file[..<dot])
    // Symbolic icons are drawn in one colour by the toolkit; files for screens of double density repeat others.
    guard !name.hasSuffix("-symbolic"), !folders.contains(where: { $0.contains("symbolic") || $0.contains("@") }),
      let context = folders.lazy.compactMap({ contexts[$0.lowercased()] }).first
    else { return nil }
    let stated = folders.lazy.compactMap { folder in folder.split(separator: "x").first.flatMap { Int($0) } }.first
    switch (suffix, stated) {
    case (_, let stated?) where stated >= size: return (name, context, stated - size)
    case (".svg", let stated?): return (name, context, 10_000 + size - stated)
    case (".svg", nil): return (name, context, 5_000)
    default: return nil
    }
  }
}

/// Pictures of icon files.
struct IconRenderer {
  let size: Int
  let root: String

  /// The version of the program that draws SVG files, such as `rsvg-convert version 2.54.7`; `nil` if it is not installed.
  static func svgProgram() -> String? {
    (try? output(of: ["rsvg-convert", "--version"])).map { String(decoding: $0, as: UTF8.self) }?
      .split(separator: "\n").first.map(String.init)
  }

  /// The icon on white, scaled to fit the square, its colours rounded to 32 levels a channel (which halves the packs); `nil` where
  /// the file cannot be drawn.
  func picture(_ path: String) -> PixelImage? {
    let file = root + path.dropFirst()
    let image: PixelImage?
    if path.hasSuffix(".svg") {
      let arguments = ["rsvg-convert", "-w", "\(size)", "-h", "\(size)", "--keep-aspect-ratio", file]
      image = (try? Self.output(of: arguments)).flatMap { try? PixelImage(png: $0, path: path, inLinearLight: true) }
    } else {
      image = (try? ByteFile.read(file, limit: PNGLimits().fileBytes)).flatMap {
        try? PixelImage(png: $0, path: path, inLinearLight: true)
      }
    }
    guard var fitted = image?.colour().fitted(height: size, width: size, background: 255) else { return nil }
    fitted.replacePixels(
      with: fitted.pixels.map { value in
        let level = (Int(value) * 31 + 127) / 255
        return UInt8(level * 255 / 31)
      })
    return fitted
  }

  private static func output(of arguments: [String]) throws -> [UInt8] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    let pipe = Pipe()
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw CocoaError(.fileReadCorruptFile) }
    return Array(data)
  }
}
