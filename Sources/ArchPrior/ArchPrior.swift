//! The umbrella that users import: `import ArchPrior` brings in every public module.
@_exported import ArchitecturePriors
@_exported import Autodiff
@_exported import Basics
@_exported import Bilevel
@_exported import CellNetworks
@_exported import Datasets
@_exported import Experiments
@_exported import MetaLearning
@_exported import NeuralNetworks
@_exported import PerformanceEstimators
@_exported import Reports
@_exported import Runs
@_exported import SearchSpaces
@_exported import SearchStrategies
@_exported import Statistics
@_exported import SupernetSearch
@_exported import Tensors
