import Datasets
import Foundation
import Testing

/// Ranges of ways and shots, mixtures, curricula, groups.
@Suite struct TaskMixtureTests {
  static func pools(
    classes: [Int], groups: Int = 3, lookalikes: [Int: String] = [:]
  ) throws -> [ClassPool<MetaTrain>] {
    try classes.enumerated().map { index, count in
      let dataset = try sampleDataset(
        "d\(index)", classes: count, images: 12, salt: UInt8(index), groups: groups, lookalikes: lookalikes)
      return try ClassSplit.whole(dataset, as: .metaTrain).pool(MetaTrain.self, of: dataset)
    }
  }

  static func range(_ way: ClosedRange<Int>, _ shot: ClosedRange<Int>) throws -> TaskShapeRange {
    try TaskShapeRange(way: way, shot: shot, queriesPerClass: 2)
  }

  @Test func waysAndShotsAreUniformOverTheirRanges() throws {
    let stage = TaskStage(shapes: try Self.range(3...7, 1...5))
    let distribution = try TaskDistribution(sources: Self.pools(classes: [20]), stages: [stage], seed: 3)
    #expect(distribution.shape == (try TaskShape(way: 7, shot: 5, queriesPerClass: 2)))
    var counts: [[Int]: Int] = [:]
    for description in distribution.descriptions(in: 0..<5000) {
      let shots = Set(description.classes.map(\.support.count))
      #expect(shots.count == 1 && description.classes.allSatisfy { $0.query.count == 2 })
      counts[[description.way, shots.first ?? 0], default: 0] += 1
    }
    // 25 cells of 200 expected; SciPy: chi2.ppf(0.999, 24) = 51.18.
    #expect(counts.count == 25)
    #expect(counts.values.reduce(0.0) { $0 + pow(Double($1) - 200, 2) / 200 } < 51.18)
  }

  @Test func oneShapeDrawsTheTasksOfTheFixedDistribution() throws {
    let pools = try Self.pools(classes: [20, 9])
    let shape = try TaskShape(way: 5, shot: 2, queriesPerClass: 2)
    let fixed = try TaskDistribution(sources: pools, shape: shape, seed: 5)
    let staged = try TaskDistribution(sources: pools, stages: [TaskStage(shapes: TaskShapeRange(shape))], seed: 5)
    #expect(fixed.descriptions(in: 0..<100) == staged.descriptions(in: 0..<100))
    // Recorded with the version that had no ranges yet: tasks must stay what they were.
    #expect(fixed.probabilities == [20.0 / 29, 9.0 / 29])
  }

  /// 16 and 4 classes: at temperature 2 the weights are 4 : 2, at ½ they are 256 : 16, far up they are equal.
  @Test(arguments: [(1.0, 0.8), (2, 4.0 / 6), (0.5, 256.0 / 272), (.infinity, 0.5)]) func temperatureFlattens(
    temperature: Double, share: Double
  ) throws {
    let stage = TaskStage(shapes: try Self.range(2...2, 1...1), mixture: .temperature(temperature))
    let distribution = try TaskDistribution(sources: Self.pools(classes: [16, 4]), stages: [stage], seed: 1)
    #expect(abs(distribution.probabilities[0] - share) < 1e-12)
    let drawn = Double(distribution.descriptions(in: 0..<4000).count { $0.dataset == "d0" }) / 4000
    // 4 standard errors.
    #expect(abs(drawn - share) <= 4 * (share * (1 - share) / 4000).squareRoot())
  }

  @Test func aCurriculumGrowsByTheNumberOfTheTask() throws {
    let first = try TaskShape(way: 2, shot: 1, queriesPerClass: 2)
    let last = try TaskShape(way: 5, shot: 3, queriesPerClass: 2)
    let stages = try TaskStage.growing(from: first, to: last, tasks: 100)
    #expect(stages.map(\.from) == [0, 25, 50, 75])
    #expect(stages.map(\.shapes.way.lowerBound) == [2, 3, 4, 5] && stages.map(\.shapes.shot.lowerBound) == [1, 2, 2, 3])
    let distribution = try TaskDistribution(sources: Self.pools(classes: [10]), stages: stages, seed: 2)
    for (index, way) in [(0, 2), (24, 2), (25, 3), (74, 4), (75, 5), (9999, 5)] {
      #expect(distribution.description(at: index).way == way)
    }
    // Pure: a task does not depend on those drawn before.
    #expect(
      distribution.description(at: 60)
        == (try TaskDistribution(sources: Self.pools(classes: [10]), stages: stages, seed: 2)).descriptions(in: 0..<61)[60])
  }

  @Test func mixturesMayChangeWithinACurriculum() throws {
    let shapes = try Self.range(2...2, 1...1)
    let distribution = try TaskDistribution(
      sources: Self.pools(classes: [6, 6]),
      stages: [
        TaskStage(shapes: shapes, mixture: .explicit([1, 0])), TaskStage(from: 50, shapes: shapes, mixture: .explicit([0, 1])),
      ],
      seed: 1)
    #expect((0..<100).allSatisfy { distribution.description(at: $0).dataset == ($0 < 50 ? "d0" : "d1") })
  }

  @Test func classesOfATaskAreOfOneGroup() throws {
    // Groups g0…g2 of 20 classes: 7, 7, 6; with look-alikes g2 (2, 5, 8, …) has 4 left and cannot fill 5 ways.
    let pools = try Self.pools(classes: [20], lookalikes: [2: "x", 5: "x", 8: "x"])
    let dataset = pools[0].dataset
    let distribution = try TaskDistribution(
      sources: pools, stages: [TaskStage(shapes: Self.range(5...5, 1...1))], sampling: .withinGroup, seed: 1)
    var used: [String: Int] = [:]
    for description in distribution.descriptions(in: 0..<600) {
      let groups = Set(description.classes.map { dataset.classes[$0.classIndex].group })
      #expect(groups.count == 1)
      used[groups.first ?? "", default: 0] += 1
    }
    #expect(Set(used.keys) == ["g0", "g1"])
    // 300 expected each, 4 standard errors of 12.2.
    #expect(abs((used["g0"] ?? 0) - 300) <= 49)
  }

  @Test func classesOfATaskAreOfDifferentGroups() throws {
    let pools = try Self.pools(classes: [20], groups: 6, lookalikes: [0: "x", 1: "x"])
    let distribution = try TaskDistribution(
      sources: pools, stages: [TaskStage(shapes: Self.range(5...5, 1...1))], sampling: .acrossGroups, seed: 1)
    for description in distribution.descriptions(in: 0..<300) {
      #expect(Set(description.classes.map { pools[0].dataset.classes[$0.classIndex].group }).count == 5)
    }
    // Groups 0 and 1 share a look-alike, so that 6 different ones cannot be promised.
    #expect(throws: TaskError.tooFewInGroups(dataset: "d0", split: .metaTrain, sampling: .acrossGroups, needs: 6)) {
      try TaskDistribution(
        sources: pools, stages: [TaskStage(shapes: Self.range(6...6, 1...1))], sampling: .acrossGroups, seed: 1)
    }
  }

  @Test func whatCannotBeDrawnIsRefused() throws {
    let pools = try Self.pools(classes: [9, 9])
    let shapes = try Self.range(2...4, 1...2)
    func refused(_ stages: [TaskStage], _ sampling: ClassSampling = .any) -> String {
      do {
        _ = try TaskDistribution(sources: pools, stages: stages, sampling: sampling, seed: 1)
        return ""
      } catch { return "\(error)" }
    }
    #expect(refused([]).hasPrefix("bad curriculum"))
    #expect(refused([TaskStage(from: 3, shapes: shapes)]).hasPrefix("bad curriculum"))
    #expect(refused([TaskStage(shapes: shapes), TaskStage(shapes: shapes)]).hasPrefix("bad curriculum"))
    for temperature in [0, -1, Double.nan] {
      #expect(refused([TaskStage(shapes: shapes, mixture: .temperature(temperature))]).hasPrefix("bad mixture weights"))
    }
    #expect(refused([TaskStage(shapes: shapes, mixture: .explicit([1]))]).contains("1 weights for 2 data sets"))
    #expect(refused([TaskStage(shapes: shapes)], .withinGroup).hasPrefix("no group"))
    #expect(refused([TaskStage(shapes: try Self.range(2...40, 1...1))]).contains("distinguishable classes"))
    #expect(refused([TaskStage(shapes: try Self.range(2...2, 1...11))]).contains("images, a task needs 13"))
    #expect(throws: TaskError.self) { try TaskShapeRange(way: 1...3, shot: 1...1, queriesPerClass: 1) }
  }

  @Test func augmentationIsPureAndWithinBounds() throws {
    let dataset = try sampleDataset("a", classes: 6, images: 8, side: 8)
    let pool = try ClassSplit.whole(dataset, as: .metaTrain).pool(MetaTrain.self, of: dataset)
    let maker = try EpisodeMaker(datasets: [dataset])
    func episode(_ augmentation: Augmentation, index: Int = 4) throws -> Episode {
      let distribution = try TaskDistribution(
        sources: [pool], shape: TaskShape(way: 3, shot: 2, queriesPerClass: 2), augmentation: augmentation, seed: 9)
      return try maker.episode(distribution.description(at: index))
    }
    let plain = try episode(.none)
    let crop = Augmentation(smallestCrop: 0.5)
    let cropped = try episode(crop)
    #expect(try cropped == episode(crop) && cropped.support.pixels != plain.support.pixels)
    // A crop interpolates: no value leaves the image's range, labels and places stay.
    #expect(cropped.supportLabels == plain.supportLabels)
    for image in 0..<plain.support.count {
      let range = plain.support.pixels[image * 64..<(image + 1) * 64]
      let values = cropped.support.pixels[image * 64..<(image + 1) * 64]
      #expect((values.min() ?? -1) >= (range.min() ?? 0) && (values.max() ?? 2) <= (range.max() ?? 1))
    }
    // A flipped image holds the same rows in the other order.
    let flipped = try episode(Augmentation(verticalFlip: true))
    var turned = 0
    for image in 0..<plain.support.count {
      let rows = (0..<8).map { Array(plain.support.pixels[image * 64 + $0 * 8..<image * 64 + $0 * 8 + 8]) }
      let now = (0..<8).map { Array(flipped.support.pixels[image * 64 + $0 * 8..<image * 64 + $0 * 8 + 8]) }
      #expect(now == rows || now == rows.reversed())
      turned += now == rows ? 0 : 1
    }
    #expect((1..<plain.support.count).contains(turned))
    // Old records of descriptions are read, and new settings tell tasks apart.
    let old = try JSONDecoder().decode(Augmentation.self, from: Data(#"{"maximumShift":2,"horizontalFlip":true}"#.utf8))
    #expect(old == Augmentation(maximumShift: 2, horizontalFlip: true))
    #expect(cropped.description.digest != plain.description.digest)
  }
}
