import Datasets
import Foundation
import Testing

@Suite struct TaskErrorTests {
  /// Bad settings and the error each must end in.
  @Test func badDistributionsAreRefused() throws {
    let dataset = try sampleDataset("a", classes: 6, images: 4)
    let pool = try ClassSplit.whole(dataset, as: .metaTrain).pool(MetaTrain.self, of: dataset)
    let twins = try sampleDataset("twins", classes: 6, images: 4, lookalikes: [0: "x", 1: "x", 2: "x"])
    let twinPool = try ClassSplit.whole(twins, as: .metaTrain).pool(MetaTrain.self, of: twins)
    let wide = try #require(
      ImageDataset(
        name: "wide", height: 1, width: 2, channels: 1,
        classes: [.init(name: "p", group: "", count: 2), .init(name: "q", group: "", count: 2)],
        pixels: Array(0..<8)))
    let widePool = try ClassSplit.whole(wide, as: .metaTrain).pool(MetaTrain.self, of: wide)
    let shape = try TaskShape(way: 5, shot: 1, queriesPerClass: 3)
    let small = try TaskShape(way: 2, shot: 1, queriesPerClass: 1)

    #expect(throws: TaskError.noClasses(split: .metaTrain)) {
      try TaskDistribution<MetaTrain>(sources: [], shape: shape, seed: 0)
    }
    #expect(throws: TaskError.tooFewClasses(dataset: "a", split: .metaTrain, has: 6, needs: 7)) {
      try TaskDistribution(sources: [pool], shape: TaskShape(way: 7, shot: 1, queriesPerClass: 1), seed: 0)
    }
    #expect(throws: TaskError.tooFewClasses(dataset: "twins", split: .metaTrain, has: 4, needs: 5)) {
      try TaskDistribution(sources: [twinPool], shape: shape, seed: 0)
    }
    #expect(throws: TaskError.tooFewImages(dataset: "a", name: "c0", has: 4, needs: 5)) {
      try TaskDistribution(sources: [pool], shape: TaskShape(way: 2, shot: 2, queriesPerClass: 3), seed: 0)
    }
    #expect(throws: TaskError.duplicateDatasetName("a")) { try TaskDistribution(sources: [pool, pool], shape: shape, seed: 0) }
    #expect(throws: TaskError.differentImageShapes(first: "a", firstShape: [4, 4, 1], second: "wide", secondShape: [1, 2, 1])) {
      try TaskDistribution(sources: [pool, widePool], shape: small, seed: 0)
    }
    #expect(throws: TaskError.rotationOfNonSquareImages(dataset: "wide", height: 1, width: 2)) {
      try TaskDistribution(sources: [widePool], shape: small, rotations: .perClass, seed: 0)
    }
    for weights in [[], [1, 1], [-1], [Double.nan], [.infinity], [0]] {
      #expect(throws: TaskError.self, "\(weights)") {
        try TaskDistribution(sources: [pool], shape: small, weights: weights, seed: 0)
      }
    }
    let dropped = pool.droppingClasses(withFewerImagesThan: 5)
    #expect(dropped.classes.isEmpty)
  }

  @Test(arguments: [(1, 1, 1), (5, 0, 1), (5, 1, 0), (-5, 1, 1), (Int.max, 1, 1)])
  func badShapesAreRefused(way: Int, shot: Int, queries: Int) throws {
    #expect(throws: TaskError.badTaskShape(way: way, shot: shot, queriesPerClass: queries)) {
      try TaskShape(way: way, shot: shot, queriesPerClass: queries)
    }
    let json = Data(#"{"way":\#(way),"shot":\#(shot),"queriesPerClass":\#(queries)}"#.utf8)
    #expect(throws: TaskError.self) { try JSONDecoder().decode(TaskShape.self, from: json) }
  }

  /// A message says what is wrong, where, and what to do.
  @Test func messagesNameThePlaceAndTheRemedy() {
    let message = TaskError.tooFewImages(dataset: "omniglot", name: "Greek/character07", has: 20, needs: 21).localizedDescription
    for part in ["omniglot", "Greek/character07", "20", "21", "leave the class out"] { #expect(message.contains(part)) }
  }

  @Test func descriptionsThatDoNotFitAreRefused() throws {
    let dataset = try sampleDataset("a", classes: 3, images: 4)
    let maker = try EpisodeMaker(datasets: [dataset])
    func description(name: String = "a", index: Int = 0, _ draws: [TaskDescription.ClassDraw]) -> TaskDescription {
      TaskDescription(dataset: name, split: .metaTest, seed: 0, index: index, classes: draws)
    }
    let good = TaskDescription.ClassDraw(classIndex: 0, support: [0], query: [1])
    #expect(throws: TaskError.datasetNotLoaded(name: "b", loaded: ["a"])) { try maker.episode(description(name: "b", [good])) }
    for bad in [
      TaskDescription.ClassDraw(classIndex: 3, support: [0], query: [1]), .init(classIndex: -1, support: [0], query: [1]),
      .init(classIndex: 0, support: [4], query: [1]), .init(classIndex: 0, support: [0], query: [-1]),
      .init(classIndex: 0, rotation: 4, support: [0], query: [1]), .init(classIndex: 0, support: [0, 1], query: [1]),
    ] {
      #expect(throws: TaskError.self, "\(bad)") { try maker.episode(description([good, bad])) }
    }
    #expect(throws: TaskError.self) { try maker.episode(description([])) }
    #expect(throws: TaskError.self) { try maker.episode(description(index: -1, [good])) }
    #expect(throws: TaskError.duplicateDatasetName("a")) { try EpisodeMaker(datasets: [dataset, dataset]) }
    #expect(throws: TaskError.self) { try EpisodeMaker(datasets: [dataset], scaling: .standardised(mean: 0, deviation: 0)) }
  }
}
