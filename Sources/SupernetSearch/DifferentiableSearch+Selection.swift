import Basics
import Bilevel
import CellNetworks
import NeuralNetworks
import Tensors

extension DifferentiableSearch {
  /// What a search recommends.
  public struct Selection: Sendable, Hashable, Codable {
    /// The recommended architecture.
    public var architecture: Model.Architecture
    /// How many different architectures were compared with the shared weights; 1 where the strongest operations were taken.
    public var candidates: Int
    /// The recommended one's accuracy on all whole batches of validation images with the shared weights, in 0...1; `nil` where none were
    /// compared.
    public var accuracy: Double?
  }

  /// Reads the architecture off, as the method wants it.
  ///
  /// - Parameters:
  ///   - state: the state of the search that is looked at.
  ///   - validation: numbers of the images that candidates are compared on.
  ///   - batch: reads images; it is asked only for these numbers.
  /// - Throws: `BilevelError` where losses are not finite, ``SupernetSearchError/tooFewImages(count:batch:)``, what decoding throws where θ
  ///   is not finite, and what `batch` throws.
  public func selection(
    _ state: State, validation: [Int], batch: ([Int]) throws -> LabelledImages
  ) throws -> Selection {
    switch method.selection {
    case .strongest: Selection(architecture: try strongest(state), candidates: 1, accuracy: nil)
    case .best(let count, let finalists):
      try best(of: count, finalists: finalists, state, validation: validation, batch: batch)
    }
  }

  /// The architecture of the strongest operations; `nil` for methods that compare drawn architectures in the end instead.
  ///
  /// - Throws: what decoding throws where θ is not finite.
  public func strongestOperations(_ state: State) throws -> Model.Architecture? {
    method.selection == .strongest ? try strongest(state) : nil
  }

  /// The architecture of the strongest operations.
  func strongest(_ state: State) throws -> Model.Architecture {
    let mixtures = method.strengths(on: model)(state.architecture.tensors)
    return try model.architecture(ParameterTree(names: model.architectureLayout.names, tensors: mixtures.map(\.table)))
  }

  private struct Candidate {
    var choices: [[Int]]
    var mixtures: [EdgeMixture]
    var accuracy = 0.0
    var loss = 0.0
  }

  private func best(
    of count: Int, finalists: Int, _ state: State, validation: [Int], batch: ([Int]) throws -> LabelledImages
  ) throws -> Selection {
    var draw = Philox(seed: settings.seed, stream: "search/selection", index: UInt64(state.epochs))
    let order = draw.shuffled(validation)
    guard order.count >= settings.batch else {
      throw SupernetSearchError.tooFewImages(count: order.count, batch: settings.batch)
    }
    var candidates: [Candidate] = []
    var seen: Set<[[Int]]> = []
    for _ in 0..<max(1, count) {
      let mixtures = method.relaxation(on: model, progress: 1, using: &draw)(state.architecture.tensors)
      let choices = mixtures.map(\.choices)
      if seen.insert(choices).inserted { candidates.append(Candidate(choices: choices, mixtures: mixtures)) }
    }
    let first = try batch(Array(order.prefix(settings.batch)))
    for place in candidates.indices {
      (candidates[place].accuracy, candidates[place].loss) = try score(
        candidates[place].mixtures, state.weights.tensors, on: first)
    }
    var leaders = Array(Self.ranked(candidates).prefix(max(1, finalists)))
    for place in leaders.indices {
      (leaders[place].accuracy, leaders[place].loss) = try score(
        leaders[place].mixtures, state.weights, validation: order, batch: batch)
    }
    let winner = Self.ranked(leaders)[0]
    let tables = zip(winner.choices, model.architectureLayout.entries).map { Tensor.oneHot($0, classes: $1.shape[1]) }
    return Selection(
      architecture: try model.architecture(ParameterTree(names: model.architectureLayout.names, tensors: tables)),
      candidates: candidates.count, accuracy: winner.accuracy)
  }

  /// Accuracy in 0...1 and mean loss of an architecture with the shared weights.
  ///
  /// - Parameters:
  ///   - architecture: what is scored, of the supernet's space.
  ///   - weights: the shared weights w.
  ///   - validation: numbers of the images that it is judged by, in whole batches; those left over are not looked at.
  ///   - batch: reads images; it is asked only for these numbers.
  /// - Throws: what the network throws for an architecture of another space, `BilevelError` where the loss is not finite,
  ///   ``SupernetSearchError/tooFewImages(count:batch:)``, and what `batch` throws.
  public func score(
    _ architecture: Model.Architecture, _ weights: ParameterTree, validation: [Int], batch: ([Int]) throws -> LabelledImages
  ) throws -> (accuracy: Double, loss: Double) {
    try score(try model.mixtures(of: architecture), weights, validation: validation, batch: batch)
  }

  private func score(
    _ mixtures: [EdgeMixture], _ weights: ParameterTree, validation: [Int], batch: ([Int]) throws -> LabelledImages
  ) throws -> (accuracy: Double, loss: Double) {
    let batches = validation.count / settings.batch
    guard batches > 0 else { throw SupernetSearchError.tooFewImages(count: validation.count, batch: settings.batch) }
    var mean = (accuracy: 0.0, loss: 0.0)
    for number in 0..<batches {
      let images = try batch(Array(validation[number * settings.batch..<(number + 1) * settings.batch]))
      let found = try score(mixtures, weights.tensors, on: images)
      mean.accuracy += found.accuracy / Double(batches)
      mean.loss += found.loss / Double(batches)
    }
    return mean
  }

  /// By accuracy; of equal ones the smaller loss first, which tells more early in a search.
  private static func ranked(_ candidates: [Candidate]) -> [Candidate] {
    candidates.sorted { ($1.accuracy, $0.loss) < ($0.accuracy, $1.loss) }
  }
}

extension EdgeMixture {
  /// The strongest operation of every edge.
  fileprivate var choices: [Int] {
    switch self {
    case .weighted(let table), .normalized(let table, _): table.stopGradient().rowArgmax
    case .chosen(let operations, _, _): operations
    }
  }
}
