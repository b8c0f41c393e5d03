import Basics
import Foundation
import Testing

@Suite struct PhiloxTests {
  struct KnownAnswer: Sendable {
    let counter: SIMD4<UInt32>, key: SIMD2<UInt32>, output: SIMD4<UInt32>
  }

  /// Random123's `kat_vectors`, the three lines "philox4x32 10".
  static let knownAnswers = [
    KnownAnswer(
      counter: SIMD4(repeating: 0), key: SIMD2(repeating: 0),
      output: SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8)),
    KnownAnswer(
      counter: SIMD4(repeating: .max), key: SIMD2(repeating: .max),
      output: SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd)),
    KnownAnswer(
      counter: SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344), key: SIMD2(0xa409_3822, 0x299f_31d0),
      output: SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1)),
  ]

  @Test(arguments: knownAnswers) func blockMatchesRandom123(_ answer: KnownAnswer) {
    #expect(Philox.block(counter: answer.counter, key: answer.key) == answer.output)
  }

  struct Stream: Sendable {
    let seed: UInt64, name: String, index: UInt64, outputs: [UInt64]
  }

  /// Printed by `Fixtures/philox.py`. A change here changes every recorded run.
  static let streams = [
    Stream(
      seed: 0, name: "", index: 0, outputs: [0x3e8b_d907_4d90_11a1, 0x6b45_da4d_aaa6_17e8, 0x5c76_fff7_7ea2_c391]),
    Stream(
      seed: 1, name: "weights", index: 0,
      outputs: [0x5708_df12_f4ff_8f9a, 0xdb71_454b_0b6e_b59f, 0x73f5_e296_2d34_36f6]),
    Stream(
      seed: 2026, name: "meta-train", index: 4711,
      outputs: [0x597b_3933_cacd_75f3, 0x4fce_91bc_cac8_876a, 0xa7f7_e2ec_a778_db32]),
    Stream(
      seed: .max, name: "Ωmega", index: .max,
      outputs: [0x225d_7c3b_8d03_bb86, 0xd1ae_8c53_c2eb_6911, 0xa2fe_f6eb_d1c3_d0d5]),
  ]

  @Test(arguments: streams) func streamMatchesSecondImplementation(_ stream: Stream) {
    var generator = Philox(seed: stream.seed, stream: stream.name, index: stream.index)
    let drawn = stream.outputs.map { _ in generator.next() }
    #expect(drawn == stream.outputs)
  }

  @Test(arguments: [0, 1, 2, 3, 100, 101] as [UInt64]) func seekingEqualsDrawing(position: UInt64) throws {
    var walked = Philox(seed: 3, stream: "seek", index: 5)
    for _ in 0..<position { _ = walked.next() }
    var sought = Philox(seed: 3, stream: "seek", index: 5, position: position)
    #expect(walked == sought)
    var decoded = try JSONDecoder().decode(Philox.self, from: JSONEncoder().encode(walked))
    let next = walked.next()
    #expect(next == sought.next())
    #expect(next == decoded.next())
  }

  @Test func neighbouringStreamsShareNoNumber() {
    var seen = Set<UInt64>()
    for seed in 0..<4 as Range<UInt64> {
      for stream in 0..<4 as Range<UInt64> {
        for index in 0..<4 as Range<UInt64> {
          var generator = Philox(seed: seed, stream: stream, index: index)
          for _ in 0..<50 { seen.insert(generator.next()) }
        }
      }
    }
    // 3,200 of 2⁶⁴: a chance collision has probability 3·10⁻¹³.
    #expect(seen.count == 4 * 4 * 4 * 50)
  }
}
