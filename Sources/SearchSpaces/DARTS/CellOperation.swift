/// An operation that an edge of a cell may carry. (Not `Operation`: that is a class of Foundation.)
///
/// Raw values are the names used by DARTS and T-NAS, in text forms and files; the order of `allCases` is DARTS' `PRIMITIVES`.
///
/// Source: Liu, Simonyan, Yang, "DARTS: Differentiable architecture search", ICLR 2019, section 3.1.1.
public enum CellOperation: String, CaseIterable, Codable, Hashable, Sendable {
  /// Zero: no connection.
  case none = "none"
  /// 3×3 max pooling.
  case maxPool3x3 = "max_pool_3x3"
  /// 3×3 average pooling.
  case averagePool3x3 = "avg_pool_3x3"
  /// Identity at stride 1, a factorised reduction at stride 2.
  case skipConnect = "skip_connect"
  /// 3×3 depthwise-separable convolution, applied twice.
  case separableConvolution3x3 = "sep_conv_3x3"
  /// 5×5 depthwise-separable convolution, applied twice.
  case separableConvolution5x5 = "sep_conv_5x5"
  /// 3×3 depthwise-separable convolution with dilation 2.
  case dilatedConvolution3x3 = "dil_conv_3x3"
  /// 5×5 depthwise-separable convolution with dilation 2.
  case dilatedConvolution5x5 = "dil_conv_5x5"

  /// A name for people, as in tables and drawings.
  public var displayName: String {
    switch self {
    case .none: "none"
    case .maxPool3x3: "max pool 3×3"
    case .averagePool3x3: "avg pool 3×3"
    case .skipConnect: "skip"
    case .separableConvolution3x3: "sep conv 3×3"
    case .separableConvolution5x5: "sep conv 5×5"
    case .dilatedConvolution3x3: "dil conv 3×3"
    case .dilatedConvolution5x5: "dil conv 5×5"
    }
  }

  /// What the operation does, without its kernel size.
  public var family: Family {
    switch self {
    case .none: .none
    case .maxPool3x3, .averagePool3x3: .pooling
    case .skipConnect: .skip
    case .separableConvolution3x3, .separableConvolution5x5: .separableConvolution
    case .dilatedConvolution3x3, .dilatedConvolution5x5: .dilatedConvolution
    }
  }

  /// The side of the window: 3 or 5, and 1 for operations without one.
  public var kernelSize: Int {
    switch self {
    case .none, .skipConnect: 1
    case .maxPool3x3, .averagePool3x3, .separableConvolution3x3, .dilatedConvolution3x3: 3
    case .separableConvolution5x5, .dilatedConvolution5x5: 5
    }
  }

  /// Kinds of operation.
  public enum Family: String, CaseIterable, Hashable, Sendable {
    /// No connection, poolings, the identity, separable and dilated convolutions.
    case none, pooling, skip, separableConvolution, dilatedConvolution
  }
}
