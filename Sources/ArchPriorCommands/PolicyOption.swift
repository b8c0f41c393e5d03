import ArchPrior
import ArgumentParser
import Basics

extension BatchNormPolicy: ExpressibleByArgument {}

/// The option that says whose statistics normalise the pictures that are classified.
struct PolicyOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Whose statistics batch norm uses: support-statistics or transductive; the same as --set batch_norm=POLICY.",
      valueName: "policy"))
  var batchNorm: BatchNormPolicy?
}

extension KeyOverrides {
  /// The overrides with some that options of their own stand for.
  ///
  /// - Parameter options: a key, the option's name and its value; `nil` where it was not given.
  /// - Throws: `ValidationError` for a key that is given twice.
  func with(_ options: [(key: String, option: String, value: String?)]) throws -> [String] {
    overrides
      + (try options.compactMap { key, option, value in
        guard let value else { return nil }
        guard !sets(key) else { throw ValidationError("\(option) and --set \(key) say the same; give one of them") }
        return "\(key)=\(value)"
      })
  }

  /// Whether a key is among the overrides.
  func sets(_ key: String) -> Bool { overrides.contains { $0.prefix { $0 != "=" }.filter { !$0.isWhitespace } == key } }
}

extension BatchNormPolicy {
  /// What the policy means for some query pictures, as one line beside a table.
  func line(queries: Int) -> String {
    switch self {
    case .supportStatistics: "batch norm: \(rawValue), every query picture is classified by itself"
    case .transductive:
      queries == 1
        ? "batch norm: \(rawValue), of one query picture alone"
        : "batch norm: \(rawValue), \(queries) query pictures see each other"
    }
  }

  /// A warning where a task has too few query pictures for the policy.
  ///
  /// - Parameter way: classes of the task.
  func warning(queries: Int, way: Int) -> String? {
    // Below about two pictures a class their statistics are not those of the training's tasks (docs/adapting.md).
    guard self == .transductive, queries < 2 * way else { return nil }
    return
      "\(counted(queries, "query picture")) for \(way) classes: transductive batch norm was made for many of all "
      + "classes, and is far worse with so few; --batch-norm support-statistics classifies each by itself"
  }
}
