import CLibCrypto

/// MD5 (RFC 1321), by libcrypto: NAS-Bench-101 names its cells by it. Not for anything that has to be secure.
final class MD5 {
  /// A digest, ordered as its hexadecimal digits are.
  struct Digest: Hashable, Comparable {
    var high, low: UInt64

    static func < (a: Digest, b: Digest) -> Bool { (a.high, a.low) < (b.high, b.low) }

    /// Appends the 32 lower-case hexadecimal digits.
    func appendHex(to bytes: inout [UInt8]) {
      for word in [high, low] {
        var shift: UInt64 = 60
        for _ in 0..<16 {
          let digit = UInt8(truncatingIfNeeded: word >> shift) & 15
          bytes.append(digit < 10 ? 48 + digit : 87 + digit)
          shift &-= 4
        }
      }
    }

    var hex: String {
      var bytes = [UInt8]()
      appendHex(to: &bytes)
      return String(decoding: bytes, as: UTF8.self)
    }
  }

  private let context = EVP_MD_CTX_new()
  // Fetched once: the look-up by name costs several times the digest itself.
  private let algorithm = EVP_MD_fetch(nil, "MD5", nil)

  deinit {
    EVP_MD_CTX_free(context)
    EVP_MD_free(algorithm)
  }

  /// The digest of `bytes`.
  func digest(_ bytes: [UInt8]) -> Digest {
    precondition(context != nil && algorithm != nil, "libcrypto offers no MD5, which NAS-Bench-101's hash needs")
    var words: (UInt64, UInt64) = (0, 0)
    withUnsafeMutableBytes(of: &words) { words in
      _ = EVP_DigestInit_ex(context, algorithm, nil)
      _ = EVP_DigestUpdate(context, bytes, bytes.count)
      _ = EVP_DigestFinal_ex(context, words.baseAddress?.assumingMemoryBound(to: UInt8.self), nil)
    }
    return Digest(high: UInt64(bigEndian: words.0), low: UInt64(bigEndian: words.1))
  }
}
