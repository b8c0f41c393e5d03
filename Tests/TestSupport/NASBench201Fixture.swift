import SearchSpaces
import Tensors

/// Networks of NAS-Bench-201 and their proxies against an independent PyTorch implementation (`nasbench201.py`).
public struct NASBench201Fixture: Decodable {
  public struct Size: Decodable {
    public let channels, cellsPerStage, size, classes, batch: Int
  }
  public struct Cell: Decodable {
    public let cell: String
    public let parameters: Int
    public let logits: FixtureArray
    public let loss: Double
    public let gradientNorms: [String: Double]
    public let proxies: [String: Double]
  }
  public struct Whole: Decodable {
    public let logits, theta: FixtureArray
    public let loss, largestEigenvalue: Double
    public let gradientNorms: [String: Double]
  }
  public struct Choice: Decodable {
    public let chosen: [Int]
    public let logits, strengths: FixtureArray
    public let loss: Double
  }

  public let network: Size
  public let cells: [Cell]
  public let supernet: Whole
  public let choice: Choice

  public static func read() throws -> NASBench201Fixture { try FixtureFile.decode(Self.self, from: "nasbench201") }

  public func space() throws -> NASBench201Space {
    try NASBench201Space(
      classes: network.classes, imageSize: network.size, channels: network.channels, cellsPerStage: network.cellsPerStage)
  }

  /// The batch of images that the script made its numbers with, and their one-hot targets.
  public func data(_ type: ElementType = .float64) -> (images: Tensor, targets: Tensor) {
    let shape: Shape = [network.batch, network.size, network.size, 3]
    return (
      FixtureValues.tensor("images", shape, type),
      .oneHot((0..<network.batch).map { $0 % network.classes }, classes: network.classes, type)
    )
  }
}
