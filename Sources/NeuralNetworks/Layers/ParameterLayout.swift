import Basics
import Foundation
import Tensors

/// How a parameter gets its first value.
public enum Initializer: Sendable, Hashable {
  /// Uniform in ±1/√fanIn: what PyTorch does for convolutions and linear layers (Kaiming uniform with a = √5).
  case uniform(fanIn: Int)
  /// Normal with mean 0.
  case normal(standardDeviation: Double)
  /// The same number everywhere.
  case constant(Double)
}

/// The parameters that a model wants: names, shapes and first values, in a fixed order.
public struct ParameterLayout: Sendable, Hashable {
  /// One parameter.
  public struct Entry: Sendable, Hashable {
    /// The name, unique in a layout: path of layers, then what it is.
    public let name: String
    /// The parameter's shape.
    public let shape: Shape
    /// How first values are drawn.
    public let initializer: Initializer

    /// A parameter by its name, shape and first values.
    public init(name: String, shape: Shape, initializer: Initializer) {
      self.name = name
      self.shape = shape
      self.initializer = initializer
    }
  }

  /// The parameters in their order.
  public let entries: [Entry]

  /// A layout of the given parameters, in this order; names must be unique.
  public init(entries: [Entry]) { self.entries = entries }

  /// The number of scalars in all parameters.
  public var scalarCount: Int { entries.reduce(0) { $0 + $1.shape.count } }

  /// The names in order.
  public var names: [String] { entries.map(\.name) }

  /// Initial values, a function of the seed: every parameter draws from the stream of its name, so adding one changes no other.
  public func initialParameters(seed: UInt64, elementType: ElementType = .float32) -> ParameterTree {
    ParameterTree(
      names: names,
      tensors: entries.map { entry in
        var generator = Philox(seed: seed, stream: "parameters/\(entry.name)")
        let count = entry.shape.count
        let values: [Double]
        switch entry.initializer {
        case .uniform(let fanIn):
          let bound = 1 / Double(max(1, fanIn)).squareRoot()
          values = (0..<count).map { _ in generator.nextDouble(from: -bound, to: bound) }
        case .normal(let deviation):
          values = (0..<count).map { _ in generator.nextNormal() * deviation }
        case .constant(let value):
          values = Array(repeating: value, count: count)
        }
        return Tensor(shape: entry.shape, converting: values, to: elementType)
      })
  }

  /// Why a tree does not hold the parameters of this layout, in words; `nil` if it does.
  public func mismatch(with tree: ParameterTree) -> String? {
    guard tree.names.count == entries.count else {
      return "there are \(tree.names.count) parameters where \(entries.count) are expected"
    }
    for (entry, (name, tensor)) in zip(entries, zip(tree.names, tree.tensors)) {
      if entry.name != name { return "the parameter \(name) stands where \(entry.name) is expected" }
      if entry.shape != tensor.shape { return "\(name) has the shape \(tensor.shape), not \(entry.shape)" }
    }
    return nil
  }
}

/// Collects the parameters of a model while its layers are put together.
public struct ParameterBuilder {
  private var entries: [ParameterLayout.Entry] = []
  private var scope: [String] = []

  /// Nothing collected yet.
  public init() {}

  /// What was collected so far.
  public var layout: ParameterLayout { ParameterLayout(entries: entries) }

  /// Adds a parameter.
  ///
  /// - Returns: its position among the model's parameters.
  public mutating func add(_ name: String, _ shape: Shape, _ initializer: Initializer) -> Int {
    entries.append(.init(name: (scope + [name]).joined(separator: "."), shape: shape, initializer: initializer))
    return entries.count - 1
  }

  /// Puts a name before those of all parameters that the body adds.
  public mutating func scoped<Result>(_ name: String, _ body: (inout ParameterBuilder) -> Result) -> Result {
    scope.append(name)
    defer { scope.removeLast() }
    return body(&self)
  }
}
