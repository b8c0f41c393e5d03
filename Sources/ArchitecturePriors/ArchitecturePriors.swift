// ArchitecturePriors
