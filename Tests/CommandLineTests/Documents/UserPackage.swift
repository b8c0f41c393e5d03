import Foundation
import Testing

/// Compiles source text as a package of a user would that depends on ArchPrior: from the modules that were built for these tests, which
/// takes a second where `swift build` would build ArchPrior again.
struct UserPackage {
  let folder: TemporaryFolder
  private let files: [String]

  /// The compiler's answer.
  struct Outcome {
    var code: Int32
    var text: String
  }

  /// - Parameter files: the target's sources by file name; `main.swift` may have statements.
  init(_ files: [String: String]) throws {
    folder = try TemporaryFolder()
    for (name, text) in files { try folder.write(text, to: name) }
    self.files = files.keys.sorted().map(folder.file)
  }

  /// Checks the sources.
  func typecheck() throws -> Outcome {
    try Self.run(["swiftc", "-typecheck"] + Self.flags + files)
  }

  /// Builds the program.
  ///
  /// - Parameter withCommands: whether it has the commands of `archprior`.
  /// - Returns: its path; `nil`, after an issue, where it does not compile.
  func build(withCommands: Bool = false) throws -> String? {
    let program = folder.file("program")
    let objects = try String(contentsOfFile: Self.folder + "/archprior.product/Objects.LinkFileList", encoding: .utf8)
      .split(separator: "\n").map { $0.trimmingCharacters(in: ["'", "\""]) }
      .filter {
        !$0.contains("/archprior.build/")
          && (withCommands || !$0.contains("/ArchPriorCommands.build/") && !$0.contains("/ArgumentParser"))
      }
    // The contracts are a product of their own, which the command has no use for.
    let contracts = try FileManager.default.subpathsOfDirectory(atPath: Self.folder + "/ArchPriorTesting.build")
      .filter { $0.hasSuffix(".o") }.map { "\(Self.folder)/ArchPriorTesting.build/\($0)" }
    try (objects + contracts).joined(separator: "\n").write(toFile: folder.file("objects"), atomically: false, encoding: .utf8)
    let libraries = try Self.packages("--libs")
    let outcome = try Self.run(
      ["swiftc", "-o", program] + Self.flags + files + ["@" + folder.file("objects")] + libraries)
    #expect(outcome.code == 0, "\(outcome.text)")
    return outcome.code == 0 ? program : nil
  }

  /// Where modules and objects are: beside the tests.
  private static let folder = URL(fileURLWithPath: Program.path).deletingLastPathComponent().path

  /// What SwiftPM gives the compiler for a target that depends on ArchPrior.
  private static let flags: [String] = {
    let checkouts = URL(fileURLWithPath: folder).deletingLastPathComponent().deletingLastPathComponent().path + "/checkouts"
    let sources = Program.project + "/Sources"
    var maps =
      (try? FileManager.default.contentsOfDirectory(atPath: sources + "/System"))?.flatMap { name in
        ["\(sources)/System/\(name)/module.modulemap", "\(sources)/System/\(name)/include/module.modulemap"]
      } ?? []
    maps += ["\(folder)/CKernels.build/module.modulemap", "\(checkouts)/GRDB.swift/Sources/GRDBSQLite/module.modulemap"]
    maps += ["\(checkouts)/Yams/Sources/CYaml/include/module.modulemap"]
    maps = maps.filter(FileManager.default.fileExists)
    let headers = ((try? packages("--cflags")) ?? []).flatMap { ["-Xcc", $0] }
    return ["-swift-version", "6", "-warnings-as-errors", "-I", folder + "/Modules"] + headers
      + maps.flatMap { ["-Xcc", "-fmodule-map-file=" + $0] }
  }()

  /// Flags of the system libraries.
  private static func packages(_ kind: String) throws -> [String] {
    let names = ["openblas", "zlib", "libpng", "libjpeg", "libzip", "libcrypto", "freetype2", "sqlite3"]
    return try run(["pkg-config", kind] + names).text.split { $0.isWhitespace }.map(String.init)
  }

  /// Runs a tool with the project's toolchain.
  static func run(_ arguments: [String], in directory: String = Program.project) throws -> Outcome {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Program.project + "/scripts/toolchain.sh")
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: directory)
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let text = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Outcome(code: process.terminationStatus, text: String(decoding: text, as: UTF8.self))
  }
}
