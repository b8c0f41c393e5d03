import Foundation

/// The JSON files that the PyTorch scripts beside them wrote (`Tests/TestSupport/Fixtures`).
public enum FixtureFile {
  /// Where the scripts and their files are.
  public static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

  /// - Parameter name: the file's, without its ending.
  public static func decode<Value: Decodable>(_ type: Value.Type, from name: String) throws -> Value {
    try JSONDecoder().decode(type, from: Data(contentsOf: folder.appending(path: "\(name).json")))
  }
}
