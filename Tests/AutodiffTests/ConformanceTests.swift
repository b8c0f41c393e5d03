import Autodiff
import Foundation
import Tensors
import TestSupport
import Testing

/// Every primitive against its definition, differences and itself, over the table of `ConformanceRow`.
struct ConformanceTests {
  @Test(arguments: ConformanceRow.all) func valueIsTheDefinition(_ row: ConformanceRow) throws {
    let definition = try #require(row.definition, "every row so far has a definition")
    let expected = definition(row.inputs.map(NaiveTensor.init))
    let values = row.function(row.inputs)
    #expect(values.map(\.shape.array) == expected.map(\.shape))
    for (value, expectation) in zip(values, expected) {
      #expect(difference(value.doubles, expectation.values, .exact, "value") == nil)
    }
  }

  @Test(arguments: ConformanceRow.all) func gradientIsTheDifference(_ row: ConformanceRow) {
    #expect(row.checks.gradient() == [])
  }

  @Test(arguments: ConformanceRow.all) func gradientOfGradientIsTheDifference(_ row: ConformanceRow) {
    #expect(row.checks.gradientOfGradient() == [])
  }

  @Test(arguments: ConformanceRow.all) func forwardDerivativesAreDifferences(_ row: ConformanceRow) {
    #expect(row.checks.directional() == [])
  }

  @Test(arguments: ConformanceRow.all) func derivativeRulesAreAdjoint(_ row: ConformanceRow) {
    #expect(row.checks.adjointIdentity() == [])
  }

  @Test(arguments: ConformanceRow.all) func modesOfSecondOrderAgree(_ row: ConformanceRow) {
    #expect(row.checks.mixedModes() == [])
  }

  @Test(arguments: ConformanceRow.all) func inputsCanBeDifferentiatedAlone(_ row: ConformanceRow) {
    #expect(row.checks.partialInputs() == [])
  }

  @Test(arguments: ConformanceRow.all) func singlePrecisionAgrees(_ row: ConformanceRow) {
    #expect(row.checks.singlePrecision() == [])
  }
}

/// The table and the registry hold the same primitives, and those of the sources.
struct ConformanceTableTests {
  @Test func everyPrimitiveHasSeveralRows() {
    for name in PrimitiveRegistry.names {
      let rows = ConformanceRow.all.count { $0.primitive == name }
      #expect(rows >= 3, "\(name) has \(rows) rows in the conformance table")
    }
  }

  /// Nothing, and sizes that leave a rest in vector registers.
  @Test func everyPrimitiveMeetsEmptyAndOddSizes() {
    func primitives(with property: (Tensor) -> Bool) -> Set<String> {
      Set(ConformanceRow.all.filter { ($0.inputs + $0.function($0.inputs)).contains(where: property) }.map(\.primitive))
    }
    // The mean of no rows is not a number; fused primitives leave empty tensors to their compositions.
    #expect(
      Set(PrimitiveRegistry.names).subtracting(primitives { $0.count == 0 }) == ["batchNorm", "mixedSum", "mixedSumPullback"])
    #expect(Set(PrimitiveRegistry.names).subtracting(primitives { ($0.shape.array.last ?? 0) % 2 == 1 && $0.count > 4 }) == [])
  }

  @Test func everyRowNamesAPrimitive() {
    let names = Set(PrimitiveRegistry.names)
    #expect(names.count == PrimitiveRegistry.names.count, "a name stands in the registry twice")
    #expect(ConformanceRow.all.filter { !names.contains($0.primitive) }.map(\.testDescription) == [])
  }

  @Test func titlesAreUnique() {
    let titles = ConformanceRow.all.map(\.testDescription)
    #expect(Set(titles).count == titles.count)
  }

  @Test func everyPrimitiveOfTheSourcesIsRegistered() throws {
    let sources = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources/Autodiff").standardized
    let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
    var declared: Set<String> = []
    for case let file as URL in files where file.pathExtension == "swift" {
      let text = try String(contentsOf: file, encoding: .utf8)
      for match in text.matches(of: /(?:struct|class|enum|actor|extension)\s+([\w.]+)\s*:([^{]*)\{/) {
        let protocols = match.2.split(separator: ",").map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }
        if protocols.contains("Primitive") || protocols.contains("FusedPrimitive") { declared.insert(String(match.1)) }
      }
    }
    #expect(declared.count > 20, "found only \(declared) under \(sources.path())")
    #expect(declared == Set(PrimitiveRegistry.types.map { String(describing: $0) }))
  }

  /// Profiles are the process's, so this runs in a process of its own.
  @Test func everyRowEvaluatesItsPrimitive() async {
    await #expect(processExitsWith: .success) {
      for row in ConformanceRow.all {
        Profile.start()
        Fusion.with(enabled: true) { _ = row.function(row.inputs) }
        let calls = Profile.stop()[row.primitive]?.calls ?? 0
        #expect(calls > 0, "\(row.testDescription) does not evaluate \(row.primitive)")
      }
    }
  }
}
