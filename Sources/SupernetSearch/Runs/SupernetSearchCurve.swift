import CellNetworks
import Reports
import Runs

/// One search on a supernet, epoch by epoch, with what a benchmark says of the architecture that each epoch stood for.
public struct SupernetSearchCurve: Codable, Sendable {
  /// An epoch.
  public struct Point: Codable, Sendable {
    /// The number of the epoch, from 1 on.
    public var epoch: Int
    /// The time that the search had taken by the end of the epoch, in seconds.
    public var seconds: Double
    /// The mean training loss of the epoch.
    public var trainingLoss: Double
    /// The accuracy on the images that θ learns from, in 0...1; `nil` where it does not learn.
    public var validationAccuracy: Double?
    /// Strengths, skip connections and eigenvalue after the epoch.
    public var diagnostics: SearchDiagnostics
    /// The architecture of the strongest operations; `nil` for methods that compare drawn architectures in the end.
    public var architecture: String?
    /// The test accuracies of this architecture in a tabular benchmark, in percent, by data set.
    public var table: [String: Double]?
  }

  /// The method's label: its name and the settings that differ from the usual ones.
  public var method: String
  /// The seed of the search.
  public var seed: UInt64
  /// The operations that the strengths of the diagnostics belong to, by name.
  public var operations: [String]
  /// One point an epoch, in order.
  public var points: [Point]

  /// The curves as comma-separated values, one line an epoch; a missing number is an empty field.
  ///
  /// - Parameters:
  ///   - curves: one a search, of the same operations.
  ///   - datasets: the data sets of the table, in the order of their columns.
  public static func csv(_ curves: [SupernetSearchCurve], datasets: [String]) -> String {
    let operations = curves.first?.operations ?? []
    let header =
      ["method", "seed", "epoch", "seconds", "training_loss", "validation_accuracy", "eigenvalue", "skip_share"]
      + operations.map { "strength_\($0)" } + ["architecture"] + datasets.map { "\($0)_test" }
    var lines = [header.map { CSV.field($0) }.joined(separator: ",")]
    for curve in curves {
      for point in curve.points {
        let numbers: [Double?] = [
          point.seconds, point.trainingLoss, point.validationAccuracy, point.diagnostics.eigenvalue, point.diagnostics.skipShare,
        ]
        var fields = [CSV.field(curve.method), "\(curve.seed)", "\(point.epoch)"]
        fields += (numbers + point.diagnostics.operationStrengths).map(Self.field)
        fields.append(point.architecture.map { CSV.field($0) } ?? "")
        fields += datasets.map { Self.field(point.table?[$0]) }
        lines.append(fields.joined(separator: ","))
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func field(_ number: Double?) -> String { number.map { "\($0)" } ?? "" }
}

extension SupernetSearchRun {
  /// The search so far, from its log.
  ///
  /// - Parameter lookup: gives the test accuracies of an architecture; to be asked only once the search has ended.
  /// - Throws: `RunError` where the log is damaged, and what `lookup` throws.
  public func curve(lookup: (String) throws -> [String: Double]?) throws -> SupernetSearchCurve {
    var seconds = 0.0
    let points = try logged().map { line in
      seconds += line.seconds
      return SupernetSearchCurve.Point(
        epoch: line.epoch, seconds: seconds, trainingLoss: line.search.trainingLoss,
        validationAccuracy: line.search.validationAccuracy, diagnostics: line.diagnostics, architecture: line.architecture,
        table: try line.architecture.flatMap(lookup))
    }
    return SupernetSearchCurve(
      method: search.method.label, seed: search.settings.seed, operations: search.model.operationNames, points: points)
  }
}
