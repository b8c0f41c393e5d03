/// User-chosen names as parts of paths: none of them leads out of its folder.
package enum PathName {
  /// The bytes that a part of a path may have here; file systems end at 255, and temporary names want some more.
  package static let limit = 180

  /// Why a text cannot be the name of a file or folder unchanged; `nil` if it can.
  package static func flaw(_ name: String) -> String? {
    if name.isEmpty { return "it is empty" }
    if name == "." || name == ".." { return "it means a folder" }
    if name.utf8.contains(UInt8(ascii: "/")) { return "it has a slash" }
    if name.unicodeScalars.contains(where: \.isInvisible) { return "it has control characters" }
    if name.hasPrefix(".") { return "it begins with a dot, which hides it" }
    if name.hasPrefix("-") { return "it begins with a hyphen, which looks like an option" }
    if name.utf8.count > limit { return "it has \(name.utf8.count) bytes, more than \(limit)" }
    return nil
  }

  /// A part of a path for any text: the text itself where that may be one (``flaw(_:)``), otherwise its letters and digits with a
  /// digest of the whole, so that no two texts share one.
  package static func component(_ name: String) -> String {
    guard flaw(name) != nil else { return name }
    let digest = SHA256.hex(Array(name.utf8)).prefix(8)
    let kept = cut(String(mapped(name).drop { "-.".contains($0) }), to: 60)
    return kept.isEmpty ? "unnamed-\(digest)" : "\(kept)-\(digest)"
  }

  /// As ``component(_:)``, but no text can be made to share a part with another: the digest is a whole one, and a text that ends as if it
  /// had one gets a new one.
  package static func distinct(_ name: String) -> String {
    guard flaw(name) != nil || name.wholeMatch(of: /.*~[0-9a-f]{32}/.dotMatchesNewlines()) != nil else { return name }
    let kept = cut(String(mapped(name).drop { "-.".contains($0) }), to: 60)
    return "\(kept.isEmpty ? "unnamed" : kept)~\(SHA256.hex(Array(name.utf8)).prefix(32))"
  }

  /// A part of a path in which everything but letters, digits and `-._+` is a hyphen; texts may share one, see
  /// ``clash(among:folder:)``.
  package static func slug(_ text: String) -> String {
    let slug = mapped(text)
    guard slug.utf8.count > limit || slug.isEmpty || slug == "." || slug == ".." else { return slug }
    return
      "\(cut(slug.isEmpty || slug.hasPrefix(".") ? "unnamed" : slug, to: limit - 20))-\(SHA256.hex(Array(text.utf8)).prefix(8))"
  }

  /// The first two different names that would share a folder; `nil` if each has its own.
  ///
  /// - Parameter folder: the folder of a name.
  package static func clash(
    among names: [String], folder: (String) -> String = PathName.slug
  ) -> (first: String, second: String, folder: String)? {
    var owners: [String: String] = [:]
    for name in names {
      let folder = folder(name)
      if let owner = owners[folder], owner != name { return (owner, name, folder) }
      owners[folder] = name
    }
    return nil
  }

  private static func mapped(_ text: String) -> String {
    // Scalars, not characters: a slash with a combining mark is one character and still a slash.
    String(
      text.map { character in
        let isPlain = character.isLetter || character.isNumber || "-._+".contains(character)
        return isPlain && !character.unicodeScalars.contains { $0.isInvisible || $0 == "/" } ? character : "-"
      })
  }

  /// The longest prefix of whole characters with at most this many bytes.
  private static func cut(_ text: String, to bytes: Int) -> String {
    var (result, count) = ("", 0)
    for character in text {
      count += character.utf8.count
      guard count <= bytes else { break }
      result.append(character)
    }
    return result
  }
}
