import Autodiff
import Tensors
import Testing

@Test func gradientOfCube() {
  let x = Tensor(2.0, .float64)
  let g = gradient(at: [x]) { v in gradient(at: v) { $0[0] * $0[0] * $0[0] }[0] }
  #expect(g[0].item == 12)
  let (_, hv) = hvp(at: [x], along: [Tensor(1.0, .float64)]) { $0[0] * $0[0] * $0[0] }
  #expect(hv[0].item == 12)
}
