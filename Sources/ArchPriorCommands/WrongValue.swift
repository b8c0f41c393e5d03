/// What an option takes, for the message about a value that it does not take: the parser lists the words of a choice, and says nothing of
/// numbers.
enum WrongValue {
  /// The parser's message with the kind of number that the option wants; the message itself where it is about something else.
  ///
  /// - Parameter words: the command line that was parsed.
  static func explained(_ message: String, in words: [String]) -> String {
    guard let found = message.wholeMatch(of: /The value '(.*)' is invalid for '(--[a-z-]+) <[^>]*>'/) else { return message }
    let (value, option) = (String(found.1), String(found.2))
    guard
      let place = words.indices.first(where: { place in
        words[place] == "\(option)=\(value)" || (words[place] == option && words.dropFirst(place + 1).first == value)
      })
    else { return message }
    var parts = (before: Array(words[..<place]), after: Array(words[(place + 1)...]))
    if words[place] == option { parts.after.removeFirst() }
    // The parser knows what it takes, and can be asked: nothing is run.
    func takes(_ other: String) -> Bool {
      do {
        _ = try ArchPriorCommand.parseAsRoot(parts.before + ["\(option)=\(other)"] + parts.after)
        return true
      } catch {
        return !ArchPriorCommand.message(for: error).hasPrefix("The value '\(other)' is invalid for '\(option) ")
      }
    }
    // Options that also take words say so in their help.
    guard takes("1"), !["?", "black", "unit"].contains(where: takes) else { return message }
    guard !takes("1.5") else { return "\(message): it takes a number" }
    return takes("-1") ? "\(message): it takes a whole number" : "\(message): it takes a whole number, 0 or more"
  }
}
