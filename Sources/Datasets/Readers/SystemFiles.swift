import Foundation

/// What operating systems and file managers leave in folders: never pictures, never classes.
package enum SystemFiles {
  /// In small letters; names are compared so, since the systems that make these files do not tell letters apart.
  private static let names: Set<String> = [
    // Windows
    "thumbs.db", "thumbs.db:encryptable", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "folder.htt", "$recycle.bin",
    "recycler", "recycled", "system volume information", "found.000", "zbthumbnail.info", "picasa.ini", "iconcache.db",
    // macOS; Finder's icon file ends in a carriage return
    "icon\r", "__macosx", "network trash folder", "temporary items", "desktop db", "desktop df", "thevolumesettingsfolder",
    // Linux and its desktops
    "lost+found", "nohup.out",
    // Network storage
    "@eadir", "#recycle", "@recycle", "@tmp", "@sharebin", "#snapshot", "@recently-snapshot",
  ]

  /// Whether a name in a folder is hidden (`.DS_Store`, `._picture.png`, `.Trash-1000`), or one that a system or file manager gave.
  package static func isOne(_ name: String) -> Bool {
    name.hasPrefix(".") || name.hasPrefix("~$") || names.contains(name.lowercased())
  }

  /// The names that a folder holds, sorted, without those of systems.
  ///
  /// - Throws: `ByteFile.Failure` with the operating system's words.
  package static func list(_ folder: String) throws(ByteFile.Failure) -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder).filter { !isOne($0) }.sorted()
    } catch {
      let code = ((error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError)?.code ?? 0
      let reason = code > 0 ? String(cString: strerror(Int32(truncatingIfNeeded: code))) : error.localizedDescription
      throw ByteFile.Failure(reason: reason, code: Int32(truncatingIfNeeded: code))
    }
  }

  /// Two names that look the same and are written with different code points, such as é as one or as two; `nil` where there are none.
  package static func twins(in names: [String]) -> (String, String)? {
    var known: [String: String] = [:]
    for name in names {
      // Swift's equality of texts is that of Unicode's canonical equivalence.
      if let other = known.updateValue(name, forKey: name), !other.utf8.elementsEqual(name.utf8) { return (other, name) }
    }
    return nil
  }

  /// A name with what is not ASCII as code points, to tell twins apart.
  package static func codePoints(_ name: String) -> String {
    name.unicodeScalars.map { $0.isASCII ? String($0) : "<U+" + String($0.value, radix: 16, uppercase: true) + ">" }.joined()
  }
}
