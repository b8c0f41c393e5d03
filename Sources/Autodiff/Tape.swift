import Tensors

/// The record of a computation for one reverse pass: nodes in arrays, linked by slot numbers and never to each other, so that
/// releasing a long chain is a loop and not a recursion.
///
/// A tape is used by one thread only; it is marked sendable because the tensors that it traces are.
final class Tape: @unchecked Sendable {
  struct Node {
    var primitive: any Primitive
    /// The slots of the inputs; -1 where an input does not depend on what is differentiated.
    var slots: [Int32]
    var inputs: [Tensor]
    var outputs: [Tensor]
    var firstOutput: Int32
    var outputCount: Int32
  }

  /// What of the cotangents of the variables is read in the end.
  enum Purpose {
    case value
    /// Only what a forward differentiation around the tape sees: the gradient's tangent.
    case tangent
  }

  let level: Int32
  let purpose: Purpose
  private(set) var nodes: [Node] = []
  private var slotCount: Int32 = 0
  private var variableCount: Int32 = 0
  /// Whether the differentiated function still runs. Values that outlive it are constants to all that comes later.
  private(set) var isOpen = true

  init(level: Int32, purpose: Purpose = .value) {
    self.level = level
    self.purpose = purpose
    _ = Tape.living.withLock { $0.insert(ObjectIdentifier(self)) }
  }

  deinit { _ = Tape.living.withLock { $0.remove(ObjectIdentifier(self)) } }

  /// The number of nodes that hold on to values.
  var nodeCount: Int { nodes.count }

  /// Ends the recording.
  func close() { isOpen = false }

  /// Makes a tensor that represents an independent variable.
  func variable(_ value: Tensor) -> Tensor {
    let slot = slotCount
    slotCount += 1
    variableCount = slotCount
    return value.traced(level: level, tape: self, slot: slot)
  }

  func record(_ primitive: some Primitive, slots: [Int32], inputs: [Tensor], outputs: [Tensor]) -> [Tensor] {
    let first = slotCount
    slotCount += Int32(outputs.count)
    let residuals = primitive.residuals
    nodes.append(
      Node(
        primitive: primitive, slots: slots, inputs: residuals.contains(.inputs) ? inputs : [],
        outputs: residuals.contains(.outputs) ? outputs : [], firstOutput: first, outputCount: Int32(outputs.count)))
    var slot = first
    return outputs.map { output in
      defer { slot += 1 }
      return output.traced(level: level, tape: self, slot: slot)
    }
  }

  /// Carries cotangents back to the variables.
  ///
  /// - Parameters:
  ///   - seeds: cotangents of tensors that this tape traced; others are ignored.
  ///   - consuming: whether nodes are released as soon as they have been used, which halves the peak memory.
  /// - Returns: the cotangent of each requested variable; `nil` if nothing depends on it.
  func pullBack(_ seeds: [(Tensor, Tensor)], to variables: [Tensor], consuming: Bool) -> [Tensor?] {
    let cotangents = CotangentTable(count: Int(slotCount), tangentsOnly: purpose == .tangent ? Int(variableCount) : 0)
    for (output, seed) in seeds {
      if let slot = slot(of: output) { cotangents.accumulate(seed, at: slot) }
    }
    for position in stride(from: nodes.count - 1, through: 0, by: -1) {
      let node = nodes[position]
      if consuming { nodes.removeLast() }
      guard let own = cotangents.take(Int(node.firstOutput), Int(node.outputCount)) else { continue }
      let pulled = node.primitive.pullback(
        PullbackContext(inputs: node.inputs, outputs: node.outputs, cotangents: own, slots: node.slots, table: cotangents))
      for index in pulled.indices where node.slots[index] >= 0 {
        if let value = pulled[index] { cotangents.accumulate(value, at: Int(node.slots[index])) }
      }
    }
    return variables.map { variable in slot(of: variable).flatMap { cotangents.total($0) } }
  }

  /// The slot of a tensor that this tape traced.
  func slot(of tensor: Tensor) -> Int? {
    guard let trace = tensor.trace, trace.tape === self else { return nil }
    return Int(trace.slot)
  }
}
