import ArchPrior
import Foundation
import Testing

@testable import Experiments

/// What a configuration may ask for: tasks that the data can fill, networks that the machine can hold and that images can pass.
@Suite struct BoundsOfConfigurationsTests {
  /// Data that cannot fill the tasks; every setting that the error advises makes them fit.
  @Test(arguments: [
    ("data: {sources: [icons-actions]}", "icons-actions has 10 to 17 images a class, 72 for meta-train"),
    ("data: {sources: [icons-actions]}\ntask: {shot: 5}", "5 classes of 20 images each (task.shot 5 + task.query 15)"),
    (
      "data: {sources: [glyphs-runic]}\ntask: {way: 10}",
      "glyphs-runic has 16 images a class, 23 for meta-train, of which a task can tell 20 apart, 3 for"
    ),
    ("data: {sources: [icons-actions]}\ntask: {shot: 40, way: 6}", "6 classes of 55 images"),
    ("data: {sources: [glyphs-runic], validation_fraction: 0}\ntask: {way: 3}", "0 for meta-validation"),
  ]) func whatIsAdvisedWorks(yaml: String, numbers: String) throws {
    let configuration = try Configuration(yaml: yaml)
    let error = #expect(throws: ConfigurationError.self) { _ = try StudyData(configuration) }
    #expect(error?.key == "task" && error?.problem.contains(numbers) == true, "\(error?.message ?? "")")
    let help = try #require(error?.help)
    let choices = help.components(separatedBy: ", or more data sets")[0].components(separatedBy: " or ")
    #expect(!choices.isEmpty)
    for choice in choices {
      let settings = choice.components(separatedBy: "--set ").dropFirst().map { $0.trimmingCharacters(in: .whitespaces) }
      try #require(!settings.isEmpty, "\(help)")
      #expect(throws: Never.self, "\(choice)") { _ = try StudyData(configuration.setting(settings)) }
    }
  }

  /// Numbers whose products no machine holds, or no `Int`; the key with most of it is named.
  @Test(arguments: [
    (["task.query=1000", "task.way=1000", "data.image_size=1024", "method=maml"], "task.query"),
    (["conv4.filters=1024", "data.image_size=1024", "method=maml"], "task.query"),
    (
      [
        "space.channels=1024", "space.nodes=16",
        "space.cells=[\(Array(repeating: "reduction", count: 100).joined(separator: ","))]",
      ],
      "space.channels"
    ),
  ]) func whatNoMachineHoldsIsRefused(settings: [String], key: String) throws {
    let configuration = try Configuration().setting(settings)
    let side = configuration.data.imageSize ?? 28
    let error = #expect(throws: ConfigurationError.self) {
      try configuration.checkNetwork(imageShape: [side, side, 3], available: 0x1p38)
    }
    #expect(error?.key == key && error?.message.contains("GiB") == true && error?.help?.contains(key) == true)
    #expect(throws: ConfigurationError.self) { _ = try configuration.stagePlan(imageShape: [1 << 15, 1 << 15, 3]) }
  }

  /// The bound is not above what networks really have: weights and two moments, and the images of a batch after the first layer.
  @Test func theNeedIsALowerBound() throws {
    for settings in [["method=maml"], ["method=maml", "conv4.downsampling=stride"], ["space.nodes=2"], []] {
      let configuration = try Configuration().setting(settings)
      let need = MemoryNeed(configuration, imageShape: [28, 28, 1])
      let weights = try #require(need.parts.first { $0.name == "weights" }).bytes / 12
      let real = try configuration.stagePlan(imageShape: [28, 28, 1]).first.model.parameterCount
      #expect(weights <= Double(real) && weights > 0.5 * Double(real), "\(settings): \(weights) of \(real)")
      #expect(need.parts[0].bytes == 5 * 16 * 28 * 28 * 4)
      #expect(throws: Never.self) { try need.check(available: need.parts.reduce(0) { $0 + $1.bytes }) }
    }
    let images = try NamedDataset.load("glyphs-runic", folder: nil)
    let bytes = MemoryNeed([images], side: 1024, channels: 3).parts[0].bytes
    #expect(bytes == Double(images.imageCount) * 3 * 0x1p20)
    #expect(throws: ConfigurationError.self) { try MemoryNeed([images], side: 1024, channels: 3).check(available: bytes - 1) }
  }

  /// Every reduction doubles the channels: so many that no number holds them are an error of the space itself.
  @Test func channelsStayNumbers() {
    #expect(throws: SearchSpaceError.self) {
      try DARTSSpace(
        cells: Array(repeating: .reduction, count: 70), channels: 16, stem: .flat, inputHeight: 8, inputWidth: 8,
        inputChannels: 1,
        way: 2)
    }
  }

  /// Images of which four poolings leave nothing give one answer for all pictures: a warning, and what it advises makes them differ.
  @Test(arguments: [(14, "pooling", true), (15, "pooling", true), (16, "pooling", false), (14, "stride", false)])
  func imagesThatArePooledAwayAreWarnedOf(side: Int, downsampling: String, isConstant: Bool) throws {
    let configuration = try Configuration().setting(["method=maml", "conv4.filters=4", "conv4.downsampling=\(downsampling)"])
    #expect(configuration.warnings(imageShape: [side, side, 1]).isEmpty == !isConstant)
    let network = try configuration.network(imageShape: [side, side, 1]).network
    var values = [Float](repeating: 0, count: 2 * side * side)
    for index in values.indices { values[index] = Float(index * 7919 % 101) / 101 }
    let images = Tensor(shape: [2, side, side, 1], values)
    let logits = network.logits(network.layout.initialParameters(seed: 3).tensors, images: images, context: .batch).doubles
    #expect((logits.prefix(logits.count / 2) == logits.suffix(logits.count / 2)) == isConstant)
  }
}
