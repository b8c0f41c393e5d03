/// The spaces that the command knows by name, each with its usual network. Your own space needs no entry.
public enum SearchSpaceRegistry {
  /// All of them.
  public static let all: [any SearchSpace] = [
    NASBench201Space.cifar10, NASBench101Space(), NASBenchMacroSpace(), NASNetSpace.cifar10, DARTSSpace.cifar10,
  ]

  /// The space of this name.
  public static func space(named name: String) -> (any SearchSpace)? { all.first { $0.name == name } }
}

extension DARTSSpace {
  /// DARTS' network for CIFAR-10 at the size of the search: eight cells, 16 channels.
  ///
  /// Source: Liu, Simonyan, Yang, ICLR 2019, section 3.1.1.
  public static let cifar10 = DARTSSpace(
    unchecked: CellSpace(uncheckedNodes: 4), cells: (0..<8).map { $0 == 2 || $0 == 5 ? .reduction : .normal }, channels: 16,
    stem: .flat, side: 32, way: 10)
}
