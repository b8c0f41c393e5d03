import Basics

/// The search spaces that are known by name, each with its usual network. A new one is a line of ``registry``, or registered by a
/// program of its own.
public enum SearchSpaceRegistry: KindRegistry {
  /// The spaces, in the order of lists.
  public static let registry = Registry<any SearchSpace>(
    "search space",
    [
      NASBench201Space.cifar10,
      NASBench101Space(),
      NASBenchMacroSpace(),
      NASNetSpace.cifar10,
      DARTSSpace.cifar10,
    ]
  ) { $0.name }

  /// The space of this name; `nil` where there is none.
  public static func space(named name: String) -> (any SearchSpace)? { registry[name] }
}

extension DARTSSpace {
  /// DARTS' network for CIFAR-10 at the size of the search: eight cells, 16 channels.
  ///
  /// Source: Liu, Simonyan, Yang, ICLR 2019, section 3.1.1.
  public static let cifar10 = DARTSSpace(
    unchecked: CellSpace(uncheckedNodes: 4), cells: (0..<8).map { $0 == 2 || $0 == 5 ? .reduction : .normal }, channels: 16,
    stem: .flat, side: 32, way: 10)
}
