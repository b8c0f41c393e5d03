import CKernels

/// The C functions of one element type, under one name for both.
struct Kernels<T>: Sendable {
  let unary: @Sendable (Int32, Int, UnsafePointer<T>, UnsafeMutablePointer<T>) -> Void
  let affine: @Sendable (Int, T, T, UnsafePointer<T>, UnsafeMutablePointer<T>) -> Void
  let power: @Sendable (Int, T, UnsafePointer<T>, UnsafeMutablePointer<T>) -> Void
  let binary: @Sendable (Int32, Int, UnsafePointer<T>, UnsafePointer<T>, UnsafeMutablePointer<T>) -> Void
  let binaryStrided:
    @Sendable (Int32, Int, Int, UnsafePointer<T>, Int, Int, UnsafePointer<T>, Int, Int, UnsafeMutablePointer<T>) -> Void
  let addScaled: @Sendable (Int, T, UnsafePointer<T>, UnsafePointer<T>, UnsafeMutablePointer<T>) -> Void
  let fill: @Sendable (Int, T, UnsafeMutablePointer<T>) -> Void
  let sum: @Sendable (Int, Int, Int, UnsafePointer<T>, UnsafeMutablePointer<T>) -> Void
  let max: @Sendable (Int, Int, Int, UnsafePointer<T>, UnsafeMutablePointer<T>) -> Void
  let broadcast: @Sendable (Int, Int, Int, UnsafePointer<T>, UnsafeMutablePointer<T>) -> Void
  let dot: @Sendable (Int, UnsafePointer<T>, UnsafePointer<T>) -> T
  let linearCombination: @Sendable (Int, Int, UnsafePointer<T>, UnsafePointer<UnsafePointer<T>?>, UnsafeMutablePointer<T>) -> Void
  let dots: @Sendable (Int, Int, UnsafePointer<T>, UnsafePointer<UnsafePointer<T>?>, UnsafeMutablePointer<T>) -> Void
  let gatherStrided:
    @Sendable (Int32, UnsafePointer<Int32>, UnsafePointer<Int>, UnsafePointer<T>, UnsafeMutablePointer<T>) -> Void
  let scatterStrided:
    @Sendable (Int32, UnsafePointer<Int32>, UnsafePointer<Int>, UnsafePointer<T>, UnsafeMutablePointer<T>) -> Void
  let gemm: @Sendable (Int32, Int32, Int, Int, Int, UnsafePointer<T>, UnsafePointer<T>, UnsafeMutablePointer<T>) -> Void
  let softmax: @Sendable (Int, Int, UnsafePointer<T>, UnsafeMutablePointer<T>) -> Void
  let logSoftmax: @Sendable (Int, Int, UnsafePointer<T>, UnsafeMutablePointer<T>) -> Void
  let conv2dScratch: @Sendable (UnsafePointer<ap_window>) -> Int
  let conv2d:
    @Sendable (UnsafePointer<ap_window>, UnsafePointer<T>, UnsafePointer<T>, UnsafeMutablePointer<T>, UnsafeMutablePointer<T>) ->
      Void
  let conv2dInputGradient:
    @Sendable (UnsafePointer<ap_window>, UnsafePointer<T>, UnsafePointer<T>, UnsafeMutablePointer<T>, UnsafeMutablePointer<T>) ->
      Void
  let conv2dWeightGradient:
    @Sendable (UnsafePointer<ap_window>, UnsafePointer<T>, UnsafePointer<T>, UnsafeMutablePointer<T>, UnsafeMutablePointer<T>) ->
      Void
  let depthwise: @Sendable (UnsafePointer<ap_window>, UnsafePointer<T>, UnsafePointer<T>, UnsafeMutablePointer<T>) -> Void
  let depthwiseInputGradient:
    @Sendable (UnsafePointer<ap_window>, UnsafePointer<T>, UnsafePointer<T>, UnsafeMutablePointer<T>) -> Void
  let depthwiseWeightGradient:
    @Sendable (UnsafePointer<ap_window>, UnsafePointer<T>, UnsafePointer<T>, UnsafeMutablePointer<T>) -> Void
  let maxPool:
    @Sendable (UnsafePointer<ap_window>, UnsafePointer<T>, UnsafeMutablePointer<T>, UnsafeMutablePointer<Int32>) -> Void
  let poolGather: @Sendable (UnsafePointer<ap_window>, UnsafePointer<Int32>, UnsafePointer<T>, UnsafeMutablePointer<T>) -> Void
  let poolScatter: @Sendable (UnsafePointer<ap_window>, UnsafePointer<Int32>, UnsafePointer<T>, UnsafeMutablePointer<T>) -> Void
  let averagePool: @Sendable (UnsafePointer<ap_window>, UnsafePointer<T>, UnsafeMutablePointer<T>) -> Void
  let averagePoolAdjoint: @Sendable (UnsafePointer<ap_window>, UnsafePointer<T>, UnsafeMutablePointer<T>) -> Void
  let batchNorm:
    @Sendable (Int, Int, T, UnsafePointer<T>, UnsafeMutablePointer<T>, UnsafeMutablePointer<T>, UnsafeMutablePointer<T>) -> Void
  let batchNormJacobian:
    @Sendable (Int, Int, UnsafePointer<T>, UnsafePointer<T>, UnsafePointer<T>, UnsafeMutablePointer<T>) -> Void
  let columnDots: @Sendable (Int, Int, UnsafePointer<T>, UnsafePointer<T>, UnsafeMutablePointer<T>) -> Void
}

protocol KernelElement: BinaryFloatingPoint, Sendable {
  static var kernels: Kernels<Self> { get }
  /// Largest error allowed, relative to the largest element of the expected result.
  static var tolerance: Double { get }
}

extension Float: KernelElement {
  static let tolerance = 1e-5
  static let kernels = Kernels<Float>(
    unary: ap_unary_f32,
    affine: ap_affine_f32,
    power: ap_power_f32,
    binary: ap_binary_f32,
    binaryStrided: ap_binary_strided_f32,
    addScaled: ap_add_scaled_f32,
    fill: ap_fill_f32,
    sum: ap_sum_f32,
    max: ap_max_f32,
    broadcast: ap_broadcast_f32,
    dot: ap_dot_f32,
    linearCombination: ap_linear_combination_f32,
    dots: ap_dots_f32,
    gatherStrided: ap_gather_strided_f32,
    scatterStrided: ap_scatter_strided_f32,
    gemm: ap_gemm_f32,
    softmax: ap_softmax_f32,
    logSoftmax: ap_log_softmax_f32,
    conv2dScratch: ap_conv2d_scratch_f32,
    conv2d: ap_conv2d_f32,
    conv2dInputGradient: ap_conv2d_input_gradient_f32,
    conv2dWeightGradient: ap_conv2d_weight_gradient_f32,
    depthwise: ap_depthwise_f32,
    depthwiseInputGradient: ap_depthwise_input_gradient_f32,
    depthwiseWeightGradient: ap_depthwise_weight_gradient_f32,
    maxPool: ap_max_pool_f32,
    poolGather: ap_pool_gather_f32,
    poolScatter: ap_pool_scatter_f32,
    averagePool: ap_average_pool_f32,
    averagePoolAdjoint: ap_average_pool_adjoint_f32,
    batchNorm: ap_batch_norm_f32,
    batchNormJacobian: ap_batch_norm_jacobian_f32,
    columnDots: ap_column_dots_f32)
}

extension Double: KernelElement {
  static let tolerance = 1e-12
  static let kernels = Kernels<Double>(
    unary: ap_unary_f64,
    affine: ap_affine_f64,
    power: ap_power_f64,
    binary: ap_binary_f64,
    binaryStrided: ap_binary_strided_f64,
    addScaled: ap_add_scaled_f64,
    fill: ap_fill_f64,
    sum: ap_sum_f64,
    max: ap_max_f64,
    broadcast: ap_broadcast_f64,
    dot: ap_dot_f64,
    linearCombination: ap_linear_combination_f64,
    dots: ap_dots_f64,
    gatherStrided: ap_gather_strided_f64,
    scatterStrided: ap_scatter_strided_f64,
    gemm: ap_gemm_f64,
    softmax: ap_softmax_f64,
    logSoftmax: ap_log_softmax_f64,
    conv2dScratch: ap_conv2d_scratch_f64,
    conv2d: ap_conv2d_f64,
    conv2dInputGradient: ap_conv2d_input_gradient_f64,
    conv2dWeightGradient: ap_conv2d_weight_gradient_f64,
    depthwise: ap_depthwise_f64,
    depthwiseInputGradient: ap_depthwise_input_gradient_f64,
    depthwiseWeightGradient: ap_depthwise_weight_gradient_f64,
    maxPool: ap_max_pool_f64,
    poolGather: ap_pool_gather_f64,
    poolScatter: ap_pool_scatter_f64,
    averagePool: ap_average_pool_f64,
    averagePoolAdjoint: ap_average_pool_adjoint_f64,
    batchNorm: ap_batch_norm_f64,
    batchNormJacobian: ap_batch_norm_jacobian_f64,
    columnDots: ap_column_dots_f64)
}
