import ArchPrior
import Testing

@testable import ArchPriorNetworkBench

@Suite struct WarpTests {
  private let batch = ImageBatch(
    count: 1, height: 3, width: 3, channels: 1, pixels: [1, 2, 3, 4, 5, 6, 7, 8, 9])

  private func drawn(_ placement: Warp.Placement) -> [Float] {
    [Float](unsafeUninitializedCapacity: 9) { target, count in
      Warp.draw(placement, of: batch, image: 0, into: UnsafeMutableBufferPointer(rebasing: target[0..<9]))
      count = 9
    }
  }

  /// Closed forms: nothing, whole and half pixels, a quarter turn counter-clockwise, twice the width.
  @Test(
    arguments: [
      (Warp.Placement(), [1, 2, 3, 4, 5, 6, 7, 8, 9]),
      (Warp.Placement(right: 1, down: 0), [0, 1, 2, 0, 4, 5, 0, 7, 8]),
      (Warp.Placement(right: 0, down: -1), [4, 5, 6, 7, 8, 9, 0, 0, 0]),
      (Warp.Placement(right: 0.5, down: 0), [0.5, 1.5, 2.5, 2, 4.5, 5.5, 3.5, 7.5, 8.5]),
      (Warp.Placement(angle: .pi / 2), [3, 6, 9, 2, 5, 8, 1, 4, 7]),
      (Warp.Placement(width: 2), [1.5, 2, 2.5, 4.5, 5, 5.5, 7.5, 8, 8.5]),
    ] as [(Warp.Placement, [Float])])
  func closedForms(placement: Warp.Placement, expected: [Float]) {
    for (found, wanted) in zip(drawn(placement), expected) { #expect(abs(found - wanted) <= 2e-6) }
  }

  @Test func copiesArePureInTheirNumber() {
    let support = madeUpSupport(shot: 2)
    func copies(_ seed: UInt64, _ name: String = "a") -> WarpedCopies {
      WarpedCopies(of: support, images: [1, 3, 5], warp: Warp(degrees: 20, scale: 0.2, shift: 1), seed: seed, name: name)
    }
    let all = copies(1).batch(0..<6)
    let last = copies(1).batch([5])
    #expect(Array(all.images.floats.suffix(81)) == last.images.floats)
    #expect(all.targets.rowArgmax == [0, 1, 2, 0, 1, 2])
    #expect(copies(2).batch([5]).images.floats != last.images.floats)
    #expect(copies(1, "b").batch([5]).images.floats != last.images.floats)
  }

  /// One image a class is kept for judging, where there are several.
  @Test func partsAreDisjointWhereTheyCanBe() {
    let (one, three) = (madeUpSupport(shot: 1).parts, madeUpSupport(shot: 3).parts)
    #expect(one.training == [0, 1, 2] && one.judging == [0, 1, 2])
    #expect(three.training == [0, 1, 3, 4, 6, 7] && three.judging == [2, 5, 8])
  }
}
