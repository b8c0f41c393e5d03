import Basics
import Foundation

extension OmniglotReader {
  /// The folders that Omniglot's archives unpack to, at a path: `images_background`, `images_evaluation` and the like in it, or the
  /// path itself; empty if there is no character with all its drawings by all drawers.
  static func unpacked(at path: String) -> [String] {
    let names = (try? SystemFiles.list(path))?.names ?? []
    let halves = names.filter { $0.hasPrefix("images_") && !$0.hasSuffix(".zip") }.map { path + "/" + $0 }
    return (halves.isEmpty ? [path] : halves).filter(looksUnpacked)
  }

  /// Whether the first character of the first alphabet has its twenty files, named by drawers.
  private static func looksUnpacked(_ folder: String) -> Bool {
    guard let alphabet = (try? SystemFiles.list(folder))?.names.first,
      let character = (try? SystemFiles.list(folder + "/" + alphabet))?.names.first, character.hasPrefix("character"),
      let drawings = (try? SystemFiles.list("\(folder)/\(alphabet)/\(character)"))?.names
    else { return false }
    return drawings.count == drawers && drawings.allSatisfy { $0.wholeMatch(of: /[0-9]{4}_[0-9]{2}\.png/) != nil }
  }

  /// Reads what the official archives unpack to; as ``dataset(archives:side:alphabets:)``.
  ///
  /// - Parameters:
  ///   - folders: such as `…/images_background`: alphabets, in them characters, in them drawings.
  ///   - side: height and width of the images in pixels, 1…105.
  /// - Throws: `ReaderError`, as for archives.
  public static func dataset(folders: [String], side: Int = 28) throws(ReaderError) -> ImageDataset {
    guard (1...originalSide).contains(side) else {
      throw .badSize(path: folders.first ?? "omniglot", offset: 0, reason: "side \(side) asked, 1…\(originalSide) is possible")
    }
    var (classes, pixels, known) = ([ImageDataset.ImageClass](), [UInt8](), Set<String>())
    for folder in folders {
      let half = URL(fileURLWithPath: folder).lastPathComponent
      var files: [String] = []
      for alphabet in try list(folder) {
        for character in try list(folder + "/" + alphabet) {
          let inner = "\(alphabet)/\(character)"
          files += try list(folder + "/" + inner).map { "\(half)/\(inner)/\($0)" }
        }
      }
      for character in try characters(of: files, path: folder, alphabets: nil) {
        let name = "\(character.alphabet)/\(character.name)"
        guard known.insert(name).inserted else {
          throw .unexpectedLayout(
            path: folder, entry: name, reason: Fault("the character was read before", help: "give each half once"))
        }
        classes.append(.init(name: name, group: character.alphabet, count: drawers))
        for index in character.drawings {
          let path = folder + files[index].dropFirst(half.count)
          let bytes: [UInt8]
          do {
            bytes = try ByteFile.read(path, limit: 1 << 20)
          } catch {
            throw .unreadable(path: path, reason: error.reason)
          }
          pixels += try drawing(bytes, name: files[index], path: folder, side: side)
        }
      }
    }
    guard !classes.isEmpty,
      let dataset = ImageDataset(name: "omniglot", height: side, width: side, channels: 1, classes: classes, pixels: pixels)
    else { throw .missingFiles(path: folders.joined(separator: ", "), expected: ["any drawing"]) }
    return dataset
  }

  private static func list(_ folder: String) throws(ReaderError) -> [String] {
    let listing: SystemFiles.Listing
    do {
      listing = try SystemFiles.list(folder)
    } catch {
      throw .unreadable(path: folder, reason: error.reason)
    }
    // Each drawing has its place, so that none can be left out.
    if let name = listing.notUTF8.first {
      throw .unexpectedLayout(path: folder, entry: name, reason: SystemFiles.notUTF8)
    }
    return listing.names
  }
}
