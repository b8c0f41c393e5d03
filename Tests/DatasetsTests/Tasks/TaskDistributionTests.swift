import Datasets
import Foundation
import Testing

@Suite struct TaskDistributionTests {
  static func distribution(
    way: Int = 5, shot: Int = 2, queries: Int = 3, rotations: RotationPolicy = .none, seed: UInt64 = 7,
    lookalikes: [Int: String] = [:]
  ) throws -> TaskDistribution<MetaTrain> {
    let first = try sampleDataset("a", classes: 20, images: 9, lookalikes: lookalikes)
    let second = try sampleDataset("b", classes: 10, images: 6, salt: 1)
    let datasets = try SplitDatasets([
      .init(dataset: first, split: .whole(first, as: .metaTrain)), .init(dataset: second, split: .whole(second, as: .metaTrain)),
    ])
    return try datasets.distribution(
      MetaTrain.self, shape: TaskShape(way: way, shot: shot, queriesPerClass: queries), rotations: rotations, seed: seed)
  }

  @Test(arguments: RotationPolicy.allCases) func drawingIsPureInTheIndex(rotations: RotationPolicy) throws {
    let distribution = try Self.distribution(rotations: rotations)
    let again = try Self.distribution(rotations: rotations)
    let forwards = distribution.descriptions(in: 0..<50)
    let backwards = (0..<50).reversed().map { again.description(at: $0) }
    #expect(forwards == Array(backwards.reversed()))
    #expect(Set(forwards.map(\.digest)).count == 50)
    let otherSeed = try Self.distribution(rotations: rotations, seed: 8)
    #expect(zip(forwards, otherSeed.descriptions(in: 0..<50)).allSatisfy { $0.classes != $1.classes })
  }

  @Test func drawingIsTheSameOnEveryThread() async throws {
    let distribution = try Self.distribution()
    let drawn = await withTaskGroup(of: TaskDescription.self) { group in
      for index in 0..<200 { group.addTask { distribution.description(at: index) } }
      return await group.reduce(into: [Int: TaskDescription]()) { $0[$1.index] = $1 }
    }
    for index in 0..<200 { #expect(drawn[index] == distribution.description(at: index)) }
  }

  @Test(arguments: RotationPolicy.allCases) func aTaskIsBalancedAndDisjoint(rotations: RotationPolicy) throws {
    let distribution = try Self.distribution(rotations: rotations)
    for description in distribution.descriptions(in: 0..<300) {
      #expect(description.way == 5)
      let images = description.dataset == "a" ? 9 : 6
      for draw in description.classes {
        #expect(draw.support.count == 2 && draw.query.count == 3)
        #expect(Set(draw.support + draw.query).count == 5)
        #expect((draw.support + draw.query).allSatisfy { (0..<images).contains($0) })
      }
      let turned = Set(description.classes.map { [$0.classIndex, $0.rotation] })
      #expect(turned.count == 5)
      if rotations != .asClasses { #expect(Set(description.classes.map(\.classIndex)).count == 5) }
      if rotations == .none { #expect(description.classes.allSatisfy { $0.rotation == 0 }) }
    }
  }

  /// With 4 classes turned four ways, 16 ways want every turn of every class once.
  @Test func turnsAsClassesAreAllUsed() throws {
    let dataset = try sampleDataset("a", classes: 4, images: 3, lookalikes: [0: "x"])
    let distribution = try TaskDistribution(
      sources: [ClassSplit.whole(dataset, as: .metaTest).pool(MetaTest.self, of: dataset)],
      shape: TaskShape(way: 16, shot: 1, queriesPerClass: 1), rotations: .asClasses, seed: 1)
    let turned = Set(distribution.description(at: 0).classes.map { [$0.classIndex, $0.rotation] })
    #expect(turned == Set((0..<16).map { [$0 / 4, $0 % 4] }))
  }

  @Test func lookalikesNeverMeet() throws {
    let distribution = try Self.distribution(lookalikes: [0: "x", 1: "x", 2: "x", 5: "y", 6: "y"])
    var met = Set<Int>()
    for description in distribution.descriptions(in: 0..<500) where description.dataset == "a" {
      let classes = Set(description.classes.map(\.classIndex))
      #expect(classes.intersection([0, 1, 2]).count <= 1)
      #expect(classes.intersection([5, 6]).count <= 1)
      met.formUnion(classes)
    }
    #expect(met == Set(0..<20))
  }

  /// Pearson's statistic against its distribution's 99.9 % point (SciPy `chi2.ppf(0.999, df)`), at fixed seeds.
  @Test func drawsAreUniform() throws {
    let distribution = try Self.distribution(rotations: .perClass)
    var sources = [0.0, 0.0]
    var classes = [Double](repeating: 0, count: 20)
    var firstLabel = [Double](repeating: 0, count: 20)
    var turns = [Double](repeating: 0, count: 4)
    var firstSupport = [Double](repeating: 0, count: 9)
    for description in distribution.descriptions(in: 0..<6_000) {
      sources[description.dataset == "a" ? 0 : 1] += 1
      guard description.dataset == "a" else { continue }
      firstLabel[description.classes[0].classIndex] += 1
      firstSupport[description.classes[0].support[0]] += 1
      turns[description.classes[0].rotation] += 1
      for draw in description.classes { classes[draw.classIndex] += 1 }
    }
    func statistic(_ counts: [Double], _ probabilities: [Double]) -> Double {
      let total = counts.reduce(0, +)
      return zip(counts, probabilities).reduce(0) { $0 + ($1.0 - total * $1.1) * ($1.0 - total * $1.1) / (total * $1.1) }
    }
    func uniform(_ count: Int) -> [Double] { Array(repeating: 1 / Double(count), count: count) }
    // By default data sets are weighted by their classes: 20 to 10.
    #expect(statistic(sources, [2.0 / 3, 1.0 / 3]) < 10.828)
    #expect(statistic(firstLabel, uniform(20)) < 43.820)
    #expect(statistic(firstSupport, uniform(9)) < 26.124)
    #expect(statistic(turns, uniform(4)) < 16.266)
    // Five classes without replacement vary less than five with: the bound holds all the more.
    #expect(statistic(classes, uniform(20)) < 43.820)
  }

  @Test func weightsSetTheMixture() throws {
    let first = try sampleDataset("a", classes: 6, images: 2)
    let second = try sampleDataset("b", classes: 6, images: 2, salt: 1)
    let datasets = try SplitDatasets([
      .init(dataset: first, split: .whole(first, as: .metaTrain)), .init(dataset: second, split: .whole(second, as: .metaTrain)),
    ])
    let shape = try TaskShape(way: 2, shot: 1, queriesPerClass: 1)
    let only = try datasets.distribution(MetaTrain.self, shape: shape, weights: ["b": 3], seed: 1)
    #expect(only.descriptions(in: 0..<100).allSatisfy { $0.dataset == "b" })
    #expect(only.probabilities == [0, 1])
    #expect(throws: TaskError.self) { try datasets.distribution(MetaTrain.self, shape: shape, weights: ["c": 1], seed: 1) }
  }

  @Test func codedDescriptionsAreTheSame() throws {
    let distribution = try Self.distribution(rotations: .perClass, seed: .max)
    for description in distribution.descriptions(in: 0..<20) {
      let copy = try JSONDecoder().decode(TaskDescription.self, from: JSONEncoder().encode(description))
      #expect(copy == description)
      #expect(copy.digest == description.digest)
    }
  }

  @Test func canonicalTextAndDigestAreFixed() {
    let description = TaskDescription(
      dataset: "a b", split: .metaTest, seed: 5, index: 9, augmentation: Augmentation(maximumShift: 1),
      classes: [.init(classIndex: 3, rotation: 1, support: [0], query: [2, 1]), .init(classIndex: 1, support: [4], query: [])])
    #expect(description.canonicalText == "task1 3:a b meta-test seed=5 index=9 shift=1 flip=false 3r1[0|2,1] 1r0[4|]")
    // printf '%s' "<that line>" | sha256sum
    #expect(description.digest == "158b0a06edbf1ff02f578232b9873d9fe519ac3ef407a91172b2a3f94fd527ac")
  }
}
