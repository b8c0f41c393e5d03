/// All primitives there are. The conformance tests run over this table and fail where a primitive has no row in theirs.
public enum PrimitiveRegistry {
  /// One entry a primitive type; a type can stand for several named operations.
  public static let types: [any Primitive.Type] = [
    Unary.self, Affine.self, Power.self, Binary.self,
    Reshape.self, Transpose.self, Slice.self, Place.self, Concatenate.self, Sum.self, Broadcast.self,
    MatrixProduct.self, AddScaled.self, LinearCombination.self, Dots.self,
    Convolution.self, ConvolutionInputGradient.self, ConvolutionWeightGradient.self,
    MaxPool.self, PoolGather.self, PoolScatter.self, AveragePool.self, AveragePoolAdjoint.self,
    BatchNorm.self, BatchNormJacobian.self, ColumnDots.self, Softmax.self, LogSoftmax.self, Rematerialized.self,
    MixedSum.self, MixedSumPullback.self,
  ]

  /// The names of all operations.
  public static var names: [String] { types.flatMap { $0.names } }
}
