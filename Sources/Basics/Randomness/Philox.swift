/// A counter-based random number generator: Philox 4×32 with ten rounds.
///
/// Output number `position` of the stream `(seed, stream, index)` is a pure function of those four numbers, so "task 4711 of stream
/// `meta-train`" is the same task in any order and on any thread. Copying the value copies the position; there is no shared state.
///
/// The 128-bit counter holds `index` (high half) and the block number (low half). The 64-bit key mixes `seed` and `stream` by a
/// map that is injective in either one while the other stays fixed: within one seed no two `(stream, index)` pairs share a
/// counter and a key.
///
/// Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011, section 3.3.
public struct Philox: RandomNumberGenerator, Sendable, Hashable {
  /// The 64-bit key of the block function, derived from seed and stream.
  public let key: UInt64
  /// The index within the stream: the high half of the counter.
  public let index: UInt64
  /// How many 64-bit numbers have been drawn.
  public private(set) var position: UInt64
  /// The second half of the current block while `position` is odd, otherwise 0 (so that equality is equality of the future).
  private var pending: UInt64

  /// The generator of one independent stream.
  ///
  /// - Parameters:
  ///   - seed: the run's seed.
  ///   - stream: what the numbers are for; see ``stream(named:)``.
  ///   - index: which item of the stream (a task's number, a step's number).
  ///   - position: how many 64-bit numbers to skip.
  public init(seed: UInt64, stream: UInt64 = 0, index: UInt64 = 0, position: UInt64 = 0) {
    self.init(key: Self.key(seed: seed, stream: stream), index: index, position: position)
  }

  /// The generator of the stream with this name; see ``stream(named:)``.
  public init(seed: UInt64, stream name: String, index: UInt64 = 0, position: UInt64 = 0) {
    self.init(seed: seed, stream: Self.stream(named: name), index: index, position: position)
  }

  /// The generator at a place given by its raw key, index and position, as a checkpoint stores it.
  public init(key: UInt64, index: UInt64, position: UInt64) {
    self.key = key
    self.index = index
    self.position = position
    pending = 0
    if position & 1 == 1 { pending = Self.halves(key: key, index: index, block: position >> 1).1 }
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    defer { position &+= 1 }
    if position & 1 == 1 {
      defer { pending = 0 }
      return pending
    }
    let (first, second) = Self.halves(key: key, index: index, block: position >> 1)
    pending = second
    return first
  }

  /// A stream number for a name: the same on every platform and in every version.
  ///
  /// FNV-1a (64 bits) over the name's UTF-8 bytes, then SplitMix64's finaliser so that similar names differ in all bits.
  public static func stream(named name: String) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in name.utf8 {
      hash ^= UInt64(byte)
      hash &*= 0x0000_0100_0000_01b3
    }
    return mix(hash)
  }

  /// The block function: ten rounds of Philox 4×32 on a 128-bit counter with a 64-bit key, words in the order of the reference
  /// code.
  public static func block(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    var (c0, c1, c2, c3) = (counter.x, counter.y, counter.z, counter.w)
    var (k0, k1) = (key.x, key.y)
    for _ in 0..<10 {
      let left = UInt64(0xD251_1F53) * UInt64(c0)
      let right = UInt64(0xCD9E_8D57) * UInt64(c2)
      (c0, c1, c2, c3) = (
        UInt32(truncatingIfNeeded: right >> 32) ^ c1 ^ k0, UInt32(truncatingIfNeeded: right),
        UInt32(truncatingIfNeeded: left >> 32) ^ c3 ^ k1, UInt32(truncatingIfNeeded: left)
      )
      k0 &+= 0x9E37_79B9
      k1 &+= 0xBB67_AE85
    }
    return SIMD4(c0, c1, c2, c3)
  }

  /// One block as two 64-bit numbers, low word first.
  private static func halves(key: UInt64, index: UInt64, block number: UInt64) -> (UInt64, UInt64) {
    let counter = SIMD4<UInt32>(
      UInt32(truncatingIfNeeded: number), UInt32(truncatingIfNeeded: number >> 32),
      UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: index >> 32))
    let words = block(
      counter: counter, key: SIMD2(UInt32(truncatingIfNeeded: key), UInt32(truncatingIfNeeded: key >> 32)))
    return (UInt64(words.x) | UInt64(words.y) << 32, UInt64(words.z) | UInt64(words.w) << 32)
  }

  /// `mix(mix(seed) + stream)`: a bijection of the stream for a fixed seed, and of the seed for a fixed stream.
  private static func key(seed: UInt64, stream: UInt64) -> UInt64 { mix(mix(seed) &+ stream) }

  /// SplitMix64's step and finaliser, a bijection of 64-bit words (Steele, Lea, Flood, OOPSLA 2014).
  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// Coded as key, index and position, all a checkpoint needs.
extension Philox: Codable {
  private enum CodingKeys: String, CodingKey { case key, index, position }

  /// Reads key, index and position.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      key: try values.decode(UInt64.self, forKey: .key), index: try values.decode(UInt64.self, forKey: .index),
      position: try values.decode(UInt64.self, forKey: .position))
  }

  /// Writes key, index and position.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(key, forKey: .key)
    try values.encode(index, forKey: .index)
    try values.encode(position, forKey: .position)
  }
}
