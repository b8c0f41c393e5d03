import ArchPrior
import ArgumentParser

extension ImageFormat.Fit: ExpressibleByArgument {}

/// What may be said about the ink of pictures.
protocol InkChoice: ExpressibleByArgument, CaseIterable, RawRepresentable<String>, Sendable {
  /// The words of the option.
  static var help: String { get }
  /// The rule.
  var ink: ImageFormat.Ink { get }
}

extension InkChoice {
  /// `adapt` used to have words of its own, which still serve.
  public init?(argument: String) {
    switch argument {
    case "dark-on-light": self.init(rawValue: ImageFormat.Ink.dark.rawValue)
    case "light-on-dark": self.init(rawValue: ImageFormat.Ink.keep.rawValue)
    default: self.init(rawValue: argument)
    }
  }
}

extension ImageFormat.Ink: InkChoice {
  static let help = "keep, dark (dark ink on light paper is inverted) or automatic (grey pictures as their borders say)."
  var ink: ImageFormat.Ink { self }
}

/// The ink of a data set, which depends on no guess.
enum DatasetInk: String, InkChoice {
  case keep, dark

  static let help = "dark inverts drawings of dark ink on light paper; keep does not."
  var ink: ImageFormat.Ink { self == .dark ? .dark : .keep }
}

/// A grey level as an option.
struct GreyLevel: ExpressibleByArgument, Equatable {
  var level: UInt8

  init?(argument: String) {
    switch argument {
    case "black": level = 0
    case "white": level = 255
    default:
      guard let level = UInt8(argument) else { return nil }
      self.level = level
    }
  }
}

/// How pictures become images of one kind, in so far as the user says it.
struct PictureOptions<Ink: InkChoice>: ParsableArguments {
  @Option(help: ArgumentHelp(stringLiteral: Ink.help))
  var ink: Ink?

  @Option(help: "What becomes of other aspect ratios: pad, crop or stretch.")
  var fit: ImageFormat.Fit?

  @Option(help: "What transparent pixels are laid over: black, white or 0 to 255.")
  var paper: GreyLevel?

  @Option(help: "What pad adds beside a picture: black, white or 0 to 255.")
  var background: GreyLevel?
}
