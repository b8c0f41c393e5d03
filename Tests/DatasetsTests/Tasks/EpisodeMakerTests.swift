import Datasets
import Testing

@Suite struct EpisodeMakerTests {
  /// Two classes of two 2×2 images: class 0 is 1 2 / 3 4 and 5 6 / 7 8, class 1 is 11 12 / 13 14 and 15 16 / 17 18.
  static func tiny(channels: Int = 1) throws -> ImageDataset {
    let grey: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 14, 15, 16, 17, 18]
    let pixels = channels == 1 ? grey : grey.flatMap { [$0, $0 + 100, $0 + 200] }
    return try #require(
      ImageDataset(
        name: "tiny", height: 2, width: 2, channels: channels,
        classes: [.init(name: "p", group: "", count: 2), .init(name: "q", group: "", count: 2)], pixels: pixels))
  }

  static func bytes(_ batch: ImageBatch) -> [Int] { batch.pixels.map { Int(($0 * 255).rounded()) } }

  /// Expected values by hand; a quarter turn is counter-clockwise, as NumPy's rot90.
  @Test(arguments: [
    (0, [1, 2, 3, 4]), (1, [2, 4, 1, 3]), (2, [4, 3, 2, 1]), (3, [3, 1, 4, 2]),
  ]) func turns(rotation: Int, expected: [Int]) throws {
    let description = TaskDescription(
      dataset: "tiny", split: .metaTrain, seed: 0, index: 0,
      classes: [.init(classIndex: 0, rotation: rotation, support: [0], query: [1])])
    let episode = try EpisodeMaker(datasets: [Self.tiny()]).episode(description)
    #expect(Self.bytes(episode.support) == expected)
    #expect(Self.bytes(episode.query) == expected.map { $0 + 4 })
    let colour = try EpisodeMaker(datasets: [Self.tiny(channels: 3)]).episode(description)
    #expect(colour.support.shape == [1, 2, 2, 3])
    #expect(Self.bytes(colour.support) == expected.flatMap { [$0, $0 + 100, $0 + 200] })
  }

  @Test func imagesAreClassMajorInLabelOrder() throws {
    let description = TaskDescription(
      dataset: "tiny", split: .metaTrain, seed: 0, index: 0,
      classes: [.init(classIndex: 1, support: [1], query: [0]), .init(classIndex: 0, support: [0], query: [1])])
    let maker = try EpisodeMaker(datasets: [Self.tiny()])
    let episode = try maker.episode(description)
    #expect(Self.bytes(episode.support) == [15, 16, 17, 18, 1, 2, 3, 4])
    #expect(Self.bytes(episode.query) == [11, 12, 13, 14, 5, 6, 7, 8])
    #expect(episode.supportLabels == [0, 1] && episode.queryLabels == [0, 1])
    let swapped = try maker.episode(description.permutingClasses([1, 0]))
    #expect(Self.bytes(swapped.support) == [1, 2, 3, 4, 15, 16, 17, 18])
    #expect(swapped.description.digest != description.digest)
  }

  @Test func scaling() throws {
    let description = TaskDescription(
      dataset: "tiny", split: .metaTrain, seed: 0, index: 0, classes: [.init(classIndex: 0, support: [0], query: [1])])
    let unit = try EpisodeMaker(datasets: [Self.tiny()]).episode(description)
    let quotients: [Float] = [1 / 255, 2 / 255, 3 / 255, 4 / 255]
    #expect(unit.support.pixels == quotients)
    let standardised = try EpisodeMaker(datasets: [Self.tiny()], scaling: .standardised(mean: 0.5, deviation: 0.25)).episode(
      description)
    let expected: [Float] = [1, 2, 3, 4].map { (Float($0) / 255 - 0.5) / 0.25 }
    #expect(standardised.support.pixels == expected)
  }

  /// Labels are balanced, shapes fit, and each image of the episode is byte for byte the described one.
  @Test func episodesHoldTheDescribedImages() throws {
    let distribution = try TaskDistributionTests.distribution()
    let maker = try EpisodeMaker(datasets: distribution.sources.map(\.dataset))
    for description in distribution.descriptions(in: 0..<20) {
      let episode = try maker.episode(description)
      #expect(episode.support.shape == [10, 4, 4, 1] && episode.query.shape == [15, 4, 4, 1])
      #expect(episode.supportLabels == (0..<5).flatMap { [$0, $0] })
      #expect(episode.queryLabels == (0..<5).flatMap { [$0, $0, $0] })
      let images = Self.bytes(episode.support).chunks(of: 16).map { ($0[1], $0[2]) }
      let expected = description.classes.flatMap { draw in draw.support.map { (draw.classIndex, $0) } }
      #expect(images.map { [$0.0, $0.1] } == expected.map { [$0.0, $0.1] })
      #expect(try maker.episode(description) == episode)
    }
  }

  @Test func shiftsStayWithinTheBoundAndAreRepeatable() throws {
    // One bright pixel in the middle of 5×5: where it lands tells the shift.
    var pixels = [UInt8](repeating: 0, count: 25)
    pixels[12] = 255
    let dataset = try #require(
      ImageDataset(
        name: "dot", height: 5, width: 5, channels: 1, classes: [.init(name: "p", group: "", count: 40)],
        pixels: Array(repeatElement(pixels, count: 40).joined())))
    let maker = try EpisodeMaker(datasets: [dataset])
    let description = TaskDescription(
      dataset: "dot", split: .metaTrain, seed: 3, index: 0, augmentation: Augmentation(maximumShift: 1),
      classes: [.init(classIndex: 0, support: Array(0..<20), query: Array(20..<40))])
    let episode = try maker.episode(description)
    let places = (Self.bytes(episode.support) + Self.bytes(episode.query)).chunks(of: 25).map { $0.firstIndex(of: 255) }
    // Nine places in the middle; 40 draws miss a given one with probability (8/9)^40 < 1 %.
    #expect(Set(places) == [6, 7, 8, 11, 12, 13, 16, 17, 18])
    #expect(try maker.episode(description) == episode)
    var other = description
    other.index = 1
    #expect(try maker.episode(other).support != episode.support)
  }

  @Test func flipsMirrorLeftToRight() throws {
    let description = TaskDescription(
      dataset: "tiny", split: .metaTrain, seed: 3, index: 0, augmentation: Augmentation(horizontalFlip: true),
      classes: [.init(classIndex: 0, support: Array(repeating: 0, count: 30), query: [1])])
    let images = Set(Self.bytes(try EpisodeMaker(datasets: [Self.tiny()]).episode(description).support).chunks(of: 4))
    #expect(images == [[1, 2, 3, 4], [2, 1, 4, 3]])
  }
}

extension Array {
  /// Consecutive pieces of `size` elements.
  func chunks(of size: Int) -> [[Element]] {
    stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
  }
}
