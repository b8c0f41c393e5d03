import Tensors

/// A batch norm inside of a fused primitive: a linear map of each channel, forwards and backwards.
final class FusedNorm: Sendable {
  /// `x * gain + shift` is the normalised value, scale and bias included; and the mean. Rows of `[3, c]`, in the tensors' type.
  let map: Tensor
  /// Mean, reciprocal deviation, gain and shift of every channel: rows of `[4, c]`, Float64.
  private let exact: Tensor
  let channels: Int

  private var mean: UnsafeMutablePointer<Double> { exact.doublesPointer }
  private var deviation: UnsafeMutablePointer<Double> { exact.doublesPointer + channels }
  var gain: UnsafeMutablePointer<Double> { exact.doublesPointer + 2 * channels }
  var shift: UnsafeMutablePointer<Double> { exact.doublesPointer + 3 * channels }

  /// - Parameters:
  ///   - moments: mean and sum of squared distances of every group, `[groups, 2, c]`.
  ///   - rowsPerImage: pixels.
  init(
    _ moments: Tensor, groups: ImageGroups, rowsPerImage: Int, epsilon: Double, affine: (scale: Tensor, bias: Tensor)?,
    _ type: ElementType
  ) {
    channels = moments.shape[2]
    exact = Tensor(uninitialized: [4, channels], .float64)
    map = Tensor(uninitialized: [3, channels], type)
    let (mean, deviation, gain, shift) = (mean, deviation, gain, shift)
    let values = moments.doublesPointer
    for channel in 0..<channels {
      var (average, squares, seen) = (0.0, 0.0, 0.0)
      // Chan, Golub & LeVeque 1979, eq. 2.1: moments of two samples give those of both together.
      for group in 0..<groups.count {
        let rows = Double(groups.range(group).count * rowsPerImage)
        let place = values + group * 2 * channels + channel
        let difference = place[0] - average
        average += difference * rows / (seen + rows)
        squares += place[channels] + difference * difference * seen * rows / (seen + rows)
        seen += rows
      }
      mean[channel] = average
      deviation[channel] = 1 / (squares / seen + epsilon).squareRoot()
      gain[channel] = deviation[channel] * (affine?.scale.element(channel) ?? 1)
      shift[channel] = (affine?.bias.element(channel) ?? 0) - average * gain[channel]
    }
    map.setElements(from: 0, gain, count: 2 * channels)
    map.setElements(from: 2 * channels, mean, count: channels)
    withExtendedLifetime((exact, moments)) {}
  }

  /// What of a cotangent gets through the norm.
  struct Pullback: Sendable {
    /// The cotangent of the input is `g * p + x * q + r`: rows of `[3, c]`.
    var coefficients: Tensor
    /// The cotangent of the weight.
    var weight: Double
    /// The cotangents of scale and bias, if requested.
    var affine: (scale: Tensor, bias: Tensor)?
  }

  /// The norm backwards, from sums over the rows of the cotangent g of its result and of `g * (x − mean)`.
  ///
  /// With x̂ = (x − μ) ρ, ρ = 1/√(σ² + ε) and a result `weight * (x̂ * scale + bias)`, the cotangent of x is
  /// `weight * scale * ρ * (g − mean(g) − x̂ * mean(g x̂))` (Ioffe & Szegedy 2015, §3): linear in g and x, channel by channel.
  /// - Parameters:
  ///   - sums: of every group, `[groups, 2, c]`; added up in their order.
  ///   - count: rows in all.
  func pullback(
    _ sums: UnsafePointer<Double>, groups: Int, weight: Double, count: Int, wantsAffine: Bool, _ type: ElementType
  ) -> Pullback {
    let (mean, deviation, gain, shift) = (mean, deviation, gain, shift)
    let coefficients = Tensor(uninitialized: [3, channels], type)
    let exactCoefficients = Kernel.doubles(3 * channels)
    let affine: (scale: Tensor, bias: Tensor)? =
      wantsAffine ? (Tensor(uninitialized: [channels], type), Tensor(uninitialized: [channels], type)) : nil
    var whole = 0.0
    for channel in 0..<channels {
      var (first, second) = (0.0, 0.0)
      for group in 0..<groups {
        first += sums[group * 2 * channels + channel]
        second += sums[group * 2 * channels + channels + channel]
      }
      let p = weight * gain[channel]
      let q = -p * deviation[channel] * deviation[channel] * second / Double(count)
      exactCoefficients[channel] = p
      exactCoefficients[channels + channel] = q
      exactCoefficients[2 * channels + channel] = -p * first / Double(count) - q * mean[channel]
      affine?.scale.setElement(channel, weight * deviation[channel] * second)
      affine?.bias.setElement(channel, weight * first)
      whole += gain[channel] * second + (shift[channel] + mean[channel] * gain[channel]) * first
    }
    withExtendedLifetime(exact) {}
    coefficients.setElements(from: 0, exactCoefficients, count: 3 * channels)
    return Pullback(coefficients: coefficients, weight: whole, affine: affine)
  }
}
