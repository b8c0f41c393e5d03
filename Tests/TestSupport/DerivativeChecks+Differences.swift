import Autodiff
import Tensors

extension DerivativeChecks {
  /// Compares every element of a Jacobian by reverse accumulation with its central difference.
  ///
  /// - Parameter most: how many elements of each tensor, where not all: spread over it, the first and the last among them.
  func jacobianMismatches(
    of function: TensorFunction, at points: [Tensor], most: Int = .max, _ label: String
  ) -> [String] {
    let (outputs, pullback) = vjp(at: points, of: function)
    let plain = function(points)
    var messages = differences(outputs, plain, .exact, "\(label)'s value")
    // rows[o][e][i]: the gradient of the e-th chosen element of output o with respect to input i.
    let chosen = outputs.map { Self.spread(most, over: $0.count) }
    let rows: [[[[Double]]]] = outputs.indices.map { o in
      chosen[o].map { e in
        let seeds = outputs.indices.map { o == $0 ? unit(outputs[$0].shape, e) : .zeros(like: outputs[$0]) }
        return zip(points, pullback(seeds)).map { point, pulled in
          if let pulled, pulled.shape != point.shape {
            messages.append("\(label): a cotangent of shape \(pulled.shape) for an input of shape \(point.shape)")
          }
          return (pulled ?? .zeros(like: point)).doubles
        }
      }
    }
    guard messages.isEmpty else { return messages }
    for i in points.indices {
      for element in Self.spread(most, over: points[i].count) {
        let column = points.indices.map { $0 == i ? unit(points[$0].shape, element) : .zeros(like: points[$0]) }
        let numeric = difference(along: column, of: function, at: points)
        for o in outputs.indices {
          let analytic = rows[o].map { $0[i][element] }
          let place = "\(label) of output \(o) with respect to element \(element) of input \(i)"
          let values = numeric[o].doubles
          if let message = TestSupport.difference(analytic, chosen[o].map { values[$0] }, tolerance, place) {
            messages.append(message)
          }
        }
      }
    }
    return messages
  }

  /// At most so many indices of a tensor, evenly spread from the first to the last.
  private static func spread(_ most: Int, over count: Int) -> [Int] {
    guard count > most, most > 1 else { return Array(0..<count) }
    return (0..<most).map { $0 * (count - 1) / (most - 1) }
  }

  /// `(f(x + h v) − f(x − h v)) / 2h` at the inputs.
  func difference(along direction: [Tensor], of function: TensorFunction) -> [Tensor] {
    difference(along: direction, of: function, at: inputs)
  }

  private func difference(along direction: [Tensor], of function: TensorFunction, at points: [Tensor]) -> [Tensor] {
    func moved(_ distance: Double) -> [Tensor] {
      function(
        zip(points, direction).map { point, v in
          Tensor(shape: point.shape, zip(point.doubles, v.doubles).map { $0 + distance * $1 })
        })
    }
    return zip(moved(step), moved(-step)).map { up, down in
      Tensor(shape: up.shape, zip(up.doubles, down.doubles).map { ($0 - $1) / (2 * step) })
    }
  }

  /// Random numbers in [-1, 1) in the shapes of the inputs.
  func directions(_ name: String) -> [Tensor] { inputs.indices.map { direction("\(name)\($0)", inputs[$0].shape) } }

  func direction(_ name: String, _ shape: Shape) -> Tensor { FixtureValues.tensor("derivative checks, \(name)", shape) }

  /// `Σ ⟨c, f⟩` with random `c`.
  func contracted() -> @Sendable ([Tensor]) -> Tensor {
    let function = function
    let weights = function(inputs).enumerated().map { direction("weights\($0)", $1.shape) }
    return { Self.contract(function($0), weights) }
  }

  /// The sum of all inner products.
  static func contract(_ values: [Tensor], _ weights: [Tensor]) -> Tensor {
    let terms = zip(values, weights).map { ($0 * $1).sum() }
    return terms.dropFirst().reduce(terms[0]) { $0 + $1 }
  }

  /// All products of elements.
  func products(_ a: [Tensor], _ b: [Tensor]) -> [Double] {
    zip(a, b).flatMap { a, b in zip(a.doubles, b.doubles).map { $0 * $1 } }
  }

  private func unit(_ shape: Shape, _ element: Int) -> Tensor {
    var values = [Double](repeating: 0, count: shape.count)
    values[element] = 1
    return Tensor(shape: shape, values)
  }
}
