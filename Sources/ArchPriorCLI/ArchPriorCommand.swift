import ArchPrior
import ArgumentParser

@main
struct ArchPriorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "archprior",
    abstract: "Few-shot neural architecture search: meta-train an architecture prior, adapt it in seconds.")
}
