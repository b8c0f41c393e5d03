import ArchPrior
import ArchPriorTesting

// Holds the types that docs/search.md declares to the contracts of the project's own, and prints what is wrong: nothing.
// DocumentedCodeTests compiles it together with the page's text.

/// Prints a fault unless a condition holds.
func expect(_ holds: Bool, _ fault: String) {
  if !holds { print(fault) }
}

func expectNone(_ violations: [String], _ of: String) {
  expect(violations.isEmpty, "\(of): \(violations)")
}

let perceptrons = PerceptronSpace()
// 3 widths for one layer, 9 for two, 27 for three; three activations.
expect(Set(perceptrons.enumerated()).count == 3 * (3 + 9 + 27), "perceptrons are missing")

expectNone(StrategyContract.violations(of: Annealing(), in: NASBench201Space.cifar10), "annealing in NAS-Bench-201")
expectNone(
  EstimatorContract.violations(architectures: Array(perceptrons.enumerated().prefix(4))) { ParameterBudget(parameters: 2e4) },
  "parameter budget")

func violations(_ method: some SearchMethod) -> [String] {
  StrategyContract.violations(of: method, in: perceptrons, evaluations: 20)
}

// Small settings; the space has no path encoding, which BANANAS must be told.
let settings = [
  Bananas.name: ":epochs=4,ensemble=2,initial=6,batch=4,candidates=20,encoding=oneHot", LSTMReinforce.name: ":hidden=4,batch=6",
  LSTMPPO.name: ":hidden=4,batch=6,updates=2",
]
for method in StrategyRegistry.all {
  let text = method.name + settings[method.name, default: ""]
  expectNone(violations(try StrategyRegistry.method(parsing: text)), text)
}
