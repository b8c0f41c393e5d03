import Tensors

/// Normalisation by the batch's own statistics: `y = (x − μ) r`, `r = 1/√(σ² + ε)`, over all but the innermost axis, with the
/// biased variance. Outputs `y` and `r` (Ioffe & Szegedy 2015, Alg. 1, without the affine step).
struct BatchNorm: Primitive {
  static let names = ["batchNorm"]
  let epsilon: Double

  var residuals: Residuals { .outputs }

  func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    let result = Kernel.batchNorm(inputs[0], epsilon: epsilon)
    return [result.y, result.reciprocalDeviation]
  }

  // The Jacobian of y is symmetric; that of r is  dr = −r² mean(y dx).
  func pullback(_ context: PullbackContext) -> [Tensor?] {
    let (y, r) = (context.outputs[0], context.outputs[1])
    let rows = Double(max(1, y.count / max(1, r.count)))
    let fromOutput = context.cotangents[0].map { batchNormJacobian(y, r, $0) }
    let fromDeviation = context.cotangents[1].map { y * (r.squared() * $0 * (-1 / rows)) }
    guard let fromOutput else { return [fromDeviation] }
    guard let fromDeviation else { return [fromOutput] }
    return [fromOutput + fromDeviation]
  }

  func pushforward(_ context: PushforwardContext) -> [Tensor?] {
    guard let v = context.tangents[0] else { return [nil, nil] }
    let (y, r) = (context.outputs[0], context.outputs[1])
    let rows = Double(max(1, y.count / max(1, r.count)))
    return [batchNormJacobian(y, r, v), r.squared() * columnDots(y, v) * (-1 / rows)]
  }
}

/// The (symmetric) Jacobian of batch normalisation times a vector: `r (v − mean(v) − y mean(y v))`, from `y`, `r` and `v`.
struct BatchNormJacobian: Primitive {
  static let names = ["batchNormJacobian"]

  var residuals: Residuals { [.inputs, .outputs] }

  func evaluate(_ inputs: [Tensor]) -> [Tensor] { [Kernel.batchNormJacobian(inputs[0], inputs[1], inputs[2])] }

  func pullback(_ context: PullbackContext) -> [Tensor?] {
    let (y, r, v, c) = (context.inputs[0], context.inputs[1], context.inputs[2], context.cotangent)
    let rows = Double(max(1, y.count / max(1, r.count)))
    return [
      context.wants(0) ? slope(y, r, v, c, rows: rows) : nil,
      context.wants(1) ? columnDots(c, context.outputs[0]) / r : nil,
      context.wants(2) ? batchNormJacobian(y, r, c) : nil,
    ]
  }

  func pushforward(_ context: PushforwardContext) -> [Tensor?] {
    let (y, r, v) = (context.inputs[0], context.inputs[1], context.inputs[2])
    let (yTangent, rTangent, vTangent) = (context.tangents[0], context.tangents[1], context.tangents[2])
    if context.isPlain && r.count <= Kernel.mostColumns && y.rank > 1 {
      return [
        measured(name) {
          Kernel.batchNormJacobianTangent(
            y: y, r: r, v: v, out: context.outputs[0], yTangent: yTangent, rTangent: rTangent, vTangent: vTangent)
        }
      ]
    }
    let rows = Double(max(1, y.count / max(1, r.count)))
    let terms: [Tensor?] = [
      context.tangents[2].map { batchNormJacobian(y, r, $0) },
      context.tangents[1].map { context.outputs[0] * ($0 / r) },
      context.tangents[0].map { yDot in
        (yDot * columnDots(v, y) + y * columnDots(v, yDot)) * (r * (-1 / rows))
      },
    ]
    let present = terms.compactMap { $0 }
    return [present.dropFirst().reduce(present[0]) { $0 + $1 }]
  }

  /// The cotangent of `y`: `−r (c mean(v y) + v mean(c y))`.
  private func slope(_ y: Tensor, _ r: Tensor, _ v: Tensor, _ c: Tensor, rows: Double) -> Tensor {
    let factor = r * (-1 / rows)
    return c * (columnDots(v, y) * factor) + v * (columnDots(c, y) * factor)
  }
}

/// `Σ a b` over all but the innermost axis.
struct ColumnDots: Primitive {
  static let names = ["columnDots"]

  var residuals: Residuals { .inputs }
  func evaluate(_ inputs: [Tensor]) -> [Tensor] { [Kernel.columnDots(inputs[0], inputs[1])] }

  func pullback(_ context: PullbackContext) -> [Tensor?] {
    let (a, b, c) = (context.inputs[0], context.inputs[1], context.cotangent)
    return [context.wants(0) ? b * c : nil, context.wants(1) ? a * c : nil]
  }

  func pushforward(_ context: PushforwardContext) -> [Tensor?] {
    let (a, b) = (context.inputs[0], context.inputs[1])
    let left = context.tangents[0].map { columnDots($0, b) }
    let right = context.tangents[1].map { columnDots(a, $0) }
    guard let left else { return [right] }
    guard let right else { return [left] }
    return [left + right]
  }
}

/// The Jacobian of batch normalisation times `v`, from the normalised `y` and the reciprocal deviations `r`.
package func batchNormJacobian(_ y: Tensor, _ r: Tensor, _ v: Tensor) -> Tensor { applyOne(BatchNormJacobian(), [y, r, v]) }

/// `Σ a b` over all but the innermost axis of two tensors of one shape.
public func columnDots(_ a: Tensor, _ b: Tensor) -> Tensor { applyOne(ColumnDots(), [a, b]) }

extension Tensor {
  /// Normalises every channel (innermost axis) by the mean and biased variance of this very batch.
  ///
  /// - Returns: the normalised tensor, and the reciprocal standard deviation `1/√(σ² + ε)` of every channel.
  public func batchNormalized(epsilon: Double = 1e-5) -> (output: Tensor, reciprocalDeviation: Tensor) {
    let outputs = apply(BatchNorm(epsilon: epsilon), [self])
    return (outputs[0], outputs[1])
  }
}
