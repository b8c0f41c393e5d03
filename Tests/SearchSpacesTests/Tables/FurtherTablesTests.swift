import Foundation
import SearchSpaces
import Testing

@Suite struct FurtherTablesTests {
  private func bytes(_ lines: [String]) -> [UInt8] { Array((lines.joined(separator: "\n") + "\n").utf8) }

  @Test func aMacroBenchmarkHasNothingForASearch() throws {
    let table = try NASBenchMacroTable(
      bytes(["arch,test_acc_0,test_acc_1,test_acc_2,mean_acc,params,flops", "00000002,65.4,66.05,66.13,65.86,1219370,20910592"]),
      path: "m.csv", complete: false)
    let architecture = try #require(NASBenchMacroArchitecture(digits: "00000002"))
    #expect(try table.test(of: architecture, .init(dataset: "cifar10", epochs: NASBenchMacroTable.epochs)) == 65.86)
    #expect(try table.testRuns(of: architecture) == [65.4, 66.05, 66.13])
    #expect(try table.cost(of: architecture) == NetworkCost(parameters: 1_219_370, multiplyAdds: 20_910_592))
    #expect(throws: BenchmarkError.noSplit(benchmark: "nas-bench-macro", dataset: "cifar10", split: "validation")) {
      try SearchView(of: table, dataset: "cifar10")
    }
  }

  @Test func furtherTasksAreForReportsAlone() throws {
    let table = try NASBench360Table(bytes(["arch,ninapro_acc,darcy_acc", "421211,90.743551,0.92918"]), path: "x.csv")
    let cell = try NASBench201Cell(parsing: "421211")
    #expect(try table.test(of: cell, .init(dataset: "darcyflow", epochs: 200)) == 0.92918)
    #expect(throws: BenchmarkError.self) { try table.validation(of: cell, .init(dataset: "ninapro", epochs: 200)) }
    #expect(throws: BenchmarkError.self) { try SearchView(of: table, dataset: "ninapro") }
  }

  @Test func latencies() throws {
    let table = try LatencyTable(bytes(["index,arch,raspi4,\"a, b\"", "0,421211,10.482,3"]), path: "l.csv")
    let cell = try NASBench201Cell(parsing: "421211")
    #expect(table.devices == ["raspi4", "a, b"])
    #expect(try table.milliseconds(of: cell, on: "raspi4") == 10.482)
    #expect(throws: BenchmarkError.noDevice(name: "pi", known: ["raspi4", "a, b"])) { try table.milliseconds(of: cell, on: "pi") }
    #expect(throws: BenchmarkError.missingColumn(path: "l.csv", name: "a device")) {
      try LatencyTable(bytes(["index,arch", "0,421211"]), path: "l.csv")
    }
  }

  // MARK: The real tables, with the numbers of their descriptions

  @Test(.enabled(if: SharedTables.has("nasbench_macro.csv.gz"), SharedTables.note)) func theRealMacroTable() throws {
    let path = SharedTables.path("nasbench_macro.csv.gz")
    let table = try NASBenchMacroTable(path: path)
    let metric = TestMetric(dataset: "cifar10", epochs: NASBenchMacroTable.epochs)
    let best = try #require(try table.best(metric))
    // Two networks, the same but for where the identity stands in a stage, share the published best.
    #expect(["22212202", "22212220"].contains(best.architecture.digits) && abs(best.score - 93.1267) < 1e-4)
    #expect(try table.test(of: #require(NASBenchMacroArchitecture(digits: "22212220")), metric) == best.score)
    let sum = try table.architectures.reduce(0.0) { $0 + (try table.test(of: $1, metric)) }
    #expect(abs(sum / 6_561 - 90.2466) < 1e-4)
    // The table's parameters by layers, and one training for networks that are the same.
    var runs = [String: [Double]]()
    for architecture in table.architectures {
      #expect(try table.cost(of: architecture).parameters == table.space.networkCost(of: architecture)?.parameters)
      let hash = table.space.canonicalHash(of: architecture)
      let own = try table.testRuns(of: architecture)
      #expect(runs[hash, default: own] == own)
      runs[hash] = own
    }
    #expect(runs.count < 6_561)
  }

  @Test(.enabled(if: SharedTables.has("help_latency_nasbench201.csv.gz"), SharedTables.note)) func theRealLatencies() throws {
    let path = SharedTables.path("help_latency_nasbench201.csv.gz")
    let table = try LatencyTable(path: path)
    #expect(table.devices.count == 27)
    let first = try NASBench201Cell(parsing: "421211")
    // The values that HW-NAS-Bench's README prints for cell 0.
    for (device, value) in [("eyeriss", 3.64562), ("fpga", 2.57296), ("pixel3", 3.60585), ("raspi4", 10.481977)] {
      #expect(abs(try table.milliseconds(of: first, on: device) - value) < 1e-4)
    }
  }

  @Test(.enabled(if: SharedTables.has("hwnas360_nb201.csv.gz"), SharedTables.note)) func theRealFurtherTasks() throws {
    let path = SharedTables.path("hwnas360_nb201.csv.gz")
    let table = try NASBench360Table(path: path)
    for (dataset, mean, best) in [("ninapro", 88.823, 94.385), ("darcyflow", 0.932, 0.985)] {
      let metric = TestMetric(dataset: dataset, epochs: 200)
      #expect(abs((try table.best(metric)?.score ?? 0) - best) < 1e-3)
      let sum = try table.architectures.reduce(0.0) { $0 + (try table.test(of: $1, metric)) }
      #expect(abs(sum / 15_625 - mean) < 1e-3)
    }
  }
}
