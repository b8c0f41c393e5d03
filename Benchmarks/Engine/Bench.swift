import ArgumentParser

/// Times one workload in this process and prints one JSON object: what `make bench` runs beside the peers.
@main
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "archprior-bench", abstract: "Times one workload of the engine and prints one JSON object.",
    subcommands: [
      TNASWorkload.self, MAMLWorkload.self, DARTSWorkload.self, LatencyWorkload.self, AllocationsWorkload.self,
      OverheadWorkload.self, MatrixProductWorkload.self,
    ])
}
