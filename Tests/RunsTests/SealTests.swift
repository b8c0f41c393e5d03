import Basics
import Datasets
import Foundation
import TestSupport
import Testing

@testable import Runs

/// Checksums of what is read back: every single bit counts.
@Suite struct SealTests {
  private static let owner = "maml, seed 5, configuration 94a8f75b8e77, data b30191f25524"
  private static let values: [[UInt8]] = [
    Array("{\n  \"a\" : 1,\n  \"list\" : [\n    0.5\n  ]\n}\n".utf8), Array("{\n\n}\n".utf8), Array("[\n  1,\n  2\n]\n".utf8),
    Array("[\n\n]\n".utf8), Array("[\n  {\n    \"a\" : 1\n  }\n]\n".utf8),
  ]

  private static func areSame(_ one: Any, _ other: Any) -> Bool {
    switch (one, other) {
    case (let one as [String: Any], let other as [String: Any]): NSDictionary(dictionary: one) == NSDictionary(dictionary: other)
    case (let one as [Any], let other as [Any]): NSArray(array: one) == NSArray(array: other)
    default: false
    }
  }

  /// The oracle is Foundation's own reader: sealed files are JSON, with the same values but for the seal.
  @Test(arguments: values.indices) func sealedFilesAreJSONAndComeBack(index: Int) throws {
    let json = Self.values[index]
    let sealed = Seal.seal(json: json, owner: "a \"quoted\" owner, é")
    let opened = try Seal.open(json: sealed)
    #expect(opened.owner == "a \"quoted\" owner, é")
    let (before, after) = (
      try JSONSerialization.jsonObject(with: Data(json)), try JSONSerialization.jsonObject(with: Data(opened.content))
    )
    #expect(Self.areSame(before, after))
    let whole = try JSONSerialization.jsonObject(with: Data(sealed))
    if var object = whole as? [String: Any] {
      #expect((object.removeValue(forKey: "sha256") as? String)?.count == 64)
      #expect(object.removeValue(forKey: "belongs_to") as? String == "a \"quoted\" owner, é")
      #expect(Self.areSame(object, before))
    } else if let list = whole as? [Any] {
      #expect(Self.areSame(Array(list.dropLast()), before))
    }
  }

  @Test func everyBitOfAFileCounts() throws {
    var unnoticed = 0
    for json in Self.values {
      let sealed = Seal.seal(json: json, owner: Self.owner)
      for bit in 0..<(8 * sealed.count) {
        var flipped = sealed
        flipped[bit / 8] ^= 1 << (bit % 8)
        if (try? Seal.open(json: flipped)) != nil { unnoticed += 1 }
      }
    }
    let yaml = Seal.seal(yaml: "seed: 1\nname: x\n", owner: Self.owner)
    #expect(try Seal.open(yaml: yaml).content == Array("seed: 1\nname: x\n".utf8))
    for bit in 0..<(8 * yaml.count) {
      var flipped = yaml
      flipped[bit / 8] ^= 1 << (bit % 8)
      if (try? Seal.open(yaml: flipped)) != nil { unnoticed += 1 }
    }
    #expect(unnoticed == 0)
  }

  /// A flipped bit of a journal is named with its line, or nothing is lost by it.
  @Test func everyBitOfAJournalCounts() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("log.jsonl")
    do {
      let journal = try Journal(path: path, owner: Self.owner)
      for tasks in [4, 8, 12] { try journal.append(["tasks": tasks]) }
    }
    let whole = try ByteFile.read(path, limit: 1 << 20)
    let lines = Journal.read(whole, owner: Self.owner).texts
    #expect(lines == ["{\"tasks\":4}", "{\"tasks\":8}", "{\"tasks\":12}"])
    for bit in 0..<(8 * whole.count) {
      var flipped = whole
      flipped[bit / 8] ^= 1 << (bit % 8)
      let reading = Journal.read(flipped, owner: Self.owner)
      #expect(reading.texts == lines || reading.damage.contains { $0.contains("line ") }, "bit \(bit)")
      #expect(reading.lines.allSatisfy { lines.contains($0.text) }, "bit \(bit)")
    }
  }

  @Test func removedRepeatedAndForeignLinesAreNamed() throws {
    func journal(_ owner: String) throws -> [String] {
      let folder = try TemporaryFolder()
      let journal = try Journal(path: folder.file("log.jsonl"), owner: owner)
      for tasks in [1, 2, 3, 4] { try journal.append(["tasks": tasks]) }
      return try String(decoding: ByteFile.read(journal.path, limit: 1 << 20), as: UTF8.self).split(separator: "\n").map(
        String.init)
    }
    let (mine, theirs) = (try journal("a"), try journal("b"))
    for (lines, sentence) in [
      ([mine[0], mine[2], mine[3]], "line 2 is missing before line 2"),
      ([mine[0], mine[3]], "lines 2 to 3 are missing before line 2"),
      ([mine[0], mine[1], mine[1], mine[2]], "line 3 repeats line 2"), ([mine[1], mine[0], mine[2]], "line 1 is missing"),
      ([mine[0], theirs[1], mine[2]], "line 2 is damaged, or of another journal"),
      ([mine[0], "{\"tasks\":2}", mine[2]], "line 2 it has lost its checksum"),
    ] {
      let reading = Journal.read(Array((lines.joined(separator: "\n") + "\n").utf8), owner: "a")
      #expect(reading.damage.contains { $0.contains(sentence) }, "\(reading.damage)")
    }
  }

  /// A damaged journal is no obstacle: it is kept, what is whole of it is used, and the numbers go on.
  @Test func aDamagedJournalIsKeptAndGoesOn() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("log.jsonl")
    do {
      let journal = try Journal(path: path)
      for tasks in [4, 8, 12] { try journal.append(["tasks": tasks]) }
    }
    let damaged = try folder.read("log.jsonl").replacing("\"tasks\":8", with: "\"tasks\":9")
    try folder.write(damaged, to: "log.jsonl")
    #expect(throws: RunError.self) { try Journal.lines(path) }
    let journal = try Journal(path: path)
    #expect(
      journal.notes.count == 1 && journal.notes[0].contains("line 2 is damaged")
        && journal.notes[0].contains("log.jsonl.damaged-1"))
    try journal.append(["tasks": 16])
    #expect(try journal.lines() == ["{\"tasks\":4}", "{\"tasks\":12}", "{\"tasks\":16}"])
    #expect(try folder.read("log.jsonl.damaged-1") == damaged)
  }

  @Test func journalsOfBeforeAreReadAndSaid() throws {
    let folder = try TemporaryFolder()
    try folder.write("{\"tasks\":4}\n{\"tasks\":8}\n", to: "log.jsonl")
    #expect(try Journal.lines(folder.file("log.jsonl")).count == 2)
    do {
      let journal = try Journal(path: folder.file("log.jsonl"))
      #expect(journal.notes == ["log.jsonl was made before checksums: what it says so far is not checked"])
    }
    #expect(try Journal(path: folder.file("log.jsonl")).notes.isEmpty)
  }

  /// Numbers that arithmetic would trap on are errors that name the key; the oracle is the list.
  @Test(arguments: [
    ("{\"a\":9007199254740993}", "'a' is 9007199254740993"),
    ("{\"a\":[1,-9223372036854775808]}", "'a[1]' is -9223372036854775808"),
    ("{\"a\":{\"b\":99999999999999999999999999}}", "'a.b' is 99999999999999999999"),
    ("{\"key\":{\"n\":18446744073709551615}}", "'key.n'"),
    ("{\"seed\":-9223372036854775808}", "'seed'"),
  ]) func largeNumbersAreNamed(text: String, words: String) {
    #expect { try JSONBounds.check(Array(text.utf8)) } throws: { ($0 as? JSONBounds.Violation)?.reason.contains(words) == true }
  }

  @Test func seedsMayHaveAllBits() throws {
    try JSONBounds.check(
      Array("{\"seed\":18446744073709551615,\"n\":9007199254740992,\"x\":1e300,\"s\":\"99999999999999999999\"}".utf8))
    #expect(throws: JSONBounds.Violation.self) { try JSONBounds.check([UInt8](repeating: UInt8(ascii: "["), count: 200)) }
  }

  @Test func decodersErrorsAreWords() {
    struct Value: Decodable { var origins: [Int] }
    for (text, words) in [
      ("{}", "'origins' is missing"), ("{\"origins\":[1,\"x\"]}", "is not a whole number"), ("{\"origins\":3}", "is not a list"),
      ("{", "it is not JSON"),
    ] {
      #expect { try JSONBounds.decode(Value.self, from: Array(text.utf8)) } throws: {
        ($0 as? JSONBounds.Violation)?.reason.contains(words) == true
      }
    }
  }
}
