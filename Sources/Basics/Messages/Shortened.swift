extension String {
  /// The beginning of a text that someone gave, for a message: what is longer ends in an ellipsis and the number of its characters.
  package func shortened(to limit: Int = 100) -> String {
    // Characters may have any number of parts.
    guard utf8.count > limit, unicodeScalars.count > limit else { return self }
    return "\(String(unicodeScalars.prefix(limit)))… (\(unicodeScalars.count) characters)"
  }
}
