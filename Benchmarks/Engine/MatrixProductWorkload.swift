import ArchPrior
import ArgumentParser
import COpenBLAS

/// The rate of OpenBLAS' single-precision matrix product on this machine, which the engine's and the peers' rates are set against.
///
/// The variables `OPENBLAS_CORETYPE` and `OPENBLAS_L2_SIZE` choose OpenBLAS' kernels; on some processors an old OpenBLAS chooses kernels
/// by itself that compute wrong results. So the product is checked.
struct MatrixProductWorkload: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sgemm", abstract: "The rate of OpenBLAS' matrix product, and whether it is right.")

  @Option(help: "Threads that OpenBLAS uses.")
  var threads = 1

  @Option(help: "Rows and columns of the square matrices.")
  var size = 1024

  @Option(help: "Timed products.")
  var repeats = 30

  private struct MatrixProductReport: Encodable {
    var workload = "sgemm"
    var engine = "OpenBLAS"
    var configuration: String
    var core: String
    var threads: Int
    var size: Int
    var seconds: [Double]
    var gigaflopPerSecond: Double
    /// The largest difference to a product in Float64 over some rows, relative to its largest element.
    var relativeError: Double
    var isRight: Bool
    var loadAverage: Double
  }

  func run() throws {
    let n = size
    let a = DeterministicInputs.values("sgemm.a", count: n * n).map { Float($0) }
    let b = DeterministicInputs.values("sgemm.b", count: n * n).map { Float($0) }
    var c = [Float](repeating: 0, count: n * n)
    openblas_set_num_threads(Int32(threads))
    func product() {
      let extent = Int32(n)
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, extent, extent, extent, 1, a, extent, b, extent, 0, &c, extent)
    }
    for _ in 0..<3 { product() }
    let seconds = (0..<max(1, repeats)).map { _ in
      let start = Clock.now
      product()
      return Clock.seconds(since: start)
    }
    let error = relativeError(a, b, c)
    try printJSON(
      MatrixProductReport(
        configuration: String(cString: openblas_get_config()), core: String(cString: openblas_get_corename()), threads: threads,
        size: n, seconds: seconds, gigaflopPerSecond: 2e-9 * Double(n * n * n) / OrderStatistics.median(seconds),
        relativeError: error, isRight: error < 1e-5, loadAverage: loadAverage()))
  }

  private func relativeError(_ a: [Float], _ b: [Float], _ c: [Float]) -> Double {
    var (difference, largest) = (0.0, 0.0)
    for row in stride(from: 0, to: size, by: max(1, size / 16)) {
      for column in 0..<size {
        var sum = 0.0
        for k in 0..<size { sum += Double(a[row * size + k]) * Double(b[k * size + column]) }
        difference = max(difference, abs(sum - Double(c[row * size + column])))
        largest = max(largest, abs(sum))
      }
    }
    return difference / largest
  }
}
