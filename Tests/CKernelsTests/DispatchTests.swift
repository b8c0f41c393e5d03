import CKernels
import Testing

@Suite struct DispatchTests {
  @Test func levelsAreNamedAndBounded() {
    defer { _ = ap_set_thread_kernel_level(-1) }
    let best = ap_set_thread_kernel_level(99)
    #expect((0...2).contains(best))
    #expect(ap_set_thread_kernel_level(0) == 0)
    #expect(String(cString: ap_kernel_level_name()) == "baseline")
    for level in 0...best {
      #expect(ap_set_thread_kernel_level(level) == level)
      #expect(ap_kernel_level() == level)
      #expect(String(cString: ap_kernel_level_name()) == ["baseline", "avx2", "avx512"][Int(level)])
    }
  }

  @Test func aThreadsLevelEndsWhereItIsLiftedAgain() {
    let before = ap_kernel_level()
    _ = ap_set_thread_kernel_level(0)
    #expect(ap_set_thread_kernel_level(-1) == before)
  }
}
