import CKernels
import Testing

/// Deterministic values in [-1, 1).
struct Values {
  var state: UInt64

  init(seed: UInt64 = 1) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

  mutating func next() -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    z ^= z >> 31
    return Double(z >> 11) * 0x1p-52 - 1
  }

  mutating func array<T: KernelElement>(_ count: Int, of: T.Type = T.self) -> [T] { (0..<count).map { _ in T(next()) } }
}

/// Runs the body at every kernel level that the processor has, for the calling thread alone: other tests run beside this one.
func atEveryLevel(_ body: (Comment) throws -> Void) rethrows {
  defer { _ = ap_set_thread_kernel_level(-1) }
  for level in Int32(0)...2 where ap_set_thread_kernel_level(level) == level {
    try body("level \(String(cString: ap_kernel_level_name()))")
  }
}

/// Expects every element within the type's tolerance of the reference, relative to the reference's largest magnitude.
func expectClose<T: KernelElement>(
  _ got: [T], _ want: [Double], tolerance: Double = T.tolerance, _ comment: @autoclosure () -> Comment,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard got.count == want.count else {
    Issue.record("\(got.count) elements, expected \(want.count)", sourceLocation: sourceLocation)
    return
  }
  var scale = Double.leastNormalMagnitude
  for value in want where value.isFinite { scale = max(scale, abs(value)) }
  for i in got.indices {
    let g = Double(got[i])
    if g == want[i] || (g.isNaN && want[i].isNaN) { continue }
    if !(abs(g - want[i]) <= tolerance * scale) {
      Issue.record(
        "\(T.self) element \(i): \(g), expected \(want[i]) (largest \(scale)); \(comment())", sourceLocation: sourceLocation)
      return
    }
  }
}

/// Output buffers start as NaN, so that an element that a kernel forgets to write shows.
func blank<T: KernelElement>(_ count: Int, _: T.Type = T.self) -> [T] { [T](repeating: .nan, count: count) }

func innerProduct<T: KernelElement>(_ a: [T], _ b: [T]) -> Double {
  var total = 0.0
  for i in a.indices { total += Double(a[i]) * Double(b[i]) }
  return total
}

func norm<T: KernelElement>(_ a: [T]) -> Double { innerProduct(a, a).squareRoot() }
