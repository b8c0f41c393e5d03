import ArgumentParser

/// Small problems that show what the bilevel core is for; one file a problem, each made to be copied.
@main
struct Examples: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "archprior-examples", abstract: "Bilevel problems, each with the table that it is about.",
    subcommands: [
      DARTSToy.self, WeightDecay.self, HyperCleaning.self, LearnedInitialization.self, ClassWeights.self, MemoryTable.self,
      MemoryRun.self, Soak.self,
    ])
}
