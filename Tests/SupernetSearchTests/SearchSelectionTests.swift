import ArchPrior
import TestSupport
import Testing

/// The choice among drawn architectures, against forward passes that are counted here.
@Suite struct SearchSelectionTests {
  private let validation = Array(100..<124)

  private func batch(_ numbers: [Int]) -> LabelledImages {
    LabelledImages(
      images: concatenate(
        numbers.map { Tensor(shape: [1, 8, 8, 3], converting: FixtureValues.values("image \($0)", count: 192), to: .float32) },
        axis: 0),
      targets: .oneHot(numbers.map { $0 % 3 }, classes: 3))
  }

  @Test(arguments: [8, 2]) func theBestOfTheFinalistsIsTaken(finalists: Int) throws {
    let space = try NASBench201Space(classes: 3, imageSize: 8, channels: 2, cellsPerStage: 1)
    let supernet = try NASBench201Supernet(space)
    let method = SharedRandomSearch(candidates: 8, finalists: finalists)
    var settings = SearchSettings()
    (settings.epochs, settings.batch) = (2, 8)
    let search = try DifferentiableSearch(model: supernet, method: method, settings: settings)
    let state = search.start()
    let found = try search.selection(state, validation: validation, batch: batch)

    // The draws of a selection, as documented by its stream.
    var draw = Philox(seed: settings.seed, stream: "search/selection", index: 0)
    let order = draw.shuffled(validation)
    struct Score {
      var cell: NASBench201Cell
      var first, all, firstLoss, allLoss: Double
    }
    let scores = try (0..<8).map { _ -> Score in
      guard case .chosen(let choices, let weights, _) = method.relaxation(on: supernet, progress: 1, using: &draw)([])[0] else {
        throw Unexpected()
      }
      #expect(weights.doubles == [1, 1, 1, 1, 1, 1])
      let parts = (0..<3).map { number -> (right: Int, loss: Double) in
        let images = batch(Array(order[8 * number..<8 * number + 8]))
        let logits = supernet.logits(
          weights: state.weights.tensors, mixtures: [.chosen(choices, weights: weights)], images: images.images)
        let right = zip(logits.rowArgmax, images.targets.rowArgmax).count { $0 == $1 }
        return (right, softmaxCrossEntropy(logits, targets: images.targets).item)
      }
      return Score(
        cell: try #require(space.architecture(choices: choices)), first: Double(parts[0].right) / 8,
        all: Double(parts.reduce(0) { $0 + $1.right }) / 24, firstLoss: parts[0].loss,
        allLoss: parts.reduce(0) { $0 + $1.loss } / 3)
    }
    let leaders = scores.sorted { ($0.first, -$0.firstLoss) > ($1.first, -$1.firstLoss) }.prefix(finalists)
    let best = try #require(leaders.max { ($0.all, -$0.allLoss) < ($1.all, -$1.allLoss) })
    #expect(found.architecture == best.cell)
    #expect(abs(try #require(found.accuracy) - best.all) <= 1e-12)
    #expect(found.candidates == Set(scores.map(\.cell)).count)
  }

  @Test func theStrongestOperationsAreTakenOfPCDARTSTables() throws {
    let space = try NASBench201Space(classes: 3, imageSize: 8, channels: 4, cellsPerStage: 1)
    let search = try DifferentiableSearch(
      model: try NASBench201Supernet(space, channelDivisor: 4), method: PCDARTS(), settings: SearchSettings())
    var state = search.start()
    let choices = [3, 1, 0, 4, 2, 3]
    state.architecture.tensors[0] = .oneHot(choices, classes: 5)
    state.architecture.tensors[1] = Tensor(shape: [6], converting: [9, -3, 2, 0, 7, -8], to: .float32)
    let found = try search.selection(state, validation: [], batch: batch)
    #expect(found.architecture == space.architecture(choices: choices))
    #expect(found.candidates == 1 && found.accuracy == nil)
  }

  private struct Unexpected: Error {}
}
