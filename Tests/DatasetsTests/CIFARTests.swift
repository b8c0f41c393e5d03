import Basics
import Foundation
import Testing

@testable import Datasets

@Suite struct CIFARTests {
  /// Red, green and blue plane of one value each.
  static func planes(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> [UInt8] {
    [red, green, blue].flatMap { [UInt8](repeating: $0, count: 1024) }
  }

  @Test func planesBecomePixelsClassAfterClass() throws {
    let bytes = [9] + Self.planes(1, 2, 3) + [0] + Self.planes(4, 5, 6) + [9] + Self.planes(7, 8, 9)
    let dataset = try CIFARReader.dataset(.cifar10, contents: [(bytes, "a.bin")])
    #expect(dataset.classes.map(\.name) == ["airplane", "truck"] && dataset.classes.map(\.count) == [1, 2])
    #expect(dataset.height == 32 && dataset.width == 32 && dataset.channels == 3)
    #expect(Array(dataset.image(0, ofClass: 0)) == [UInt8](repeating: 0, count: 1024).flatMap { _ in [4, 5, 6] as [UInt8] })
    #expect(Array(dataset.image(1, ofClass: 1).prefix(3)) == [7, 8, 9])
  }

  @Test func aGradientKeepsItsDirection() throws {
    // Red is the row, green the column, blue 0.
    let red = (0..<1024).map { UInt8($0 / 32) }
    let green = (0..<1024).map { UInt8($0 % 32) }
    let bytes: [UInt8] = [4, 0] + red + green + [UInt8](repeating: 0, count: 1024)
    let dataset = try CIFARReader.dataset(.cifar100, contents: [(bytes, "a.bin")])
    #expect(dataset.classes[0].name == "apple" && dataset.classes[0].group == "fruit_and_vegetables")
    let picture = try #require(dataset.picture(0, ofClass: 0))
    #expect(picture[5, 17, 0] == 5 && picture[5, 17, 1] == 17 && picture[31, 0, 0] == 31)
  }

  @Test(
    arguments: [
      ([3], "ends at byte 1"), ([10] + CIFARTests.planes(0, 0, 0), "byte 0: label 10"), ([], "ends at byte 0"),
      ([1] + CIFARTests.planes(0, 0, 0) + [255] + CIFARTests.planes(0, 0, 0), "byte 3073: label 255"),
      ([0x1F, 0x8B, 8, 0], "compressed byte 4"),
    ] as [([UInt8], String)])
  func badFilesAreRefused(bytes: [UInt8], part: String) {
    let error = #expect(throws: ReaderError.self) { try CIFARReader.dataset(.cifar10, contents: [(bytes, "bad.bin")]) }
    #expect(error?.description.hasPrefix("bad.bin: ") == true && error?.description.contains(part) == true, "\(error as Any)")
  }

  @Test func aClassUnderTwoSuperclassesIsRefused() {
    let bytes: [UInt8] = [4, 0] + Self.planes(0, 0, 0) + [5, 0] + Self.planes(0, 0, 0)
    #expect(throws: ReaderError.self) { try CIFARReader.dataset(.cifar100, contents: [(bytes, "bad.bin")]) }
  }

  /// Sizes of the published divisions; FC100 keeps superclasses whole.
  @Test func fewShotSplitsAreThePublishedOnes() throws {
    for (split, counts) in [(CIFARReader.FewShotSplit.cifarFS, [64, 16, 20]), (.fc100, [60, 20, 20])] {
      #expect(split.parts.count == 100)
      #expect((0..<3).map { part in split.classes(ofPart: part).count } == counts)
    }
    #expect(CIFARReader.cifar100Classes == CIFARReader.cifar100Classes.sorted())
    // Bertinetto et al.'s test list begins with these two; Oreshkin et al. test on people, whole.
    #expect(CIFARReader.FewShotSplit.cifarFS.classes(ofPart: 2).starts(with: ["baby", "bed"]))
    #expect(Set(["baby", "boy", "girl", "man", "woman"]).isSubset(of: CIFARReader.FewShotSplit.fc100.classes(ofPart: 2)))
  }
}
