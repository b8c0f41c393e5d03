import Foundation
import Testing

/// Does something with the rights of a user who is not root, where the tests are root's. Only this thread changes (`setfsuid`).
func withoutRights<Result>(_ work: () throws -> Result) throws -> Result {
  guard geteuid() == 0 else { return try work() }
  let symbol = try #require(dlsym(nil, "setfsuid"))
  let setRights = unsafeBitCast(symbol, to: (@convention(c) (UInt32) -> Int32).self)
  _ = setRights(65_534)
  defer { _ = setRights(0) }
  return try work()
}

/// Gives a folder and what is in it to that user.
func giveAway(_ folder: String) throws {
  guard geteuid() == 0 else { return }
  for path in [""] + (try FileManager.default.subpathsOfDirectory(atPath: folder)).map({ "/" + $0 }) {
    #expect(lchown(folder + path, 65_534, 65_534) == 0)
  }
}
