import Foundation

/// Settings as people write them after a method's name: `population=10,tournament=3`. The fields of a method's JSON are its settings.
package enum SettingsText {
  /// A method with the settings of a text in place of its own.
  ///
  /// - Parameter name: of the method, for messages.
  /// - Throws: `MethodError` for an unknown setting, or a value of the wrong kind.
  package static func applied<Method: Codable>(
    _ text: String, to usual: Method, of name: String
  ) throws(MethodError) -> Method {
    guard !text.isEmpty, var values = values(of: usual) else { return usual }
    var last: String?
    for assignment in text.split(separator: ",", omittingEmptySubsequences: false) {
      let sides = assignment.split(separator: "=", maxSplits: 1).map(String.init)
      let setting = sides.first ?? ""
      // A text may have commas in it, as the names of folders do.
      if values[setting] == nil, let last, let begun = values[last] as? String {
        values[last] = begun + "," + assignment
        continue
      }
      last = setting
      guard let present = values[setting] else {
        throw .unknownSetting(method: name, name: setting, known: values.keys.sorted())
      }
      let value = sides.count > 1 ? sides[1] : ""
      if present is String {
        values[setting] = value
      } else if let number = Double(value), number.isFinite, Bool(value) == nil {
        values[setting] = number
      } else if let flag = Bool(value) {
        values[setting] = flag
      } else {
        throw .badSetting(method: name, name: setting, value: "'\(value)'", allowed: "a number, true or false")
      }
      guard decoded(values, as: Method.self) != nil else {
        throw .badSetting(method: name, name: setting, value: "'\(value)'", allowed: "a value such as \(shown(present))")
      }
    }
    return decoded(values, as: Method.self) ?? usual
  }

  /// A name, with the settings that differ from the usual ones.
  package static func label<Method: Codable>(_ name: String, _ method: Method, usual: Method) -> String {
    func texts(_ method: Method) -> [String: String] { (values(of: method) ?? [:]).mapValues { shown($0) } }
    let (mine, usual) = (texts(method), texts(usual))
    let differing = mine.filter { usual[$0.key] != $0.value }.sorted { $0.key < $1.key }
    return differing.isEmpty ? name : name + ":" + differing.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
  }

  /// All settings and their values, by name.
  package static func text<Method: Codable>(_ method: Method) -> String {
    (values(of: method) ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\(shown($0.value))" }.joined(separator: ",")
  }

  /// A value as it is read back: a flag in JSON is a number like others to Foundation, but not when it is written.
  private static func shown(_ value: Any) -> String {
    let json = (try? JSONSerialization.data(withJSONObject: [value])).map { String(decoding: $0, as: UTF8.self) }
    return switch json {
    case "[true]": "true"
    case "[false]": "false"
    default: "\(value)"
    }
  }

  private static func values<Method: Codable>(of method: Method) -> [String: Any]? {
    (try? JSONEncoder().encode(method)).flatMap { (try? JSONSerialization.jsonObject(with: $0)) as? [String: Any] }
  }

  private static func decoded<Method: Codable>(_ values: [String: Any], as type: Method.Type) -> Method? {
    guard let data = try? JSONSerialization.data(withJSONObject: values) else { return nil }
    return try? JSONDecoder().decode(Method.self, from: data)
  }
}

/// Fails unless a setting is in its range.
package func requireSetting<Value: Comparable>(
  _ value: Value, _ name: String, of method: String, in range: some RangeExpression<Value>, _ allowed: String
) throws(MethodError) {
  guard range.contains(value) else { throw .badSetting(method: method, name: name, value: "\(value)", allowed: allowed) }
}
