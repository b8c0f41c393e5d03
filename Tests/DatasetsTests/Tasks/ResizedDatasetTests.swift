import Datasets
import Testing

@Suite struct ResizedDatasetTests {
  @Test func imagesKeepTheirPlaces() throws {
    let dataset = try #require(
      ImageDataset(
        name: "d", height: 2, width: 2, channels: 1,
        classes: [.init(name: "p", group: "g", count: 2), .init(name: "q", group: "", count: 1)],
        pixels: [10, 20, 30, 40, 50, 60, 70, 80, 1, 2, 3, 2]))
    let small = dataset.resized(height: 1, width: 1)
    #expect(small.pixels == [25, 65, 2])
    #expect(small.classes == dataset.classes && small.name == "d")
    let colour = dataset.resized(height: 1, width: 2, channels: 3)
    #expect(colour.pixels == [20, 20, 20, 30, 30, 30, 60, 60, 60, 70, 70, 70, 2, 2, 2, 2, 2, 2])
    #expect(colour.resized(height: 1, width: 2, channels: 1).pixels == [20, 30, 60, 70, 2, 2])
  }
}
