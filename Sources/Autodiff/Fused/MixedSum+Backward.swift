import Tensors

extension MixedSumPullback {
  func evaluate(_ inputs: [Tensor]) -> [Tensor] { sum.backward(Array(inputs.dropFirst()), inputs[0], wanted: wanted) }
}

extension MixedSum {
  /// The cotangents of some inputs.
  ///
  /// - Parameter partial: tensors that the cotangents of some inputs are added to, in place.
  func backward(_ inputs: [Tensor], _ cotangent: Tensor, wanted: [Int], partial: [Int: Tensor] = [:]) -> [Tensor] {
    // Without an evaluation by this very application, as when a pullback is differentiated, the forward pass is run again.
    let state = found.value ?? forward(inputs).1
    var pass = MixedSumBackward(
      sum: self, inputs: inputs, cotangent: cotangent, state: state, wanted: wanted, partial: partial)
    return pass.run(wanted)
  }
}

/// One backward pass through a ``MixedSum``.
///
/// All terms see the same cotangent g. Through weight, batch norm and a block's pointwise result z it becomes `g * p + z * q + r` with
/// three numbers per channel, which the kernels compute as they read g and z.
private struct MixedSumBackward {
  let sum: MixedSum
  let inputs: [Tensor]
  let cotangent: Tensor
  let state: MixedSumState
  /// Which inputs' cotangents are wanted.
  private var isWanted: [Bool]
  private var cotangents: [Tensor?]
  /// The existing sums of some cotangents, to be added to.
  private let partial: [Int: Tensor]
  /// Term by term: the coefficients `[3, c]` with which a cotangent reaches the result of the last block that is not done yet.
  private var coefficients: [Tensor?] = []
  /// Term by term: the cotangent that these apply to.
  private var arriving: [Tensor] = []

  init(sum: MixedSum, inputs: [Tensor], cotangent: Tensor, state: MixedSumState, wanted: [Int], partial: [Int: Tensor]) {
    self.sum = sum
    self.inputs = inputs
    self.cotangent = cotangent
    self.state = state
    self.partial = partial
    isWanted = Array(repeating: false, count: inputs.count)
    for index in wanted { isWanted[index] = true }
    cotangents = Array(repeating: nil, count: inputs.count)
  }

  private var type: ElementType { cotangent.elementType }
  private var groups: ImageGroups { state.groups }

  mutating func run(_ order: [Int]) -> [Tensor] {
    throughWeightsAndNorms()
    for block in stride(from: sum.terms.reduce(0) { max($0, $1.blocks.count) } - 1, to: 0, by: -1) { throughBlock(block) }
    intoInputs()
    return order.map { cotangents[$0] ?? .zeros(like: inputs[$0]) }
  }

  // MARK: The weighted sum and the last batch norms

  private mutating func throughWeightsAndNorms() {
    let (groups, cotangent) = (groups, cotangent)
    let results = sum.terms.indices.map { state.terms[$0].blocks.last?.z ?? inputs[sum.terms[$0].input] }
    let maps = state.terms.map { $0.lastNorm?.map }
    let width = 2 * cotangent.shape[3]
    let sums = Tensor(uninitialized: [sum.terms.count, groups.count, width], .float64)
    let wantsWeights = sum.hasWeights && isWanted[0]
    TaskTeam.forEach(results.count * groups.count) { piece in
      let (term, images) = (piece / groups.count, groups.range(piece % groups.count))
      let place = sums.doublesPointer + piece * width
      if let map = maps[term] {
        Kernel.centredDots(cotangent, results[term], map: map, images: images, place)
      } else if wantsWeights {
        place[0] = Kernel.dot(cotangent, results[term], images: images)
      }
    }

    let weightGradient = wantsWeights ? Tensor(uninitialized: [sum.terms.count], type) : nil
    for (index, term) in sum.terms.enumerated() {
      arriving.append(cotangent)
      let values = sums.doublesPointer + index * groups.count * width
      guard let norm = state.terms[index].lastNorm else {
        coefficients.append(nil)
        weightGradient?.setElement(index, (0..<groups.count).reduce(0) { $0 + values[$1 * width] })
        continue
      }
      let affine: MixedSum.Affine? =
        if case .normalized(let affine) = term.body { affine } else { term.blocks.last?.affine }
      let back = norm.pullback(
        values, groups: groups.count, weight: sum.hasWeights ? inputs[0].element(index) : 1,
        count: cotangent.count / norm.channels,
        wantsAffine: affine != nil, type)
      coefficients.append(back.coefficients)
      weightGradient?.setElement(index, back.weight)
      keep(back, affine)
    }
    withExtendedLifetime(sums) {}
    if let weightGradient { cotangents[0] = weightGradient }
  }

  private mutating func keep(_ back: FusedNorm.Pullback, _ affine: MixedSum.Affine?) {
    guard let affine, let own = back.affine else { return }
    cotangents[affine.scale] = own.scale
    cotangents[affine.bias] = own.bias
  }

  // MARK: Convolutions

  /// A block of a separable convolution backwards.
  private final class BlockWork: Sendable {
    let term: Int
    let operands: SeparableOperands
    let cotangent: SeparableCotangent
    /// Over dx, for the norm before the block.
    let sums: Tensor?
    let weights: WeightParts?
    let rows: RowPadding?

    init(
      term: Int, operands: SeparableOperands, cotangent: SeparableCotangent, before: FusedNorm?, groups: Int, wantsWeights: Bool
    ) {
      self.term = term
      self.operands = operands
      self.cotangent = cotangent
      sums = before.map { Tensor(uninitialized: [groups, 2, $0.channels], .float64) }
      weights = wantsWeights ? WeightParts(operands, groups: groups) : nil
      rows = operands.padding.map { RowPadding(operands, $0) }
    }

    func run(_ group: Int, _ images: Range<Int>, _ padded: PaddedRows?) {
      Kernel.separableBackward(
        operands, padded, cotangent, images: images, sums: sums.map { $0.doublesPointer + group * 2 * $0.shape[2] },
        weights: weights, group: group)
    }
  }

  private func work(_ index: Int, _ level: Int, dx: Tensor?, adds: Bool) -> BlockWork? {
    guard let coefficients = coefficients[index] else { return nil }
    let (block, blocks) = (sum.terms[index].blocks[level], state.terms[index].blocks)
    let before = level > 0 ? blocks[level - 1].norm : nil
    let cotangent = SeparableCotangent(
      dy: arriving[index], coefficients: coefficients, z: blocks[level].z, h: blocks[level].h, dx: dx, addsToInput: adds,
      map: before?.map)
    return BlockWork(
      term: index, operands: blocks[level].operands, cotangent: cotangent, before: before, groups: groups.count,
      wantsWeights: isWanted[block.depthwise] || isWanted[block.pointwise])
  }

  private mutating func keep(_ parts: WeightParts?, of block: MixedSum.Block) {
    guard let parts else { return }
    cotangents[block.depthwise] = parts.depthwiseGradient
    cotangents[block.pointwise] = parts.pointwiseGradient
  }

  /// Blocks that follow another block of their term.
  private mutating func throughBlock(_ level: Int) {
    let groups = groups
    let work = sum.terms.indices.filter { sum.terms[$0].blocks.count > level }.compactMap { index in
      self.work(index, level, dx: Tensor(uninitialized: state.terms[index].blocks[level - 1].z.shape, type), adds: false)
    }
    TaskTeam.forEach(work.count * groups.count) { piece in
      let (work, group) = (work[piece / groups.count], piece % groups.count)
      let images = groups.range(group)
      work.run(group, images, work.rows?.rows(images))
    }
    for work in work {
      keep(work.weights, of: sum.terms[work.term].blocks[level])
      guard let dx = work.cotangent.dx, let sums = work.sums else { continue }
      let affine = sum.terms[work.term].blocks[level - 1].affine
      let norm = state.terms[work.term].blocks[level - 1].norm
      let back = norm.pullback(
        sums.doublesPointer, groups: groups.count, weight: 1, count: dx.count / norm.channels, wantsAffine: affine != nil, type)
      withExtendedLifetime(sums) {}
      coefficients[work.term] = back.coefficients
      arriving[work.term] = dx
      keep(back, affine)
    }
  }

  // MARK: The terms' inputs

  /// All terms that read one input, in their order, on one thread: they add to the same cotangent.
  private final class InputWork: Sendable {
    enum Step: Sendable {
      case plain(weight: Double)
      case normalized(coefficients: Tensor)
      case separable(BlockWork)
    }

    let x: Tensor
    let cotangent: Tensor
    let dx: Tensor?
    /// Whether there is something in `dx` already.
    let adds: Bool
    let steps: [Step]
    let rows: RowPadding?

    init(x: Tensor, cotangent: Tensor, dx: Tensor?, adds: Bool, steps: [Step], rows: RowPadding?) {
      self.x = x
      self.cotangent = cotangent
      self.dx = dx
      self.adds = adds
      self.steps = steps
      self.rows = rows
    }

    func run(_ group: Int, _ images: Range<Int>) {
      let padded = rows?.rows(images)
      for (position, step) in steps.enumerated() {
        switch step {
        case .plain(let weight):
          if let dx { Kernel.scale(cotangent, by: weight, images: images, adds: adds || position > 0, into: dx) }
        case .normalized(let coefficients):
          if let dx { Kernel.columnPair(cotangent, x, coefficients, images: images, adds: adds || position > 0, into: dx) }
        case .separable(let work): work.run(group, images, work.rows == nil ? nil : padded)
        }
      }
    }
  }

  private mutating func intoInputs() {
    let groups = groups
    var all: [InputWork] = []
    for input in Set(sum.terms.map(\.input)).sorted() {
      let x = inputs[input]
      let present = partial[input]
      let dx = isWanted[input] ? present ?? Tensor(uninitialized: x.shape, type) : nil
      var steps: [InputWork.Step] = []
      var rows: RowPadding?
      for (index, term) in sum.terms.enumerated() where term.input == input {
        switch term.body {
        case .plain: steps.append(.plain(weight: sum.hasWeights ? inputs[0].element(index) : 1))
        case .normalized: if let own = coefficients[index] { steps.append(.normalized(coefficients: own)) }
        case .separable:
          guard let work = self.work(index, 0, dx: dx, adds: present != nil || !steps.isEmpty) else { continue }
          if let own = work.rows, own.padding > rows?.padding ?? -1 { rows = own }
          steps.append(.separable(work))
        }
      }
      cotangents[input] = dx
      all.append(InputWork(x: x, cotangent: cotangent, dx: dx, adds: present != nil, steps: steps, rows: rows))
    }
    let work = all
    TaskTeam.forEach(work.count * groups.count) { piece in
      let group = piece % groups.count
      work[piece / groups.count].run(group, groups.range(group))
    }
    for input in work {
      for case .separable(let own) in input.steps { keep(own.weights, of: sum.terms[own.term].blocks[0]) }
    }
  }
}
