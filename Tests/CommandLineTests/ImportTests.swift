import Foundation
import Testing

/// Import, show, verify and remove, as a user calls them.
@Suite struct ImportTests {
  /// Two classes of two CIFAR-10 images.
  static func cifar(_ folder: TemporaryFolder) throws -> String {
    let path = folder.file("data_batch_1.bin")
    let records = [0, 3, 3, 0].enumerated().flatMap { index, label in
      [UInt8(label)] + (0..<3072).map { UInt8(truncatingIfNeeded: $0 * (index + 3)) }
    }
    try Data(records).write(to: URL(fileURLWithPath: path))
    return path
  }

  @Test func anImportedDataSetIsOneOfTheOthers() throws {
    let folder = try TemporaryFolder()
    let environment = ["XDG_DATA_HOME": folder.path]
    func run(_ arguments: String...) throws -> Program.Outcome {
      try Program.run(["datasets"] + arguments, environment: environment)
    }
    let source = try Self.cifar(folder)
    let dry = try run("import", source, "--name", "tiny", "--dry-run")
    #expect(dry.code == 0 && dry.output.hasSuffix("2 classes, 4 images of 32×32×3; nothing written\n"), "\(dry)")
    let made = try run("import", source, "--name", "tiny", "--size", "8", "--channels", "1", "--licence", "mine")
    #expect(made.code == 0 && made.output.contains("2 classes, 4 images of 8×8×1"), "\(made)")
    let again = try run("import", source, "--name", "tiny")
    #expect(again.code == 2 && again.error.contains("there is a pack of this name"), "\(again)")
    #expect(try run("list").output.split(separator: "\n").contains { $0.hasPrefix("tiny ") })
    #expect(try run("verify", "tiny").output.hasPrefix("tiny: intact, 2 classes, 4 images"))
    let shown = try run("show", "tiny", "--sheet", folder.file("sheet.png"))
    #expect(shown.code == 0, "\(shown)")
    for part in ["2 classes in 2 groups, 4 images (2 a class) of 8×8×1", "licence: mine", "classes: airplane, cat"] {
      #expect(shown.output.contains(part), "\(shown.output)")
    }
    #expect(FileManager.default.fileExists(atPath: folder.file("sheet.png")))
    #expect(try run("show", "tiny", "--json").output.contains("\"airplane\""))
    #expect(try run("remove", "tiny").output.hasPrefix("deleted "))
    #expect(try run("verify", "tiny").code == 2)
  }

  @Test func damagedSourcesAreNamedWithTheirPlace() throws {
    let folder = try TemporaryFolder()
    let source = try Self.cifar(folder)
    try Data(try Data(contentsOf: URL(fileURLWithPath: source)).prefix(5000)).write(to: URL(fileURLWithPath: source))
    let outcome = try Program.run(["datasets", "import", source, "--name", "tiny"], environment: ["XDG_DATA_HOME": folder.path])
    #expect(outcome.code == 1 && outcome.output.isEmpty)
    #expect(outcome.error.hasPrefix("error: \(source): ends at byte 5000"), "\(outcome.error)")
  }

  @Test func whatIsHiddenOfTheSameNameIsSaid() throws {
    let folder = try TemporaryFolder()
    let source = try Self.cifar(folder)
    let arguments = ["datasets", "import", source, "--name", "glyphs-greek", "--overwrite", "--dry-run"]
    let own = try Program.run(arguments, environment: ["XDG_DATA_HOME": folder.path])
    let bundled = Program.project + "/datasets/glyphs/greek.archpack"
    #expect(own.code == 0 && own.error.contains("note: it hides \(bundled), of the same name"), "\(own)")
    // What the variable names comes first.
    let behind = try Program.run(
      arguments, environment: ["XDG_DATA_HOME": folder.path, "ARCHPRIOR_DATASETS": Program.project + "/datasets"])
    #expect(behind.code == 0 && behind.error.contains("note: it is hidden by \(bundled), of the same name"), "\(behind)")
    // Where nobody looks, nothing is hidden.
    let aside = try Program.run(arguments + ["--into", folder.path], environment: ["XDG_DATA_HOME": folder.file("x")])
    #expect(aside.code == 0 && !aside.error.contains("of the same name"), "\(aside)")
  }

  @Test func tooFewNamesAreTheOptionsFault() throws {
    let folder = try TemporaryFolder()
    let images: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 1, 9, 8, 7, 6]
    try Data(images).write(to: URL(fileURLWithPath: folder.file("train-images-idx3-ubyte")))
    try Data([0, 0, 8, 1, 0, 0, 0, 4, 0, 1, 2, 3]).write(to: URL(fileURLWithPath: folder.file("train-labels-idx1-ubyte")))
    let outcome = try Program.run(["datasets", "import", folder.path, "--name", "x", "--class-names", "a,b", "--dry-run"])
    #expect(outcome.code == 2 && outcome.error.hasPrefix("error: --class-names: there is no name for label "), "\(outcome)")
  }
}
