import Foundation

/// Licences as the copyright files of Debian packages name them.
enum DebianCopyright {
  /// The licence of a package's main files: that of the first `Files` paragraph about other than packaging (machine-readable
  /// format 1.0), else what words of the text give away, else `see copyright file`.
  static func licence(ofPackage package: String, root: String) -> String {
    let path = root + "usr/share/doc/\(package)/copyright"
    guard let data = FileManager.default.contents(atPath: path) else { return "see copyright file" }
    return licence(inText: String(decoding: data, as: UTF8.self))
  }

  static func licence(inText text: String) -> String {
    var files: String?
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if let value = field("files", of: line) {
        files = value
      } else if let value = field("license", of: line), let about = files, !value.isEmpty {
        if !about.hasPrefix("debian/") { return normalised(value) }
      } else if line.allSatisfy(\.isWhitespace) {
        files = nil
      }
    }
    let words = text.lowercased()
    let hints = [
      ("open font license", "OFL-1.1"), ("bitstream vera", "Bitstream-Vera"), ("ipa font license", "IPA"),
      ("general public license", "GPL"), ("public domain", "public-domain"), ("creative commons", "CC"),
      ("apache license", "Apache-2.0"), ("arphic public license", "Arphic-1999"), ("latex project public license", "LPPL"),
    ]
    return hints.first { words.contains($0.0) }?.1 ?? "see copyright file"
  }

  private static func field(_ name: String, of line: Substring) -> String? {
    guard line.count > name.count, line[line.index(line.startIndex, offsetBy: name.count)] == ":",
      line.prefix(name.count).lowercased() == name
    else { return nil }
    return line.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces)
  }

  private static func normalised(_ licence: String) -> String {
    switch licence.lowercased() {
    case "sil-ofl-1.1", "ofl", "sil-1.1", "sil open font license", "sil_open_font_license_1.1", "ofl-1.1-rfn": "OFL-1.1"
    case "expat": "MIT"
    case "apache-2": "Apache-2.0"
    default: licence
    }
  }
}
