import ArchPriorTesting
import Testing

@testable import Datasets

/// The short version of `make bench-fuzz`.
@Suite struct ReaderFuzzTests {
  @Test func damagedFilesEndInErrorsWithAPlace() {
    var fuzzer = ReaderFuzzer(seed: 7)
    let report = fuzzer.run(files: 80 * ReaderFuzzer.formats.count)
    #expect(report.files >= 1000)
    #expect(report.withoutPath == 0 && report.withoutPlace == 0, "\(report.examples)")
    for format in ReaderFuzzer.formats {
      let outcome = report.outcomes[format] ?? (0, 0)
      // The first file is whole and read; most others are refused.
      #expect(outcome.read >= 1 && outcome.refused >= 10, "\(format): \(outcome)")
    }
  }

  @Test func mutationsAreAFunctionOfTheSeed() {
    var first = ReaderFuzzer(seed: 3)
    var second = ReaderFuzzer(seed: 3)
    let (a, b) = (first.run(files: 100), second.run(files: 100))
    for format in ReaderFuzzer.formats { #expect(a.outcomes[format]?.read == b.outcomes[format]?.read) }
  }
}
