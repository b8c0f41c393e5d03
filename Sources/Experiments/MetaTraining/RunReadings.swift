import Datasets
import Runs

/// How a run's data were read, and so how a user's pictures are read for it.
///
/// Data sets of one run may have been read by different rules: scripts as grey ink on black, icons in colour as they are.
public struct RunReadings: Sendable {
  /// Data sets that were read by one rule.
  public struct Rule: Sendable {
    /// The names of the data sets.
    public var datasets: [String]
    /// Their classes that the run was trained on.
    public var classes: Int
    /// The rule, up to the run's own size and channels.
    public var reading: PictureReading

    /// The first names, and how many there are beside them.
    public var names: String {
      datasets.count <= 3 ? datasets.joined(separator: ", ") : "\(datasets[0]) and \(datasets.count - 1) others"
    }
  }

  /// Where the rules come from.
  public enum Source: Sendable {
    /// The run keeps them.
    case run
    /// The run is older than that: from the data sets that its configuration names, as they are now.
    case datasets
    /// Those are not at hand either.
    case nowhere
  }

  /// The rules, that of most classes first; none where nothing is known.
  public let rules: [Rule]
  /// Where they come from.
  public let source: Source

  /// The rules of a run.
  ///
  /// - Throws: `RunError` where its provenance cannot be read.
  public init(run: RunDirectory) throws {
    let known = Self.rules(try run.provenance().datasets)
    if !known.isEmpty {
      (rules, source) = (known, .run)
    } else if let now = try? run.configuration.data.readings() {
      (rules, source) = (Self.rules(now), .datasets)
    } else {
      (rules, source) = ([], .nowhere)
    }
  }

  /// The rules of data sets as a run keeps them.
  init(_ datasets: [Provenance.Dataset]) { (rules, source) = (Self.rules(datasets), .run) }

  private static func rules(_ datasets: [Provenance.Dataset]) -> [Rule] {
    var rules: [Rule] = []
    for dataset in datasets {
      guard let reading = dataset.reading, let classes = dataset.trainingClasses, classes > 0 else { continue }
      if let index = rules.firstIndex(where: { $0.reading == reading }) {
        rules[index].datasets.append(dataset.name)
        rules[index].classes += classes
      } else {
        rules.append(Rule(datasets: [dataset.name], classes: classes, reading: reading))
      }
    }
    // The order of the data decides between equals, so that the choice is always the same.
    return rules.enumerated().sorted { ($1.element.classes, $0.offset) < ($0.element.classes, $1.offset) }.map(\.element)
  }

  /// Whether pictures have to be looked at, because some of the data were read in colour and some as grey.
  public var dependsOnColours: Bool { Set(rules.map(\.reading.format.channels)).count > 1 }

  /// The rule for some pictures: of those for pictures of their kind the one with most classes.
  ///
  /// - Parameter coloured: whether the pictures have colours; only asked where ``dependsOnColours``.
  public func rule(coloured: Bool) -> Rule? {
    rules.first { !dependsOnColours || ($0.reading.format.channels == 3) == coloured } ?? rules.first
  }

  /// The rule of a data set; `nil` where the run was not trained on it.
  public func rule(of dataset: String) -> Rule? { rules.first { $0.datasets.contains(dataset) } }
}

extension PictureReading {
  /// The rule for a run of which nothing is known but the shape `[height, width, channels]` of its images: that of drawings where
  /// they are grey, pictures as they are where they have colours.
  public static func assumed(shape: [Int]) -> PictureReading? {
    ImageFormat(height: shape[0], width: shape[1], channels: shape[2], ink: shape[2] == 1 ? .automatic : .keep)
      .map { PictureReading(format: $0, isAssumed: true) }
  }
}

extension Configuration.Data {
  /// How the data sets that the configuration names are read now.
  ///
  /// - Throws: what reading them throws.
  fileprivate func readings() throws -> [Provenance.Dataset] {
    let names = try chosenNames()
    return try uniform([], beside: names.sources, folder: path).sources.map {
      Provenance.Dataset(name: $0.name, sha256: "", reading: $0.reading, trainingClasses: $0.classes.count)
    }
  }
}
