import Foundation
import Reports
import SearchSpaces
import Testing

@Suite struct ComparisonReportTests {
  /// With `ARCHPRIOR_TEST_DRAWINGS` set to a folder, writes the page there, to be looked at.
  @Test func everyPartAppears() throws {
    let html = ComparisonReport.render(try MadeUp.results())
    if let folder = ProcessInfo.processInfo.environment["ARCHPRIOR_TEST_DRAWINGS"] {
      try html.write(toFile: "\(folder)/report.html", atomically: true, encoding: .utf8)
    }
    for heading in [
      "Accuracy and cost", "Paired comparisons", "Meta-training", "Architectures", "From prior to task", "One task",
      "How it was run",
    ] {
      #expect(html.contains("<h2>\(heading)</h2>"))
    }
  }
}
