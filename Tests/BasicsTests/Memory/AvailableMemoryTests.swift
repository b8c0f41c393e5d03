import Foundation
import Testing

@testable import Basics

/// How much memory there is, by whichever bound is the least.
@Suite struct AvailableMemoryTests {
  private static let files = [
    "/proc/meminfo": "MemTotal:       16000000 kB\nMemFree:          100000 kB\nMemAvailable:    8000000 kB\n",
    "/proc/self/status": "Name:\tarchprior\nVmPeak:\t  500000 kB\nVmSize:\t  400000 kB\n",
    "/proc/self/cgroup": "4:memory:/old\n0::/box\n",
    "/sys/fs/cgroup/box/memory.max": "4096000000\n",
    "/sys/fs/cgroup/box/memory.stat": "anon 96000000\nfile 3000000000\n",
  ]

  @Test func theLeastBoundCounts() {
    var files = Self.files
    func bytes(_ addresses: Int = .max) -> Int? { AvailableMemory.bytes(addresses: addresses, SystemMemory { files[$0] }) }
    #expect(bytes() == 4_000_000_000)
    #expect(bytes(1_409_600_000) == 1_000_000_000)
    // The process has more than it may have.
    #expect(bytes(1000) == 0)
    files["/sys/fs/cgroup/box/memory.max"] = "max\n"
    #expect(bytes() == 8_192_000_000)
    files = [:]
    #expect(bytes() == nil)
  }

  @Test func thisMachineSaysWhatThereIs() throws {
    let now = try #require(AvailableMemory.now)
    #expect(now > 1 << 20 && now < 1 << 50)
    #expect(AvailableMemory.shortage(of: 1 << 20) == nil)
    #expect(AvailableMemory.shortage(of: 1 << 50)?.hasPrefix("it needs 1048576.0 GiB of memory, and ") == true)
  }

  @Test func largeFilesShrinkLess() {
    let mebibyte = 1 << 20
    for (stored, bytes) in [
      (100, 64 * mebibyte), (mebibyte / 2, 200 * mebibyte), (mebibyte, 256 * mebibyte), (2 * mebibyte, 400 * mebibyte),
      (.max, .max),
    ] { #expect(UnpackingBudget.pictures.bytes(of: stored) == bytes) }
  }
}
