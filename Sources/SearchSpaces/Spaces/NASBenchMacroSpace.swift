/// An architecture of NAS-Bench-Macro: the operation of each of its eight layers.
public struct NASBenchMacroArchitecture: Hashable, Codable, Sendable {
  /// For each layer 0 (identity), 1 (inverted bottleneck, 3×3, expansion 3) or 2 (5×5, expansion 6).
  public let layers: [Int]

  /// An architecture; `nil` unless there are eight layers of 0, 1 or 2.
  public init?(layers: [Int]) {
    guard layers.count == 8, layers.allSatisfy({ (0...2).contains($0) }) else { return nil }
    self.layers = layers
  }

  /// Reads eight digits.
  public init?(digits: some StringProtocol) {
    self.init(layers: digits.utf8.map { Int($0) - 48 })
  }

  /// The eight digits of the benchmark's files.
  public var digits: String { layers.map(String.init).joined() }
}

/// NAS-Bench-Macro's space: eight layers of three operations, 6,561 networks.
///
/// Source: Su et al., "Prioritized architecture sampling with Monto-Carlo tree search", CVPR 2021, section 4.
public struct NASBenchMacroSpace: SearchSpace, Hashable {
  /// The space.
  public init() {}

  public var name: String { "nas-bench-macro" }

  /// The names of the three operations.
  public static let operationNames = ["identity", "mb3_3x3", "mb6_5x5"]

  public var decisions: [Decision] { (1...8).map { Decision("layer \($0)", choices: Self.operationNames) } }

  public func architecture(choices: [Int]) -> NASBenchMacroArchitecture? { NASBenchMacroArchitecture(layers: choices) }

  public func choices(of architecture: NASBenchMacroArchitecture) -> [Int] { architecture.layers }

  public func text(of architecture: NASBenchMacroArchitecture) -> String { architecture.digits }

  public func architecture(parsing text: String) throws(ArchitectureError) -> NASBenchMacroArchitecture {
    guard let found = NASBenchMacroArchitecture(digits: text) else {
      let place = Array(text.utf8).firstIndex { !(48...50).contains($0) } ?? min(text.utf8.count, 8)
      throw .syntax(space: name, position: place, found: "“\(text.prefix(16))”", expected: "eight digits 0, 1 or 2")
    }
    return found
  }

  public func drawings(of architecture: NASBenchMacroArchitecture) -> [ArchitectureDrawing] {
    let graph = ArchitectureGraph(
      nodes: ["in"] + architecture.layers.map { ["id", "mb3 3×3", "mb6 5×5"][$0] } + ["out"],
      edges: (0...8).map { ArchitectureGraph.Edge(from: $0, to: $0 + 1, family: .separable) })
    return [ArchitectureDrawing(title: "layers", svg: GraphDrawing.svg(of: graph, title: "NAS-Bench-Macro network"))]
  }
}
