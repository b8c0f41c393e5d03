import Basics
import Foundation
import SearchSpaces

/// What every search space must fulfil, as checks that run on any space: ours and your own.
public enum SearchSpaceContract {
  /// All violations that were found, each as a sentence; empty for a space that holds to the contract.
  ///
  /// Checked are: sampling, chains of mutations, crossover and neighbours stay in the space; mutations and neighbours differ; choices,
  /// text and coding give the architecture back; encodings have one length; canonical hashes are stable; drawings are SVG.
  ///
  /// - Parameters:
  ///   - space: the space.
  ///   - mutations: the length of the chain of mutations.
  ///   - seed: determines what is drawn.
  public static func violations<Space: SearchSpace>(
    of space: Space, mutations: Int = 10_000, seed: UInt64 = 1
  ) -> [String] {
    var generator = Philox(seed: seed, stream: "search space contract")
    var found = [String]()
    func check(_ condition: Bool, _ text: @autoclosure () -> String) {
      if !condition, found.count < 20 { found.append("\(space.name): \(text())") }
    }
    var current = space.sample(using: &generator)
    for step in 0..<mutations {
      let next = space.mutate(current, using: &generator)
      check(space.contains(next), "mutation \(step) leaves the space: \(space.text(of: next))")
      check(next != current || space.size == 1, "mutation \(step) changes nothing")
      current = next
    }
    let lengths = ArchitectureEncoding.allCases.map { space.encode(current, as: $0)?.count }
    check(lengths[0] != nil, "has no one-hot encoding")
    for number in 0..<50 {
      let a = space.sample(using: &generator)
      let b = space.sample(using: &generator)
      let text = space.text(of: a)
      check(space.contains(a), "sample \(number) is outside of the space: \(text)")
      check(space.contains(space.crossover(a, b, using: &generator)), "a crossover leaves the space: \(text)")
      check((try? space.architecture(parsing: text)) == a, "the text \(text) is not read back")
      check(roundTrip(a) == a, "\(text) is not decoded as it was encoded")
      if let choices = try? space.choices(of: a) {
        check(choices.count == space.decisions.count, "\(text) has \(choices.count) choices, not one a decision")
        check(space.architecture(choices: choices) == a, "the choices of \(text) do not give it back")
      } else {
        check(false, "\(text) has no choices")
      }
      for (encoding, length) in zip(ArchitectureEncoding.allCases, lengths) {
        let values = space.encode(a, as: encoding)
        check(values?.count == length, "the \(encoding.rawValue) encoding of \(text) has another length than that of others")
        check(values?.allSatisfy(\.isFinite) ?? true, "the \(encoding.rawValue) encoding of \(text) is not finite")
      }
      check(space.canonicalHash(of: a) == space.canonicalHash(of: a), "the canonical hash of \(text) changes")
      check(!space.canonicalHash(of: a).isEmpty, "the canonical hash of \(text) is empty")
      check(
        space.drawings(of: a).allSatisfy { $0.svg.hasPrefix("<svg ") && $0.svg.hasSuffix("</svg>") },
        "a drawing of \(text) is no svg element")
      if let cost = space.networkCost(of: a) {
        check(cost.parameters > 0 && cost.multiplyAdds > 0, "the network of \(text) costs nothing")
      }
      guard number < 5 else { continue }
      let neighbours = space.neighbours(of: a)
      check(Set(neighbours).count == neighbours.count, "\(text) has a neighbour twice")
      check(!neighbours.contains(a), "\(text) is its own neighbour")
      check(neighbours.allSatisfy(space.contains), "a neighbour of \(text) is outside of the space")
    }
    check((try? space.architecture(parsing: "?!")) == nil, "the text “?!” is read as an architecture")
    return found
  }

  private static func roundTrip<Value: Codable>(_ value: Value) -> Value? {
    // In an array: not every coder takes a bare text.
    guard let data = try? JSONEncoder().encode([value]) else { return nil }
    return (try? JSONDecoder().decode([Value].self, from: data))?.first
  }
}
