import Tensors

extension MixedSumPullback {
  func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    let points = Array(inputs.dropFirst())
    // A pullback may outlive the value it was made with only where that value was computed by this very application.
    let state = sum.found.value ?? sum.forward(points).1
    var pass = MixedSumBackward(sum: sum, inputs: points, cotangent: inputs[0], state: state, wanted: Set(wanted))
    return pass.run(wanted)
  }
}

/// One backward pass through a ``MixedSum``.
///
/// All terms see the same cotangent g. Through weight, batch norm and a block's pointwise result z it becomes `g * p + z * q + r` with
/// three numbers a channel, which the kernels compute as they read g and z.
private struct MixedSumBackward {
  let sum: MixedSum
  let inputs: [Tensor]
  let cotangent: Tensor
  let state: MixedSumState
  let wanted: Set<Int>
  private var cotangents: [Int: Tensor] = [:]
  /// Term by term: the coefficients with which the cotangent reaches the result of the first block that is not done yet.
  private var coefficients: [ColumnCoefficients?] = []
  /// Term by term: the cotangent that these apply to.
  private var arriving: [Tensor] = []

  init(sum: MixedSum, inputs: [Tensor], cotangent: Tensor, state: MixedSumState, wanted: Set<Int>) {
    self.sum = sum
    self.inputs = inputs
    self.cotangent = cotangent
    self.state = state
    self.wanted = wanted
  }

  private var type: ElementType { cotangent.elementType }
  private var groups: ImageGroups { state.groups }

  mutating func run(_ order: [Int]) -> [Tensor] {
    throughWeightsAndNorms()
    for block in stride(from: (sum.terms.map(\.blocks.count).max() ?? 0) - 1, to: 0, by: -1) { throughBlock(block) }
    intoInputs()
    return order.map { cotangents[$0] ?? .zeros(like: inputs[$0]) }
  }

  // MARK: The weighted sum and the last batch norms

  private mutating func throughWeightsAndNorms() {
    let (sum, state, groups, cotangent) = (sum, state, groups, cotangent)
    let weights = sum.hasWeights ? inputs[0].doubles : []
    let results = sum.terms.indices.map { state.terms[$0].blocks.last?.z ?? inputs[sum.terms[$0].input] }
    let norms = sum.terms.indices.map { state.terms[$0].blocks.last?.norm ?? state.terms[$0].norm }
    let centres = norms.map { $0.map { Tensor(column: $0.mean, cotangent.elementType) } }
    let width = 2 * cotangent.shape[3]
    let sums = Tensor(uninitialized: [sum.terms.count, groups.count, width], .float64)
    let wantsWeights = sum.hasWeights && wanted.contains(0)
    TaskTeam.forEach(sum.terms.count * groups.count) { piece in
      let (term, images) = (piece / groups.count, groups.range(piece % groups.count))
      let place = sums.doublesPointer + piece * width
      if let centre = centres[term] {
        Kernel.centredDots(cotangent, results[term], centre: centre, images: images, place)
      } else if wantsWeights {
        place[0] = Kernel.dot(cotangent, results[term], images: images)
      }
    }

    var weightGradient: [Double] = []
    for (index, term) in sum.terms.enumerated() {
      let weight = sum.hasWeights ? weights[index] : 1
      arriving.append(cotangent)
      let totals = total(sums, at: index, width: width)
      guard let norm = norms[index] else {
        coefficients.append(nil)
        weightGradient.append(totals[0])
        continue
      }
      let back = NormPullback(norm, totals, weight: weight, rows: cotangent.count / (width / 2))
      coefficients.append(back.coefficients(type))
      weightGradient.append(back.weight)
      let affine: MixedSum.Affine? =
        if case .normalized(let affine) = term.body { affine } else { term.blocks.last?.affine }
      keep(back, affine)
    }
    if wantsWeights { cotangents[0] = Tensor(column: weightGradient, type) }
  }

  /// The sums of all groups, in their order.
  private func total(_ sums: Tensor, at index: Int, width: Int) -> [Double] {
    let values = sums.doublesPointer + index * groups.count * width
    return (0..<width).map { column in (0..<groups.count).reduce(0) { $0 + values[$1 * width + column] } }
  }

  private mutating func keep(_ back: NormPullback, _ affine: MixedSum.Affine?) {
    guard let affine else { return }
    cotangents[affine.scale] = Tensor(column: back.scale, type)
    cotangents[affine.bias] = Tensor(column: back.bias, type)
  }

  // MARK: Blocks that follow another block

  private struct BlockWork: Sendable {
    var term: Int
    var operands: SeparableOperands
    var cotangent: SeparableCotangent
    var sums: Tensor
    var weights: WeightParts?
  }

  private mutating func throughBlock(_ block: Int) {
    let groups = groups
    let work = sum.terms.indices.filter { sum.terms[$0].blocks.count > block }.map { blockWork($0, block) }
    TaskTeam.forEach(work.count * groups.count) { piece in
      let (work, group) = (work[piece / groups.count], piece % groups.count)
      var operands = work.operands
      if let padding = operands.padding {
        operands.padded = (
          Kernel.padRows(
            operands.x, scale: operands.scale, shift: operands.shift, padding: padding, images: groups.range(group)), padding
        )
      }
      Kernel.separableBackward(
        operands, work.cotangent, images: groups.range(group),
        sums: work.sums.doublesPointer + group * (work.sums.count / groups.count), weights: work.weights?.group(group))
    }
    for work in work {
      keep(work.weights, of: sum.terms[work.term].blocks[block])
      let norm = state.terms[work.term].blocks[block - 1].norm
      guard let dx = work.cotangent.dx else { continue }
      let back = NormPullback(
        norm, total(work.sums, at: 0, width: 2 * norm.mean.count), weight: 1, rows: dx.count / norm.mean.count)
      coefficients[work.term] = back.coefficients(type)
      arriving[work.term] = dx
      keep(back, sum.terms[work.term].blocks[block - 1].affine)
    }
  }

  private func blockWork(_ index: Int, _ block: Int) -> BlockWork {
    let term = sum.terms[index]
    let operands = sum.operands(term, block, state.terms[index], inputs)
    let before = state.terms[index].blocks[block - 1]
    return BlockWork(
      term: index, operands: operands,
      cotangent: cotangentOfBlock(
        index, block, dx: Tensor(uninitialized: operands.x.shape, type), adds: false,
        centre: Tensor(column: before.norm.mean, type)),
      sums: Tensor(uninitialized: [groups.count, 2, operands.x.shape[3]], .float64),
      weights: weightParts(term.blocks[block], operands))
  }

  private func cotangentOfBlock(_ index: Int, _ block: Int, dx: Tensor?, adds: Bool, centre: Tensor?) -> SeparableCotangent {
    let own = state.terms[index].blocks[block]
    let none = Tensor.zeros([own.z.shape[3]], type)
    return SeparableCotangent(
      dy: arriving[index], coefficients: coefficients[index] ?? ColumnCoefficients(p: none, q: none, r: none), z: own.z, h: own.h,
      dx: dx, addsToInput: adds, centre: centre)
  }

  // MARK: The terms' inputs

  private struct InputWork: Sendable {
    enum Step: Sendable {
      case plain(weight: Double)
      case normalized(ColumnCoefficients)
      case separable(SeparableOperands, SeparableCotangent, WeightParts?)
    }

    var x: Tensor
    var dx: Tensor?
    var steps: [Step]
    /// Of the padded rows that all convolutions share.
    var padding: Int?
  }

  /// All terms that read one input, in their order, on one thread: they add to the same cotangent.
  private mutating func intoInputs() {
    let (groups, cotangent) = (groups, cotangent)
    let weights = sum.hasWeights ? inputs[0].doubles : []
    var work: [InputWork] = []
    var parts: [(MixedSum.Block, WeightParts?)] = []
    for input in Set(sum.terms.map(\.input)).sorted() {
      let x = inputs[input]
      let dx = wanted.contains(input) ? Tensor(uninitialized: x.shape, type) : nil
      var steps: [InputWork.Step] = []
      var padding: Int?
      for (index, term) in sum.terms.enumerated() where term.input == input {
        switch term.body {
        case .plain: steps.append(.plain(weight: sum.hasWeights ? weights[index] : 1))
        case .normalized: if let coefficients = coefficients[index] { steps.append(.normalized(coefficients)) }
        case .separable(let blocks):
          let operands = sum.operands(term, 0, state.terms[index], inputs)
          let own = weightParts(blocks[0], operands)
          parts.append((blocks[0], own))
          padding = operands.padding.map { max($0, padding ?? 0) } ?? padding
          steps.append(
            .separable(operands, cotangentOfBlock(index, 0, dx: dx, adds: !steps.isEmpty, centre: nil), own))
        }
      }
      if let dx { cotangents[input] = dx }
      work.append(InputWork(x: x, dx: dx, steps: steps, padding: padding))
    }
    let all = work
    TaskTeam.forEach(all.count * groups.count) { piece in
      let (work, group) = (all[piece / groups.count], piece % groups.count)
      let images = groups.range(group)
      let padded = work.padding.map { padding in
        (rows: Kernel.padRows(work.x, scale: nil, shift: nil, padding: padding, images: images), padding: padding)
      }
      for (position, step) in work.steps.enumerated() {
        switch step {
        case .plain(let weight):
          if let dx = work.dx { Kernel.scale(cotangent, by: weight, images: images, adds: position > 0, into: dx) }
        case .normalized(let coefficients):
          if let dx = work.dx {
            Kernel.columnPair(cotangent, work.x, coefficients, images: images, adds: position > 0, into: dx)
          }
        case .separable(var operands, let own, let parts):
          operands.padded = operands.padding == nil ? nil : padded
          Kernel.separableBackward(operands, own, images: images, sums: nil, weights: parts?.group(group))
        }
      }
    }
    for (block, own) in parts { keep(own, of: block) }
  }

  // MARK: Weight gradients

  /// Weight gradients group by group.
  private struct WeightParts: Sendable {
    var depthwise: Tensor
    var pointwise: Tensor
    var shapes: (depthwise: Shape, pointwise: Shape)

    func group(_ index: Int) -> (depthwise: Tensor, pointwise: Tensor) {
      (depthwise.part(index, shape: shapes.depthwise), pointwise.part(index, shape: shapes.pointwise))
    }
  }

  private func weightParts(_ block: MixedSum.Block, _ operands: SeparableOperands) -> WeightParts? {
    guard wanted.contains(block.depthwise) || wanted.contains(block.pointwise) else { return nil }
    let (depthwise, pointwise) = (operands.depthwise.shape, operands.pointwise.shape)
    return WeightParts(
      depthwise: Tensor(uninitialized: [groups.count, depthwise.count], type),
      pointwise: Tensor(uninitialized: [groups.count, pointwise.count], type), shapes: (depthwise, pointwise))
  }

  private mutating func keep(_ parts: WeightParts?, of block: MixedSum.Block) {
    guard let parts else { return }
    cotangents[block.depthwise] = Kernel.sumOfParts(parts.depthwise, shape: parts.shapes.depthwise)
    cotangents[block.pointwise] = Kernel.sumOfParts(parts.pointwise, shape: parts.shapes.pointwise)
  }
}

/// A batch norm backwards, from sums over the rows of the cotangent g of its result and of `g * (x − mean)`.
///
/// With x̂ = (x − μ) ρ, ρ = 1/√(σ² + ε) and a result `weight * (x̂ * scale + bias)`, the cotangent of x is
/// `weight * scale * ρ * (g − mean(g) − x̂ * mean(g x̂))` (Ioffe & Szegedy 2015, §3): linear in g and x, channel by channel.
private struct NormPullback {
  private var p: [Double]
  private var q: [Double]
  private var r: [Double]
  /// The cotangent of the weight.
  var weight: Double
  /// The cotangents of scale and bias.
  var scale: [Double]
  var bias: [Double]

  init(_ norm: MixedSumState.Norm, _ sums: [Double], weight: Double, rows: Int) {
    let channels = norm.mean.count
    let count = Double(max(1, rows))
    var (p, q, r) = (norm.mean, norm.mean, norm.mean)
    var (scale, bias) = (norm.mean, norm.mean)
    var whole = 0.0
    for channel in 0..<channels {
      let (first, second) = (sums[channel], sums[channels + channel])
      let deviation = norm.reciprocalDeviation[channel]
      p[channel] = weight * norm.gain[channel]
      q[channel] = -p[channel] * deviation * deviation * second / count
      r[channel] = -p[channel] * first / count - q[channel] * norm.mean[channel]
      scale[channel] = weight * deviation * second
      bias[channel] = weight * first
      whole += norm.gain[channel] * second + (norm.shift[channel] + norm.mean[channel] * norm.gain[channel]) * first
    }
    (self.p, self.q, self.r) = (p, q, r)
    (self.scale, self.bias, self.weight) = (scale, bias, whole)
  }

  func coefficients(_ type: ElementType) -> ColumnCoefficients {
    ColumnCoefficients(p: Tensor(column: p, type), q: Tensor(column: q, type), r: Tensor(column: r, type))
  }
}
