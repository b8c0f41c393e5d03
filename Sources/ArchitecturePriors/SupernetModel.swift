import CellNetworks
import MetaLearning
import NeuralNetworks
import SearchSpaces
import Tensors

/// A supernet whose weights w and architecture parameters θ adapt together: w first in the list, then θ.
public struct SupernetModel: AdaptableModel {
  /// The network whose weights and architecture parameters are meta-trained.
  public let supernet: Supernet
  /// The weights w, then the architecture parameters θ.
  public let layout: ParameterLayout

  /// A model whose ω is w and θ of a supernet.
  public init(_ supernet: Supernet) {
    self.supernet = supernet
    layout = ParameterLayout(entries: supernet.weightLayout.entries + supernet.architectureLayout.entries)
  }

  /// Without θ, as the space counts them.
  public var parameterCount: Int { supernet.weightLayout.scalarCount }

  /// The places of w in the list.
  public var weightRange: Range<Int> { 0..<supernet.weightLayout.entries.count }
  /// The places of θ in the list.
  public var architectureRange: Range<Int> { weightRange.upperBound..<layout.entries.count }

  /// Class scores `[n, way]` of images `[n, h, w, c]`, with the softmax of θ as strengths.
  public func logits(_ parameters: [Tensor], images: Tensor, context: ForwardContext) -> Tensor {
    // The weights come first, so that they have the same places in the whole list.
    supernet.logits(
      weights: parameters, architecture: Array(parameters[architectureRange]), images: images, context: context)
  }

  /// θ among all parameters.
  public func architecture(_ parameters: ParameterTree) -> ParameterTree { parameters.part(architectureRange) }

  /// The genotype that the architecture parameters in a list stand for.
  ///
  /// - Throws: `GenotypeError` where a parameter is not a finite number.
  public func decode(_ parameters: ParameterTree) throws -> Genotype {
    try supernet.decode(architecture(parameters))
  }
}
