import ArchPrior
import ArgumentParser

extension ImageFormat.Fit: ExpressibleByArgument {}

extension ImageFormat.Ink: ExpressibleByArgument {
  /// The words of options; `adapt` used to have its own, which still serve.
  public init?(argument: String) {
    switch argument {
    case "dark-on-light": self = .dark
    case "light-on-dark": self = .keep
    default: self.init(rawValue: argument)
    }
  }
}

/// A grey level as an option.
struct GreyLevel: ExpressibleByArgument, Equatable {
  var level: UInt8

  static let black = GreyLevel(level: 0)
  static let white = GreyLevel(level: 255)

  init(level: UInt8) { self.level = level }

  init?(argument: String) {
    switch argument {
    case "black": self = .black
    case "white": self = .white
    default:
      guard let level = UInt8(argument) else { return nil }
      self.level = level
    }
  }

  var defaultValueDescription: String {
    switch self {
    case .black: "black"
    case .white: "white"
    default: "\(level)"
    }
  }
}

/// How a user's pictures are read for a run: as the run's data were, each part of that changed by an option.
struct ReadingOptions: ParsableArguments {
  @Option(help: "keep, dark (dark ink on light paper is inverted) or automatic (grey pictures as their borders say).")
  var ink: ImageFormat.Ink?

  @Option(help: "What becomes of other aspect ratios: pad, crop or stretch.")
  var fit: ImageFormat.Fit?

  @Option(help: "What transparent pixels are laid over: black, white or 0 to 255.")
  var paper: GreyLevel?

  @Option(help: "What pad adds beside a picture: black, white or 0 to 255.")
  var background: GreyLevel?

  @Option(help: ArgumentHelp("Read pictures as those of this data set of the run were.", valueName: "dataset"))
  var `as`: String?

  /// The rule that was chosen.
  struct Choice {
    var reading: PictureReading
    /// Data sets that were read by it.
    var datasets: [String]
    /// The same for people.
    var names: String
    /// Parts that an option changed.
    var changed: [String]
    /// What the user should know besides.
    var notes: [String]

    /// One line that says how pictures were read.
    func line(_ images: FolderTask) -> String {
      var text = "pictures read as \(images.reading)"
      if images.reading.format.ink != reading.format.ink {
        text += images.inverted ? " (automatic: their paper is light)" : " (automatic: their paper is as the run's)"
      }
      if !datasets.isEmpty { text += ": as \(names)\(reading.isAssumed ? " by the look of the images" : "")" }
      if !changed.isEmpty { text += ", but for \(changed.joined(separator: ", "))" }
      return text
    }
  }

  /// The rule for what a run has learned, and a task's folder.
  func choice(for prior: TrainedPrior, task: String) throws -> Choice {
    let readings = prior.readings
    var notes: [String] = []
    var rule: RunReadings.Rule?
    if let name = self.as {
      rule = readings.rule(of: name)
      if rule == nil { throw CommandError.unknown("data set of the run", name, readings.rules.flatMap(\.datasets).sorted()) }
    } else {
      let coloured = try readings.dependsOnColours && FolderTask.hasColours(folder: task)
      rule = readings.rule(coloured: coloured)
      let others = readings.rules.filter { $0.reading != rule?.reading }
      if let rule, !others.isEmpty {
        let why = readings.dependsOnColours ? ", as the pictures are \(coloured ? "coloured" : "grey")" : ""
        notes.append(
          "the run's data were read by \(readings.rules.count) rules; that of \(rule.names) is used\(why); for another: "
            + others.map { "--as \($0.datasets[0])" }.joined(separator: ", "))
      }
    }
    switch readings.source {
    case .run: break
    case .datasets: notes.append("the run is an old one that does not say how its pictures were read: taken from its data sets")
    case .nowhere:
      notes.append("the run does not say how its pictures were read, and its data sets are not at hand: assumed; see the options")
    }
    var reading = rule?.reading.resulting(in: prior.imageShape) ?? prior.reading
    var changed: [String] = []
    func set<Value: Equatable>(_ name: String, _ value: Value?, _ part: WritableKeyPath<ImageFormat, Value>) {
      guard let value else { return }
      if value != reading.format[keyPath: part] { changed.append("--\(name)") }
      reading.format[keyPath: part] = value
    }
    set("ink", ink, \.ink)
    set("fit", fit, \.fit)
    set("paper", paper?.level, \.paper)
    set("background", background?.level, \.background)
    return Choice(
      reading: reading, datasets: rule?.datasets ?? [], names: rule?.names ?? "", changed: changed, notes: notes)
  }
}
