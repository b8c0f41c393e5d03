import ArchPrior
import Synchronization
import TestSupport
import Testing

@testable import Experiments

/// What is counted of networks: one number of parameters for everything, and multiply-adds where sides are odd.
@Suite struct CountTests {
  private final class Shapes: ActivationObserver {
    let found = Mutex<[[Int]]>([])
    func rectifying(_ x: Tensor) {}
    func computed(_ x: Tensor) -> Tensor {
      found.withLock { $0.append(x.shape.array) }
      return x
    }
  }

  private func shapes(_ network: any ObservableNetwork, side: Int, channels: Int) -> [[Int]] {
    let observer = Shapes()
    let images = Tensor(
      shape: [2, side, side, channels], converting: FixtureValues.values("images", count: 2 * side * side * channels),
      to: .float64)
    let weights = network.layout.initialParameters(seed: 1, elementType: .float64)
    _ = network.logits(weights.tensors, images: images, context: ForwardContext(observer: observer))
    return observer.found.withLock { $0 }
  }

  /// 1×3 at stride (1, 2) leaves 7 × 4 of 7 × 7 by PyTorch's `⌊(7 + 2 − 3)/2⌋ + 1 = 4`, 3×1 at stride (2, 1) then 4 × 4.
  @Test func factorizedConvolutionsOfOddSides() throws {
    let space = try NASNetSpace(blocks: 1, cells: [.reduction], channels: 2, imageSize: 7, imageChannels: 1, classes: 2)
    let block = NASNetCell.Block(.init(.factorized3, 0), .init(.maxPool3x3, 1))
    let architecture = NASNetArchitecture(normal: NASNetCell(blocks: [block]), reduction: NASNetCell(blocks: [block]))
    let stem = 9 * 6 * 49
    let inputs = 2 * 6 * 4 * 49
    let factorized = 3 * 4 * 4 * (7 * 4) + 3 * 4 * 4 * (4 * 4)
    #expect(space.networkCost(of: architecture)?.multiplyAdds == stem + inputs + factorized + 4 * 2)
    let found = shapes(try NASNetNetwork(architecture, in: space), side: 7, channels: 1)
    #expect(found.contains([2, 7, 4, 4]) && found.contains([2, 4, 4, 4]), "\(found)")
  }

  /// The benchmark's poolings between stacks pad ("same"): 7, 4, 2.
  @Test func poolingsOfNASBench101RoundUp() throws {
    let space = try NASBench101Space(classes: 2, imageSize: 7, channels: 8, cellsPerStack: 1)
    let cell = try NASBench101Cell(parsing: "010001000:input,conv3x3-bn-relu,output")
    let stem = 9 * 3 * 8 * 49
    let stacks = (8 * 8 + 9 * 8 * 8) * 49 + (8 * 16 + 9 * 16 * 16) * 16 + (16 * 32 + 9 * 32 * 32) * 4
    #expect(space.networkCost(of: cell)?.multiplyAdds == stem + stacks + 32 * 2)
    let network = try #require(try space.network(of: cell) as? any ObservableNetwork)
    let sides = Set(shapes(network, side: 7, channels: 3).filter { $0.count == 4 }.map { $0[1] })
    #expect(sides == [7, 4, 2], "\(sides)")
  }

  @Test func everyMethodHasTheNetworksParameters() throws {
    let network = Conv4(filters: 4, inputHeight: 16, inputWidth: 16, inputChannels: 1, way: 3)
    // 3·3·1·4 + 3 · 3·3·4·4 convolution weights, 4 · 2·4 of norms, (4 features + 1) · 3 of the head.
    let (features, head) = (9 * 4 + 3 * 9 * 16 + 32, 5 * 3)
    #expect(network.layout.scalarCount == features + head)
    let models: [(any AdaptableModel, Int, Int)] = [
      (MetaTrainer.maml(network, innerRate: 0.1, innerSteps: 1).model, features + head, features + head),
      (MetaTrainer.metaSGD(network).model, features + head, 2 * (features + head)),
      (MetaTrainer.reptile(network).model, features + head, 2 * (features + head) + 1),
      (MetaTrainer.protoNet(network).model, features, features),
      (MetaTrainer.imaml(network).model, features + head, features + head),
      // Norms have a row a step, and the 4 convolutions and 2 tensors of the head a rate a step.
      (MetaTrainer.mamlPlusPlus(network, innerSteps: 3).model, features + head, features + head + 2 * 32 + 6 * 3),
    ]
    for (model, parameters, metaTrained) in models {
      #expect(model.parameterCount == parameters && AnyAdaptableModel(model).parameterCount == parameters, "\(type(of: model))")
      #expect(model.metaTrainedCount == metaTrained, "\(type(of: model)): \(model.metaTrainedCount)")
    }
    let space = try DARTSSpace(channels: 4, stem: .flat, inputHeight: 8, inputWidth: 8, inputChannels: 1, way: 3)
    let supernet = SupernetModel(Supernet(space))
    #expect(supernet.parameterCount == space.supernetCost.parameters)
    #expect(supernet.metaTrainedCount == supernet.parameterCount + supernet.supernet.architectureLayout.scalarCount)
  }

  /// What evaluations, studies and plans report is the model's number.
  @Test(arguments: ["maml", "proto-net", "reptile", "meta-sgd", "maml++", "imaml", "anil"])
  func learnersReportTheModelsNumber(method: String) throws {
    var configuration = Configuration()
    configuration.method = Configuration.Method(rawValue: method)
    let model = try configuration.stagePlan(imageShape: [28, 28, 1]).first.model
    let cost = try configuration.classifierCost(model, imageShape: [28, 28, 1])
    #expect(cost.parameters == model.parameterCount)
    let whole = try configuration.network(imageShape: [28, 28, 1]).cost
    #expect((cost == whole) == model.hasClassOutputs)
  }
}
