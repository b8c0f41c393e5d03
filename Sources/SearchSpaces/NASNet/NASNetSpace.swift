import Basics
import Foundation

/// The NASNet search space: a normal and a reduction cell of five blocks.
///
/// The text form is the controller's string of numbers, separated by commas; 50 for five blocks. Each block of the normal, then of the
/// reduction cell gives five: two hidden states, two operations and the combination.
///
/// Source: Zoph, Vasudevan, Shlens, Le, CVPR 2018, section 3.1 and figure 3.
public struct NASNetSpace: SearchSpace, Hashable {
  /// Blocks of a cell.
  public let blocks: Int
  /// The cells, from the stem on.
  public let cells: [CellKind]
  /// Channels of the first cell; doubled in every reduction cell. The stem is a 3×3 convolution to 3C channels.
  public let channels: Int
  /// Side of the (square) images in pixels.
  public let imageSize: Int
  /// Channels of the images.
  public let imageChannels: Int
  /// Outputs of the linear layer.
  public let classes: Int

  /// The space; by default five blocks and a network of five cells for CIFAR-10.
  ///
  /// - Throws: `SearchSpaceError` for a number out of range or no cell.
  public init(
    blocks: Int = 5, cells: [CellKind] = [.normal, .reduction, .normal, .reduction, .normal], channels: Int = 16,
    imageSize: Int = 32, imageChannels: Int = 3, classes: Int = 10
  ) throws(SearchSpaceError) {
    guard !cells.isEmpty else { throw .noCells }
    for (key, value, least) in [
      ("blocks", blocks, 1), ("channels", channels, 1), ("imageSize", imageSize, 1), ("imageChannels", imageChannels, 1),
      ("classes", classes, 2),
    ] where value < least {
      throw .outOfRange(key: key, value: value, allowed: "\(least) or more")
    }
    self.init(unchecked: blocks, cells, channels, imageSize, imageChannels, classes)
  }

  private init(
    unchecked blocks: Int, _ cells: [CellKind], _ channels: Int, _ imageSize: Int, _ imageChannels: Int, _ classes: Int
  ) {
    self.blocks = blocks
    self.cells = cells
    self.channels = channels
    self.imageSize = imageSize
    self.imageChannels = imageChannels
    self.classes = classes
  }

  /// The space with the default network for CIFAR-10.
  public static let cifar10 = NASNetSpace(unchecked: 5, [.normal, .reduction, .normal, .reduction, .normal], 16, 32, 3, 10)

  /// The space's name: `nasnet`.
  public var name: String { "nasnet" }

  /// Five decisions a block: two states, two operations, the combination. The normal cell's come first, then the reduction cell's.
  public var decisions: [Decision] {
    let operations = NASNetOperation.allCases.map(\.rawValue)
    return CellKind.allCases.flatMap { kind in
      (0..<blocks).flatMap { block in
        let states = (0..<(block + 2)).map(String.init)
        return [
          Decision("\(kind.rawValue) block \(block) first state", choices: states),
          Decision("\(kind.rawValue) block \(block) second state", choices: states),
          Decision("\(kind.rawValue) block \(block) first operation", choices: operations),
          Decision("\(kind.rawValue) block \(block) second operation", choices: operations),
          Decision(
            "\(kind.rawValue) block \(block) combination", choices: NASNetCell.Combination.allCases.map(\.rawValue)),
        ]
      }
    }
  }

  /// The architecture of these choices; `nil` unless there are ten a block (five for each cell), each in its range.
  public func architecture(choices: [Int]) -> NASNetArchitecture? {
    guard choices.count == 10 * blocks else { return nil }
    func cell(_ start: Int) -> NASNetCell? {
      var result = [NASNetCell.Block]()
      for block in 0..<blocks {
        let part = Array(choices[(start + 5 * block)..<(start + 5 * block + 5)])
        let operations = NASNetOperation.allCases
        guard part[..<2].allSatisfy({ (0..<(block + 2)).contains($0) }), part[2..<4].allSatisfy(operations.indices.contains),
          NASNetCell.Combination.allCases.indices.contains(part[4])
        else { return nil }
        result.append(
          NASNetCell.Block(
            .init(operations[part[2]], part[0]), .init(operations[part[3]], part[1]), NASNetCell.Combination.allCases[part[4]]))
      }
      return NASNetCell(blocks: result)
    }
    guard let normal = cell(0), let reduction = cell(5 * blocks) else { return nil }
    return NASNetArchitecture(normal: normal, reduction: reduction)
  }

  /// The choices that give the architecture.
  ///
  /// - Throws: `ArchitectureError.notInSpace` for a cell with another number of blocks, or a block that uses a state that is not an
  ///   earlier one.
  public func choices(of architecture: NASNetArchitecture) throws(ArchitectureError) -> [Int] {
    var choices = [Int]()
    for kind in CellKind.allCases {
      let cell = architecture[kind]
      guard cell.blocks.count == blocks else {
        throw .notInSpace(space: name, reason: "the \(kind.rawValue) cell has \(cell.blocks.count) blocks, the space \(blocks)")
      }
      for (number, block) in cell.blocks.enumerated() {
        for operand in block.operands where !(0..<(number + 2)).contains(operand.state) {
          throw .notInSpace(
            space: name,
            reason: "block \(number) of the \(kind.rawValue) cell uses hidden state \(operand.state), not an earlier one")
        }
        choices += [block.first.state, block.second.state, block.first.operation.number, block.second.operation.number]
        choices.append(block.combination == .add ? 0 : 1)
      }
    }
    return choices
  }

  /// The controller's string with the operands of every block in order: a block that adds or concatenates two operands is the same
  /// with the two exchanged, except for the order of channels.
  public func canonicalHash(of architecture: NASNetArchitecture) -> String {
    func ordered(_ cell: NASNetCell) -> NASNetCell {
      NASNetCell(
        blocks: cell.blocks.map { block in
          let operands = block.operands.sorted { ($0.state, $0.operation.number) < ($1.state, $1.operation.number) }
          return NASNetCell.Block(operands[0], operands[1], block.combination)
        })
    }
    return text(of: NASNetArchitecture(normal: ordered(architecture.normal), reduction: ordered(architecture.reduction)))
  }

  /// Adjacency: for each cell and block, which state is an operand with which operation, and the combination. Path: for each cell
  /// and input a bit for every sequence of one or two operations from there to a state that the output concatenates.
  public func encode(_ architecture: NASNetArchitecture, as encoding: ArchitectureEncoding) -> [Double]? {
    guard contains(architecture) else { return nil }
    let count = NASNetOperation.allCases.count
    var values = [Double]()
    for kind in CellKind.allCases {
      let cell = architecture[kind]
      switch encoding {
      case .oneHot: return oneHot(architecture)
      case .adjacency:
        for (number, block) in cell.blocks.enumerated() {
          var part = [Double](repeating: 0, count: (number + 2) * count + 1)
          for operand in block.operands { part[operand.state * count + operand.operation.number] += 1 }
          part[part.count - 1] = block.combination == .add ? 0 : 1
          values += part
        }
      case .path:
        var bits = [Double](repeating: 0, count: 2 * (count + count * count))
        for last in cell.unusedStates where last >= 2 {
          for operand in cell.blocks[last - 2].operands {
            if operand.state < 2 {
              bits[operand.state * (count + count * count) + operand.operation.number] = 1
              continue
            }
            for first in cell.blocks[operand.state - 2].operands where first.state < 2 {
              let pair = first.operation.number * count + operand.operation.number
              bits[first.state * (count + count * count) + count + pair] = 1
            }
          }
        }
        values += bits
      }
    }
    return values
  }

  /// A picture of the normal and one of the reduction cell.
  public func drawings(of architecture: NASNetArchitecture) -> [ArchitectureDrawing] {
    CellKind.allCases.map { kind in
      let cell = architecture[kind]
      let title = "\(kind.rawValue) cell"
      var edges = cell.blocks.enumerated().flatMap { number, block in
        block.operands.map { operand in
          ArchitectureGraph.Edge(
            from: operand.state, to: number + 2, label: operand.operation.displayName, family: operand.operation.family)
        }
      }
      edges += cell.unusedStates.map { ArchitectureGraph.Edge(from: $0, to: blocks + 2) }
      let nodes = ["h−1", "h"] + cell.blocks.enumerated().map { "\($0 + 2) \($1.combination == .add ? "+" : "∥")" } + ["concat"]
      return ArchitectureDrawing(
        title: title, svg: GraphDrawing.svg(of: ArchitectureGraph(nodes: nodes, edges: edges), title: title))
    }
  }
}

extension NASNetOperation {
  var number: Int { Self.allCases.firstIndex(of: self) ?? 0 }

  /// A name for people.
  public var displayName: String { rawValue.replacingOccurrences(of: "_", with: " ") }

  var family: ArchitectureGraph.Family {
    switch self {
    case .identity: .skip
    case .averagePool3x3, .maxPool3x3, .maxPool5x5, .maxPool7x7: .pooling
    case .separable3x3, .separable5x5, .separable7x7: .separable
    case .factorized3, .factorized7, .dilated3x3, .convolution1x1, .convolution3x3: .convolution
    }
  }
}
