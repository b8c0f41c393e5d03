/// The number of parameters: what every other proxy must beat.
///
/// Source: as a baseline Ning et al., "Evaluating efficient performance estimators of neural architectures", NeurIPS 2021.
public struct ParameterCount: ZeroCostProxy {
  /// The proxy; it has no settings.
  public init() {}

  /// The proxy's name: `parameters`.
  public let name = "parameters"
  /// What is counted.
  public let summary = "number of parameters"

  /// The number of trainable scalars, batch norms and biases included.
  public func score(_ subject: ProxySubject) -> Double { Double(subject.network.layout.scalarCount) }
}

/// The number of multiply-adds of one image, half of what is called FLOPs elsewhere.
///
/// Source: as ``ParameterCount``.
public struct MultiplyAddCount: ZeroCostProxy {
  /// The proxy; it has no settings.
  public init() {}

  /// The proxy's name: `flops`.
  public let name = "flops"
  /// What is counted.
  public let summary = "number of multiply-adds"

  /// The multiply-adds that the space states for one image.
  ///
  /// - Throws: ``ProxyError/noCost(proxy:)`` where the space does not count them.
  public func score(_ subject: ProxySubject) throws -> Double {
    guard let cost = subject.cost else { throw ProxyError.noCost(proxy: name) }
    return Double(cost.multiplyAdds)
  }
}
