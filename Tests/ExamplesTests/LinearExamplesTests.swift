import ArchPrior
import Foundation
import TestSupport
import Testing

@testable import ArchPriorExamples

/// Short versions of the examples on images. What must come out is known by construction: which labels are wrong, which classes are rare.
@Suite struct LinearExamplesTests {
  @Test func hyperCleaningFindsTheWrongLabels() throws {
    let dataset = try #require(SyntheticImages.dataset(classes: 4, perClass: 200))
    let outcome = try HyperCleaning.outcome(dataset, train: 200, validation: 200, steps: 40, seed: 3)
    #expect(outcome.f1 > 0.8, "\(outcome.f1)")
    #expect(outcome.weights.allSatisfy { (0...1).contains($0) })
    #expect(outcome.cleaned > outcome.noisy + 0.01, "\(outcome.cleaned), \(outcome.noisy)")
    // Chance would be a weight that knows nothing: about ½.
    let untouched = try HyperCleaning.outcome(dataset, train: 200, validation: 200, steps: 0, seed: 3)
    #expect(untouched.f1 < 0.7)
  }

  /// The hypergradient of a few decays against central differences of the solved problem, Float64.
  @Test func weightDecaysGetTheRightHypergradient() throws {
    let dataset = try #require(SyntheticImages.dataset(classes: 3, perClass: 20, side: 3))
    var rows = ImageRows(dataset, seed: 1)
    rows.x = rows.x.converted(to: .float64)
    struct Double64: BilevelProblem {
      var base: WeightDecayProblem
      var (train, validation): (Tensor, Tensor)
      func initialInner(_ outer: [Tensor]) -> [Tensor] { base.start }
      func innerLoss(_ w: [Tensor], outer: [Tensor]) -> Tensor {
        softmaxCrossEntropy(linear(w, base.train.x), targets: train) + (outer[0].exp() * w[0].squared()).sum() * 0.5
          + w[1].squared().sum() * 0.005
      }
      func outerLoss(_ w: [Tensor], outer: [Tensor]) -> (loss: Tensor, report: Void) {
        (softmaxCrossEntropy(linear(w, base.validation.x), targets: validation), ())
      }
    }
    let (train, validation) = (rows[0..<30], rows[30..<60])
    let problem = Double64(
      base: WeightDecayProblem(
        train: train, validation: validation, start: linearStart(rows).map { $0.converted(to: .float64) }),
      train: train.targets.converted(to: .float64), validation: validation.targets.converted(to: .float64))
    let loop = InnerLoop(SGD(learningRate: 0.5, momentum: 0.9), rounds: 5000, stopping: .gradientNorm(1e-12))
    let point = FixtureValues.tensor("decays", [9, 3]) - 3
    let found = try ImplicitDifferentiation().hypergradient(of: problem, loop: loop, at: [point]).gradient[0].doubles
    for index in [0, 7, 20] {
      func loss(_ shift: Double) throws -> Double {
        var values = point.doubles
        values[index] += shift
        let w = try loop.run(problem, from: problem.base.start, outer: [Tensor(shape: [9, 3], values)]).inner
        return problem.outerLoss(w, outer: []).loss.item
      }
      let expected = try (loss(1e-4) - loss(-1e-4)) / 2e-4
      #expect(abs(found[index] - expected) < 1e-6 * max(1, abs(expected)) + 1e-8, "\(index): \(found[index]), \(expected)")
    }
  }

  @Test func learnedWeightDecaysHaveALowerValidationLoss() throws {
    let dataset = try #require(SyntheticImages.dataset(classes: 4, perClass: 150, noise: 1))
    let rows = ImageRows(dataset, seed: 2)
    let outcome = try WeightDecay.outcome(rows[0..<60], rows[60..<260], rows[260..<600], steps: 20)
    let (first, last) = (outcome.validationLosses[0], outcome.validationLosses[outcome.validationLosses.count - 1])
    #expect(last < 0.9 * first, "\(first) → \(last)")
    // Chance is a quarter.
    #expect(outcome.single > 0.4 && outcome.learned > 0.4 && WeightDecay.grid.contains(outcome.decay))
  }

  @Test func rareClassesGetLargerWeights() throws {
    let dataset = try #require(SyntheticImages.dataset(classes: 5, perClass: 200, noise: 1))
    let outcome = try ClassWeights.outcome(
      ImageRows(dataset, seed: 4), largest: 100, imbalance: 50, validation: 30, inner: 40, steps: 20)
    #expect(outcome.weights[4] > 1 && outcome.weights[0] < 1, "\(outcome.weights)")
    #expect(outcome.learned > outcome.uniform + 0.02, "\(outcome)")
    #expect(abs(outcome.weights.reduce(0, +) - 5) < 1e-4)
  }

  @Test func longTailsAreCutAsStated() throws {
    let dataset = try #require(SyntheticImages.dataset(classes: 3, perClass: 50))
    let (train, validation, test, counts) = ClassWeights.split(
      ImageRows(dataset, seed: 1), largest: 20, imbalance: 4, validation: 5)
    #expect(counts == [20, 10, 5])
    func numbers(_ rows: ImageRows) -> [Int] { (0..<3).map { label in rows.labels.count { $0 == label } } }
    #expect(numbers(train) == counts && numbers(validation) == [5, 5, 5] && numbers(test) == [25, 25, 25])
  }
}
