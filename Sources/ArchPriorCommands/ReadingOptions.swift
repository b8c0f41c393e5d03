import ArchPrior
import ArgumentParser
import Basics

/// How a user's pictures are read for a run: as the run's data were, each part of that changed by an option.
struct ReadingOptions: ParsableArguments {
  @OptionGroup var pictures: PictureOptions<ImageFormat.Ink>

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
          "the run's data were read by \(counted(readings.rules.count, "rule")); that of \(rule.names) is used\(why); for another: "
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
    set("ink", pictures.ink, \.ink)
    set("fit", pictures.fit, \.fit)
    set("paper", pictures.paper?.level, \.paper)
    set("background", pictures.background?.level, \.background)
    if pictures.background != nil, reading.format.fit != .pad {
      notes.append("--background has no effect: pictures are read with --fit \(reading.format.fit.rawValue), which adds nothing")
    }
    return Choice(
      reading: reading, datasets: rule?.datasets ?? [], names: rule?.names ?? "", changed: changed, notes: notes)
  }
}
