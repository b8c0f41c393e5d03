import Foundation
import NeuralNetworks
import Runs
import Tensors
import TestSupport
import Testing

@Suite struct CheckpointTests {
  static func sample() -> Checkpoint {
    var configuration = Configuration()
    configuration.seed = 3
    var checkpoint = Checkpoint(configuration: configuration, tasksSeen: 12, counters: ["adam": 3])
    let tree = ParameterTree(
      names: ["a", "b.c"],
      tensors: [Tensor(shape: [2, 2], [1, -2, .pi, 0] as [Float]), Tensor(shape: [], [0x1p-1074] as [Double])])
    checkpoint.append(tree, as: "weights")
    checkpoint.arrays.append(StoredArray(name: "note", bytes: Array("hello".utf8)))
    checkpoint.arrays.append(StoredArray(name: "empty", shape: [0, 3], elementType: .float32, bytes: []))
    return checkpoint
  }

  @Test func whatIsWrittenIsRead() throws {
    let checkpoint = Self.sample()
    let bytes = try checkpoint.encoded()
    let read = try Checkpoint(decoding: bytes)
    #expect(read == checkpoint)
    #expect(try read.encoded() == bytes)
    var threaded = checkpoint
    threaded.configuration.threads = 7
    #expect(try threaded.encoded() == bytes)
    // The layout itself: π as a little-endian Float32 and "hello" lie in the file as they are.
    #expect(bytes.starts(with: Array("ARCHPRCK".utf8) + [1, 0, 0, 0]))
    #expect(Data(bytes).range(of: Data([0xDA, 0x0F, 0x49, 0x40])) != nil)
    #expect(Data(bytes).range(of: Data("hello".utf8)) != nil)
  }

  @Test func treesComeBackInOrderAndAreChecked() throws {
    let checkpoint = Self.sample()
    let like = ParameterTree(
      names: ["b.c", "a"], tensors: [Tensor(shape: [], [0] as [Double]), Tensor(shape: [2, 2], [0, 0, 0, 0] as [Float])])
    let tree = try checkpoint.tree("weights", like: like)
    #expect(tree.names == ["b.c", "a"])
    #expect(tree.tensors[0].doubles == [0x1p-1074])
    #expect(tree.tensors[1].floats == [1, -2, .pi, 0])
    for (name, tensor) in [
      ("missing", Tensor(shape: [], [0] as [Double])), ("a", Tensor(shape: [4], [0, 0, 0, 0] as [Float])),
      ("a", Tensor(shape: [2, 2], [0, 0, 0, 0] as [Double])),
    ] {
      #expect(throws: CheckpointError.self) {
        try checkpoint.tree("weights", like: ParameterTree(names: [name], tensors: [tensor]))
      }
    }
  }

  @Test func everyTruncationIsRecognised() throws {
    let bytes = try Self.sample().encoded()
    for length in 0..<bytes.count {
      do {
        _ = try Checkpoint(decoding: Array(bytes[..<length]))
        Issue.record("read a checkpoint cut to \(length) of \(bytes.count) bytes")
      } catch {
        guard case .truncated(let offset, _) = error.problem else {
          Issue.record("\(length) bytes: \(error)")
          continue
        }
        #expect(offset == length)
      }
    }
    #expect(throws: CheckpointError.self) { try Checkpoint(decoding: bytes + [0]) }
  }

  @Test func everyFlippedByteIsRecognised() throws {
    let bytes = try Self.sample().encoded()
    for index in bytes.indices {
      var damaged = bytes
      damaged[index] ^= 0x41
      #expect(throws: CheckpointError.self, "byte \(index) of \(bytes.count)") { try Checkpoint(decoding: damaged) }
    }
  }

  @Test func damageIsNamed() throws {
    let bytes = try Self.sample().encoded()
    let position = try #require(Data(bytes).range(of: Data("hello".utf8))).lowerBound
    var damaged = bytes
    damaged[position + 1] ^= 1
    #expect(throws: CheckpointError(.damaged(part: "section 'note'", offset: position))) { try Checkpoint(decoding: damaged) }
    damaged = bytes
    damaged[8] = 9
    #expect(throws: CheckpointError(.newerVersion(found: 9, supported: 1))) { try Checkpoint(decoding: damaged) }
    damaged = bytes
    damaged[15] = 0x7F
    let error = try #require(throws: CheckpointError.self) { try Checkpoint(decoding: damaged) }
    #expect(error.message.contains("more than the limit"))
    #expect(throws: CheckpointError(.notACheckpoint)) { try Checkpoint(decoding: Array("PK\u{3}\u{4} something else".utf8)) }
  }

  /// A header with a right checksum can still lie.
  @Test(arguments: [
    ("\"length\":16", "\"length\":99"), ("\"shape\":[2,2]", "\"shape\":[-2,-2]"),
    ("\"shape\":[2,2]", "\"shape\":[4611686018427387904,8]"), ("\"type\":\"f32\"", "\"type\":\"f31\""),
    ("\"offset\":0", "\"offset\":-9"), ("\"tasksSeen\":12", "\"tasksSeen\":\"x\""), ("seed: 3", "seed: x"),
  ])
  func liesInTheHeaderAreRecognised(honest: String, lie: String) throws {
    let bytes = try Self.sample().encoded()
    let length = Int(bytes[12]) | Int(bytes[13]) << 8 | Int(bytes[14]) << 16
    let header = String(decoding: bytes[48..<(48 + length)], as: UTF8.self)
    #expect(header.contains(honest))
    let forged = Array(header.replacingOccurrences(of: honest, with: lie).utf8)
    var file = Array(bytes[..<12])
    file += [UInt8(forged.count & 255), UInt8(forged.count >> 8 & 255), UInt8(forged.count >> 16), 0]
    let digits = Array(Digest.hex(forged))
    file += stride(from: 0, to: 64, by: 2).map { UInt8(String(digits[$0...($0 + 1)]), radix: 16) ?? 0 }
    file += forged + bytes[(48 + length)...]
    let error = try #require(throws: CheckpointError.self) { try Checkpoint(decoding: file) }
    guard case .badHeader = error.problem else {
      Issue.record("\(error)")
      return
    }
  }

  @Test func aFailedWriteLeavesTheOldFile() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("c.checkpoint")
    let old = Self.sample()
    try old.write(to: path)
    var new = old
    new.tasksSeen = 99
    // The disk is full after 100 bytes.
    let disk = FaultyDisk(room: 100)
    let error = #expect(throws: CheckpointError.self) { try new.write(to: path, calls: disk.calls) }
    #expect(error?.problem == .diskFull)
    #expect(error?.path == path)
    #expect(folder.entries == ["c.checkpoint"])
    #expect(try Checkpoint(contentsOf: path) == old)
    #expect(throws: CheckpointError.self) { try old.write(to: folder.file("no/such/folder/c")) }
  }

  @Test func anotherConfigurationIsRefusedByKey() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("c.checkpoint")
    let checkpoint = Self.sample()
    try checkpoint.write(to: path)
    var other = checkpoint.configuration
    other.threads = 8
    other.budget.tasks = 20_000
    #expect(try Checkpoint(contentsOf: path, for: other).configuration == other)
    other.task.way = 20
    let error = try #require(throws: CheckpointError.self) { try Checkpoint(contentsOf: path, for: other) }
    #expect(error.problem == .otherConfiguration([.init(key: "task.way", here: "20", there: "5")]))
    #expect(error.message.contains("task.way: 20 here, 5 there") && error.message.contains(path))
  }
}
