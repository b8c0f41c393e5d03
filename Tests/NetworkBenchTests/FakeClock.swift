import ArchPrior
import Synchronization
import Testing

@testable import ArchPriorNetworkBench
@testable import Experiments

/// A clock that goes on by the same time whenever somebody looks at it.
final class FakeClock: Sendable {
  private let looks = Mutex(0)
  let tick: Double

  init(tick: Double = 0.001) { self.tick = tick }

  var count: Int { looks.withLock { $0 } }
  var seconds: Double { Double(count) * tick }

  var now: @Sendable () -> Double {
    { [self] in
      looks.withLock {
        $0 += 1
        return Double($0) * tick
      }
    }
  }
}

/// Two dozen pixels of noise around a pattern a class.
func madeUpSupport(way: Int = 3, shot: Int = 1, side: Int = 9) -> SupportSet {
  var pixels: [Float] = []
  var noise = Philox(seed: 2, stream: "noise")
  for label in 0..<way {
    for _ in 0..<shot {
      var pattern = Philox(seed: 1, stream: "pattern", index: UInt64(label))
      pixels += (0..<side * side).map { _ in Float(pattern.nextDouble() + 0.1 * noise.nextDouble()) }
    }
  }
  return SupportSet(
    images: ImageBatch(count: way * shot, height: side, width: side, channels: 1, pixels: pixels),
    labels: (0..<way * shot).map { $0 / shot }, way: way)
}

func smallSpace() throws -> DARTSSpace {
  try DARTSSpace(nodes: 2, channels: 2, stem: .pooledOnce, inputHeight: 9, inputWidth: 9, inputChannels: 1, way: 3)
}

/// A contest whose prior is a supernet with its first weights.
func smallContest() throws -> PriorContest {
  let space = try smallSpace()
  let model = SupernetModel(Supernet(space))
  let prior = TrainedPrior.Learner(
    name: "prior", model: model, parameters: model.layout.initialParameters(seed: 1), loop: TNAS(steps: 2).loop(for: model),
    cost: space.supernetCost)
  var generator = Philox(seed: 4)
  return PriorContest(
    prior: prior, space: space, priorOfOmniglot: nil, decoded: nil, cell: space.sample(using: &generator), seed: 1)
}
