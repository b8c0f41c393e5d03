import Basics

extension FolderTask {
  /// A picture of the query that is also a support picture, pixel for pixel.
  public struct Repeated: Sendable, Hashable, Codable {
    /// Path of the query picture.
    public var query: String
    /// Path of the first support picture that is the same.
    public var support: String
  }

  /// Query pictures that are also support pictures: classifying them correctly proves nothing.
  public var repeated: [Repeated] {
    let size = support.height * support.width * support.channels
    func key(_ batch: ImageBatch, _ index: Int) -> [Float] { Array(batch.pixels[index * size..<(index + 1) * size]) }
    var first = [[Float]: String]()
    for (index, file) in supportFiles.enumerated() {
      let key = key(support, index)
      if first[key] == nil { first[key] = file }
    }
    return queryFiles.enumerated().compactMap { index, file in first[key(query, index)].map { Repeated(query: file, support: $0) }
    }
  }

  /// The same in one line; `nil` if there is none.
  public var repeatedLine: String? {
    let all = repeated
    guard let example = all.first else { return nil }
    return
      "\(all.count) of \(counted(queryFiles.count, "picture")) to classify \(all.count == 1 ? "is" : "are") also among those to learn from: "
      + "\(example.query) is \(example.support)"
  }
}
