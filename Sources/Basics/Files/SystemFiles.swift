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

  /// What a folder holds.
  package struct Listing: Sendable, Hashable {
    /// The names, sorted, without those of systems.
    package var names: [String] = []
    /// Names whose bytes are not UTF-8, so that no text can stand for them, as ``escaped(_:)`` writes them.
    package var notUTF8: [String] = []
  }

  /// Reads a folder.
  ///
  /// - Throws: `ByteFile.Failure` with the operating system's words.
  package static func list(_ folder: String) throws(ByteFile.Failure) -> Listing {
    guard let stream = opendir(folder) else { throw .last }
    defer { closedir(stream) }
    var listing = Listing()
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        if errno != 0 { throw .last }
        break
      }
      let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      guard let name = String(validating: bytes, as: UTF8.self) else {
        listing.notUTF8.append(escaped(bytes))
        continue
      }
      if !isOne(name) { listing.names.append(name) }
    }
    listing.names.sort()
    listing.notUTF8.sort()
    return listing
  }

  /// Why a file or folder with a name that is not UTF-8 cannot be read, and what to do.
  package static let notUTF8 = Fault("its name is not UTF-8", help: "rename it")

  /// Bytes as a text in which every byte that does not belong to UTF-8 is written as `\xe9`.
  package static func escaped(_ bytes: [UInt8]) -> String {
    var parser = Unicode.UTF8.ForwardParser()
    var (rest, offset, text) = (bytes[...].makeIterator(), 0, "")
    while true {
      switch parser.parseScalar(from: &rest) {
      case .emptyInput: return text
      case .valid(let encoded):
        text.unicodeScalars.append(Unicode.UTF8.decode(encoded))
        offset += encoded.count
      case .error(let length):
        text += bytes[offset..<min(offset + length, bytes.count)].map { "\\x" + String($0, radix: 16) }.joined()
        offset += length
      }
    }
  }

  /// What a path leads to.
  package enum Kind: Sendable, Hashable {
    /// A file, or what cannot be told from one.
    case file
    case folder
    /// A symbolic link to a folder.
    case linkedFolder
    /// A symbolic link to the folder that it lies in, or to one above: following it never ends.
    case loop
    /// What cannot be looked at, with the reason.
    case unreachable(String)
  }

  /// What a path leads to.
  package static func kind(of path: String) -> Kind {
    var (own, target) = (stat(), stat())
    guard lstat(path, &own) == 0 else { return .unreachable(FailureText.reason()) }
    guard own.st_mode & S_IFMT == S_IFLNK else { return own.st_mode & S_IFMT == S_IFDIR ? .folder : .file }
    guard stat(path, &target) == 0 else {
      return .unreachable("a symbolic link that leads nowhere: \(FailureText.reason())")
    }
    guard target.st_mode & S_IFMT == S_IFDIR else { return .file }
    // The folders that it lies in, links resolved.
    var above = URL(fileURLWithPath: path).deletingLastPathComponent().resolvingSymlinksInPath().standardizedFileURL
    while true {
      var folder = stat()
      if stat(above.path, &folder) == 0, folder.st_ino == target.st_ino, folder.st_dev == target.st_dev { return .loop }
      guard above.path.hasPrefix("/"), above.path != "/" else { return .linkedFolder }
      above.deleteLastPathComponent()
    }
  }

  /// Two names that look the same and are written with different code points, such as é as one or as two; `nil` if there are none.
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
