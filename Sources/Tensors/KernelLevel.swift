import CKernels

/// Which of the kernels' versions runs on this processor.
public enum KernelLevel {
  /// All names, from the slowest that runs everywhere to the fastest.
  public static let names = ["baseline", "avx2", "avx512"]

  /// `"baseline"`, `"avx2"` or `"avx512"`; the environment variable `ARCHPRIOR_KERNELS` can ask for a lower one than the best.
  public static var name: String { String(cString: ap_kernel_level_name()) }

  /// The names of levels that this processor has.
  public static var available: [String] { Array(names.prefix(Int(ap_best_kernel_level()) + 1)) }
}

/// OpenBLAS, which computes large products of matrices and is loaded at the first such product.
public enum LinearAlgebra {
  /// Why OpenBLAS is not available, such as missing memory; `nil` if it is. Loads it.
  public static var problem: String? { ap_blas_problem().map { String(cString: $0) } }
}
