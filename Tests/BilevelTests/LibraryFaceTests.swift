import ArchPrior
import Foundation
import TestSupport
import Testing

/// Keeps what the examples print out of the tests' log.
private func print(_ items: Any...) {}

/// The examples of docs/bilevel.md: the same lines, compiled and run.
@Suite struct LibraryFaceTests {
  @Test func aProblemOfOnesOwn() throws {
    let x = FixtureValues.tensor("ridge x", [12, 8])
    let truth = Tensor(shape: [8, 1], [1.0, -2, 0, 0, 0, 0, 0, 0])
    let y = matmul(x, truth) + FixtureValues.tensor("ridge noise", [12, 1]) * 0.5
    let validationX = FixtureValues.tensor("ridge validation x", [40, 8])
    let validationY = matmul(validationX, truth)
    // example: ridge
    struct Ridge: BilevelProblem {
      let x, y, validationX, validationY: Tensor

      func initialInner(_ outer: [Tensor]) -> [Tensor] { [.zeros([x.shape[1], 1], .float64)] }
      func innerLoss(_ w: [Tensor], outer: [Tensor]) -> Tensor {
        (matmul(x, w[0]) - y).squared().mean() + (outer[0].exp() * w[0].squared()).sum()
      }
      func outerLoss(_ w: [Tensor], outer: [Tensor]) -> (loss: Tensor, report: Void) {
        ((matmul(validationX, w[0]) - validationY).squared().mean(), ())
      }
    }

    let problem = Ridge(x: x, y: y, validationX: validationX, validationY: validationY)
    let loop = InnerLoop(SGD(learningRate: 0.1), rounds: 2000, stopping: .gradientNorm(1e-8))
    var decay = [Tensor.zeros([8, 1], .float64)]
    for _ in 0..<100 {
      let step = try ImplicitDifferentiation(ConjugateGradient()).hypergradient(of: problem, loop: loop, at: decay)
      decay[0] = addScaled(decay[0], step.gradient[0], scale: -2)
    }
    // end of example
    // The two parameters that matter are decayed less than those that are noise, and the validation loss has fallen.
    let values = decay[0].doubles
    #expect(values.prefix(2).allSatisfy { value in values.dropFirst(2).allSatisfy { $0 > value } }, "\(values)")
    func loss(_ decay: [Tensor]) throws -> Double {
      try UnrolledRematerialized().hypergradient(of: problem, loop: loop, at: decay).outerLoss
    }
    #expect(try loss(decay) < 0.5 * loss([.zeros([8, 1], .float64)]))
  }

  @Test func mamlOnOnesOwnTensors() throws {
    /// Images of three classes that differ in where they are bright; classes are numbered anew in every task.
    @Sendable func myImages(_ index: Int, _ count: Int) -> (Tensor, [Int]) {
      let labels = (0..<count).map { $0 % 3 }
      let shift = index % 1_000_000
      var pixels: [Float] = []
      for (number, label) in labels.enumerated() {
        let noise = FixtureValues.values("my images \(index) \(number)", count: 256)
        pixels += noise.enumerated().map { Float(0.4 * $1) + (($0 / 16 / 5) == (label + shift) % 3 ? 1 : 0) }
      }
      return (Tensor(shape: [count, 16, 16, 1], pixels), labels)
    }
    // example: maml
    let network = Conv4(filters: 8, inputHeight: 16, inputWidth: 16, inputChannels: 1, way: 3)
    let trainer = MetaTrainer.maml(
      network, innerRate: 0.1, innerSteps: 3, estimator: UnrolledRematerialized(), outer: Adam(learningRate: 1e-2))
    var state = trainer.initialState(seed: 1)
    for _ in 0..<50 {
      let report = try trainer.step(&state, count: 4, threads: 2) { index in
        let (images, labels) = myImages(index, 3)
        let (queryImages, queryLabels) = myImages(index + 1_000_000, 9)
        return FewShotTask(
          supportImages: images, supportLabels: labels, queryImages: queryImages, queryLabels: queryLabels, way: 3)
      }
      print(state.tasksSeen, report.queryLoss, report.queryAccuracy)
    }

    let (images, labels) = myImages(2_000_000, 3)
    let (unknown, truth) = myImages(3_000_000, 9)
    let task = FewShotTask(supportImages: images, supportLabels: labels, queryImages: unknown, queryLabels: truth, way: 3)
    let adapted = try adapt(trainer.model, from: state.parameters, to: task, loop: trainer.loop, batchNorm: .transductive)
    print(adapted.accuracy, adapted.probabilities.rowArgmax)
    // end of example
    #expect(adapted.accuracy >= 0.8, "\(adapted.accuracy)")
  }

  /// The document and this file say the same, line for line.
  @Test(arguments: ["ridge", "maml"])
  func theDocumentShowsWhatIsTested(_ name: String) throws {
    let file = URL(fileURLWithPath: #filePath)
    let project = file.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    func lines(_ text: Substring) -> [String] {
      text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }
    func part(_ text: String, from start: String, to end: String) throws -> [String] {
      let first = try #require(text.range(of: start))
      let last = try #require(text.range(of: end, range: first.upperBound..<text.endIndex))
      return lines(text[first.upperBound..<last.lowerBound])
    }
    let document = try String(contentsOf: project.appendingPathComponent("docs/bilevel.md"), encoding: .utf8)
    let tested = try String(contentsOf: file, encoding: .utf8)
    let shown = try part(document, from: "<!-- example: \(name) -->\n```swift\n", to: "```")
    #expect(shown == (try part(tested, from: "// example: \(name)\n", to: "// end of example")))
    #expect(shown.count <= 25)
  }
}
