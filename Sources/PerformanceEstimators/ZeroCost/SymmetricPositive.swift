import Foundation

/// Determinant and inverse of a symmetric positive definite matrix by its Cholesky factor; LAPACK is not among the libraries that ArchPrior
/// links, and the matrices here have a batch's side.
struct SymmetricPositive {
  private let factor: [[Double]]

  /// - Parameter matrix: square and symmetric; only its lower triangle is read.
  /// - Returns: `nil` where it is not positive definite.
  init?(_ matrix: [[Double]]) {
    var factor = matrix
    for row in matrix.indices {
      for column in 0...row {
        let dot = (0..<column).reduce(0) { $0 + factor[row][$1] * factor[column][$1] }
        let rest = matrix[row][column] - dot
        if row == column {
          guard rest > 0 else { return nil }
          factor[row][row] = rest.squareRoot()
        } else {
          factor[row][column] = rest / factor[column][column]
        }
      }
    }
    self.factor = factor
  }

  /// The logarithm of the determinant, which is the sum of the eigenvalues' logarithms.
  var logDeterminant: Double { factor.indices.reduce(0) { $0 + 2 * log(factor[$1][$1]) } }

  /// The trace of the inverse, which is the sum of the eigenvalues' reciprocals: that of L⁻ᵀ L⁻¹, column by column.
  var inverseTrace: Double {
    var trace = 0.0
    for column in factor.indices {
      var solution = [Double](repeating: 0, count: factor.count)
      for row in column..<factor.count {
        let dot = (column..<row).reduce(0) { $0 + factor[row][$1] * solution[$1] }
        solution[row] = ((row == column ? 1 : 0) - dot) / factor[row][row]
        trace += solution[row] * solution[row]
      }
    }
    return trace
  }
}
