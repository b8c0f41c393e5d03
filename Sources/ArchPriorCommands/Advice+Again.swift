import Basics

extension Advice {
  /// The command that this process was started with.
  static var again: Advice { .again(arguments: Array(CommandLine.arguments.dropFirst())) }
}
