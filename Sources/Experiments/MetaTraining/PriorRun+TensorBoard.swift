import ArchitecturePriors
import Datasets
import Foundation
import MetaLearning
import Runs
import Tensors

extension PriorRun {
  /// What TensorBoard shows of a point of a learning curve.
  ///
  /// - Parameter step: tasks of all stages together.
  static func event(_ point: CurvePoint, stage: String, step: Int, at date: Date = Date()) -> TensorBoardEvent {
    var scalars = [("query loss", point.queryLoss), ("query accuracy", point.queryAccuracy)]
    if let accuracy = point.validationAccuracy { scalars.append(("meta-validation accuracy", accuracy)) }
    return TensorBoardEvent(
      wallTime: date.timeIntervalSince1970, step: Int64(step),
      content: .scalars(scalars.map { .init(tag: "\(stage)/\($0.0)", value: Float($0.1)) }))
  }

  /// Pictures of θ, one a kind of cell: a row an edge, a column an operation, white where softmax gives an operation all weight.
  static func events(
    _ model: SupernetModel, _ state: MetaState, stage: String, step: Int, at date: Date = Date()
  ) throws -> [TensorBoardEvent] {
    let tables = model.supernet.tables(model.architecture(state.parameters))
    return try zip(model.supernet.space.cellKinds, tables).compactMap { kind, table in
      guard let image = picture(of: table) else { return nil }
      return TensorBoardEvent(
        wallTime: date.timeIntervalSince1970, step: Int64(step),
        content: .image(
          tag: "\(stage)/θ, \(kind.rawValue) cell", height: image.height, width: image.width, channels: 1,
          png: try image.pngBytes()))
    }
  }

  /// Logits as shades of softmax, 12 pixels a side each.
  private static func picture(of table: [[Double]], side: Int = 12) -> PixelImage? {
    guard let columns = table.first?.count, columns > 0 else { return nil }
    var pixels: [UInt8] = []
    for row in table {
      let largest = row.max() ?? 0
      let weights = row.map { exp($0 - largest) }
      let total = weights.reduce(0, +)
      let shades = weights.flatMap { weight in
        [UInt8](repeating: UInt8(max(0, min(255, (255 * weight / total).rounded()))), count: side)
      }
      for _ in 0..<side { pixels += shades }
    }
    return PixelImage(height: side * table.count, width: side * columns, channels: 1, pixels: pixels)
  }
}
