/// NAS-Bench-101's module hash: equal for isomorphic cells, and the key of the benchmark's records, byte for byte.
///
/// Every vertex starts with the MD5 of Python's text of (out-degree, in-degree, label); in as many iterations as there are vertices it
/// takes in the sorted hashes of its inputs and outputs; the result is the MD5 of Python's text of the sorted list of all.
///
/// Source: `hash_module` in `nasbench/lib/graph_util.py` of github.com/google-research/nasbench.
public final class NASBench101Hasher {
  private let md5 = MD5()
  private var message = [UInt8]()
  private var starts = [Int: MD5.Digest]()

  /// A hasher; to be used by one thread at a time.
  public init() { message.reserveCapacity(512) }

  /// The hash of a cell without changing it, 32 hexadecimal digits. (The benchmark prunes cells before it hashes them.)
  public func hex(of cell: NASBench101Cell) -> String {
    let digest = digest(of: cell)
    return MD5.Digest(high: digest.0, low: digest.1).hex
  }

  /// The hash's 128 bits, most significant first.
  public func digest(of cell: NASBench101Cell) -> (UInt64, UInt64) {
    let count = cell.vertices
    var columns = [UInt8](repeating: 0, count: count)
    for (vertex, row) in cell.rows.enumerated() {
      for other in 0..<count where row >> UInt8(other) & 1 == 1 { columns[other] |= UInt8(1 << vertex) }
    }
    var hashes = (0..<count).map { vertex in
      let label = vertex == 0 ? -1 : vertex == count - 1 ? -2 : cell.operations[vertex - 1].number
      return start(outputs: cell.rows[vertex].nonzeroBitCount, inputs: columns[vertex].nonzeroBitCount, label: label)
    }
    for _ in 0..<count {
      hashes = (0..<count).map { vertex in
        message.removeAll(keepingCapacity: true)
        appendSorted(columns[vertex], of: hashes)
        message.append(UInt8(ascii: "|"))
        appendSorted(cell.rows[vertex], of: hashes)
        message.append(UInt8(ascii: "|"))
        hashes[vertex].appendHex(to: &message)
        return md5.digest(message)
      }
    }
    message.removeAll(keepingCapacity: true)
    message.append(UInt8(ascii: "["))
    for (place, hash) in hashes.sorted().enumerated() {
      if place > 0 { message += [UInt8(ascii: ","), UInt8(ascii: " ")] }
      message.append(UInt8(ascii: "'"))
      hash.appendHex(to: &message)
      message.append(UInt8(ascii: "'"))
    }
    message.append(UInt8(ascii: "]"))
    let result = md5.digest(message)
    return (result.high, result.low)
  }

  private func start(outputs: Int, inputs: Int, label: Int) -> MD5.Digest {
    let key = (outputs * 8 + inputs) * 8 + label + 2
    if let known = starts[key] { return known }
    let digest = md5.digest(Array("(\(outputs), \(inputs), \(label))".utf8))
    starts[key] = digest
    return digest
  }

  private func appendSorted(_ set: UInt8, of hashes: [MD5.Digest]) {
    guard set.nonzeroBitCount > 1 else {
      if set != 0 { hashes[set.trailingZeroBitCount].appendHex(to: &message) }
      return
    }
    let chosen = hashes.indices.filter { set >> UInt8($0) & 1 == 1 }.map { hashes[$0] }.sorted()
    for hash in chosen { hash.appendHex(to: &message) }
  }
}
