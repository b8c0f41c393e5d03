import Layers
import Optimizers
import Tensors

/// How a head that was meta-trained for some number of classes starts on tasks of another number.
///
/// A meta-trained head has no opinion of its own on which class is which: classes of tasks were dealt to its outputs at random. So a start
/// that is the same for all classes is as good (Ye & Chao, *How to Train Your MAML to Excel in Few-Shot Classification*, ICLR 2022, §4:
/// UNICORN-MAML starts every class from one vector), and there may be as many of them as a task has.
public enum ClassHeadStart: String, Sendable, CaseIterable {
  /// Every class starts from the mean of the meta-trained outputs.
  case mean
  /// The first classes start from the meta-trained outputs, further ones from their mean.
  case leading
}

extension ParameterTree {
  /// The parameters for a model with another number of classes: those of the head (`….head.weight`, `….head.bias`, and what is kept for
  /// each of their numbers, such as learned rates) have the classes along their last axis, all others stay as they are.
  ///
  /// - Parameters:
  ///   - layout: of the model with the wanted number of classes.
  ///   - start: what the outputs start from.
  /// - Returns: `nil` where the layouts differ in more than that.
  public func fitted(to layout: ParameterLayout, start: ClassHeadStart = .mean) -> ParameterTree? {
    guard names == layout.names else { return nil }
    var fitted: [Tensor] = []
    for (entry, tensor) in Swift.zip(layout.entries, tensors) {
      if entry.shape == tensor.shape {
        fitted.append(tensor)
        continue
      }
      let (wanted, given) = (entry.shape.array, tensor.shape.array)
      guard Self.isHead(entry.name), wanted.count == given.count, !given.isEmpty, wanted.dropLast() == given.dropLast(),
        let classes = given.last, let count = wanted.last, classes > 0
      else { return nil }
      let values = tensor.doubles
      let rows = values.count / classes
      var result: [Double] = []
      result.reserveCapacity(rows * count)
      for row in 0..<rows {
        let outputs = values[row * classes..<(row + 1) * classes]
        let mean = outputs.reduce(0, +) / Double(classes)
        switch start {
        case .mean: result += Array(repeating: mean, count: count)
        case .leading:
          result += outputs.prefix(count)
          result += Array(repeating: mean, count: max(0, count - classes))
        }
      }
      fitted.append(Tensor(shape: entry.shape, converting: result, to: tensor.elementType))
    }
    return with(fitted)
  }

  private static func isHead(_ name: String) -> Bool {
    name == "head.weight" || name == "head.bias" || name.hasSuffix(".head.weight") || name.hasSuffix(".head.bias")
  }
}
