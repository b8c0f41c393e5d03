import Foundation
import SearchSpaces
import Testing

@Suite struct NASBench201TableTests {
  private func table(_ text: String) throws(BenchmarkError) -> NASBench201Table {
    try NASBench201Table(Array(text.utf8), path: "t.csv", complete: false)
  }

  @Test func aMetricNamesDataSetAndEpochs() throws {
    let table = try table(MadeUpTables.nasBench201())
    let cell = try NASBench201Cell(parsing: "334131")
    // Row 1; CIFAR-10 has columns 0 to 7, CIFAR-100 8 to 15.
    #expect(try table.validation(of: cell, .init(dataset: "cifar10", epochs: 12)) == .init(score: 10.10, seconds: 240))
    #expect(try table.validation(of: cell, .init(dataset: "cifar100", epochs: 200)) == .init(score: 10.20, seconds: 4_000))
    #expect(try table.test(of: cell, .init(dataset: "cifar10", epochs: 12)) == 10.11)
    #expect(try table.test(of: cell, .init(dataset: "imagenet16-120", epochs: 200)) == 10.29)
    #expect(try table.validationRuns(of: cell, dataset: "cifar10") == [10.14, 10.15])
    #expect(try table.validationRuns(of: NASBench201Cell(parsing: "421211"), dataset: "cifar10").count == 3)
  }

  @Test func questionsThatHaveNoAnswer() throws {
    let table = try table(MadeUpTables.nasBench201())
    let cell = try NASBench201Cell(parsing: "334131")
    #expect(throws: BenchmarkError.noFidelity(benchmark: "nas-bench-201", dataset: "cifar10", epochs: 50, known: [12, 200])) {
      try table.validation(of: cell, .init(dataset: "cifar10", epochs: 50))
    }
    #expect(
      throws: BenchmarkError.noDataset(
        benchmark: "nas-bench-201", name: "cifar", known: ["cifar10", "cifar100", "imagenet16-120"])
    ) { try table.test(of: cell, .init(dataset: "cifar", epochs: 200)) }
    #expect(
      throws: BenchmarkError.notInTable(benchmark: "nas-bench-201", architecture: try NASBench201Cell(parsing: "111111").text)
    ) {
      try table.test(of: NASBench201Cell(parsing: "111111"), .init(dataset: "cifar10", epochs: 200))
    }
  }

  @Test func aSearchSeesValidationOfOneDataSetAtTheEpochsAllowed() throws {
    let view = try SearchView(of: table(MadeUpTables.nasBench201()), dataset: "cifar10", epochs: [12])
    let cell = try NASBench201Cell(parsing: "334131")
    #expect(try view.validation(of: cell, epochs: 12).score == 10.10)
    #expect(throws: BenchmarkError.self) { try view.validation(of: cell, epochs: 200) }
    #expect(throws: BenchmarkError.self) {
      try SearchView(of: table(MadeUpTables.nasBench201()), dataset: "cifar10", epochs: [13])
    }
    // Nothing of the view leads to its table, not even reflection's type names.
    #expect(!Mirror(reflecting: view).children.contains { $0.value is any TabularBenchmark })
  }

  @Test func damagedTablesAreRefusedWithTheirPlace() throws {
    func fails(_ text: String, _ expected: (BenchmarkError) -> Bool, location: SourceLocation = #_sourceLocation) {
      #expect(sourceLocation: location) { try table(text) } throws: { ($0 as? BenchmarkError).map(expected) ?? false }
    }
    let whole = MadeUpTables.nasBench201()
    let firstRow = whole.split(separator: "\n")[0].utf8.count + 1
    fails("") { if case .malformed("t.csv", 0, _, "the names of the columns") = $0 { true } else { false } }
    fails("a,b\n1,2\n") { $0 == .missingColumn(path: "t.csv", name: "c10_val12") }
    fails("a,a\n") { if case .malformed(_, 2, _, "each name once") = $0 { true } else { false } }
    fails(MadeUpTables.nasBench201 { $0[1].replace("0,421211", with: "0,421261") }) {
      if case .malformed("t.csv", firstRow, "“421261”", _) = $0 { true } else { false }
    }
    fails(MadeUpTables.nasBench201 { $0[1].replace("0.10", with: "NaN") }) {
      if case .malformed("t.csv", firstRow + 9, _, "a number in column c10_val12") = $0 { true } else { false }
    }
    fails(MadeUpTables.nasBench201 { $0[1].replace("0.10", with: "1e999") }) {
      if case .malformed("t.csv", firstRow + 9, _, "a number in column c10_val12") = $0 { true } else { false }
    }
    fails(MadeUpTables.nasBench201 { $0[1].replace("0.10", with: "100.5") }) {
      if case .malformed("t.csv", firstRow, "100.5 in column c10_val12", "a percentage") = $0 { true } else { false }
    }
    fails(MadeUpTables.nasBench201 { $0[2] = $0[1] }) { if case .repeated("t.csv", _, _) = $0 { true } else { false } }
    fails(MadeUpTables.nasBench201 { $0[1] += ",3" }) {
      if case .malformed(_, _, _, "the end of the line") = $0 { true } else { false }
    }
    fails(String(whole.dropLast(20))) { if case .malformed = $0 { true } else { false } }
    #expect(throws: BenchmarkError.incomplete(path: "t.csv", found: 3, expected: 15_625)) {
      try NASBench201Table(Array(whole.utf8), path: "t.csv")
    }
    #expect(throws: BenchmarkError.self) { try NASBench201Table(path: "/nonexistent/t.csv") }
  }

  @Test func lineEndsAndNumbersOfAllKindsAreRead() throws {
    let text = MadeUpTables.nasBench201 { $0[1].replace("0.10", with: "1.25e1") }.replacingOccurrences(of: "\n", with: "\r\n")
    let cell = try NASBench201Cell(parsing: "421211")
    #expect(try table(text).validation(of: cell, .init(dataset: "cifar10", epochs: 12)).score == 12.5)
    #expect(try table(String(text.dropLast(2))).cells.count == 3)
  }

  // MARK: The real table

  @Test(.enabled(if: SharedTables.has("nasbench201.csv.gz"), SharedTables.note)) func optimaAndMeansOfTheRealTable() throws {
    let path = SharedTables.path("nasbench201.csv.gz")
    let table = try NASBench201Table(path: path)
    // Published optima, and means from the table's description.
    for (dataset, best, mean) in [
      ("cifar10", 94.3733, 87.0629), ("cifar100", 73.5133, 61.4055), ("imagenet16-120", 47.3111, 33.5864),
    ] {
      let metric = TestMetric(dataset: dataset, epochs: 200)
      let found = try #require(try table.best(metric))
      #expect(abs(found.score - best) < 1e-4)
      let sum = try table.architectures.reduce(0.0) { $0 + (try table.test(of: $1, metric)) }
      #expect(abs(sum / 15_625 - mean) < 1e-4)
    }
    #expect(try table.best(.init(dataset: "cifar10", epochs: 200))?.architecture == table.cells[6_111])
    let parameters = try #require(table.parameters)
    for (cell, count) in zip(table.cells, parameters) { #expect(table.space.networkCost(of: cell)?.parameters == count) }
  }

  @Test(.enabled(if: SharedTables.has("nasbench201.csv.gz"), SharedTables.note)) func aTruncatedArchiveIsRefused() throws {
    let path = SharedTables.path("nasbench201.csv.gz")
    let file = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    for length in [file.count - 9, file.count / 2, 20] {
      #expect(throws: BenchmarkError.self) { try NASBench201Table(Array(file[..<length]), path: "t.csv.gz") }
    }
    var flipped = file
    flipped[file.count / 2] ^= 8
    #expect(throws: BenchmarkError.self) { try NASBench201Table(flipped, path: "t.csv.gz") }
  }
}
