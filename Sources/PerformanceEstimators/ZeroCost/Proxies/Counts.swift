/// The number of parameters: what every other proxy must beat.
///
/// Source: as a baseline Ning et al., "Evaluating efficient performance estimators of neural architectures", NeurIPS 2021.
public struct ParameterCount: ZeroCostProxy {
  public init() {}

  public let name = "parameters"
  public let summary = "number of parameters"

  public func score(_ subject: ProxySubject) -> Double { Double(subject.network.layout.scalarCount) }
}

/// The number of multiply-adds of one image, half of what is called FLOPs elsewhere.
///
/// Source: as ``ParameterCount``.
public struct MultiplyAddCount: ZeroCostProxy {
  public init() {}

  public let name = "flops"
  public let summary = "number of multiply-adds"

  public func score(_ subject: ProxySubject) throws -> Double {
    guard let cost = subject.cost else { throw ProxyError.noCost(proxy: name) }
    return Double(cost.multiplyAdds)
  }
}
