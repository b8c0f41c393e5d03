import Foundation
import SearchSpaces
import Statistics

extension ComparisonResults {
  /// Curves that share their axes.
  public struct CurveFamily: Codable, Hashable, Sendable {
    /// The chart's title.
    public var title: String
    /// What the abscissa is, such as "meta-training tasks" or "seconds".
    public var xLabel: String
    /// What the ordinate is, such as "meta-validation accuracy".
    public var yLabel: String
    /// Whether ordinates are shares, shown in percent.
    public var percent: Bool
    /// Whether the abscissa is logarithmic.
    public var logarithmicX: Bool
    /// One curve a method.
    public var series: [LineChart.Series]

    /// Curves on common axes; `percent` says that ordinates are shares.
    public init(
      title: String, xLabel: String, yLabel: String, percent: Bool, logarithmicX: Bool = false, series: [LineChart.Series]
    ) {
      self.title = title
      self.xLabel = xLabel
      self.yLabel = yLabel
      self.percent = percent
      self.logarithmicX = logarithmicX
      self.series = series
    }
  }

  /// A named architecture, such as the prior's own or the one decoded for a task.
  public struct Architecture: Codable, Hashable, Sendable {
    /// The name of the architecture.
    public var name: String
    /// The architecture, in its text form in the file.
    public var genotype: Genotype

    /// An architecture under the name that the report shows.
    public init(name: String, genotype: Genotype) {
      self.name = name
      self.genotype = genotype
    }
  }

  /// The architecture parameters before and after the adaptation to one task, as logits.
  public struct Adaptation: Codable, Hashable, Sendable {
    /// Which task, in words.
    public var task: String
    /// The operations that the columns of the tables are for.
    public var operations: [CellOperation]
    /// One table a kind of cell.
    public var cells: [Cell]

    /// One kind of cell's logits, edges × operations, edges in `CellSpace`'s order.
    public struct Cell: Codable, Hashable, Sendable {
      /// The kind of cell.
      public var kind: CellKind
      /// The meta-learned logits.
      public var before: [[Double]]
      /// The task's logits.
      public var after: [[Double]]

      /// The logits of one kind of cell, edges × operations in both tables.
      public init(kind: CellKind, before: [[Double]], after: [[Double]]) {
        self.kind = kind
        self.before = before
        self.after = after
      }
    }

    /// The logits of all kinds of cell around the adaptation to one task.
    public init(task: String, operations: [CellOperation], cells: [Cell]) {
      self.task = task
      self.operations = operations
      self.cells = cells
    }
  }

  /// One task in pictures.
  public struct SampleTask: Codable, Hashable, Sendable {
    /// Which task, and which method predicted.
    public var description: String
    /// The labelled images.
    public var support: [Picture]
    /// The images to classify, with predictions.
    public var query: [Picture]

    /// A picture of the task.
    public struct Picture: Codable, Hashable, Sendable {
      /// The true class.
      public var label: String
      /// The predicted class; absent for support images.
      public var prediction: String?
      /// The bytes of a PNG file; base64 in JSON.
      public var png: Data

      /// A picture of a class; without a prediction for support images.
      public init(label: String, prediction: String? = nil, png: Data) {
        self.label = label
        self.prediction = prediction
        self.png = png
      }
    }

    /// A task in pictures, support and query in the order to show them.
    public init(description: String, support: [Picture], query: [Picture]) {
      self.description = description
      self.support = support
      self.query = query
    }
  }

  /// The comparisons of one method with every other on every split where both have the same number of per-task accuracies: paired
  /// differences, Wilcoxon's test, and Holm's correction within each split.
  ///
  /// - Throws: `StatisticsError` for accuracies that are not finite or fewer than two tasks.
  public static func comparisons(of first: String, with methods: [Method], splits: [Split]) throws(StatisticsError)
    -> [Comparison]
  {
    guard let reference = methods.first(where: { $0.name == first }) else { return [] }
    var result = [Comparison]()
    for split in splits {
      guard let a = reference.evaluation(on: split.name)?.accuracies, !a.isEmpty else { continue }
      var family = [Comparison]()
      for method in methods where method.name != first {
        guard let b = method.evaluation(on: split.name)?.accuracies, b.count == a.count else { continue }
        let paired = try PairedComparison(a, b)
        family.append(
          Comparison(
            first: first, second: method.name, split: split.name, meanDifference: paired.meanDifference,
            interval: paired.interval, pValue: paired.wilcoxon.pValue))
      }
      let adjusted = try holmAdjusted(family.map(\.pValue))
      for (index, value) in adjusted.enumerated() { family[index].adjustedPValue = value }
      result += family
    }
    return result
  }
}
