import Tensors
import TestSupport
import Testing

struct TensorValuesTests {
  static let shapes: [Shape] = [[], [1], [5], [0], [3, 4], [2, 0, 3], [1, 2, 1, 2, 1, 2]]

  @Test(arguments: shapes) func valuesComeBack(_ shape: Shape) {
    let values = FixtureValues.values("values", count: shape.count)
    let double = Tensor(shape: shape, values)
    #expect(double.elementType == .float64 && double.shape == shape && double.count == values.count)
    #expect(double.doubles == values && double.floats == values.map { Float($0) })
    let single = Tensor(shape: shape, values.map { Float($0) })
    #expect(single.elementType == .float32 && single.floats == values.map { Float($0) })
    #expect(single.doubles == values.map { Double(Float($0)) })
    #expect(Tensor(shape: shape, converting: values, to: .float32).bytes == single.bytes)
    #expect(double.converted(to: .float32).bytes == single.bytes)
    #expect(single.converted(to: .float64).doubles == single.doubles)
    #expect(double.converted(to: .float64).bytes == double.bytes)
  }

  @Test(arguments: shapes, ElementType.allCases) func bytesComeBack(_ shape: Shape, _ type: ElementType) throws {
    let tensor = FixtureValues.tensor("bytes", shape, type)
    #expect(tensor.bytes.count == shape.count * type.byteCount)
    let again = try #require(Tensor(shape: shape, elementType: type, bytes: tensor.bytes))
    #expect(again.bytes == tensor.bytes && again.doubles == tensor.doubles && again.elementType == type)
    #expect(Tensor(shape: shape, elementType: type, bytes: tensor.bytes + [0]) == nil)
    #expect(shape.count == 0 || Tensor(shape: shape, elementType: type, bytes: tensor.bytes.dropLast()) == nil)
  }

  @Test func bytesAreLittleEndianAndKeepWhatIsNotANumber() throws {
    #expect(Tensor(1.0, .float64).bytes == [0, 0, 0, 0, 0, 0, 0xF0, 0x3F])
    #expect(Tensor(-2.0, .float32).bytes == [0, 0, 0, 0xC0])
    // A quiet NaN with a payload, infinity, negative zero, the least subnormal number.
    let bits: [UInt64] = [0x7FF8_0000_0000_1234, 0x7FF0_0000_0000_0000, 0x8000_0000_0000_0000, 1]
    let bytes = bits.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
    let tensor = try #require(Tensor(shape: [4], elementType: .float64, bytes: bytes))
    #expect(tensor.bytes == bytes)
    #expect(tensor.doubles.map(\.bitPattern) == bits)
  }

  @Test(arguments: ElementType.allCases) func constants(_ type: ElementType) {
    #expect(Tensor(repeating: 2.5, shape: [2, 3], type).doubles == [Double](repeating: 2.5, count: 6))
    #expect(Tensor.zeros([37], type).doubles == [Double](repeating: 0, count: 37))
    #expect(Tensor.ones([0, 2], type).doubles == [])
    let like = Tensor.zeros(like: Tensor.ones([2, 1], type))
    #expect(like.shape == [2, 1] && like.elementType == type && like.doubles == [0, 0])
    #expect(Tensor(0.25, type).item == 0.25 && Tensor(0.25, type).rank == 0)
    #expect(Tensor(repeating: 3, shape: [1, 1], type).item == 3)
  }

  @Test(arguments: ElementType.allCases) func oneHotRows(_ type: ElementType) {
    let rows = Tensor.oneHot([2, 0, 2], classes: 3, type)
    #expect(rows.shape == [3, 3] && rows.elementType == type)
    #expect(rows.doubles == [0, 0, 1, 1, 0, 0, 0, 0, 1])
    #expect(Tensor.oneHot([], classes: 4, type).shape == [0, 4])
    #expect(rows.rowArgmax == [2, 0, 2])
  }

  @Test func argmaxTakesTheFirstOfTies() {
    #expect(Tensor(shape: [3, 3], [1.0, 1, 0, -2, -1, -1, 5, 5, 5]).rowArgmax == [0, 1, 0])
    #expect(Tensor(shape: [2, 1], [1.0, 2]).rowArgmax == [0, 0])
    #expect(Tensor.zeros([0, 3]).rowArgmax == [])
  }

  @Test(arguments: ElementType.allCases) func finiteness(_ type: ElementType) {
    #expect(Tensor.zeros([0], type).isFinite && Tensor.ones([3], type).isFinite)
    for bad in [Double.nan, .infinity, -.infinity] {
      #expect(!Tensor(shape: [3], converting: [0, 1, bad], to: type).isFinite)
    }
    // What fits Float64 need not fit Float32.
    #expect(Tensor(1e300, type).isFinite == (type == .float64))
  }

  @Test func descriptionsNameShapeAndFirstElements() {
    #expect(Tensor(shape: [2], [1.0, -0.5]).description == "Tensor[2](1.0, -0.5)")
    #expect(Tensor.zeros([9]).description.hasSuffix(", …)"))
  }

  @Test func programmersErrorsAreRefused() async {
    // Observed, so that what a process says when it ends by a precondition does not stand between the lines of the tests.
    await #expect(processExitsWith: .failure, observing: [\.standardErrorContent, \.standardOutputContent]) {
      _ = Tensor(shape: [2], [1.0])
    }
    await #expect(processExitsWith: .failure, observing: [\.standardErrorContent, \.standardOutputContent]) {
      _ = Tensor.ones([2]).item
    }
    await #expect(processExitsWith: .failure, observing: [\.standardErrorContent, \.standardOutputContent]) {
      _ = Tensor.oneHot([3], classes: 3)
    }
    await #expect(processExitsWith: .failure, observing: [\.standardErrorContent, \.standardOutputContent]) {
      _ = Kernel.addScaled(.ones([2], .float32), .ones([2], .float64), scale: 1)
    }
    await #expect(processExitsWith: .failure, observing: [\.standardErrorContent, \.standardOutputContent]) {
      _ = Kernel.matmul(.ones([2, 2], .float32), transposeA: false, .ones([2, 2], .float64), transposeB: false)
    }
    await #expect(processExitsWith: .failure, observing: [\.standardErrorContent, \.standardOutputContent]) {
      _ = Kernel.matmul(.ones([2, 3]), transposeA: false, .ones([2, 3]), transposeB: false)
    }
  }
}

/// The numbers that tests and fixtures share, against a computation in Python's integers (`fixture_values.py` does the same
/// with NumPy).
struct FixtureValuesTests {
  static let known: [(name: String, first: [Double], thousandth: Double)] = [
    ("", [0.5273890501914946, -0.8746077209930507, -0.33777935340738385], -0.3885038287973046),
    ("x", [-0.5975834313129111, 0.617053524968139, 0.28664726835009247], 0.941989440727466),
    ("support", [0.3203407421325781, 0.04309778194130365, -0.41991536711898925], -0.09395341740260466),
    ("θ", [0.6466211220227516, -0.1390025909465118, 0.6763905598285724], -0.10478928575001345),
  ]

  @Test(arguments: known.indices) func areTheScripts(_ index: Int) {
    let (name, first, later) = Self.known[index]
    #expect(FixtureValues.values(name, count: 3) == first)
    #expect(FixtureValues.value(name, 1000) == later)
    #expect(FixtureValues.tensor(name, [3, 1]).doubles == first)
  }

  @Test func arraysOfFixturesDecode() throws {
    // base64 of little-endian 1.0 and -2.0.
    let array = FixtureArray(shape: [2, 1], data: "AAAAAAAA8D8AAAAAAAAAwA==")
    let tensor = try array.tensor()
    #expect(tensor.shape == [2, 1] && tensor.doubles == [1, -2])
    #expect(throws: FixtureArray.Mismatch.self) { try FixtureArray(shape: [3], data: array.data).tensor() }
    #expect(throws: FixtureArray.Mismatch.self) { try FixtureArray(shape: [2], data: "not base64!").tensor() }
  }
}
