import ArchPrior
import ArgumentParser
import Foundation

/// The program `archprior`: its subcommands, and what it does before and after them.
public struct ArchPriorCommand: ParsableCommand {
  /// Its name, help and subcommands.
  public static let configuration = CommandConfiguration(
    commandName: "archprior",
    abstract: "Few-shot neural architecture search: meta-train an architecture prior, adapt it in seconds.",
    discussion: """
      An architecture prior is a supernet's weights and architecture parameters, meta-trained over many small tasks. A few \
      gradient steps on a new task's support images adapt both.

      Exit codes: 0 done, 1 failed or stopped, 2 wrong use (arguments, configuration, environment), 141 where nobody reads standard \
      output any more.
      """,
    version: ArchPriorVersion.current,
    subcommands: [
      MetaTrainCommand.self, AdaptCommand.self, EvaluateCommand.self, CompareCommand.self, SearchCommand.self,
      SupernetCommand.self, StudyCommand.self, RunsCommand.self, DatasetsCommand.self, DoctorCommand.self,
    ])

  /// A command whose arguments are still to be parsed.
  public init() {}

  /// Runs what the process's arguments say, and ends the process where that fails.
  public static func main() {
    StandardStream.prepare()
    Interruption.announce()
    Stack.withRoom {
      do {
        try Arguments.checkEncoding(Arguments.ofProcess)
        var command = try parseAsRoot(Arguments.checked(Array(CommandLine.arguments.dropFirst())))
        try Environment.check()
        try command.run()
        try Output.close()
      } catch {
        ErrorReport.exit(with: error)
      }
    }
  }
}
