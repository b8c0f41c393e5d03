import ArchPrior
import Foundation
import Testing

/// Pictures of a user are read as the run's data were; all runs are far too small to learn anything.
@Suite struct ReadingTests {
  /// A picture of `width` columns whose left half has one value and whose right half another.
  static func halves(_ left: UInt8, _ right: UInt8, height: Int = 16, width: Int, colour: Bool = false) throws -> [UInt8] {
    var image = PixelImage(height: height, width: width, channels: colour ? 3 : 1, filledWith: right)
    for row in 0..<height { for column in 0..<width / 2 { image[row, column] = left } }
    return try image.pngBytes()
  }

  static func write(_ bytes: [UInt8], _ path: String) throws {
    try FileManager.default.createDirectory(
      atPath: URL(fileURLWithPath: path).deletingLastPathComponent().path, withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }

  /// Two classes, each with one support and two query pictures.
  static func task(_ path: String, _ picture: (Int) throws -> [UInt8]) throws {
    for (index, name) in ["support/a/0", "support/b/0", "query/a/1", "query/b/1", "query/2"].enumerated() {
      try write(picture(index), "\(path)/\(name).png")
    }
  }

  static func configuration(_ sources: String, _ more: String = "") -> String {
    """
    name: tiny
    method: maml
    conv4: {filters: 4}
    data: {sources: [\(sources)], train_fraction: 0.5, validation_fraction: 0.25}
    task: {way: 2, shot: 1, query: 1}
    inner: {steps: 1, test_steps: 1}
    outer: {meta_batch: 1}
    budget: {tasks: 2}
    evaluation: {tasks: 2, validation_every: null, validation_tasks: 2}
    \(more)
    """
  }

  struct Adapted: Decodable {
    struct Prediction: Decodable, Equatable {
      var predicted: String
      var probability: Double
    }
    var predictions: [Prediction]
    var inverted: Bool
    var reading: PictureReading
    var readAs: [String]
  }

  let folder: TemporaryFolder
  let environment: [String: String]

  init() throws {
    folder = try TemporaryFolder()
    environment = ["XDG_DATA_HOME": folder.path]
  }

  func run(_ arguments: [String]) throws -> Program.Outcome {
    let outcome = try Program.run(arguments, environment: environment)
    try #require(outcome.code == 0, "\(arguments): \(outcome.error)")
    return outcome
  }

  func adapted(_ task: String, _ options: [String] = [], run name: String = "run") throws -> Adapted {
    let outcome = try run(["adapt", folder.file(name), "--task", folder.file(task), "--json"] + options)
    return try JSONDecoder().decode(Adapted.self, from: Data(outcome.output.utf8))
  }

  func trained(_ sources: String, _ more: String = "", set: [String] = [], run name: String = "run") throws {
    try folder.write(Self.configuration(sources, more), to: "tiny.yaml")
    _ = try run(["meta-train", folder.file("tiny.yaml"), "--output", folder.file(name)] + set.flatMap { ["--set", $0] })
  }

  /// Eight classes of wide drawings, dark on light, each with two pictures.
  func importWide(_ options: [String]) throws {
    for index in 0..<8 {
      for copy in 0..<2 {
        try Self.write(
          try Self.halves(UInt8(10 * index + copy), 250, width: 64), folder.file("pictures/c\(index)/\(copy).png"))
      }
    }
    _ = try run(["datasets", "import", folder.file("pictures"), "--name", "wide", "--size", "16", "--channels", "1"] + options)
  }

  /// The same task as wide drawings, and as what import makes of them, worked out by hand.
  @Test(arguments: [
    // Four columns become one; ink is kept dark.
    (["--fit", "stretch"], 0), (["--fit", "stretch", "--ink", "dark"], 255), (["--fit", "crop"], 0),
  ])
  func adaptReadsAsImportDid(options: [String], white: Int) throws {
    try importWide(options)
    try trained("wide")
    try Self.task(folder.file("wide")) { try Self.halves(UInt8(20 * $0), 250, width: 64) }
    try Self.task(folder.file("square")) { index in
      let (ink, paper) = (20 * index, 250)
      return try Self.halves(UInt8(abs(white - ink)), UInt8(abs(white - paper)), width: 16)
    }
    let user = try adapted("wide")
    let hand = try adapted("square", ["--ink", "keep"])
    #expect(user.predictions == hand.predictions)
    #expect(user.inverted == (white == 255) && user.readAs == ["wide"] && !user.reading.isAssumed)
    let other = try adapted("wide", ["--fit", "pad"])
    #expect(other.predictions != user.predictions && other.reading.format.fit == .pad)
    let said = try run(["adapt", folder.file("run"), "--task", folder.file("wide"), "--background", "white", "--fit", "pad"])
      .output
    let ink = white == 255 ? "dark" : "keep"
    #expect(
      said.hasPrefix(
        "pictures read as 16×16×1, ink \(ink), fit pad, paper 255, background 255: as wide, but for --fit, --background\n"),
      "\(said)")
    // What adapt used to call it.
    #expect(try adapted("wide", ["--ink", "light-on-dark"]).reading.format.ink == .keep)
  }

  /// A run's own size and channels come after the data set's.
  @Test func theRunsOwnSizeIsReadToo() throws {
    try importWide(["--fit", "stretch", "--ink", "dark"])
    try trained("wide", set: ["data.image_size=8", "data.channels=3"])
    try Self.task(folder.file("wide")) { try Self.halves(UInt8(20 * $0), 250, width: 64) }
    try Self.task(folder.file("hand")) { try Self.halves(UInt8(255 - 20 * $0), 5, height: 8, width: 8) }
    let user = try adapted("wide")
    #expect(user.reading.shape == [8, 8, 3])
    let hand = try adapted("hand", ["--ink", "keep"])
    #expect(user.predictions == hand.predictions)
  }

  @Test func runsInColourAndMixtures() throws {
    try Self.task(folder.file("grey")) { try Self.halves(UInt8(40 + 20 * $0), 250, width: 16) }
    try Self.task(folder.file("coloured")) { try Self.halves(UInt8(20 * $0), 250, width: 16, colour: true) }
    // Colour, 32×32: bundled icons say by their images that they are on white.
    let usual = ["data.train_fraction=0.7", "data.validation_fraction=0.1"]
    try trained("icons-actions", set: usual, run: "icons")
    let icons = try adapted("coloured", run: "icons")
    #expect(icons.reading.shape == [32, 32, 3] && icons.reading.format.background == 255 && !icons.inverted)
    #expect(icons.predictions.count == 3)
    // Scripts and icons together, as configs/mixture.yaml has them: the pictures decide.
    try trained("glyphs-greek, glyphs-thai, icons-actions", set: usual + ["data.image_size=28"], run: "mixture")
    let grey = try adapted("grey", run: "mixture")
    #expect(grey.readAs == ["glyphs-greek", "glyphs-thai"] && grey.inverted && grey.reading.shape == [28, 28, 3])
    let coloured = try adapted("coloured", run: "mixture")
    #expect(coloured.readAs == ["icons-actions"] && !coloured.inverted && coloured.reading.shape == [28, 28, 3])
    let asked = try Program.run(
      ["adapt", folder.file("mixture"), "--task", folder.file("grey"), "--as", "icons-actions"], environment: environment)
    #expect(asked.code == 0 && asked.output.contains(": as icons-actions"), "\(asked)")
    let unknown = try Program.run(
      ["adapt", folder.file("mixture"), "--task", folder.file("grey"), "--as", "glyphs-thia"], environment: environment)
    #expect(unknown.code == 2 && unknown.error.contains("did you mean glyphs-thai?"), "\(unknown)")
  }

  /// A run of before there were rules and checksums: the rule is that of its data sets, and it can be gone on with.
  @Test func runsOfBeforeAreRead() throws {
    try Self.task(folder.file("coloured")) { try Self.halves(UInt8(20 * $0), 250, width: 16, colour: true) }
    try trained("icons-actions", set: ["data.train_fraction=0.7", "data.validation_fraction=0.1"], run: "icons")
    let fresh = try adapted("coloured", run: "icons")
    let provenance = folder.file("icons/provenance.json")
    var object = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: provenance))) as? [String: Any])
    let datasets = try #require(object["datasets"] as? [[String: Any]])
    #expect(datasets.allSatisfy { $0["reading"] != nil })
    object["datasets"] = datasets.map { $0.filter { ["name", "sha256"].contains($0.key) } }
    for key in ["belongs_to", "sha256"] { object[key] = nil }
    try JSONSerialization.data(withJSONObject: object).write(to: URL(fileURLWithPath: provenance))
    let settings = folder.file("icons/configuration.yaml")
    let lines = try String(contentsOfFile: settings, encoding: .utf8).split(separator: "\n").filter { !$0.hasPrefix("#") }
    try lines.map { $0 + "\n" }.joined().write(toFile: settings, atomically: true, encoding: .utf8)
    let old = try adapted("coloured", run: "icons")
    #expect(old.reading == fresh.reading && old.predictions == fresh.predictions)
    let resumed = try Program.run(["meta-train", "--resume", "--output", folder.file("icons")], environment: environment)
    #expect(resumed.code == 0, "\(resumed.error)")
  }

  @Test func aQueryThatCannotBeReadIsLeftOut() throws {
    try trained("glyphs-greek")
    try Self.task(folder.file("task")) { try Self.halves(UInt8(20 * $0), 250, width: 16) }
    try Self.write([1, 2, 3], folder.file("task/query/broken.png"))
    let outcome = try run(["adapt", folder.file("run"), "--task", folder.file("task")])
    #expect(outcome.error.contains("left out: \(folder.file("task/query/broken.png")): "), "\(outcome.error)")
    #expect(outcome.output.contains("query/2.png") && !outcome.output.contains("broken"))
    try Self.write([1, 2, 3], folder.file("task/support/a/broken.png"))
    let refused = try Program.run(["adapt", folder.file("run"), "--task", folder.file("task")], environment: environment)
    #expect(refused.code == 2 && refused.error.hasPrefix("error: \(folder.file("task/support/a/broken.png")): "))
  }
}
