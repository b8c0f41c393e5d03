//! The umbrella that users import: `import ArchPrior` brings in every public module.
@_exported import ArchitecturePriors
@_exported import Autodiff
@_exported import Bilevel
@_exported import Datasets
@_exported import Layers
@_exported import MetaLearning
@_exported import Optimizers
@_exported import Randomness
@_exported import Reports
@_exported import Runs
@_exported import SearchSpaces
@_exported import Statistics
@_exported import Studies
@_exported import Supernets
@_exported import Tasks
@_exported import Tensors
