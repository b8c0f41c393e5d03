import Foundation
import NeuralNetworks
import Runs
import SearchSpaces
import TestSupport
import Testing

@Suite struct ConfigurationTests {
  @Test func emptyTextGivesTheDefaults() throws {
    for text in ["", "\n# nothing\n", "{}", "data:\n"] { #expect(try Configuration(yaml: text) == Configuration()) }
    // T-NAS, section 5.2 and the authors' program.
    let defaults = Configuration()
    #expect(defaults.inner.weightRate == 0.1 && defaults.inner.architectureRate == 30 && defaults.inner.steps == 5)
    #expect(
      defaults.outer.weightRate == 1e-3 && defaults.outer.architectureBetas == [0.5, 0.999] && defaults.outer.metaBatch == 4)
  }

  @Test func everyKindOfValueIsRead() throws {
    let configuration = try Configuration(
      yaml: """
        name: "a: #b"
        method: maml
        seed: 18446744073709551615
        data: {sources: [latin, 'thai'], path: /tmp/x, rotations: true, image_size: null}
        space:
          stem: pooled-twice
          cells: [normal, normal, reduction]
          operations: [none, skip_connect]
        conv4: {downsampling: stride}
        outer: {gradient: exact, gradient_clip: 10, weight_rate: 1e-3}
        batch_norm: support-statistics
        """)
    #expect(configuration.name == "a: #b")
    #expect(configuration.method == "maml")
    #expect(configuration.seed == .max)
    #expect(configuration.data.sources == ["latin", "thai"] && configuration.data.path == "/tmp/x")
    #expect(configuration.data.rotations == .perClass && configuration.data.imageSize == nil)
    #expect(configuration.space.stem == .pooledTwice && configuration.space.cells == [.normal, .normal, .reduction])
    #expect(configuration.space.operations == [.none, .skipConnect])
    #expect(configuration.conv4.downsampling == .stride)
    #expect(configuration.outer.gradient == .exact && configuration.outer.gradientClip == 10)
    #expect(configuration.batchNorm == .supportStatistics)
  }

  /// YAML, the key at fault, its line, and words of the message and the help.
  @Test(arguments: [
    ("inner:\n  stepz: 3", "inner.stepz", 2, "unknown key", "inner.steps"),
    ("ouetr: {}", "ouetr", 1, "unknown key", "outer"),
    ("seed: 1\nqwertyuiop: 1", "qwertyuiop", 2, "unknown key", "known keys: name, method"),
    ("task: 5", "task", 1, "expected a section", ""),
    ("- 1", "", 1, "expected a section", ""),
    ("task:\n  way: five", "task.way", 2, "expected a whole number, found five", ""),
    ("task:\n  way: 2.5", "task.way", 2, "expected a whole number, found 2.5", ""),
    ("task:\n  way: \"5\"", "task.way", 2, "expected a whole number, found \"5\"", ""),
    ("task:\n  way:", "task.way", 2, "expected a whole number, found nothing", ""),
    ("task: {way: 1}", "task.way", 1, "must be from 2 to 1000, not 1", ""),
    ("seed: -1", "seed", 1, "expected a whole number, 0 or more", ""),
    ("threads: 99999999999999999999", "threads", 1, "expected a whole number", ""),
    ("inner: {weight_rate: .nan}", "inner.weight_rate", 1, "expected a number, found .nan", ""),
    ("inner: {weight_rate: nan}", "inner.weight_rate", 1, "expected a number, found nan", ""),
    ("inner: {weight_rate: 1e400}", "inner.weight_rate", 1, "expected a number", ""),
    ("inner: {weight_rate: -0.1}", "inner.weight_rate", 1, "above 0, not", ""),
    ("inner: {architecture_rate: 0}", "inner.architecture_rate", 1, "above 0, not", ""),
    ("data: {rotations: yes}", "data.rotations", 1, "expected true or false, or as-classes, found yes", ""),
    ("data: {weights: [1, 2]}", "data.weights", 1, "expected a section of data sets and their weights", ""),
    ("data: {weights: {a: -1}}", "data.weights", 1, "at least 0", ""),
    ("data: {weights: {a: 0}}", "data.weights", 1, "not all of them 0", ""),
    ("data: {weights: {a: 2}, temperature: 2}", "data.temperature", 1, "beside weights", "one of the two"),
    ("data:\n  augmentation: {shfit: 2}", "data.augmentation.shfit", 2, "unknown key", "data.augmentation.shift"),
    ("data: {augmentation: {crop: 0}}", "data.augmentation.crop", 1, "from 0.05 to 1", ""),
    ("data: {split: fc10}", "data.split", 1, "expected one of random, cifar-fs", "did you mean fc100?"),
    ("data: {splitt_by: group}", "data.splitt_by", 1, "unknown key", "data.split_by"),
    ("data: {channels: 2}", "data.channels", 1, "1, 3 or null", ""),
    ("task: {train_way: [2, 9]}", "task.train_way", 1, "goes up to 9 classes", "task.way"),
    ("task: {train_shot: [5, 1]}", "task.train_shot", 1, "the smaller one first", ""),
    ("task: {train_shot: 5}", "task.train_shot", 1, "expected a list", ""),
    ("task: {curriculum: 100}", "task.curriculum", 1, "nothing to grow", "train_way or train_shot"),
    ("task: {train_shot: [1, 5], curriculum: 3}", "task.curriculum", 1, "5 steps in 3 tasks", "more tasks"),
    ("task: {sampling: within-groups}", "task.sampling", 1, "expected one of any", "within-group?"),
    ("data: {sources: latin}", "data.sources", 1, "expected a list", ""),
    ("data: {sources: [a, a]}", "data.sources", 1, "repetitions", ""),
    ("data: {train_fraction: 0.9, validation_fraction: 0.1}", "data.validation_fraction", 1, "no classes for meta-test", "lower"),
    ("method: tnas", "method", 1, "expected one of t-nas, maml", "did you mean t-nas?"),
    ("space:\n  operations: [none,\n    max_pol_3x3]", "space.operations", 3, "expected one of none", "max_pool_3x3"),
    ("space: {operations: [none]}", "space.operations", 1, "nothing but none", "add"),
    ("space: {stem: pooled-twice, channels: 3}", "space.channels", 1, "must be even", ""),
    ("outer: {architecture_betas: [0.5]}", "outer.architecture_betas", 1, "two numbers", ""),
    ("budget: {tasks: 5, seconds: 5}", "budget.seconds", 1, "beside tasks", "one of"),
    ("budget: {tasks: null}", "budget.tasks", 1, "neither", "one of"),
    ("seed: 1\nseed: 2", "seed", 1, "given twice", "keep one"),
    ("a: [", "", 2, "not YAML", ""),
    ("a: b\n\tc: d", "", 2, "not YAML", ""),
    ("a: 1\n---\nb: 2", "", 2, "not YAML", ""),
  ])
  func mistakesAreNamed(yaml: String, key: String, line: Int, problem: String, help: String) {
    do {
      _ = try Configuration(yaml: yaml, path: "c.yaml")
      Issue.record("accepted \(yaml)")
    } catch {
      #expect(error.key == key)
      #expect(error.line == line)
      #expect(error.problem.contains(problem), "\(error.problem)")
      #expect(help.isEmpty || (error.help ?? "").contains(help), "\(error.help ?? "no help")")
      #expect(error.message.hasPrefix("c.yaml:\(line): "))
    }
  }

  /// What editors of Windows write first, in files and studies.
  @Test func aByteOrderMarkIsPassedOver() throws {
    let text = "\u{FEFF}name: a\nseed: 3\n"
    #expect(try Configuration(yaml: text) == Configuration(yaml: "name: a\nseed: 3\n"))
    #expect(try Configuration(yaml: "\u{FEFF}") == Configuration())
    let folder = try TemporaryFolder()
    try Data([0xEF, 0xBB, 0xBF] + Array("seed: 3\r\n".utf8)).write(to: URL(fileURLWithPath: folder.file("c.yaml")))
    #expect(try Configuration(contentsOf: folder.file("c.yaml")).seed == 3)
    let study = "datasets: [a]\ntrain: [each]\nmethods: [{name: m}]\n"
    #expect(try StudyConfiguration(yaml: "\u{FEFF}" + study).methods == StudyConfiguration(yaml: study).methods)
  }

  /// Whatever is given, a message shows only the beginning of it.
  @Test(arguments: [
    "name: \(long)", "name: a\(String(repeating: "\u{301}", count: 300_000))", "\(long): 1", "task: {\(long): 1}",
    "seed: \(long)",
    "method: \(long)", "data: {path: [\(long)]}", "data: {sources: [\(long), \(long)]}", "data: {weights: {\(long): -1}}",
    "inner: {weight_rate: -\(digits)}", "task: {way: \(digits)}", "space: {operations: [\(long)]}", "a: [\(long)",
    "x\(words): 1", "name: \(words)",
  ])
  func messagesAreShort(yaml: String) {
    let error = #expect(throws: ConfigurationError.self) { try Configuration(yaml: yaml, path: "c.yaml") }
    #expect((error?.message.count ?? 0) > 20 && (error?.message.unicodeScalars.count ?? .max) < 3000)
    #expect((error?.help?.unicodeScalars.count ?? 0) < 3000)
    let other = #expect(throws: ConfigurationError.self) { try Configuration().setting([yaml]) }
    #expect((other?.message.unicodeScalars.count ?? .max) < 3000)
  }
  private static let long = String(repeating: "x", count: 300_000)
  private static let digits = String(repeating: "9", count: 300_000)
  private static let words = String(repeating: "many words ", count: 30_000)

  /// Keys that came later change no digest where they say nothing, so that older checkpoints still fit.
  @Test func laterKeysCountWhereTheySaySomething() throws {
    let plain = Configuration()
    for override in [
      "data.weights={a: 2}", "data.temperature=2", "data.split=fc100", "data.split_by=group", "data.channels=3", "data.fit=crop",
      "data.augmentation.shift=1", "data.augmentation.flip=true", "data.augmentation.vertical_flip=true",
      "data.augmentation.crop=0.5", "task.train_way=[2, 5]", "task.train_shot=[1, 2]", "task.sampling=within-group",
    ] {
      let changed = try plain.setting([override])
      #expect(changed.digest != plain.digest, "\(override)")
      #expect(plain.differences(from: changed).count == 1 && changed.differences(from: plain).count == 1, "\(override)")
      #expect(try Configuration(yaml: changed.resolved) == changed, "\(override)")
    }
    // As it was before there were these keys.
    #expect(plain.digest == "1317b93a2fec7d1ec8fab9fb77491a38432faa837adffcc7aa16fb272e4a9ef2")
  }

  @Test(arguments: [
    ("a*", "abc", true), ("*c", "abc", true), ("a*c", "abc", true), ("a*c", "ac", true), ("a*a", "a", false),
    ("abc", "abc", true),
    ("ab", "abc", false), ("*", "", true), ("a*b*c", "axbyc", true), ("a*b*c", "axc", false), ("*b*", "abc", true),
  ])
  func patternsMatch(pattern: String, name: String, matches: Bool) { #expect(NamePattern(pattern).matches(name) == matches) }

  /// Keys in the wrong section are shown their place; near misses of the section itself come first.
  @Test(arguments: [
    ("steps: 3", "steps", "did you mean inner.steps or decoded.steps?"),
    ("meta_batch: 3", "meta_batch", "did you mean outer.meta_batch or decoded.meta_batch?"),
    ("inner: {shot: 3}", "inner.shot", "did you mean task.shot?"),
    ("inner: {shoot: 3}", "inner.shoot", "did you mean task.shot?"),
    ("inner: {stpes: 3}", "inner.stpes", "did you mean inner.steps?"),
    ("tets_steps: 3", "tets_steps", "did you mean inner.test_steps or decoded.test_steps?"),
    ("zzz: 3", "zzz", "known keys: name, method"),
  ])
  func misplacedKeysAreShownTheirPlace(yaml: String, key: String, help: String) throws {
    let error = #expect(throws: ConfigurationError.self) { try Configuration(yaml: yaml) }
    #expect(error?.key == key && error?.problem == "unknown key" && error?.help?.hasPrefix(help) == true, "\(error?.help ?? "")")
  }

  @Test func overridesAreReadLikeAFile() throws {
    let configuration = try Configuration(yaml: "inner: {steps: 3}\nbudget: {tasks: 12}")
    let changed = try configuration.setting([
      "inner.steps=7", "name='a=b'", "data.sources=[x, y]", "budget.seconds=2.5", "outer.gradient_clip=null", "method = maml",
    ])
    #expect(changed.inner.steps == 7 && changed.name == "a=b" && changed.data.sources == ["x", "y"])
    #expect(changed.budget.seconds == 2.5 && changed.budget.tasks == nil && changed.method == "maml")
    #expect(changed.inner.weightRate == configuration.inner.weightRate)
    #expect(try changed.setting(["budget.seconds=null", "budget.tasks=4"]).budget.tasks == 4)
    #expect(try configuration.setting([]) == configuration)
  }

  @Test(arguments: [
    ("inner.steps", "--set: 'inner.steps' is not of the form KEY=VALUE"), ("=3", "--set: '=3' is not of the form KEY=VALUE"),
    ("inner..steps=3", "--set: 'inner..steps=3' is not of the form"),
    ("inner.steps=x", "--set: inner.steps: expected a whole number"),
    ("inner.steps=-1", "--set: inner.steps: must be from 0 to 10000, not -1"), ("inner=3", "--set: inner: expected a section"),
    ("steps=3", "--set: steps: unknown key"), ("inner.steps.x=3", "--set: inner.steps: expected a whole number, found a section"),
    ("name=[", "--set: name: not YAML"), ("budget.tasks=null", "--set: budget.tasks: neither"),
    ("inner.steps=", "--set: inner.steps: expected"),
  ])
  func wrongOverridesAreNamed(text: String, message: String) {
    let error = #expect(throws: ConfigurationError.self) { try Configuration().setting([text]) }
    #expect(error?.message.hasPrefix(message) == true, "\(error?.message ?? "")")
  }

  @Test func whatWasLearnedCannotBeSetAfterwards() throws {
    let configuration = Configuration()
    #expect(try configuration.setting(forEvaluation: ["inner.test_steps=9", "task.shot=5", "task.way=7"]).inner.testSteps == 9)
    for text in ["seed=4", "data.train_fraction=0.1", "space.channels=2"] {
      let error = #expect(throws: ConfigurationError.self) { try configuration.setting(forEvaluation: [text]) }
      #expect(error?.problem == "is settled since the run was trained")
    }
  }

  @Test func theConfigurationsOfTheProjectAreRead() throws {
    let project = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let files = try FileManager.default.contentsOfDirectory(atPath: project.path + "/configs")
      .filter { $0.hasSuffix(".yaml") && !$0.hasPrefix("study") && !$0.hasPrefix("compare") }
    #expect(!files.isEmpty)
    for file in files {
      let configuration = try Configuration(contentsOf: "\(project.path)/configs/\(file)")
      #expect(configuration.name + ".yaml" == file)
    }
  }

  @Test func aTimeReplacesTheDefaultNumberOfTasks() throws {
    let configuration = try Configuration(yaml: "budget: {seconds: 60}\ndecoded: {seconds: 30}")
    #expect(configuration.budget.tasks == nil && configuration.budget.seconds == 60)
    #expect(configuration.decoded.tasks == nil && configuration.decoded.seconds == 30)
  }

  @Test func resolvedTextReadsBackTheSame() throws {
    var configuration = Configuration()
    configuration.name = "quotes \" \\ # : - \u{1} end"
    configuration.seed = .max
    configuration.data.sources = ["true", "1", "null", "ü, [x]"]
    configuration.inner.weightRate = 1.0 / 3
    configuration.outer.gradientClip = .leastNonzeroMagnitude
    configuration.budget.tasks = nil
    configuration.budget.seconds = 1.5
    configuration.batchNorm = .supportStatistics
    let text = configuration.resolved
    let again = try Configuration(yaml: text)
    #expect(again == configuration)
    #expect(again.resolved == text)
    #expect(try Configuration(yaml: Configuration().resolved) == Configuration())
  }

  @Test func theDigestFollowsWhatTrainingComputes() throws {
    let base = Configuration()
    for yaml in ["threads: 4", "name: other", "budget: {tasks: 7}", "data: {path: /x}", "checkpoint_every: 5"] {
      let other = try Configuration(yaml: yaml)
      #expect(other.digest == base.digest && base.differences(from: other).isEmpty, "\(yaml)")
    }
    for (yaml, key, here, there) in [
      ("seed: 1", "seed", "0", "1"), ("inner: {steps: 3}", "inner.steps", "5", "3"), ("method: maml", "method", "t-nas", "maml"),
    ] {
      let other = try Configuration(yaml: yaml)
      #expect(other.digest != base.digest)
      #expect(base.differences(from: other) == [.init(key: key, here: here, there: there)])
    }
    #expect(base.digest.count == 64)
    // A cosine schedule follows the budget, so that another budget is another training.
    let short = try Configuration(yaml: "outer: {schedule: cosine}\nbudget: {tasks: 7}")
    let long = try Configuration(yaml: "outer: {schedule: cosine}\nbudget: {tasks: 70}")
    #expect(short.digest != long.digest)
    #expect(short.differences(from: long).map(\.key) == ["budget.tasks"])
  }

  @Test func filesThatCannotBeReadAreNamed() throws {
    let folder = try TemporaryFolder()
    #expect(throws: ConfigurationError.self) { try Configuration(contentsOf: folder.file("missing.yaml")) }
    #expect(throws: ConfigurationError.self) { try Configuration(contentsOf: folder.path) }
    try Data([0xFF, 0xFE, 0x00]).write(to: URL(fileURLWithPath: folder.file("bad.yaml")))
    do {
      _ = try Configuration(contentsOf: folder.file("bad.yaml"))
      Issue.record("read bytes that are no text")
    } catch {
      #expect(error.problem == "not UTF-8 text" && error.path == folder.file("bad.yaml"))
    }
  }

  @Test(arguments: [
    ("", "", 0), ("abc", "abc", 0), ("abc", "", 3), ("kitten", "sitting", 3), ("stepz", "steps", 1), ("ouetr", "outer", 1),
    ("ca", "abc", 3),
  ])
  func editDistances(a: String, b: String, distance: Int) {
    #expect(editDistance(a, b) == distance)
    #expect(editDistance(b, a) == distance)
  }

  @Test func suggestionsAreNear() {
    #expect(suggestion(for: "wieght_rate", among: ["weight_rate", "steps"]) == "weight_rate")
    #expect(suggestion(for: "xyz", among: ["weight_rate", "steps"]) == nil)
    #expect(suggestion(for: "x", among: [String]()) == nil)
  }
}
