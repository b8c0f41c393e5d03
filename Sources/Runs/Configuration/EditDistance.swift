/// The number of insertions, deletions, substitutions and swaps of neighbours that turn one text into the other.
///
/// Source: the optimal string alignment distance (restricted Damerau–Levenshtein), by dynamic programming over prefixes.
public func editDistance(_ a: String, _ b: String) -> Int {
  let (a, b) = (Array(a), Array(b))
  var beforeLast = [Int]()
  var last = Array(0...b.count)
  for i in 0..<a.count {
    var row = [i + 1]
    for j in 0..<b.count {
      var best = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, beforeLast[j - 1] + 1) }
      row.append(best)
    }
    (beforeLast, last) = (last, row)
  }
  return last[b.count]
}

/// The candidate that someone who typed `word` most likely meant; `nil` where none is near.
public func suggestion(for word: String, among candidates: some Sequence<String>) -> String? {
  // Nothing has so long a name.
  guard word.utf8.count <= 1000 else { return nil }
  let near = candidates.map { (name: $0, distance: editDistance(word.lowercased(), $0.lowercased())) }
    .min { ($0.distance, $0.name) < ($1.distance, $1.name) }
  guard let near, near.distance <= max(1, min(word.count, near.name.count) / 3) else { return nil }
  return near.name
}
