import ArchPrior
import Foundation
import Testing

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
  let training = MetaTraining(trainer, data: data, budget: TrainingBudget(tasks: 4), metaBatch: 4, threads: 2)
  let (curve, _) = try training.run(&state, recorder: SilentRecorder())
  #expect(curve.map(\.tasks) == [4])
  #expect(state.tasksSeen == 4)
  #expect((state.parameters - before).norm > 0)

  let task = FewShotTask(try data.maker.episode(data.metaTest[0].tasks.description(at: 0)))
  let adapted = try adapt(trainer.model, from: state.parameters, to: task, loop: trainer.loop, batchNorm: .transductive)
  #expect((0...1).contains(adapted.accuracy))
  #expect(try trainer.model.decode(adapted.parameters)[.normal]?.nodes.count == 4)
}
