import NeuralNetworks
import Tensors

extension ParameterLayout {
  /// The fixtures' weights for this layout; conventions at the top of `fixture_values.py`.
  public func fixtureParameters(_ type: ElementType = .float64) -> ParameterTree {
    ParameterTree(
      names: names,
      tensors: entries.map { entry in
        let raw = FixtureValues.values(entry.name, count: entry.shape.count)
        let values: [Double]
        switch entry.initializer {
        case _ where entry.name.hasPrefix("rate."): values = raw.map { 0.1 + 0.02 * $0 }
        case _ where entry.name.hasSuffix(".scale"): values = raw.map { 1 + 0.1 * $0 }
        case _ where entry.name.hasSuffix(".bias"): values = raw.map { 0.1 * $0 }
        case _ where entry.name.hasPrefix("theta."): values = raw.map { 0.5 * $0 }
        case .uniform(let fanIn): values = raw.map { $0 / Double(fanIn).squareRoot() }
        case .normal, .constant: values = raw
        }
        return Tensor(shape: entry.shape, converting: values, to: type)
      })
  }
}
