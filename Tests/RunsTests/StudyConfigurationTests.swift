import Foundation
import Runs
import TestSupport
import Testing

@Suite struct StudyConfigurationTests {
  private static let methods = "methods: [{name: m, set: {method: maml}}]"

  @Test func methodsChangeTheBase() throws {
    let study = try StudyConfiguration(
      yaml: """
        name: s
        datasets: [a, b]
        train: [leave-one-out, all]
        seeds: [4, 5]
        shots: [1, 5]
        base: {inner: {steps: 3}, budget: {tasks: 12}}
        methods:
          - {name: prior, set: {method: t-nas, inner: {test_steps: 9}}}
          - {name: conv, learner: conv-4, set: {method: maml}}
        """)
    #expect(study.datasets == ["a", "b"] && study.train == [.leaveOneOut, .all] && study.seeds == [4, 5] && study.tasks == 200)
    #expect(study.methods.map(\.name) == ["prior", "conv"] && study.methods[1].learner == "conv-4")
    #expect(
      study.methods.map(\.configuration.inner.steps) == [3, 3] && study.methods.map(\.configuration.inner.testSteps) == [9, 5])
    #expect(study.methods[1].configuration.method == "maml" && study.methods[1].configuration.budget.tasks == 12)
  }

  @Test func theStudiesOfTheProjectAreRead() throws {
    let project = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path
    let study = try StudyConfiguration(contentsOf: project + "/configs/study-quick.yaml")
    #expect(study.name == "study-quick" && study.methods.count >= 3 && study.seeds.count >= 3)
  }

  @Test(arguments: [
    ("", "s.yaml: is empty", "see configs"), ("name: s", "s.yaml: datasets: there are none", "name at least one"),
    ("datasets: [a, a]\n\(methods)", "s.yaml:1: datasets: must be a list", ""),
    ("datasets: [a, b]", "s.yaml: methods: expected a list of methods", "such as"),
    ("datasets: [a]\n\(methods)", "s.yaml: train: leave-one-out needs two", "train: [each]"),
    ("datasets: [a, b]\ntrain: [leave-out]\n\(methods)", "s.yaml:2: train: expected one of leave-one-out", ""),
    ("datasets: [a, b]\nseed: [1]\n\(methods)", "s.yaml:2: seed: unknown key", "did you mean seeds?"),
    ("datasets: [a, b]\nshots: [0]\n\(methods)", "s.yaml:2: shots: must be a list of distinct numbers", ""),
    ("datasets: [a, b]\nchannels: 2\n\(methods)", "s.yaml:2: channels: must be 1, 3 or null", ""),
    (
      "datasets: [a, b]\nbase: {steps: 3}\n\(methods)", "s.yaml:2: base.steps: unknown key",
      "did you mean inner.steps or decoded.steps?"
    ),
    ("datasets: [a, b]\nbase: {seed: 3}\n\(methods)", "s.yaml:3: seed: is decided by the study", "set datasets"),
    ("datasets: [a, b]\nbase: {budget: {seconds: 3}}\n\(methods)", "s.yaml:3: budget.seconds: a study compares equal", ""),
    ("datasets: [a, b]\nmethods: [{nam: m}]", "s.yaml:2: methods[0].nam: unknown key", "did you mean methods[0].name?"),
    ("datasets: [a, b]\nmethods: [{name: a/b}]", "s.yaml:2: methods[0].name: must be", "name the method"),
    ("datasets: [a, b]\nmethods: [{name: m}, {name: m}]", "s.yaml: methods: two have the name 'm'", "rename"),
    ("datasets: [a, b]\nmethods: [{name: m, set: {method: mam}}]", "s.yaml:2: methods[0].set.method: expected one of", "maml"),
    ("datasets: [a, b]\nmethods: [3]", "s.yaml:2: methods[0]: expected a method", ""),
  ])
  func mistakesAreNamed(yaml: String, message: String, help: String) {
    let error = #expect(throws: ConfigurationError.self) { try StudyConfiguration(yaml: yaml, path: "s.yaml") }
    #expect(error?.message.hasPrefix(message) == true, "\(error?.message ?? "")")
    #expect(help.isEmpty || error?.help?.contains(help) == true, "\(error?.help ?? "no help")")
  }

  @Test func aFolderHoldsOneStudy() throws {
    let folder = try TemporaryFolder()
    let text = "datasets: [a, b]\n\(Self.methods)\n"
    let study = try StudyConfiguration(yaml: text)
    do {
      let directory = try StudyDirectory(folder.file("s"), study: study)
      #expect(directory.abandonedBy == nil)
      let error = #expect(throws: RunError.self) { try StudyDirectory(folder.file("s"), study: study) }
      #expect(error?.message.contains("is working on it") == true)
    }
    // The same study in other words goes on, another is refused.
    _ = try StudyDirectory(folder.file("s"), study: try StudyConfiguration(yaml: "# again\n" + text))
    let other = try StudyConfiguration(yaml: text + "tasks: 50\n")
    #expect(throws: ConfigurationError.self) { try StudyDirectory(folder.file("s"), study: other) }
    try FileManager.default.createDirectory(atPath: folder.file("t"), withIntermediateDirectories: true)
    try folder.write("mine", to: "t/notes.txt")
    #expect(throws: RunError(.notEmpty, path: folder.file("t"))) { try StudyDirectory(folder.file("t"), study: study) }
  }
}
