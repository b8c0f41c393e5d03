import Autodiff
import NeuralNetworks
import SearchSpaces
import Tensors

/// How strongly the edges of a cell carry their operations.
public enum EdgeMixture: Sendable {
  /// Every operation, weighted by a table `[edges, operations]`.
  case weighted(Tensor)
  /// Every operation, weighted by a table `[edges, operations]`, and what an edge carries in all by a vector `[edges]`.
  case normalized(Tensor, edges: Tensor)
  /// One operation an edge, given by its number, with the edge's weight from a vector `[edges]`; no other operation is computed.
  ///
  /// What `offsets` `[edges]` holds for an edge is added to every element of its output.
  case chosen([Int], weights: Tensor, offsets: Tensor? = nil)
}

/// A network that contains all architectures of a space, with the strength of each operation as an argument.
///
/// How architecture parameters become strengths (softmax, Gumbel softmax, a choice) is up to a search method.
public protocol MixtureNetwork<Architecture>: Sendable {
  /// What architecture parameters stand for.
  associatedtype Architecture: Hashable & Codable & Sendable

  /// The weights w.
  var weightLayout: ParameterLayout { get }
  /// The architecture parameters θ, tables `[edges, operations]`.
  var architectureLayout: ParameterLayout { get }
  /// For every table, the number of the node that each edge leads to; the edges into a node stand together.
  var edgeTargets: [[Int]] { get }
  /// K where operations see only the first K-th of the channels and the others bypass them; 1 where they see all.
  ///
  /// Source: Xu et al., "PC-DARTS: Partial channel connections for memory-efficient architecture search", ICLR 2020, section 3.2.
  var channelDivisor: Int { get }
  /// Class scores `[n, way]` of images `[n, h, w, c]`.
  ///
  /// - Parameters:
  ///   - weights: w, in the order of ``weightLayout``.
  ///   - mixtures: one for each table of ``architectureLayout``.
  ///   - images: the batch, `[n, h, w, c]`.
  ///   - context: says which images the batch statistics come from.
  func logits(weights: [Tensor], mixtures: [EdgeMixture], images: Tensor, context: ForwardContext) -> Tensor
  /// The discrete architecture that architecture parameters stand for.
  ///
  /// - Throws: an error if a parameter is not a finite number.
  func architecture(_ parameters: ParameterTree) throws -> Architecture
  /// The mixtures that carry only one architecture, at full strength.
  ///
  /// - Throws: an error if the architecture is not one of the network's space.
  func mixtures(of architecture: Architecture) throws -> [EdgeMixture]
  /// The names of the operations, which are the columns of the tables.
  var operationNames: [String] { get }
  /// The columns of the tables that are skip connections.
  var skipColumns: [Int] { get }
  /// How many of an architecture's operations are skip connections, and how many there are.
  func skips(in architecture: Architecture) -> (count: Int, of: Int)
}

extension MixtureNetwork {
  /// Operations see all channels.
  public var channelDivisor: Int { 1 }
}
