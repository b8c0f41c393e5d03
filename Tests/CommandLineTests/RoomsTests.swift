import Foundation
import Testing

/// The rooms of `Package.swift`: who may import whom.
@Suite struct RoomsTests {
  /// A target of the package.
  struct Room {
    var name: String
    /// Targets and products that it declares.
    var dependencies: [String]
    /// Modules that its Swift files import.
    var imports: Set<String>
    var folder: String
  }

  /// Modules that a product brings, where they are not called as it is.
  private static let modules = ["Yams": ["Yams", "CYaml"]]

  /// All targets with Swift sources, in the order of `Package.swift`.
  static func rooms() throws -> [Room] {
    let text = try String(contentsOfFile: Program.project + "/Package.swift", encoding: .utf8)
    let target =
      /\.(target|executableTarget|testTarget)\(\s*name: "(\w+)"(?:,\s*dependencies: \[([^\]]*)\])?(?:,\s*path: "([^"]+)")?/
    return try text.matches(of: target).compactMap { match in
      let name = String(match.2)
      let usual = match.1 == "testTarget" ? "Tests/\(name)" : "Sources/\(name)"
      let folder = match.4.map(String.init) ?? usual
      let files = try FileManager.default.subpathsOfDirectory(atPath: "\(Program.project)/\(folder)")
        // Programs that tests hand to the compiler import what their users would.
        .filter { $0.hasSuffix(".swift") && !$0.contains("Programs/") }
      guard !files.isEmpty else { return nil }
      let dependencies = (match.3 ?? "").replacing(/\.product\(name: ("\w+"), package: "[^"]+"\)/) { String($0.1) }
        .matches(of: /"(\w+)"/).map { String($0.1) }
      let imports = try files.flatMap { file in
        try String(contentsOfFile: "\(Program.project)/\(folder)/\(file)", encoding: .utf8)
          .matches(of: /(?m)^(?:@\w+ )?import (?:(?:struct|enum|class|protocol|func) )?(\w+)/).map { String($0.1) }
      }
      return Room(name: name, dependencies: dependencies, imports: Set(imports), folder: folder)
    }
  }

  @Test func everyImportIsDeclaredAndEveryDependencyUsed() throws {
    let rooms = try Self.rooms()
    #expect(rooms.count > 30)
    let system = try FileManager.default.contentsOfDirectory(atPath: Program.project + "/Sources/System")
    let ours = Set(rooms.map(\.name) + system + ["CKernels", "Yams", "CYaml", "GRDB", "ArgumentParser"])
    for room in rooms {
      let declared = Set(room.dependencies.flatMap { Self.modules[$0] ?? [$0] })
      let undeclared = room.imports.intersection(ours).subtracting(declared).subtracting([room.name])
      #expect(undeclared.isEmpty, "\(room.name) imports what Package.swift does not declare: \(undeclared.sorted())")
      let unused = room.dependencies.filter { room.imports.isDisjoint(with: Self.modules[$0] ?? [$0]) }
      #expect(unused.isEmpty, "\(room.name) declares what it does not import: \(unused)")
    }
  }

  /// The list goes from the lowest floor to the highest.
  @Test func arrowsPointDownwards() throws {
    let rooms = try Self.rooms()
    var above = Set(rooms.map(\.name))
    for room in rooms {
      let upwards = room.dependencies.filter { above.contains($0) }
      #expect(upwards.isEmpty, "\(room.name) stands below \(upwards)")
      above.remove(room.name)
    }
  }

  @Test func theHouseStaysSmall() throws {
    let sources = try FileManager.default.contentsOfDirectory(atPath: Program.project + "/Sources").filter { $0 != "System" }
    #expect(sources.count <= 22, "\(sources.sorted())")
    #expect(Set(sources) == Set(try Self.rooms().filter { $0.folder.hasPrefix("Sources/") }.map(\.name) + ["CKernels"]))
  }
}
