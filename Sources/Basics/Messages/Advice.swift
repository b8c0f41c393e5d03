/// What the program tells people to call: every command that a message prints comes from here, so that the tests can run them all.
package enum Advice: Hashable, Sendable, CustomStringConvertible {
  /// Go on with a meta-training run, under the configuration in its folder.
  case resume(run: String)
  /// Give the same command once more.
  case again(arguments: [String])
  /// See what data sets there are.
  case listDatasets
  /// See what a command takes.
  case help(command: [String])
  /// Install packages of the operating system.
  case install(packages: [String])

  /// The command.
  package var command: ShellCommand {
    switch self {
    case .resume(let run): .archprior("meta-train", "--resume", "--output", ShellCommand.path(run))
    case .again(let arguments): ShellCommand(["archprior"] + arguments)
    case .listDatasets: .archprior("datasets", "list")
    case .help(let command): ShellCommand(["archprior"] + command + ["--help"])
    case .install(let packages): ShellCommand(["apt-get", "install", "--no-install-recommends"] + packages)
    }
  }

  /// The command as a shell reads it.
  package var description: String { command.description }
}
