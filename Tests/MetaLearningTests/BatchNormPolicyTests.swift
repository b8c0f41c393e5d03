import ArchPrior
import TestSupport
import Testing

/// Which images a query image's scores depend on.
@Suite struct BatchNormPolicyTests {
  /// The scores of the first query image, among all query images and among the first half of them.
  private func firstScores(_ policy: BatchNormPolicy) throws -> (all: Tensor, half: Tensor) {
    let space = try DARTSSpace(
      nodes: 2, channels: 2, stem: .flat, inputHeight: 8, inputWidth: 8, inputChannels: 1, way: 3)
    let model = SupernetModel(Supernet(space))
    let parameters = model.layout.fixtureParameters()
    func images(_ count: Int, _ name: String) -> Tensor {
      Tensor(shape: [count, 8, 8, 1], FixtureValues.values(name, count: count * 64))
    }
    func scores(queries: Int) -> Tensor {
      let task = FewShotTask(
        supportImages: images(3, "support"), supportLabels: [0, 1, 2], queryImages: images(queries, "query"),
        queryLabels: Array(repeating: 0, count: queries), way: 3)
      return FewShotProblem(model, task: task, batchNorm: policy).queryLogits(parameters.tensors)
        .slice(axis: 0, from: 0, count: 1)
    }
    return (scores(queries: 6), scores(queries: 3))
  }

  @Test func supportStatisticsClassifyEveryImageByItself() throws {
    let (all, half) = try firstScores(.supportStatistics)
    #expect(relativeError(half, all) < 1e-12)
  }

  @Test func transductiveImagesSeeEachOther() throws {
    let (all, half) = try firstScores(.transductive)
    #expect(relativeError(half, all) > 1e-3)
  }

  /// With the support set as the query set, both policies see the same statistics.
  @Test func policiesAgreeOnTheSupportSetItself() throws {
    let network = Conv4(filters: 3, inputHeight: 16, inputWidth: 16, inputChannels: 1, way: 2)
    let parameters = network.layout.fixtureParameters()
    let images = Tensor(shape: [4, 16, 16, 1], FixtureValues.values("images", count: 4 * 256))
    let task = FewShotTask(
      supportImages: images, supportLabels: [0, 1, 0, 1], queryImages: images, queryLabels: [0, 1, 0, 1], way: 2)
    let scores = BatchNormPolicy.allCases.map {
      FewShotProblem(NetworkModel(network), task: task, batchNorm: $0).queryLogits(parameters.tensors)
    }
    #expect(relativeError(scores[1], scores[0]) < 1e-12)
  }
}
