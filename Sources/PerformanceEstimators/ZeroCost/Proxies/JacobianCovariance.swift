import Autodiff
import Tensors

/// `−Σ (log(λ + ε) + 1 / (λ + ε))` over the eigenvalues λ of the correlations between the images' input gradients, ε = 1e-5: how
/// independently the network reacts to different images.
///
/// Source: Mellor et al., "Neural architecture search without training", 2020 (first version), section 3; Abdelfattah et al., ICLR 2021.
public struct JacobianCovariance: ZeroCostProxy {
  /// The proxy; it has no settings.
  public init() {}

  /// The proxy's name: `jacov`.
  public let name = "jacov"
  /// What is measured.
  public let summary = "independence of the images' input gradients"

  private static let epsilon = 1e-5

  /// The score; NaN where the network's outputs do not depend on one of the images.
  ///
  /// - Throws: ``ProxyError/tooFewImages(proxy:images:needed:)`` for a single image.
  public func score(_ subject: ProxySubject) throws -> Double {
    let images = subject.images.shape[0]
    guard images > 1 else { throw ProxyError.tooFewImages(proxy: name, images: images, needed: 2) }
    let slopes = gradient(at: [subject.images]) { points in
      subject.network.logits(subject.weights.tensors, images: points[0], context: .batch).sum()
    }[0]
    let rows = slopes.converted(to: .float64).reshaped(to: [images, slopes.count / images])
    let centred = rows - rows.mean([1]).reshaped(to: [images, 1])
    let covariances = matmul(centred, centred, transposeB: true).doubles
    let deviations = (0..<images).map { covariances[$0 * images + $0].squareRoot() }
    let correlations = (0..<images).map { i in
      (0..<images).map { j in
        covariances[i * images + j] / (deviations[i] * deviations[j]) + (i == j ? Self.epsilon : 0)
      }
    }
    // Sums over eigenvalues are traces, so that none need be computed.
    guard let matrix = SymmetricPositive(correlations) else { return .nan }
    return -(matrix.logDeterminant + matrix.inverseTrace)
  }
}
