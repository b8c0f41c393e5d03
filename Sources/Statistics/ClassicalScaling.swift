import Foundation

/// Points whose distances are as near to given ones as a plane (or another number of dimensions) allows.
///
/// Classical multidimensional scaling: the leading eigenvectors of the doubly centred matrix of −½d², each scaled by the root of its
/// eigenvalue. The sign of an axis is arbitrary; here the largest coordinate of each is positive.
///
/// Source: Torgerson, "Multidimensional scaling: I. Theory and method", Psychometrika 17, 1952.
///
/// - Parameters:
///   - distances: symmetric, with zeros on the diagonal.
///   - dimensions: coordinates of a point, at least 0.
/// - Returns: coordinates, one row a point; the share of the sum of positive eigenvalues that the dimensions hold, 0...1.
/// - Throws: `StatisticsError.unequalLengths` if the table is not square, `.notFinite`, `.tooFew` for a negative number of dimensions.
public func classicalScaling(
  _ distances: [[Double]], dimensions: Int = 2
) throws(StatisticsError) -> (points: [[Double]], explained: Double) {
  let n = distances.count
  guard dimensions >= 0 else { throw .tooFew(found: dimensions, needed: 0) }
  for row in distances where row.count != n { throw .unequalLengths(n, row.count) }
  if let index = distances.flatMap({ $0 }).firstIndex(where: { !$0.isFinite }) { throw .notFinite(index: index) }
  guard n > 0 else { return ([], 0) }
  // In units of the largest, so that no square overflows or vanishes.
  let largest = distances.reduce(0) { $1.reduce($0) { max($0, abs($1)) } }
  let unit = largest > 1e150 || (largest > 0 && largest < 1e-150) ? largest : 1
  let squares = distances.map { $0.map { -0.5 * ($0 / unit) * ($0 / unit) } }
  let means = squares.map { $0.reduce(0, +) / Double(n) }
  let total = means.reduce(0, +) / Double(n)
  let centred = (0..<n).map { i in (0..<n).map { j in squares[i][j] - means[i] - means[j] + total } }
  let (values, vectors) = symmetricEigen(centred)
  let order = values.indices.sorted { values[$0] > values[$1] }
  let positive = values.reduce(0) { $0 + max(0, $1) }
  var points = [[Double]](repeating: [Double](repeating: 0, count: dimensions), count: n)
  var held = 0.0
  for (dimension, index) in order.prefix(dimensions).enumerated() where values[index] > 0 {
    let column = (0..<n).map { vectors[$0][index] }
    let largest = column.max { abs($0) < abs($1) } ?? 1
    let scale = values[index].squareRoot() * (largest < 0 ? -1 : 1)
    for i in 0..<n { points[i][dimension] = column[i] * scale * unit }
    held += values[index]
  }
  return (points, positive > 0 ? held / positive : 0)
}

/// Eigenvalues and eigenvectors (as columns) of a symmetric matrix, by Jacobi's rotations: slow for large matrices, accurate for small.
///
/// Source: Golub, Van Loan, "Matrix computations", 4th edition, section 8.5.
func symmetricEigen(_ matrix: [[Double]]) -> (values: [Double], vectors: [[Double]]) {
  let n = matrix.count
  var a = matrix
  var v = (0..<n).map { i in (0..<n).map { $0 == i ? 1.0 : 0.0 } }
  let size = matrix.flatMap { $0 }.reduce(0) { $0 + $1 * $1 }.squareRoot()
  for _ in 0..<100 {
    var rest = 0.0
    for i in 0..<n { for j in 0..<n where i != j { rest += a[i][j] * a[i][j] } }
    if rest.squareRoot() <= 1e-15 * size { break }
    for p in 0..<n {
      for q in (p + 1)..<max(n, p + 1) where a[p][q] != 0 {
        let theta = (a[q][q] - a[p][p]) / (2 * a[p][q])
        let t = (theta < 0 ? -1 : 1) / (abs(theta) + (theta * theta + 1).squareRoot())
        let c = 1 / (t * t + 1).squareRoot()
        let s = t * c
        for k in 0..<n {
          let (x, y) = (a[k][p], a[k][q])
          a[k][p] = c * x - s * y
          a[k][q] = s * x + c * y
        }
        for k in 0..<n {
          let (x, y) = (a[p][k], a[q][k])
          a[p][k] = c * x - s * y
          a[q][k] = s * x + c * y
        }
        for k in 0..<n {
          let (x, y) = (v[k][p], v[k][q])
          v[k][p] = c * x - s * y
          v[k][q] = s * x + c * y
        }
      }
    }
  }
  return ((0..<n).map { a[$0][$0] }, v)
}

/// The Jensen–Shannon distance of two distributions: the root of the divergence in bits, from 0 to 1; a metric.
///
/// Source: Endres, Schindelin, "A new metric for probability distributions", IEEE Transactions on Information Theory 49, 2003.
///
/// - Throws: `StatisticsError.unequalLengths` for different numbers of outcomes, `.notFinite`, `.probabilityOutOfRange` for a negative one.
public func jensenShannonDistance(_ first: [Double], _ second: [Double]) throws(StatisticsError) -> Double {
  guard first.count == second.count else { throw .unequalLengths(first.count, second.count) }
  for list in [first, second] {
    if let index = list.firstIndex(where: { !$0.isFinite }) { throw .notFinite(index: index) }
    if let negative = list.first(where: { $0 < 0 }) { throw .probabilityOutOfRange(negative) }
  }
  var divergence = 0.0
  for (p, q) in zip(first, second) {
    let m = p / 2 + q / 2
    // Half of the smallest number is 0.
    guard m > 0 else { continue }
    if p > 0 { divergence += p * log2(p / m) / 2 }
    if q > 0 { divergence += q * log2(q / m) / 2 }
  }
  return max(0, divergence).squareRoot()
}
