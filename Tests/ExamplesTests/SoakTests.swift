import ArchPrior
import Testing

@testable import ArchPriorExamples

/// Memory is the process's, so this runs in one of its own.
@Suite struct SoakTests {
  @Test func nothingIsLeftOfEpisodes() async {
    await #expect(processExitsWith: .success) {
      let states = try Soak.run(episodes: 300, every: 100, filters: 8, threads: 2)
      #expect(states.map(\.episodes) == [100, 200, 300])
      #expect(states.allSatisfy { $0.tapes == 0 && $0.nodes == 0 })
      // A leak of one set of weights an episode would be 100 × 20 KiB, one of the activations a hundred times that.
      #expect(states[2].resident - states[1].resident < 1 << 20, "\(states.map(\.resident))")
      #expect(states.allSatisfy { $0.accuracy > 0.25 })
    }
  }

  @Test func theCensusCountsWhatIsAlive() async {
    await #expect(processExitsWith: .success) {
      #expect(TapeCensus.tapes == 0)
      let x = Tensor(2, .float64)
      do {
        let (_, pullback) = vjp(at: [x]) { [($0[0] * $0[0]).exp()] }
        #expect(TapeCensus.tapes == 1 && TapeCensus.nodes == 2)
        withExtendedLifetime(pullback) {}
      }
      #expect(TapeCensus.tapes == 0 && TapeCensus.nodes == 0)
    }
  }
}
