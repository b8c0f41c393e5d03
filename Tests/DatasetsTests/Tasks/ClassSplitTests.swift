import Datasets
import Foundation
import Testing

@Suite struct ClassSplitTests {
  /// A split covers every class once, has the asked sizes, repeats by seed and changes with it.
  @Test func randomSplitsPartitionTheClasses() throws {
    let dataset = try sampleDataset("a", classes: 50, images: 1)
    let split = try ClassSplit.random(of: dataset, metaValidation: 7, metaTest: 13, seed: 1)
    #expect(SplitName.allCases.map { split.classes(in: $0).count } == [30, 7, 13])
    #expect((split.metaTrain + split.metaValidation + split.metaTest).sorted() == Array(0..<50))
    #expect(try ClassSplit.random(of: dataset, metaValidation: 7, metaTest: 13, seed: 1) == split)
    #expect(try ClassSplit.random(of: dataset, metaValidation: 7, metaTest: 13, seed: 2) != split)
    let byFraction = try ClassSplit.random(of: dataset, validationFraction: 0.14, testFraction: 0.26, seed: 1)
    #expect(byFraction == split)
    #expect(try JSONDecoder().decode(ClassSplit.self, from: JSONEncoder().encode(split)) == split)
  }

  @Test func lookalikesAndGroupsStayTogether() throws {
    let dataset = try sampleDataset(
      "a", classes: 30, images: 1, groups: 10, lookalikes: [0: "x", 11: "x", 22: "x", 5: "y", 6: "y"])
    for seed in 0..<30 as Range<UInt64> {
      let split = try ClassSplit.random(of: dataset, metaValidation: 8, metaTest: 10, seed: seed)
      for name in SplitName.allCases {
        let classes = Set(split.classes(in: name))
        #expect([0, 3].contains(classes.intersection([0, 11, 22]).count))
        #expect([0, 2].contains(classes.intersection([5, 6]).count))
      }
      // Groups 0, 1, 2 are joined by x and 5, 6 by y: units of 9, 6, 3, 3, 3, 3, 3 classes.
      let grouped = try ClassSplit.random(of: dataset, metaValidation: 9, metaTest: 9, seed: seed, keeping: .group)
      for name in SplitName.allCases {
        let classes = grouped.classes(in: name)
        let groups = Dictionary(grouping: classes, by: { $0 % 10 })
        #expect(groups.values.allSatisfy { $0.count == 3 })
        #expect([0, 3].contains(Set(groups.keys).intersection([0, 1, 2]).count))
        #expect([0, 2].contains(Set(groups.keys).intersection([5, 6]).count))
      }
    }
  }

  @Test func explicitLists() throws {
    let dataset = try sampleDataset("a", classes: 6, images: 1, lookalikes: [0: "x", 3: "x"])
    let split = try ClassSplit(of: dataset, metaTrain: [3, 0, 0], metaValidation: [1], metaTest: [5])
    #expect(split.metaTrain == [0, 3])
    let named = try ClassSplit(of: dataset, namesOfMetaTrain: ["c3", "c0"], metaValidation: ["c1"], metaTest: ["c5"])
    #expect(named == split)
    let grouped = try ClassSplit(of: dataset, groupsOfMetaTrain: ["g0"], metaValidation: ["g1"], metaTest: ["g2"])
    #expect(SplitName.allCases.map { grouped.classes(in: $0) } == [[0, 3], [1, 4], [2, 5]])

    #expect(throws: TaskError.classInTwoSplits(dataset: "a", name: "c1", first: .metaTrain, second: .metaTest)) {
      try ClassSplit(of: dataset, metaTrain: [0, 1, 3], metaTest: [1])
    }
    #expect(throws: TaskError.lookalikesInTwoSplits(dataset: "a", key: "x", first: "c0", second: "c3")) {
      try ClassSplit(of: dataset, metaTrain: [0], metaTest: [3])
    }
    #expect(throws: TaskError.classIndexOutOfRange(dataset: "a", index: 6, classes: 6)) {
      try ClassSplit(of: dataset, metaTest: [6])
    }
    #expect(throws: TaskError.unknownClass(dataset: "a", name: "zz")) {
      try ClassSplit(of: dataset, namesOfMetaTrain: ["zz"], metaValidation: [], metaTest: [])
    }
    #expect(throws: TaskError.unknownGroup(dataset: "a", name: "zz")) {
      try ClassSplit(of: dataset, groupsOfMetaTrain: [], metaValidation: [], metaTest: ["zz"])
    }
    let other = try sampleDataset("b", classes: 6, images: 1)
    #expect(throws: TaskError.splitOfAnotherDataset(split: "a", dataset: "b")) { try split.pool(MetaTrain.self, of: other) }
  }

  @Test(arguments: [(6, 0), (0, 6), (-1, 2), (2, -1), (3, 3), (Int.max, Int.max)])
  func impossibleCountsAreRefused(validation: Int, test: Int) throws {
    let dataset = try sampleDataset("a", classes: 6, images: 1)
    #expect(throws: TaskError.self) { try ClassSplit.random(of: dataset, metaValidation: validation, metaTest: test, seed: 0) }
  }

  @Test(arguments: [(0.5, 0.5), (-0.1, 0.5), (Double.nan, 0.1), (0.1, .infinity)])
  func impossibleFractionsAreRefused(validation: Double, test: Double) throws {
    let dataset = try sampleDataset("a", classes: 6, images: 1)
    #expect(throws: TaskError.self) {
      try ClassSplit.random(of: dataset, validationFraction: validation, testFraction: test, seed: 0)
    }
  }

  /// A decoded split may have been edited by hand.
  @Test func editedSplitsAreCheckedWhenUsed() throws {
    let dataset = try sampleDataset("a", classes: 6, images: 1)
    let json = #"{"dataset":"a","metaTrain":[0,1],"metaValidation":[],"metaTest":[1]}"#
    let split = try JSONDecoder().decode(ClassSplit.self, from: Data(json.utf8))
    #expect(throws: TaskError.classInTwoSplits(dataset: "a", name: "c1", first: .metaTrain, second: .metaTest)) {
      try split.pool(MetaTest.self, of: dataset)
    }
    #expect(
      throws: TaskError.notTheStandardDataset(
        dataset: "a", expected: "all 1,623 characters of Omniglot, background set first, in the order of their names")
    ) { try ClassSplit.omniglotVinyals(of: dataset) }
  }
}
