import Datasets
import MetaLearning
import Tensors
import Testing

@Suite struct ImageBatchTensorTests {
  @Test func theTensorHasShapeAndNumbersOfTheBatch() {
    let pixels = (0..<24).map { Float($0) / 255 }
    let batch = ImageBatch(count: 2, height: 2, width: 2, channels: 3, pixels: pixels)
    #expect(batch.tensor.shape == [2, 2, 2, 3])
    #expect(batch.tensor.floats == pixels)
    #expect(batch.tensor(.float64).doubles == pixels.map { Double($0) })
  }
}
