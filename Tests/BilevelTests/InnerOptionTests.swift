import ArchPrior
import Foundation
import TestSupport
import Testing

/// Every registered estimator under every option of the inner loop: each cell is held against a closed form, or refused with an error that names
/// estimator and option. `docs/bilevel.md` shows the table.
@Suite struct InnerOptionTests {
  enum Cell: String { case exact, own, refused }

  /// Rounds after which every loop of the table has come to rest, to rounding.
  static let many = 160

  private static let pairs = 2

  /// The rows of the table of closed forms; a random estimator with few directions, which the oracle draws as well.
  private static let rows: [ClosedFormRow] = ClosedFormRow.all.map { row in
    guard row.kind == .stochastic else { return row }
    return ClosedFormRow(estimator: EvolutionStrategies(pairs: pairs, seed: 5), kind: .stochastic)
  }

  /// What a cell must hold, but for the random one.
  private func expected(_ kind: Kind, _ oracle: InnerOptionOracle) -> (Cell, [Double])? {
    switch kind {
    case .unrolled: return (.exact, oracle.backwards())
    case .implicit: return (.exact, oracle.implicit(terms: nil))
    case .neumann(let terms): return (.own, oracle.implicit(terms: terms))
    // The losses are quadratic: differences have no error but rounding.
    case .truncated(let steps): return (.own, oracle.backwards(last: steps))
    case .oneStepIdentity: return (.own, oracle.backwards(last: 1, keeping: true))
    case .firstOrder: return (.own, oracle.backwards(keeping: true, curved: false))
    case .stochastic: return nil
    }
  }

  /// `1/(2σP) Σ (F(ω + σε) − F(ω − σε)) ε` with the directions that evolution strategies draw, and the oracle's F.
  private func smoothed(_ option: InnerOptionCase, _ loss: Double) -> [Double] {
    let (outer, deviation) = (option.outer, 0.01)
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for value in [outer.flat, [loss]].flatMap({ $0 }) { hash = (hash ^ value.bitPattern) &* 0x100_0000_01b3 }
    var generator = Philox(seed: 5, stream: "evolution strategies", index: hash)
    var sum = [Double](repeating: 0, count: outer.flat.count)
    for _ in 0..<Self.pairs {
      let direction = outer.map { tensor in Tensor(shape: tensor.shape, (0..<tensor.count).map { _ in generator.nextNormal() }) }
      func value(_ sign: Double) -> Double {
        InnerOptionOracle(option, at: zip(outer, direction).map { $0 + $1 * (sign * deviation) }).outerLoss
      }
      sum = sum + ((value(1) - value(-1)) / (2 * deviation * Double(Self.pairs))) * direction.flat
    }
    return sum
  }

  /// The cell of an estimator under an option, once it has been found to hold what it should.
  private func check(_ row: ClosedFormRow, _ option: InnerOptionCase, _ oracle: InnerOptionOracle) -> Cell {
    let estimator = row.estimator
    let label = "\(estimator.name), \(option), \(option.loop.rounds) rounds"
    do {
      let result = try estimator.hypergradient(of: option.problem, loop: option.loop, at: option.outer)
      if let phrase = option.refusal(row) {
        Issue.record("\(label): went through where \(phrase) should be refused")
        return .own
      }
      #expect(
        relativeDistance(result.inner.flat, oracle.path[oracle.path.count - 1]) <= 1e-8, "\(label): another end of the loop")
      let exact = oracle.backwards()
      let (cell, values) = expected(row.kind, oracle) ?? (.own, smoothed(option, result.outerLoss))
      let error = relativeDistance(result.gradient.flat, values)
      #expect(error <= 1e-8, "\(label): relative error \(error)")
      // At the fixed point the implicit function theorem is the derivative of the loop as it was run.
      if row.kind == .implicit, option.loop.rounds == Self.many {
        let distance = relativeDistance(result.gradient.flat, exact)
        #expect(distance <= 1e-8, "\(label): \(distance) from the loop's own derivative")
        #expect(result.linearSolve?.converged == true)
      }
      return cell
    } catch {
      let text = "\(error)"
      guard let phrase = option.refusal(row), case BilevelError.unsupported(estimator.name, _, let remedy) = error
      else {
        Issue.record("\(label): \(text)")
        return .refused
      }
      #expect(text.contains(phrase) && text.contains(estimator.name) && !remedy.isEmpty, "\(label): \(text)")
      return .refused
    }
  }

  /// Few rounds, where the path matters.
  @Test(arguments: InnerOptionCase.cases(rounds: 6).filter { !$0.onlyConverged })
  func beforeTheFixedPoint(_ option: InnerOptionCase) {
    let oracle = InnerOptionOracle(option)
    for row in Self.rows { _ = check(row, option, oracle) }
  }

  /// So many that the loop rests; and the table of the documentation is what was found.
  @Test func atTheFixedPoint() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/bilevel.md").standardized
    let text = try String(contentsOf: file, encoding: .utf8)
    let (begin, end) = ("<!-- table: estimators and options -->\n", "<!-- end of table -->")
    let table = text.range(of: begin).flatMap { head in
      text.range(of: end, range: head.upperBound..<text.endIndex).map { String(text[head.upperBound..<$0.lowerBound]) }
    }
    let header = table?.split(separator: "\n").first ?? ""
    // An estimator is held to its cells whether or not it has a column yet.
    let shown = Self.rows.filter { header.contains("| `\($0.estimator.name)` |") }
    var lines = ["| option | " + shown.map { "`\($0.estimator.name)`" }.joined(separator: " | ") + " |"]
    lines.append("|" + String(repeating: " --- |", count: shown.count + 1))
    for option in InnerOptionCase.cases(rounds: Self.many) {
      let oracle = InnerOptionOracle(option)
      if option.loop.stopping != nil { #expect(oracle.count < Self.many, "it must stop by itself") }
      let found = Dictionary(uniqueKeysWithValues: Self.rows.map { ($0.estimator.name, check($0, option, oracle).rawValue) })
      let cells = shown.compactMap { found[$0.estimator.name] }
      lines.append("| \(option) | " + cells.joined(separator: " | ") + " |")
    }
    #expect(table == lines.joined(separator: "\n") + "\n", "docs/bilevel.md should hold:\n\(lines.joined(separator: "\n"))")
  }

  /// `g = (s − ω)²`, `f = s²`, decay 2: `2 (s − ω) + 2 s = 0`, so that `s = ω/2` and `dF/dω = 2 s · ½ = ω/2`.
  @Test func theMinimalExample() throws {
    struct Minimal: BilevelProblem {
      func initialInner(_ outer: [Tensor]) -> [Tensor] { [Tensor(0, .float64)] }
      func innerLoss(_ inner: [Tensor], outer: [Tensor]) -> Tensor { (inner[0] - outer[0]).squared() }
      func outerLoss(_ inner: [Tensor], outer: [Tensor]) -> (loss: Tensor, report: Void) { (inner[0].squared(), ()) }
    }
    let loop = InnerLoop(SGD(learningRate: 0.1, weightDecay: 2), rounds: 200)
    for estimator in [
      UnrolledRematerialized(), ImplicitDifferentiation(), ImplicitDifferentiation(GMRES()),
      ImplicitDifferentiation(NormalConjugateGradient()),
      ImplicitDifferentiation(NeumannSeries(terms: 500, rate: 0.2, tolerance: 1e-12)),
      Neumann(terms: 200),
    ] as [any HypergradientEstimator] {
      let gradient = try estimator.hypergradient(of: Minimal(), loop: loop, at: [Tensor(1, .float64)]).gradient[0].item
      #expect(abs(gradient - 0.5) <= 1e-8, "\(estimator.name): \(gradient)")
    }
  }

  /// A stopping rule must see the decay: `∇g` alone never vanishes at the fixed point, and can where the loop would go on.
  @Test func theStoppingRuleKnowsTheDecay() throws {
    let problem = OptionProblem()
    let outer = [Tensor(shape: [3], OptionProblem.point)]
    let loop = InnerLoop(SGD(learningRate: 0.3, weightDecay: 0.4), rounds: 10_000, stopping: .gradientNorm(1e-9))
    let result = try UnrolledRematerialized().hypergradient(of: problem, loop: loop, at: outer)
    #expect(result.innerLosses.count < 200)
    let expected = (problem.a + Dense.identity(5) * 0.4).solve(problem.b * OptionProblem.point)
    #expect(relativeDistance(result.inner.flat, expected) <= 1e-8)
  }

  /// A rate of what never moves is not read, however many rounds there are.
  @Test(arguments: [1, 16, 17, 40])
  func ratesOfWhatRestsAreZero(rounds: Int) throws {
    let option = OptionProblem()
    let outer = [
      Tensor(shape: [3], OptionProblem.point), Tensor(shape: [2], [0.3, 0.2]), Tensor(shape: [1, 3], [0.1, 0.2, 0.3]),
    ]
    let loop = InnerLoop(
      SGD(learningRate: 1), round: [GradientStep(rates: [1, 0])], rounds: rounds,
      learnedRates: LearnedRates(.perParameter, first: 1))
    for estimator in ClosedFormRow.differentiating {
      let gradient = try estimator.hypergradient(of: option, loop: loop, at: outer).gradient
      #expect(gradient[2].doubles == [0, 0, 0], "\(estimator.name)")
    }
  }

  /// What first order cannot see is an error also where it sees something else of ω.
  @Test func firstOrderNamesWhatItCannotSee() throws {
    let outer = TanhProblem.outer(nil)
    let error = #expect(throws: BilevelError.self) {
      try FirstOrder().hypergradient(of: TanhProblem(), loop: InnerLoop(SGD(learningRate: 0.1), rounds: 2), at: outer)
    }
    guard case .unseen("first-order", "outer[2]", _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }
}
