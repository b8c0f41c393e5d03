// swift-tools-version: 6.1
import PackageDescription

// Tests whose own loops are short compile in half the time without optimisation; what they test is optimised all the same.
let quick: [SwiftSetting] = [.unsafeFlags(["-Onone"])]

// A room imports only rooms that are listed above it here; `make test` holds the sources against this list (CONTRIBUTING.md, "The map").
let package = Package(
  name: "ArchPrior",
  products: [
    // Everything, by one import.
    .library(name: "ArchPrior", targets: ["ArchPrior"]),
    // Tensors, automatic differentiation, layers and optimisers.
    .library(name: "ArchPriorEngine", targets: ["Tensors", "Autodiff", "NeuralNetworks"]),
    // Bilevel problems and their hypergradients.
    .library(name: "ArchPriorBilevel", targets: ["Bilevel", "NeuralNetworks", "Autodiff", "Tensors"]),
    // Search spaces, their tables, and strategies that search them.
    .library(name: "ArchPriorSearch", targets: ["SearchSpaces", "SearchStrategies"]),
    // The commands, for a program of one's own that knows further methods.
    .library(name: "ArchPriorCommands", targets: ["ArchPriorCommands"]),
    // Contracts and fuzzers for methods of one's own.
    .library(name: "ArchPriorTesting", targets: ["ArchPriorTesting"]),
    .executable(name: "archprior", targets: ["archprior"]),
    .executable(name: "archprior-bench", targets: ["ArchPriorBench"]),
    .executable(name: "archprior-search-bench", targets: ["ArchPriorSearchBench"]),
    .executable(name: "archprior-network-bench", targets: ["ArchPriorNetworkBench"]),
    .executable(name: "archprior-examples", targets: ["ArchPriorExamples"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
  ],
  targets: [
    // System libraries (scripts/toolchain.sh installs them with apt).
    .systemLibrary(
      name: "COpenBLAS", path: "Sources/System/COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CZlib", path: "Sources/System/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CLibPNG", path: "Sources/System/CLibPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(name: "CLibZip", path: "Sources/System/CLibZip", pkgConfig: "libzip", providers: [.apt(["libzip-dev"])]),
    .systemLibrary(
      name: "CLibCrypto", path: "Sources/System/CLibCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(
      name: "CFreeType", path: "Sources/System/CFreeType", pkgConfig: "freetype2", providers: [.apt(["libfreetype-dev"])]),
    .systemLibrary(name: "CLibJPEG", path: "Sources/System/CLibJPEG", pkgConfig: "libjpeg", providers: [.apt(["libjpeg-dev"])]),
    // libjpeg's errors leave by longjmp, which Swift cannot survive: C code keeps them.
    .target(name: "CJPEG", dependencies: ["CLibJPEG"], path: "Sources/System/CJPEG"),

    // Floor 0: C kernels, chosen at run time; optimised in debug builds too, so that tests are fast. OpenBLAS is not linked: blas.c loads it.
    .target(name: "CKernels", cSettings: [.unsafeFlags(["-O3", "-fno-math-errno", "-fno-trapping-math"])]),

    // Floor 1: what everyone needs.
    .target(name: "Basics", dependencies: ["CZlib", "CLibCrypto"]),
    .target(name: "Statistics", dependencies: ["Basics"]),

    // Floor 2: the engine.
    .target(name: "Tensors", dependencies: ["CKernels"]),
    .target(name: "Autodiff", dependencies: ["CKernels", "Tensors"]),
    .target(name: "NeuralNetworks", dependencies: ["Basics", "Tensors", "Autodiff"]),

    // Floor 3: problems and data.
    .target(name: "SearchSpaces", dependencies: ["Basics", "CLibCrypto"]),
    .target(name: "CellNetworks", dependencies: ["Basics", "Tensors", "Autodiff", "NeuralNetworks", "SearchSpaces"]),
    .target(name: "Datasets", dependencies: ["Basics", "CZlib", "CLibPNG", "CLibZip", "CFreeType", "CJPEG"]),
    .target(name: "Bilevel", dependencies: ["Basics", "Tensors", "Autodiff", "NeuralNetworks"]),

    // Floor 4: methods.
    .target(name: "MetaLearning", dependencies: ["Basics", "Tensors", "Autodiff", "NeuralNetworks", "Datasets", "Bilevel"]),
    .target(
      name: "ArchitecturePriors",
      dependencies: [
        "Tensors", "NeuralNetworks", "SearchSpaces", "CellNetworks", "Datasets", "Bilevel", "MetaLearning",
      ]),
    .target(
      name: "SearchStrategies", dependencies: ["Basics", "Tensors", "Autodiff", "NeuralNetworks", "SearchSpaces"]),

    // Floor 5: experiments.
    .target(
      name: "Runs",
      dependencies: [
        "Basics", "Tensors", "NeuralNetworks", "SearchSpaces", "Datasets", "MetaLearning", "ArchitecturePriors",
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "Yams", package: "Yams"),
      ]),
    .target(name: "Reports", dependencies: ["Basics", "Statistics", "SearchSpaces"]),
    .target(
      name: "SupernetSearch",
      dependencies: [
        "Basics", "Tensors", "Autodiff", "NeuralNetworks", "CellNetworks", "Datasets", "Bilevel", "SearchStrategies", "Runs",
        "Reports",
      ]),
    .target(
      name: "PerformanceEstimators",
      dependencies: [
        "Basics", "Tensors", "Autodiff", "NeuralNetworks", "SearchSpaces", "CellNetworks", "Datasets", "Bilevel", "MetaLearning",
        "SearchStrategies", "SupernetSearch",
      ]),
    .target(
      name: "Experiments",
      dependencies: [
        "Basics", "Statistics", "Tensors", "Autodiff", "NeuralNetworks", "SearchSpaces", "CellNetworks", "Datasets", "Bilevel",
        "MetaLearning", "ArchitecturePriors", "SearchStrategies", "Runs", "Reports",
      ]),

    // Floor 6: faces.
    .target(
      name: "ArchPrior",
      dependencies: [
        "Basics", "Statistics", "Tensors", "Autodiff", "NeuralNetworks", "SearchSpaces", "CellNetworks", "Datasets", "Bilevel",
        "MetaLearning", "ArchitecturePriors", "SearchStrategies", "Runs", "Reports", "SupernetSearch", "PerformanceEstimators",
        "Experiments",
      ]),
    .target(
      name: "ArchPriorCommands",
      dependencies: [
        "Basics", "ArchPrior", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .executableTarget(name: "archprior", dependencies: ["ArchPriorCommands"]),
    .target(
      name: "ArchPriorTesting",
      dependencies: [
        "Basics", "Tensors", "NeuralNetworks", "SearchSpaces", "CellNetworks", "Datasets", "Bilevel", "SearchStrategies",
        "SupernetSearch", "PerformanceEstimators", "CZlib",
      ]),

    // Benchmarks and examples.
    .executableTarget(
      name: "ArchPriorBench",
      dependencies: [
        "ArchPrior", "COpenBLAS", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], path: "Benchmarks/Engine"),
    // Rates of the kernels; here so that it is built with the tests. Benchmarks/Kernels/run.sh needs no Swift.
    .executableTarget(
      name: "ArchPriorKernelBench", dependencies: ["CKernels", "COpenBLAS"], path: "Benchmarks/Kernels", exclude: ["run.sh"],
      cSettings: [.unsafeFlags(["-O3", "-fno-math-errno", "-fno-trapping-math"])], linkerSettings: [.linkedLibrary("m")]),
    .executableTarget(
      name: "ArchPriorSearchBench",
      dependencies: [
        "Statistics", "Tensors", "SearchSpaces", "Datasets", "SearchStrategies", "Reports", "Experiments", "ArchPriorTesting",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], path: "Benchmarks/Search"),
    .executableTarget(
      name: "ArchPriorNetworkBench",
      dependencies: [
        "Basics", "Statistics", "Tensors", "Autodiff", "NeuralNetworks", "SearchSpaces", "CellNetworks", "Datasets",
        "MetaLearning",
        "SupernetSearch", "PerformanceEstimators", "ArchPrior",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], path: "Benchmarks/Networks"),
    .executableTarget(
      name: "ArchPriorExamples",
      dependencies: [
        "ArchPrior", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], path: "Examples"),

    // Tests.
    .target(
      name: "TestSupport", dependencies: ["Basics", "Tensors", "Autodiff", "NeuralNetworks", "SearchSpaces", "Datasets"],
      path: "Tests/TestSupport", exclude: ["Fixtures"]),
    .testTarget(name: "AutodiffTests", dependencies: ["CKernels", "Tensors", "Autodiff", "TestSupport"]),
    .testTarget(name: "BasicsTests", dependencies: ["Basics"], exclude: ["Randomness/Fixtures"], swiftSettings: quick),
    .testTarget(name: "BilevelTests", dependencies: ["Tensors", "ArchPrior", "TestSupport"]),
    .testTarget(name: "CKernelsTests", dependencies: ["CKernels"]),
    .testTarget(name: "CellNetworksTests", dependencies: ["NeuralNetworks", "ArchPrior", "TestSupport"], swiftSettings: quick),
    .testTarget(
      name: "CommandLineTests",
      dependencies: [
        "Basics", "Experiments", "ArchPrior",
      ], exclude: ["Snapshots", "Documents/Programs", "OldRuns/Fixtures"], swiftSettings: quick),
    .testTarget(
      name: "DatasetsTests", dependencies: ["Basics", "Datasets", "ArchPriorTesting", "TestSupport", "CZlib"],
      exclude: ["Fixtures"], swiftSettings: quick),
    .testTarget(name: "ExamplesTests", dependencies: ["ArchPrior", "TestSupport", "ArchPriorExamples"]),
    .testTarget(
      name: "ExperimentsTests",
      dependencies: [
        "Basics", "Statistics", "SearchSpaces", "SearchStrategies", "Runs",
        "Experiments", "ArchPrior", "TestSupport",
      ], swiftSettings: quick),
    .testTarget(
      name: "MetaLearningTests",
      dependencies: ["Tensors", "Autodiff", "Datasets", "MetaLearning", "ArchPrior", "ArchPriorTesting", "TestSupport"],
      swiftSettings: quick),
    .testTarget(name: "NetworkBenchTests", dependencies: ["Experiments", "ArchPrior", "ArchPriorNetworkBench"]),
    .testTarget(
      name: "PerformanceEstimatorsTests", dependencies: ["ArchPrior", "ArchPriorTesting", "TestSupport"], swiftSettings: quick),
    .testTarget(name: "ReportsTests", dependencies: ["Basics", "Statistics", "SearchSpaces", "Reports"], swiftSettings: quick),
    .testTarget(
      name: "RunsTests",
      dependencies: [
        "Basics", "Tensors", "NeuralNetworks", "SearchSpaces", "Datasets", "Runs", "TestSupport",
        .product(name: "GRDB", package: "GRDB.swift"),
      ], exclude: ["Fixtures"], swiftSettings: quick),
    .testTarget(
      name: "SearchSpacesTests", dependencies: ["Basics", "SearchSpaces", "ArchPriorTesting"], exclude: ["Fixtures"],
      swiftSettings: quick),
    .testTarget(
      name: "SearchStrategiesTests",
      dependencies: [
        "Basics", "Tensors", "Autodiff", "SearchSpaces", "SearchStrategies", "ArchPriorTesting", "TestSupport",
      ], exclude: ["Fixtures"], swiftSettings: quick),
    .testTarget(name: "StatisticsTests", dependencies: ["Basics", "Statistics"], exclude: ["Fixtures"]),
    .testTarget(
      name: "SupernetSearchTests", dependencies: ["ArchPrior", "ArchPriorTesting", "TestSupport"], swiftSettings: quick),
    .testTarget(name: "TensorsTests", dependencies: ["CKernels", "Basics", "Tensors", "TestSupport"]),
  ],
  swiftLanguageModes: [.v6]
)
