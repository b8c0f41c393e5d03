// swift-tools-version: 6.1
import PackageDescription

// Layers point strictly downward: a target imports only what is listed above it here (CONTRIBUTING.md, "The map").
let package = Package(
  name: "ArchPrior",
  products: [
    .library(name: "ArchPrior", targets: ["ArchPrior"]),
    .executable(name: "archprior", targets: ["ArchPriorCLI"]),
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
    // System libraries (apt names in the Makefile).
    .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CLibPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(name: "CLibZip", pkgConfig: "libzip", providers: [.apt(["libzip-dev"])]),
    .systemLibrary(name: "CLibCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CFreeType", pkgConfig: "freetype2", providers: [.apt(["libfreetype-dev"])]),

    .systemLibrary(name: "CLibJPEG", pkgConfig: "libjpeg", providers: [.apt(["libjpeg-dev"])]),
    // libjpeg's errors leave by longjmp, which Swift cannot survive: C code keeps them.
    .target(name: "CJPEG", dependencies: ["CLibJPEG"]),

    // Kernels stay optimised in debug builds, so that tests are fast whatever the configuration.
    .target(
      // OpenBLAS is not linked: blas.c loads it when a product needs it.
      name: "CKernels",
      cSettings: [.unsafeFlags(["-O3", "-fno-math-errno", "-fno-trapping-math"])]),

    // What messages are made of: commands to copy, reasons in words.
    .target(name: "Messages"),

    // Pure values and functions, no engine.
    .target(name: "Randomness"),
    .target(name: "Statistics"),
    .target(name: "SearchSpaces", dependencies: ["Randomness", "CLibCrypto"]),

    // Engine.
    .target(name: "Tensors", dependencies: ["CKernels"]),
    .target(name: "Autodiff", dependencies: ["Tensors"]),

    // Building blocks.
    .target(name: "Optimizers", dependencies: ["Autodiff", "Tensors"]),
    .target(name: "Layers", dependencies: ["Autodiff", "Tensors", "Randomness", "Optimizers"]),
    .target(
      name: "Datasets",
      dependencies: ["Messages", "CZlib", "CLibPNG", "CLibZip", "CLibCrypto", "CFreeType", "CJPEG", "Randomness"]),

    // Tables of trainings and the strategies that search them; no engine either.
    .target(name: "TabularBenchmarks", dependencies: ["Messages", "Datasets", "SearchSpaces", "Randomness"]),
    .target(
      name: "SearchStrategies", dependencies: ["TabularBenchmarks", "SearchSpaces", "Randomness", "Tensors", "Datasets"]),

    // Strategies that do need the engine.
    .target(
      name: "ControllerStrategies",
      dependencies: ["SearchStrategies", "SearchSpaces", "Optimizers", "Autodiff", "Tensors", "Randomness"]),

    // Problems.
    .target(name: "Bilevel", dependencies: ["Autodiff", "Tensors", "Optimizers", "Randomness"]),
    .target(name: "Supernets", dependencies: ["Layers", "Autodiff", "Tensors", "SearchSpaces", "Randomness", "Optimizers"]),
    .target(name: "Tasks", dependencies: ["Messages", "Datasets", "Tensors", "Randomness"]),

    // Searches that need networks.
    .target(
      name: "ZeroCostProxies",
      dependencies: ["SearchStrategies", "Supernets", "Layers", "Autodiff", "Tensors", "Optimizers", "SearchSpaces"]),
    .target(
      name: "DifferentiableSearch",
      dependencies: [
        "Bilevel", "Supernets", "ControllerStrategies", "Layers", "Autodiff", "Tensors", "Optimizers", "SearchSpaces",
        "Randomness",
      ]),

    // Methods.
    .target(
      name: "MetaLearning",
      dependencies: [
        "Bilevel", "Layers", "Supernets", "Tasks", "Autodiff", "Tensors", "Optimizers", "Randomness", "SearchSpaces",
      ]),
    .target(
      name: "ArchitecturePriors",
      dependencies: [
        "MetaLearning", "Bilevel", "Supernets", "Tasks", "Autodiff", "Tensors", "Optimizers", "SearchSpaces", "Randomness",
      ]),

    // Experiments.
    .target(
      name: "Runs",
      dependencies: [
        "Messages", "Datasets", "Layers", "Optimizers", "SearchSpaces", "Tasks", "Tensors",
        .product(name: "Yams", package: "Yams"),
        .product(name: "GRDB", package: "GRDB.swift"),
      ]),
    .target(name: "Reports", dependencies: ["Messages", "Statistics", "SearchSpaces"]),
    .target(
      name: "SearchStudies",
      dependencies: [
        "Messages", "SearchStrategies", "TabularBenchmarks", "SearchSpaces", "Statistics", "Reports", "Runs", "Datasets",
        "Tensors", "Randomness",
      ]),
    .target(
      name: "Studies",
      dependencies: [
        "Messages", "ArchitecturePriors", "MetaLearning", "DifferentiableSearch", "Supernets", "Tasks", "Datasets", "Runs",
        "Reports",
        "Statistics", "SearchSpaces",
        "Randomness", "Tensors", "Autodiff", "Layers", "Bilevel", "Optimizers",
      ]),

    // What searches judge architectures by, where it needs networks.
    .target(
      name: "PerformanceEstimators",
      dependencies: [
        "Messages", "Studies", "ZeroCostProxies", "DifferentiableSearch", "MetaLearning", "Bilevel", "Supernets", "Tasks",
        "Datasets",
        "Layers",
        "Optimizers", "Autodiff", "Tensors", "SearchStrategies", "SearchSpaces", "Randomness",
      ]),

    // Faces.
    .target(
      name: "ArchPrior",
      dependencies: [
        "Tensors", "Autodiff", "Optimizers", "Layers", "Datasets", "Bilevel", "Supernets", "Tasks", "MetaLearning",
        "ArchitecturePriors", "Runs", "Reports", "Studies", "Randomness", "Statistics", "SearchSpaces", "TabularBenchmarks",
        "SearchStrategies", "SearchStudies", "ControllerStrategies", "ZeroCostProxies", "DifferentiableSearch",
        "PerformanceEstimators",
      ]),
    .executableTarget(
      name: "ArchPriorCLI",
      dependencies: ["Messages", "ArchPrior", .product(name: "ArgumentParser", package: "swift-argument-parser")]),

    // Timings; `make bench` calls it beside the peers.
    .executableTarget(
      name: "ArchPriorBench",
      dependencies: ["ArchPrior", "COpenBLAS", .product(name: "ArgumentParser", package: "swift-argument-parser")],
      path: "Benchmarks/Engine"),

    // Rates of the kernels; here so that it is built with the tests. Benchmarks/Kernels/run.sh needs no Swift.
    .executableTarget(
      name: "ArchPriorKernelBench", dependencies: ["CKernels", "COpenBLAS"], path: "Benchmarks/Kernels", exclude: ["run.sh"],
      cSettings: [.unsafeFlags(["-O3", "-fno-math-errno", "-fno-trapping-math"])], linkerSettings: [.linkedLibrary("m")]),

    // Slow checks of searches on tables.
    .executableTarget(
      name: "ArchPriorSearchBench",
      dependencies: ["SearchStudies", "Datasets", .product(name: "ArgumentParser", package: "swift-argument-parser")],
      path: "Benchmarks/Search"),
    // Slow checks of searches that do.
    .executableTarget(
      name: "ArchPriorNetworkBench",
      dependencies: [
        "ArchPrior", "ZeroCostProxies", "DifferentiableSearch", "Supernets", "TabularBenchmarks", "Runs", "Studies",
        "SearchStudies", "SearchSpaces", "Statistics",
        "Datasets", "Layers", "Optimizers", "Autodiff", "Tensors", "Randomness", "MetaLearning", "SearchStrategies",
        "ControllerStrategies", "Reports",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Benchmarks/Networks"),
    // Bilevel problems to copy; they import what a user would.
    .executableTarget(
      name: "ArchPriorExamples",
      dependencies: ["ArchPrior", .product(name: "ArgumentParser", package: "swift-argument-parser")],
      path: "Benchmarks/Examples"),

    // Tests.
    .target(
      name: "TestSupport", dependencies: ["Tensors", "Autodiff", "Optimizers", "Randomness", "Datasets"],
      path: "Tests/TestSupport"),
    .testTarget(name: "RandomnessTests", dependencies: ["Randomness"], exclude: ["Fixtures"]),
    .testTarget(name: "StatisticsTests", dependencies: ["Statistics", "Randomness"], exclude: ["Fixtures"]),
    .testTarget(name: "SearchSpacesTests", dependencies: ["SearchSpaces", "Randomness"], exclude: ["Fixtures"]),
    .testTarget(name: "TabularBenchmarksTests", dependencies: ["TabularBenchmarks", "SearchSpaces", "Randomness"]),
    .testTarget(
      name: "SearchStrategiesTests",
      dependencies: [
        "SearchStrategies", "ControllerStrategies", "PerformanceEstimators", "SearchStudies", "TabularBenchmarks", "SearchSpaces",
        "Randomness", "Statistics",
        "Reports", "Runs", "Autodiff", "Tensors",
      ],
      exclude: ["Fixtures"]),
    .testTarget(name: "CKernelsTests", dependencies: ["CKernels"]),
    .testTarget(name: "TensorsTests", dependencies: ["Tensors", "TestSupport", "Randomness", "CKernels"]),
    .testTarget(name: "AutodiffTests", dependencies: ["Autodiff", "Tensors", "TestSupport", "CKernels"]),
    .testTarget(name: "DatasetsTests", dependencies: ["Datasets", "CZlib"], exclude: ["Fixtures"]),
    .testTarget(name: "TasksTests", dependencies: ["Tasks", "Datasets", "Tensors"]),
    .testTarget(
      name: "RunsTests",
      dependencies: [
        "Runs", "Datasets", "Layers", "Optimizers", "SearchSpaces", "Tensors", "TestSupport",
        .product(name: "GRDB", package: "GRDB.swift"),
      ],
      exclude: ["Fixtures"]),
    .testTarget(name: "ReportsTests", dependencies: ["Reports", "SearchSpaces", "Statistics"]),
    .testTarget(name: "BilevelTests", dependencies: ["ArchPrior", "TestSupport"]),
    .testTarget(name: "ModelsTests", dependencies: ["ArchPrior", "TestSupport"], resources: [.copy("Fixtures")]),
    .testTarget(name: "ExamplesTests", dependencies: ["ArchPriorExamples", "ArchPrior", "TestSupport"]),
    .testTarget(name: "NetworkBenchTests", dependencies: ["ArchPriorNetworkBench", "ArchPrior", "TestSupport"]),
    .testTarget(name: "MessagesTests", dependencies: ["Messages"]),
    .testTarget(
      name: "CommandLineTests", dependencies: ["ArchPrior", "Studies", "Messages"], exclude: ["Snapshots", "Documents/Programs"]),
  ],
  swiftLanguageModes: [.v6]
)
