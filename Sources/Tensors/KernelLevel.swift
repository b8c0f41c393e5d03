import CKernels

/// Which of the kernels' versions runs on this processor.
public enum KernelLevel {
  /// `"baseline"`, `"avx2"` or `"avx512"`; the environment variable `ARCHPRIOR_KERNELS` can ask for a lower one than the best.
  public static var name: String { String(cString: ap_kernel_level_name()) }
}
