import Synchronization
import Tensors

/// What the forward pass of a ``MixedSum`` found, as far as the backward pass needs it.
struct MixedSumState: Sendable {
  /// A block of a separable convolution.
  final class Block: Sendable {
    let operands: SeparableOperands
    /// The depthwise result, where it is kept.
    let h: Tensor?
    /// The pointwise result.
    let z: Tensor
    let norm: FusedNorm

    init(operands: SeparableOperands, h: Tensor?, z: Tensor, norm: FusedNorm) {
      self.operands = operands
      self.h = h
      self.z = z
      self.norm = norm
    }
  }

  struct Term: Sendable {
    /// The batch norm of a `normalized` term.
    var norm: FusedNorm?
    var blocks: [Block] = []

    /// The norm that the sum sees.
    var lastNorm: FusedNorm? { blocks.last?.norm ?? norm }
  }

  var groups: ImageGroups
  var terms: [Term]

  /// Takes the state from the one evaluation that an application has to its pullbacks.
  final class Box: Sendable {
    private let state = Mutex<MixedSumState?>(nil)

    var value: MixedSumState? {
      get { state.withLock { $0 } }
      set { state.withLock { $0 = newValue } }
    }
  }
}

extension MixedSum {
  func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    let (result, state) = forward(inputs)
    if keepsIntermediates { found.value = state }
    return [result]
  }

  /// What is computed for one term at one level: statistics, and in a separable convolution a block.
  private final class Work: Sendable {
    let term: Int
    /// A block of a separable convolution; otherwise there are only statistics of `z`.
    let operands: SeparableOperands?
    let h: Tensor?
    let z: Tensor
    /// Of every group: `[groups, 2, c]`.
    let moments: Tensor

    init(term: Int, operands: SeparableOperands?, h: Tensor?, z: Tensor, groups: Int) {
      self.term = term
      self.operands = operands
      self.h = h
      self.z = z
      moments = Tensor(uninitialized: [groups, 2, z.shape[3]], .float64)
    }

    func run(_ group: Int, _ images: Range<Int>, _ padded: PaddedRows?) {
      let place = moments.doublesPointer + group * 2 * z.shape[3]
      if let operands {
        Kernel.separableForward(operands, padded, images: images, h: h, z: z, moments: place)
      } else {
        Kernel.columnMoments(z, images: images, place)
      }
    }
  }

  /// Work on one input, which shares its padded rows.
  private final class Batch: Sendable {
    let work: [Work]
    let rows: RowPadding?

    init(work: [Work], rows: RowPadding?) {
      self.work = work
      self.rows = rows
    }

    func run(_ group: Int, _ images: Range<Int>) {
      let padded = rows?.rows(images)
      for work in work { work.run(group, images, padded) }
    }
  }

  func forward(_ inputs: [Tensor]) -> (Tensor, MixedSumState) {
    let first = terms[0]
    let shape = first.blocks.reduce(inputs[first.input].shape) { shape, block in
      block.window.outputShape(images: shape, outputChannels: inputs[block.pointwise].shape[3])
    }
    let images = shape[0]
    let largest = terms.reduce(shape.count) { max($0, inputs[$1.input].count) }
    let groups = ImageGroups(images: images, elementsPerImage: largest / max(1, images))
    var states = [MixedSumState.Term](repeating: .init(), count: terms.count)

    // Level by level over all terms: pieces of different terms and images do not depend on one another.
    let depth = terms.reduce(1) { max($0, $1.blocks.count) }
    for level in 0..<depth {
      let batches = batches(level, states, inputs, groups)
      TaskTeam.forEach(batches.count * groups.count) { piece in
        let group = piece % groups.count
        batches[piece / groups.count].run(group, groups.range(group))
      }
      for batch in batches {
        for work in batch.work { finish(work, &states[work.term], inputs, groups) }
      }
    }
    let state = MixedSumState(groups: groups, terms: states)
    return (mixture(inputs, state, shape), state)
  }

  private func batches(
    _ level: Int, _ states: [MixedSumState.Term], _ inputs: [Tensor], _ groups: ImageGroups
  ) -> [Batch] {
    var batches: [Batch] = []
    // First blocks of one input share its padded rows; later blocks have inputs of their own.
    var sharing: [(input: Int, padding: Int, work: [Work])] = []
    for (index, term) in terms.enumerated() {
      switch term.body {
      case .plain: break
      case .normalized:
        guard level == 0 else { continue }
        batches.append(
          Batch(work: [Work(term: index, operands: nil, h: nil, z: inputs[term.input], groups: groups.count)], rows: nil))
      case .separable(let blocks):
        guard level < blocks.count else { continue }
        let work = work(index, blocks[level], after: level == 0 ? nil : states[index].blocks[level - 1], inputs, groups)
        guard let operands = work.operands, let padding = operands.padding else {
          batches.append(Batch(work: [work], rows: nil))
          continue
        }
        if level > 0 {
          batches.append(Batch(work: [work], rows: RowPadding(operands, padding)))
        } else if let place = sharing.firstIndex(where: { $0.input == term.input }) {
          sharing[place].work.append(work)
          sharing[place].padding = max(sharing[place].padding, padding)
        } else {
          sharing.append((term.input, padding, [work]))
        }
      }
    }
    for (_, padding, work) in sharing {
      batches.append(Batch(work: work, rows: work[0].operands.map { RowPadding($0, padding) }))
    }
    return batches
  }

  private func work(
    _ index: Int, _ block: Block, after before: MixedSumState.Block?, _ inputs: [Tensor], _ groups: ImageGroups
  ) -> Work {
    let x = before?.z ?? inputs[terms[index].input]
    let operands = SeparableOperands(
      x: x, map: before?.norm.map, depthwise: inputs[block.depthwise], pointwise: inputs[block.pointwise], window: block.window)
    let shape = operands.outputShape
    var spread = shape
    spread[3] = x.shape[3]
    let keeps = keepsIntermediates && keepsDepthwise(spread, x.elementType)
    return Work(
      term: index, operands: operands, h: keeps ? Tensor(uninitialized: spread, x.elementType) : nil,
      z: Tensor(uninitialized: shape, x.elementType), groups: groups.count)
  }

  /// Small results are kept for the backward pass; large ones would make up a third of its memory, and reading them from there takes
  /// about as long as computing them again.
  private func keepsDepthwise(_ shape: Shape, _ type: ElementType) -> Bool { shape.count * type.byteCount <= 1 << 20 }

  private func finish(_ work: Work, _ state: inout MixedSumState.Term, _ inputs: [Tensor], _ groups: ImageGroups) {
    let affine =
      switch terms[work.term].body {
      case .plain: Affine?.none
      case .normalized(let affine): affine
      case .separable(let blocks): blocks[state.blocks.count].affine
      }
    let norm = FusedNorm(
      work.moments, groups: groups, rowsPerImage: work.z.shape[1] * work.z.shape[2], epsilon: epsilon,
      affine: affine.map { (inputs[$0.scale], inputs[$0.bias]) }, work.z.elementType)
    if let operands = work.operands {
      state.blocks.append(.init(operands: operands, h: work.h, z: work.z, norm: norm))
    } else {
      state.norm = norm
    }
  }

  private func mixture(_ inputs: [Tensor], _ state: MixedSumState, _ shape: Shape) -> Tensor {
    let (channels, type) = (shape[3], inputs[terms[0].input].elementType)
    let coefficients = Tensor(uninitialized: [terms.count, channels], type)
    let constant = Tensor(uninitialized: [channels], type)
    let exact = Kernel.doubles((terms.count + 1) * channels)
    let exactConstant = exact + terms.count * channels
    exactConstant.update(repeating: 0, count: channels)
    var values: [Tensor] = []
    values.reserveCapacity(terms.count)
    for (index, term) in terms.enumerated() {
      let weight = hasWeights ? inputs[0].element(index) : 1
      let row = exact + index * channels
      values.append(state.terms[index].blocks.last?.z ?? inputs[term.input])
      guard let norm = state.terms[index].lastNorm else {
        row.update(repeating: weight, count: channels)
        continue
      }
      let (gain, shift) = (norm.gain, norm.shift)
      for channel in 0..<channels {
        row[channel] = weight * gain[channel]
        exactConstant[channel] += weight * shift[channel]
      }
    }
    coefficients.setElements(from: 0, exact, count: terms.count * channels)
    constant.setElements(from: 0, exactConstant, count: channels)
    let result = Tensor(uninitialized: shape, type)
    let (groups, all) = (state.groups, values)
    TaskTeam.forEach(groups.count) { group in
      Kernel.columnMixture(all, coefficients: coefficients, constant: constant, images: groups.range(group), into: result)
    }
    return result
  }
}
