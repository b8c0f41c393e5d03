import ArchPrior
import Foundation
import TestSupport
import Testing

/// Tasks of more and of fewer classes than a model has outputs for.
@Suite struct AnyWaysTests {
  @Test(arguments: [(3, 2), (6, 5), (7, 3), (10, 5), (20, 5), (41, 20)])
  func everyTwoClassesMeet(classes: Int, size: Int) throws {
    let groups = try #require(ClassGroups(classes: classes, size: size)).groups
    #expect(groups.allSatisfy { Set($0).count == size && $0.allSatisfy((0..<classes).contains) })
    var met = Set<[Int]>()
    for group in groups { for a in group { for b in group where a < b { met.insert([a, b]) } } }
    #expect(met.count == classes * (classes - 1) / 2)
    // Schönheim's bound from below; greedy groups are not many more.
    let least = Int((Double(classes) / Double(size) * (Double(classes - 1) / Double(size - 1)).rounded(.up)).rounded(.up))
    #expect(groups.count >= least && groups.count <= 3 * least)
  }

  @Test func tooManyGroupsAreRefused() {
    #expect(ClassGroups(classes: 1000, size: 5) == nil)
    #expect(ClassGroups(classes: 100, size: 5) != nil)
  }

  /// Where groups only know shares of one distribution, coupling gives that distribution back.
  @Test func couplingGivesADistributionBack() throws {
    let wanted = [0.4, 0.02, 0.3, 0.001, 0.1, 0.079, 0.1]
    let groups = try #require(ClassGroups(classes: wanted.count, size: 3))
    let rows = groups.groups.map { group in
      let total = group.reduce(0) { $0 + wanted[$1] }
      return group.map { wanted[$0] / total }
    }
    for (found, wanted) in zip(groups.coupled(rows), wanted) { #expect(abs(found - wanted) < 1e-12) }
    let certain = groups.coupled(groups.groups.map { group in group.map { $0 == 4 ? 1 : 0 } })
    #expect(certain.indices.max { certain[$0] < certain[$1] } == 4 && abs(certain.reduce(0, +) - 1) < 1e-12)
  }

  private static func task(classes: Int, of data: ImageDataset, query: Int = 3) -> FewShotTask {
    func images(_ places: [(Int, Int)]) -> Tensor {
      let values = places.flatMap { data.image($0.1, ofClass: $0.0).map { Float($0) / 255 } }
      return Tensor(shape: [places.count, data.height, data.width, 1], values)
    }
    let support = (0..<classes).map { ($0, 0) }
    let queries = (0..<classes).flatMap { label in (1...query).map { (label, $0) } }
    return FewShotTask(
      supportImages: images(support), supportLabels: support.map(\.0), queryImages: images(queries),
      queryLabels: queries.map(\.0), way: classes)
  }

  /// Well separated classes are told apart by a model for three of them, whether there are two, three or seven.
  @Test(arguments: [2, 3, 7]) func aModelForThreeClassesServesAnyNumber(classes: Int) throws {
    let data = try syntheticDataset(side: 16)
    let model = NetworkModel(Conv4(filters: 8, inputHeight: 16, inputWidth: 16, inputChannels: 1, way: 3))
    let start = model.layout.initialParameters(seed: 1)
    let loop = InnerLoop(
      round: [GradientStep(rates: Array(repeating: 0.1, count: model.layout.entries.count))], rounds: 5)
    let task = Self.task(classes: classes, of: data)
    let result = try adapt(model, from: start, to: task, loop: loop, batchNorm: .supportStatistics, outputs: 3)
    #expect(result.probabilities.shape == Shape([3 * classes, classes]))
    let rows = result.probabilities.doubles
    for row in 0..<3 * classes { #expect(abs(rows[row * classes..<(row + 1) * classes].reduce(0, +) - 1) < 1e-5) }
    #expect(result.accuracy > 0.8, "\(result.accuracy)")
    #expect(result.queryLoss.isFinite && result.supportLosses.count == 5)
    guard classes == 3 else { return }
    let plain = try adapt(model, from: start, to: task, loop: loop, batchNorm: .supportStatistics)
    #expect(plain.probabilities.doubles == rows)
  }

  @Test func prototypesNeedNoGroups() throws {
    let data = try syntheticDataset(side: 16)
    let model = PrototypeModel(Conv4(filters: 8, inputHeight: 16, inputWidth: 16, inputChannels: 1, way: 3))
    let start = model.layout.initialParameters(seed: 1)
    let task = Self.task(classes: 9, of: data)
    let result = try adapt(model, from: start, to: task, loop: InnerLoop(rounds: 0), batchNorm: .supportStatistics, outputs: 3)
    let plain = try adapt(model, from: start, to: task, loop: InnerLoop(rounds: 0), batchNorm: .supportStatistics)
    #expect(result.probabilities.doubles == plain.probabilities.doubles, "\(result.accuracy)")
  }
}
