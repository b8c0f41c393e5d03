import ArchPrior
import ArgumentParser
import Foundation

/// The option that every computing command has.
struct ThreadOption: ParsableArguments {
  @Option(help: "Threads; 0 for as many as there are cores. No result depends on it.")
  var threads: Int?

  func validate() throws {
    try Bounds.check("threads", threads, from: 0, to: 1024)
  }

  /// The number of threads, given what a configuration says.
  func resolved(_ configured: Int = 0) -> Int {
    let wanted = threads ?? configured
    return wanted > 0 ? wanted : max(1, ProcessInfo.processInfo.activeProcessorCount)
  }
}

/// The option of commands whose result a program may want to read.
struct JSONOption: ParsableArguments {
  @Flag(help: "Print the result as JSON on standard output.")
  var json = false
}

/// The option of commands that work for long, or write something.
struct DryRunOption: ParsableArguments {
  @Flag(help: "Check everything that is read, and print what would be done; write nothing.")
  var dryRun = false
}

extension ImageDataset {
  /// Keeps test images out of searches whose finds are looked up in a table.
  ///
  /// - Throws: `CommandError` where the name says that these are test images.
  func checkForSearch() throws {
    guard name.split(separator: "-").contains("test") else { return }
    throw CommandError(
      "\(name) has test images by its name, and a table's test accuracies are of such images: a search must not see them",
      help: "give a data set of training images")
  }
}

/// Keys of a configuration that the user sets anew.
protocol KeyOverrides {
  /// `key=value`, in the order of the command line.
  var overrides: [String] { get }
}

/// The option that overrides keys of a configuration.
struct SetOption: ParsableArguments, KeyOverrides {
  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("Set a key anew, such as inner.steps=3; may be repeated.", valueName: "key=value"))
  var overrides: [String] = []
}

/// The same for what has been trained: how it adapts and is evaluated.
struct TrainedSetOption: ParsableArguments, KeyOverrides {
  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Set a key of adapting and evaluating anew, such as inner.test_steps=3; may be repeated.",
      valueName: "key=value"))
  var overrides: [String] = []
}
