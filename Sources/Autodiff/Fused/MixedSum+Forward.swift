import Synchronization
import Tensors

/// What the forward pass of a ``MixedSum`` found, as far as the backward pass wants it.
struct MixedSumState: Sendable {
  /// A batch norm: its statistics, and the map `x * gain + shift` that it amounts to.
  struct Norm: Sendable {
    var mean: [Double]
    var reciprocalDeviation: [Double]
    /// `reciprocalDeviation` times the scale, where there is one.
    var gain: [Double]
    var shift: [Double]

    init(_ moments: Tensor, groups: ImageGroups, rowsPerImage: Int, epsilon: Double, scale: [Double]?, bias: [Double]?) {
      let channels = moments.count / groups.count / 2
      let values = moments.doublesPointer
      var mean = [Double](repeating: 0, count: channels)
      var squares = mean
      var seen = 0.0
      // Chan, Golub & LeVeque 1979, eq. 2.1: moments of two samples give those of both together.
      for group in 0..<groups.count {
        let rows = Double(groups.range(group).count * rowsPerImage)
        let (first, total) = (group * 2 * channels, seen + rows)
        for channel in 0..<channels {
          let difference = values[first + channel] - mean[channel]
          mean[channel] += difference * rows / total
          squares[channel] += values[first + channels + channel] + difference * difference * seen * rows / total
        }
        seen = total
      }
      let deviations = squares.map { 1 / ($0 / seen + epsilon).squareRoot() }
      let gain = scale.map { zip(deviations, $0).map { $0 * $1 } } ?? deviations
      self.mean = mean
      self.gain = gain
      reciprocalDeviation = deviations
      shift = mean.indices.map { (bias?[$0] ?? 0) - mean[$0] * gain[$0] }
    }
  }

  /// A block of a separable convolution.
  struct BlockState: Sendable {
    /// The depthwise result, where it is kept.
    var h: Tensor?
    /// The pointwise result.
    var z: Tensor
    var norm: Norm
  }

  struct TermState: Sendable {
    /// The batch norm of a `normalized` term.
    var norm: Norm?
    var blocks: [BlockState] = []
  }

  var groups: ImageGroups
  var terms: [TermState]

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

  /// The operands of a block's kernels; the first block reads the term's input, others the block before, normalised and rectified.
  func operands(_ term: Term, _ block: Int, _ state: MixedSumState.TermState, _ inputs: [Tensor]) -> SeparableOperands {
    let weights = term.blocks[block]
    var operands = SeparableOperands(
      x: inputs[term.input], scale: nil, shift: nil, depthwise: inputs[weights.depthwise], pointwise: inputs[weights.pointwise],
      window: weights.window)
    if block > 0 {
      let before = state.blocks[block - 1]
      operands.x = before.z
      operands.scale = Tensor(column: before.norm.gain, before.z.elementType)
      operands.shift = Tensor(column: before.norm.shift, before.z.elementType)
    }
    return operands
  }

  private func norm(_ moments: Tensor, _ groups: ImageGroups, of x: Tensor, _ affine: Affine?, _ inputs: [Tensor])
    -> MixedSumState.Norm
  {
    MixedSumState.Norm(
      moments, groups: groups, rowsPerImage: x.shape[1] * x.shape[2], epsilon: epsilon,
      scale: affine.map { inputs[$0.scale].doubles }, bias: affine.map { inputs[$0.bias].doubles })
  }

  /// A result that the pieces of the first pass over a term fill.
  private struct Pending: Sendable {
    var term: Int
    var operands: SeparableOperands?
    var h: Tensor?
    var z: Tensor
    var moments: Tensor
  }

  /// Work on one input, which shares its padded rows.
  private struct Batch: Sendable {
    var work: [Pending]
    var padding: Int?

    func padded(_ images: Range<Int>) -> (rows: Tensor, padding: Int)? {
      guard let padding, let operands = work[0].operands else { return nil }
      return (
        Kernel.padRows(operands.x, scale: operands.scale, shift: operands.shift, padding: padding, images: images), padding
      )
    }
  }

  private func batches(of pending: [Pending]) -> [Batch] {
    var result: [Batch] = []
    var places: [ObjectIdentifier: Int] = [:]
    for work in pending {
      guard let operands = work.operands, let padding = operands.padding else {
        result.append(Batch(work: [work], padding: nil))
        continue
      }
      // Second blocks read inputs of their own.
      let input = ObjectIdentifier(operands.x.storage)
      if let place = places[input] {
        result[place].work.append(work)
        result[place].padding = max(result[place].padding ?? 0, padding)
      } else {
        places[input] = result.count
        result.append(Batch(work: [work], padding: padding))
      }
    }
    return result
  }

  func forward(_ inputs: [Tensor]) -> (Tensor, MixedSumState) {
    let type = inputs[terms[0].input].elementType
    let outputs = terms.map { outputShape($0, inputs) }
    let images = outputs[0][0]
    let largest = zip(terms, outputs).map { max(inputs[$0.input].count, $1.count) / max(1, images) }.max() ?? 1
    let groups = ImageGroups(images: images, elementsPerImage: largest)
    var states = [MixedSumState.TermState](repeating: .init(), count: terms.count)

    // Block by block over all terms: pieces of different terms and images do not depend on one another.
    let depth = terms.map(\.blocks.count).max() ?? 0
    for level in 0...max(0, depth - 1) {
      let pending = terms.indices.compactMap { self.pending(level, $0, states[$0], inputs, groups, type) }
      let batches = batches(of: pending)
      TaskTeam.forEach(batches.count * groups.count) { piece in
        let (batch, group) = (batches[piece / groups.count], piece % groups.count)
        let images = groups.range(group)
        let padded = batch.padded(images)
        for work in batch.work {
          let moments = work.moments.doublesPointer + group * (work.moments.count / groups.count)
          if var operands = work.operands {
            operands.padded = padded
            Kernel.separableForward(operands, images: images, h: work.h, z: work.z, moments: moments)
          } else {
            Kernel.columnMoments(work.z, images: images, moments)
          }
        }
      }
      for work in pending {
        let term = terms[work.term]
        switch term.body {
        case .plain: break
        case .normalized(let affine): states[work.term].norm = norm(work.moments, groups, of: work.z, affine, inputs)
        case .separable(let blocks):
          states[work.term].blocks.append(
            .init(h: work.h, z: work.z, norm: norm(work.moments, groups, of: work.z, blocks[level].affine, inputs)))
        }
      }
    }
    let state = MixedSumState(groups: groups, terms: states)
    return (mixture(inputs, state, shape: outputs[0], type), state)
  }

  private func outputShape(_ term: Term, _ inputs: [Tensor]) -> Shape {
    term.blocks.reduce(inputs[term.input].shape) { shape, block in
      block.window.outputShape(images: shape, outputChannels: inputs[block.pointwise].shape[3])
    }
  }

  private func pending(
    _ level: Int, _ index: Int, _ state: MixedSumState.TermState, _ inputs: [Tensor], _ groups: ImageGroups,
    _ type: ElementType
  ) -> Pending? {
    let term = terms[index]
    func moments(_ channels: Int) -> Tensor { Tensor(uninitialized: [groups.count, 2, channels], .float64) }
    switch term.body {
    case .plain: return nil
    case .normalized:
      let x = inputs[term.input]
      return level == 0 ? Pending(term: index, z: x, moments: moments(x.shape[3])) : nil
    case .separable(let blocks):
      guard level < blocks.count else { return nil }
      let operands = operands(term, level, state, inputs)
      let shape = operands.window.outputShape(images: operands.x.shape, outputChannels: operands.pointwise.shape[3])
      var spread = shape
      spread[3] = operands.x.shape[3]
      return Pending(
        term: index, operands: operands,
        h: keepsIntermediates && keepsDepthwise(operands.window) ? Tensor(uninitialized: spread, type) : nil,
        z: Tensor(uninitialized: shape, type), moments: moments(shape[3]))
    }
  }

  /// A large window's result is kept for the backward pass; a small one's is quicker computed again than read from memory.
  private func keepsDepthwise(_ window: Window) -> Bool { window.kernelHeight * window.kernelWidth > 9 }

  private func mixture(_ inputs: [Tensor], _ state: MixedSumState, shape: Shape, _ type: ElementType) -> Tensor {
    let channels = shape[3]
    let weights = hasWeights ? inputs[0].doubles : []
    var coefficients: [Double] = []
    coefficients.reserveCapacity(terms.count * channels)
    var constant = [Double](repeating: 0, count: channels)
    var values: [Tensor] = []
    for (index, term) in terms.enumerated() {
      let weight = hasWeights ? weights[index] : 1
      let last = state.terms[index].blocks.last
      values.append(last?.z ?? inputs[term.input])
      if let norm = last?.norm ?? state.terms[index].norm {
        for channel in 0..<channels {
          coefficients.append(weight * norm.gain[channel])
          constant[channel] += weight * norm.shift[channel]
        }
      } else {
        coefficients.append(contentsOf: repeatElement(weight, count: channels))
      }
    }
    let result = Tensor(uninitialized: shape, type)
    let (factors, offset, groups) = (Tensor(column: coefficients, type), Tensor(column: constant, type), state.groups)
    let all = values
    TaskTeam.forEach(groups.count) { group in
      Kernel.columnMixture(all, coefficients: factors, constant: offset, images: groups.range(group), into: result)
    }
    return result
  }
}
