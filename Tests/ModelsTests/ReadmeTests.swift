import ArchPrior
import Foundation
import Testing

/// The README's library example on a smaller configuration: the same calls.
@Test func readmeExampleWorks() throws {
  let scratch = try ScratchFolder()
  let configuration = scratch.path + "/glyphs.yaml"
  try """
  seed: 1
  data: {sources: [glyphs-greek]}
  space: {stem: pooled-twice, channels: 2, nodes: 1}
  task: {way: 3, query: 2}
  inner: {steps: 1, test_steps: 1}
  budget: {tasks: 4}
  decoded: {tasks: 1, meta_batch: 1, steps: 1, test_steps: 1}
  evaluation: {validation_tasks: 2}
  """.write(toFile: configuration, atomically: true, encoding: .utf8)
  let pack = try DatasetCatalog.load("glyphs-greek").dataset
  for (index, name) in ["alpha", "beta", "gamma"].enumerated() {
    let image = try #require(
      PixelImage(height: pack.height, width: pack.width, channels: 1, pixels: Array(pack.image(0, ofClass: 4 * index))))
    for folder in ["drawings/support/\(name)", "drawings/query"] {
      try FileManager.default.createDirectory(atPath: scratch.path + "/" + folder, withIntermediateDirectories: true)
      try Data(image.pngBytes()).write(to: URL(fileURLWithPath: "\(scratch.path)/\(folder)/\(name).png"))
    }
  }

  _ = try PriorRun(Configuration(contentsOf: configuration), in: scratch.path + "/run").train()
  let prior = try TrainedPrior(run: .read(scratch.path + "/run"))
  let drawings = try FolderTask(folder: scratch.path + "/drawings", height: 28, width: 28, channels: 1)
  let (adapted, cell) = try prior.adapt(to: FewShotTask(drawings))
  #expect(adapted.probabilities.rowArgmax.map { drawings.classNames[$0] }.count == 3)
  #expect(try Genotype(parsing: cell?.text ?? "").text == cell?.text)
}

/// The parts of the library put together by hand.
@Test func partsWorkByThemselves() throws {
  let shape = try TaskShape(way: 5, shot: 1, queriesPerClass: 15)
  let data = try StudyData(
    sources: [NamedDataset.load("glyphs-latin")], heldOut: [], shape: shape, rotations: .none, seed: 1)
  let space = try DARTSSpace(
    channels: 8, stem: .pooledTwice, inputHeight: 28, inputWidth: 28, inputChannels: 1, way: 5)
  let trainer = TNAS(weightRate: 0.3, architectureRate: 10).trainer(for: Supernet(space))
  var state = trainer.initialState(seed: 1)
  let before = state.parameters
  _ = try metaTrain(
    trainer, state: &state, data: data, budget: TrainingBudget(tasks: 4), metaBatch: 4, threads: 2, pointEvery: 100)
  #expect(state.tasksSeen == 4)
  #expect((state.parameters - before).norm > 0)

  let task = FewShotTask(try data.maker.episode(data.metaTest[0].tasks.description(at: 0)))
  let adapted = try adapt(trainer.model, from: state.parameters, to: task, loop: trainer.loop, batchNorm: .transductive)
  #expect((0...1).contains(adapted.accuracy))
  #expect(try trainer.model.decode(adapted.parameters)[.normal]?.nodes.count == 4)
}
