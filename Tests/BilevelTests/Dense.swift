import Tensors
import TestSupport

/// Small dense linear algebra in plain numbers: the oracles' own, with nothing of the engine in it.
struct Dense: Sendable {
  var rows: [[Double]]

  init(_ rows: [[Double]]) { self.rows = rows }

  static func identity(_ count: Int) -> Dense {
    Dense((0..<count).map { row in (0..<count).map { row == $0 ? 1 : 0 } })
  }

  static func diagonal(_ values: [Double]) -> Dense {
    Dense(values.indices.map { row in values.indices.map { row == $0 ? values[row] : 0 } })
  }

  /// Deterministic numbers in [-1, 1).
  static func random(_ name: String, _ rows: Int, _ columns: Int) -> Dense {
    let values = FixtureValues.values(name, count: rows * columns)
    return Dense((0..<rows).map { Array(values[$0 * columns..<($0 + 1) * columns]) })
  }

  /// A symmetric matrix with the given eigenvalues.
  static func symmetric(_ name: String, eigenvalues: [Double]) -> Dense {
    // Gram–Schmidt on random columns.
    var basis: [[Double]] = []
    for index in eigenvalues.indices {
      var column = FixtureValues.values("\(name) \(index)", count: eigenvalues.count)
      for _ in 0..<2 {
        for other in basis {
          let share = zip(column, other).reduce(0) { $0 + $1.0 * $1.1 }
          column = zip(column, other).map { $0 - share * $1 }
        }
      }
      let norm = column.reduce(0) { $0 + $1 * $1 }.squareRoot()
      basis.append(column.map { $0 / norm })
    }
    return Dense(
      eigenvalues.indices.map { row in
        eigenvalues.indices.map { column in
          eigenvalues.indices.reduce(0) { $0 + eigenvalues[$1] * basis[$1][row] * basis[$1][column] }
        }
      })
  }

  var transposed: Dense { Dense(rows[0].indices.map { column in rows.map { $0[column] } }) }
  var flat: [Double] { rows.flatMap { $0 } }
  var tensor: Tensor { Tensor(shape: [rows.count, rows[0].count], flat) }

  static func * (a: Dense, x: [Double]) -> [Double] { a.rows.map { zip($0, x).reduce(0) { $0 + $1.0 * $1.1 } } }
  static func * (a: Dense, b: Dense) -> Dense {
    let columns = b.transposed.rows
    return Dense(a.rows.map { row in columns.map { zip(row, $0).reduce(0) { $0 + $1.0 * $1.1 } } })
  }
  static func * (a: Dense, scale: Double) -> Dense { Dense(a.rows.map { $0.map { $0 * scale } }) }
  static func + (a: Dense, b: Dense) -> Dense { Dense(zip(a.rows, b.rows).map { zip($0, $1).map { $0 + $1 } }) }
  static func - (a: Dense, b: Dense) -> Dense { a + b * -1 }

  /// The power of a square matrix.
  func power(_ exponent: Int) -> Dense {
    (0..<exponent).reduce(.identity(rows.count)) { result, _ in result * self }
  }

  /// `Σ_{k<count} selfᵏ`
  func geometricSum(_ count: Int) -> Dense {
    (0..<count).reduce(Dense.identity(rows.count) * 0) { $0 + power($1) }
  }

  /// Solves by elimination with pivoting.
  func solve(_ b: [Double]) -> [Double] {
    var a = rows
    for row in b.indices { a[row].append(b[row]) }
    let count = b.count
    for column in 0..<count {
      let pivot = (column..<count).max { abs(a[$0][column]) < abs(a[$1][column]) }!
      a.swapAt(column, pivot)
      for row in column + 1..<count {
        let factor = a[row][column] / a[column][column]
        for index in column...count { a[row][index] -= factor * a[column][index] }
      }
    }
    var x = [Double](repeating: 0, count: count)
    for row in stride(from: count - 1, through: 0, by: -1) {
      let known = (row + 1..<count).reduce(0.0) { $0 + a[row][$1] * x[$1] }
      x[row] = (a[row][count] - known) / a[row][row]
    }
    return x
  }
}

func + (a: [Double], b: [Double]) -> [Double] { zip(a, b).map { $0 + $1 } }
func - (a: [Double], b: [Double]) -> [Double] { zip(a, b).map { $0 - $1 } }
func * (scale: Double, a: [Double]) -> [Double] { a.map { scale * $0 } }
func norm(_ a: [Double]) -> Double { a.reduce(0) { $0 + $1 * $1 }.squareRoot() }

/// `‖value − expected‖ / ‖expected‖`, or the absolute distance from zero.
func relativeDistance(_ value: [Double], _ expected: [Double]) -> Double {
  guard value.count == expected.count else { return .infinity }
  let size = norm(expected)
  let distance = norm(zip(value, expected).map { $0 - $1 })
  return distance.isNaN ? .infinity : size == 0 ? distance : distance / size
}

extension [Tensor] {
  /// All elements one after the other.
  var flat: [Double] { flatMap(\.doubles) }
}
