/// What NAS-Bench-201's authors report, to be compared with.
///
/// Source: Dong, Yang, "NAS-Bench-201", ICLR 2020, table 5, as printed again in Mellor et al., "Neural architecture search without
/// training", ICML 2021, table 2(a): searches on CIFAR-10 with 12,000 s, 500 runs, mean ± standard deviation.
public struct PublishedResults: Hashable, Sendable {
  /// A mean with its standard deviation over runs, in percent.
  public struct Value: Hashable, Sendable {
    /// The mean.
    public let mean: Double
    /// The standard deviation.
    public let deviation: Double
  }

  /// The method as the authors call it.
  public let method: String
  /// Validation accuracies on CIFAR-10, CIFAR-100 and ImageNet16-120.
  public let validation: [Value]
  /// Test accuracies on the same.
  public let test: [Value]

  private init(_ method: String, _ validation: [(Double, Double)], _ test: [(Double, Double)]) {
    self.method = method
    self.validation = validation.map { Value(mean: $0.0, deviation: $0.1) }
    self.test = test.map { Value(mean: $0.0, deviation: $0.1) }
  }

  /// Random search.
  public static let randomSearch = PublishedResults(
    "RS", [(90.93, 0.36), (70.93, 1.09), (44.45, 1.10)], [(93.70, 0.36), (71.04, 1.07), (44.57, 1.25)])
  /// Regularized evolution.
  public static let regularizedEvolution = PublishedResults(
    "REA", [(91.19, 0.31), (71.81, 1.12), (45.15, 0.89)], [(93.92, 0.30), (71.84, 0.99), (45.54, 1.03)])
  /// REINFORCE.
  public static let reinforce = PublishedResults(
    "REINFORCE", [(91.09, 0.37), (71.61, 1.12), (45.05, 1.02)], [(93.85, 0.37), (71.71, 1.09), (45.24, 1.18)])
  /// BOHB.
  public static let bohb = PublishedResults(
    "BOHB", [(90.82, 0.53), (70.74, 1.29), (44.26, 1.36)], [(93.61, 0.52), (70.85, 1.28), (44.42, 1.49)])
  /// The best of all 15,625 cells, by test accuracy.
  public static let optimalTest = [94.37, 73.51, 47.31]
}
