import SearchSpaces
import Testing

@Suite struct NetworkCostTests {
  enum Stage: String, Sendable { case miniImageNet, grey, fourCells }

  static func space(_ stage: Stage) throws -> DARTSSpace {
    switch stage {
    case .miniImageNet:
      try DARTSSpace(stem: .pooledTwice, inputHeight: 84, inputWidth: 84, inputChannels: 3, way: 5)
    case .grey:
      try DARTSSpace(channels: 8, stem: .pooledOnce, inputHeight: 28, inputWidth: 28, inputChannels: 1, way: 20)
    case .fourCells:
      try DARTSSpace(
        cells: [.normal, .reduction, .normal, .reduction], channels: 4, stem: .flat, inputHeight: 33, inputWidth: 30,
        inputChannels: 3, way: 5)
    }
  }

  /// Printed by `Fixtures/costs.py`, which lists every weight tensor.
  @Test(arguments: [
    (Stage.miniImageNet, Genotype.autoMAML1Shot, 23213, 25_958_512), (.grey, .autoMAML1Shot, 5156, 544_592),
    (.fourCells, .autoMAML1Shot, 5661, 1_426_736), (.miniImageNet, .autoMAML5Shot, 26061, 27_713_488),
    (.grey, .autoMAML5Shot, 6324, 851_136), (.fourCells, .autoMAML5Shot, 7349, 2_481_464),
  ]) func decodedNetworks(stage: Stage, genotype: Genotype, parameters: Int, multiplyAdds: Int) throws {
    #expect(
      try Self.space(stage).cost(of: genotype) == NetworkCost(parameters: parameters, multiplyAdds: multiplyAdds))
  }

  /// Printed by `Fixtures/costs.py`.
  @Test(arguments: [
    (Stage.miniImageNet, 201_181, 61_607_616), (.grey, 66_044, 5_987_904), (.fourCells, 89_969, 20_021_720),
  ]) func supernets(stage: Stage, parameters: Int, multiplyAdds: Int) throws {
    #expect(try Self.space(stage).supernetCost == NetworkCost(parameters: parameters, multiplyAdds: multiplyAdds))
  }

  /// Published to these digits: 23.2 K and 26.1 K (T-NAS, table 3), 3.3 M (DARTS, table 1; its code prints 3.349342 MB).
  @Test func publishedParameterCounts() throws {
    #expect(try (Self.space(.miniImageNet).cost(of: .autoMAML1Shot).parameters + 50) / 100 == 232)
    #expect(try (Self.space(.miniImageNet).cost(of: .autoMAML5Shot).parameters + 50) / 100 == 261)
    let cifar = try DARTSSpace(
      cells: (0..<20).map { $0 == 6 || $0 == 13 ? .reduction : .normal }, channels: 36, stem: .flat, inputHeight: 32,
      inputWidth: 32, inputChannels: 3, way: 10)
    #expect(try cifar.cost(of: .dartsV2) == NetworkCost(parameters: 3_349_342, multiplyAdds: 528_359_040))
  }

  @Test func architectureParametersOfTNAS() throws {
    #expect(try Self.space(.miniImageNet).architectureParameterCount == 2 * 14 * 8)
  }

  @Test func foreignGenotypesAreRefused() throws {
    let small = try DARTSSpace(
      cell: CellSpace(nodes: 2, operations: [.none, .skipConnect]), stem: .flat, inputHeight: 28, inputWidth: 28,
      inputChannels: 1, way: 5)
    #expect(throws: GenotypeError.nodeCount(.normal, found: 4, expected: 2)) { try small.cost(of: .dartsV2) }
    let pooled = try Genotype(parsing: "normal[(skip_connect,0)|(max_pool_3x3,1)]")
    #expect(throws: GenotypeError.foreignOperation(.maxPool3x3)) { try small.cost(of: pooled) }
    let normalOnly = try Genotype(parsing: "normal[(skip_connect,0)|(skip_connect,1)]")
    #expect(throws: GenotypeError.missingCell(.reduction)) { try small.cost(of: normalOnly) }
  }
}
