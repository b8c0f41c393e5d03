import Basics

extension FolderTask {
  /// So many pictures are named one by one; of more there is a summary.
  private static let named = 3

  /// What people should know of the pictures as they were read, a line each: blank ones, support pictures of two classes that are the same,
  /// drawings with another paper than the others.
  public var notes: [String] { blankNotes + sameNotes + paperNotes }

  /// Pictures all of whose pixels have one value.
  private var blankNotes: [String] {
    [("support", support, supportFiles), ("query", query, queryFiles)].compactMap { part, batch, files in
      let blank = files.indices.filter { Self.isBlank(batch, $0) }
      guard let first = blank.first else { return nil }
      let count = "\(blank.count) of \(files.count) \(part) \(files.count == 1 ? "picture" : "pictures")"
      let paper = reading.format.paper
      // Ink of the paper's own colour is found by another paper.
      let isSeen = (try? PixelImage(file: files[first], background: 255 - paper)).map { !Self.isBlank(reading.apply(to: $0)) }
      return "\(count) \(blank.count == 1 ? "is" : "are") blank as read, such as \(files[first])"
        + (isSeen == true
          ? " (transparent pixels over --paper \(paper)): try --paper \(paper < 128 ? "white" : "black")"
          : ": all \(blank.count == 1 ? "its" : "their") pixels have one value")
    }
  }

  private static func isBlank(_ batch: ImageBatch, _ index: Int) -> Bool {
    let size = batch.height * batch.width * batch.channels
    let pixels = batch.pixels[index * size..<(index + 1) * size]
    return pixels.allSatisfy { $0 == pixels.first }
  }

  private static func isBlank(_ image: PixelImage) -> Bool { image.pixels.allSatisfy { $0 == image.pixels.first } }

  /// Support pictures that are also those of another class: of these, nothing can be learned.
  private var sameNotes: [String] {
    let size = support.height * support.width * support.channels
    var first = [[Float]: Int]()
    var pairs: [(Int, Int)] = []
    for index in supportFiles.indices where !Self.isBlank(support, index) {
      let key = Array(support.pixels[index * size..<(index + 1) * size])
      if let other = first[key] {
        if supportLabels[other] != supportLabels[index] { pairs.append((other, index)) }
      } else {
        first[key] = index
      }
    }
    let lines = pairs.prefix(Self.named).map { other, index in
      "\(supportFiles[other]) and \(supportFiles[index]) are the same picture, in two classes"
    }
    return lines + (pairs.count > Self.named ? ["and so are \(pairs.count - Self.named) more of the support"] : [])
  }

  /// Drawings whose paper is dark where that of most support pictures is light, or vice versa.
  private var paperNotes: [String] {
    guard !unlikeTheOthers.isEmpty else { return [] }
    let isLight = (reading.format.background >= 128) != inverted
    let (theirs, usual) = isLight ? ("dark", "light") : ("light", "dark")
    let turns = "--ink turns all pictures or none"
    guard unlikeTheOthers.count > Self.named else {
      return unlikeTheOthers.map { "\($0) has \(theirs) paper, most of the support \(usual); \(turns), so invert this file" }
    }
    let unlike = Set(unlikeTheOthers)
    return [("support", supportFiles, "most of them"), ("query", queryFiles, "those of support")].compactMap {
      part, files, others in
      let count = files.count(where: unlike.contains)
      guard count > 0, let first = files.first(where: unlike.contains) else { return nil }
      return "\(count) of \(files.count) \(part) \(files.count == 1 ? "picture has" : "pictures have") \(theirs) paper, "
        + "\(others) \(usual) (such as \(first)); \(turns), so invert these files"
    }
  }
}
