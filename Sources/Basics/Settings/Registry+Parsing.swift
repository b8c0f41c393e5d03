extension Registry {
  /// The entry that a text such as `regularized-evolution:population=10,tournament=3` names, with the settings after the colon.
  ///
  /// - Parameter configured: an entry with settings as ``SettingsText`` reads them; they are empty where the text has none.
  /// - Throws: ``MethodError/unknown(kind:name:known:)``, and what `configured` throws.
  package func parse<Configured>(
    _ text: String, configured: (_ entry: Entry, _ settings: String) throws(MethodError) -> Configured
  ) throws(MethodError) -> Configured {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard let entry = self[parts[0]] else { throw .unknown(kind: kind, name: parts[0], known: names) }
    return try configured(entry, parts.count > 1 ? parts[1] : "")
  }
}
