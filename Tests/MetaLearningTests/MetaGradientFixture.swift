import ArchPrior
import TestSupport
import Testing

/// A file of meta-gradients that PyTorch computed (`TestSupport/Fixtures/tnas_meta_gradient.py`, `TestSupport/Fixtures/maml_conv4.py`).
struct MetaGradientFixture: Decodable {
  struct Case: Decodable, CustomTestStringConvertible {
    let size: Int?
    let variant: String?
    let alphaIn: Double
    let betaIn: Double?
    let innerSteps: Int
    let supportLosses: [Double]
    let queryLoss: Double
    let adaptedTheta: [String: FixtureArray]?
    let exact: [String: FixtureArray]
    let firstOrder: [String: FixtureArray]

    var testDescription: String {
      "\(variant ?? "maml"), \(innerSteps) steps, rates \(alphaIn) and \(betaIn ?? 0), size \(size ?? 28)"
    }
  }
  let way: Int
  let shot: Int
  let queryPerClass: Int
  let cases: [Case]

  /// The fixture's task at an image size.
  func task(size: Int, _ type: ElementType = .float64) -> FewShotTask {
    func images(_ name: String, perClass: Int) -> (Tensor, [Int]) {
      let shape: Shape = [way * perClass, size, size, 1]
      let labels = (0..<way).flatMap { Array(repeating: $0, count: perClass) }
      return (Tensor(shape: shape, converting: FixtureValues.values(name, count: shape.count), to: type), labels)
    }
    let (support, supportLabels) = images("support.images", perClass: shot)
    let (query, queryLabels) = images("query.images", perClass: queryPerClass)
    return FewShotTask(
      supportImages: support, supportLabels: supportLabels, queryImages: query, queryLabels: queryLabels, way: way)
  }
}

/// The largest difference between trees, relative to the expectation's largest element over all parameters.
func relativeError(_ tree: ParameterTree, _ expected: [String: FixtureArray]) throws -> Double {
  var largest = 0.0
  var difference = 0.0
  #expect(Set(tree.names) == Set(expected.keys))
  for (name, tensor) in zip(tree.names, tree.tensors) {
    let expectation = try #require(expected[name]).tensor()
    #expect(tensor.shape == expectation.shape, "\(name)")
    for (value, wanted) in zip(tensor.doubles, expectation.doubles) {
      largest = max(largest, abs(wanted))
      difference = max(difference, abs(value - wanted))
    }
  }
  return difference / largest
}

/// Compares a meta-gradient with central differences of the outer loss along a direction, over a range of step lengths.
///
/// - Returns: the relative error at every step length; on the plateau it is small for several neighbouring ones.
func centralDifferenceErrors<Problem: BilevelProblem>(
  _ problem: Problem, loop: InnerLoop, at point: ParameterTree, gradient: ParameterTree, direction: ParameterTree,
  steps: [Double]
) throws -> [Double] {
  func outerLoss(_ point: ParameterTree) throws -> Double {
    let (inner, _) = try loop.run(problem, from: problem.initialInner(point.tensors), outer: point.tensors)
    return try problem.outerLoss(inner, outer: point.tensors).loss.item
  }
  let slope = gradient.dot(direction)
  return try steps.map { step in
    let ahead = try outerLoss(point.adding(direction, scale: step))
    let behind = try outerLoss(point.adding(direction, scale: -step))
    return abs((ahead - behind) / (2 * step) - slope) / abs(slope)
  }
}

/// A deterministic unit direction.
func direction(like tree: ParameterTree, number: Int, where include: (String) -> Bool = { _ in true }) -> ParameterTree {
  let raw = ParameterTree(
    names: tree.names,
    tensors: zip(tree.names, tree.tensors).map { name, tensor in
      let values = include(name) ? FixtureValues.values("direction.\(number).\(name)", count: tensor.count) : []
      return values.isEmpty
        ? .zeros(like: tensor) : Tensor(shape: tensor.shape, converting: values, to: tensor.elementType)
    })
  return raw * (1 / raw.norm)
}
