import Basics

/// One choice that makes up an architecture: what it is about and what there is to choose from.
public struct Decision: Hashable, Sendable {
  /// What is decided, such as `edge 0→1`.
  public let name: String
  /// The names of the choices, at least one.
  public let choices: [String]

  /// A decision with at least one choice.
  public init(_ name: String, choices: [String]) {
    precondition(!choices.isEmpty, "a decision needs at least one choice")
    self.name = name
    self.choices = choices
  }
}

/// How an architecture becomes a list of numbers for a predictor.
public enum ArchitectureEncoding: String, CaseIterable, Codable, Hashable, Sendable {
  /// For every decision a block with a single 1.
  case oneHot
  /// Which connection exists and what stands on it, as the space's paper writes it.
  case adjacency
  /// A bit for every sequence of operations that a path from the input to the output may carry (White, Neiswanger, Savani,
  /// "BANANAS", AAAI 2021, section 4).
  case path
}

/// A picture of a part of an architecture.
public struct ArchitectureDrawing: Hashable, Sendable {
  /// What it shows, such as `normal cell`.
  public let title: String
  /// An `<svg>` element that needs nothing around it.
  public let svg: String

  /// A picture from an `<svg>` element that needs nothing around it.
  public init(title: String, svg: String) {
    self.title = title
    self.svg = svg
  }
}

/// Why something is not an architecture of a space.
public enum ArchitectureError: ReportableError, Hashable, Sendable {
  /// The text is not that of an architecture; `position` counts characters from 0.
  case syntax(space: String, position: Int, found: String, expected: String)
  /// A value that the space does not have.
  case notInSpace(space: String, reason: Fault)

  /// Which space, what is wrong, and what to do.
  public var fault: Fault {
    switch self {
    case .syntax(let space, let position, let found, let expected):
      Fault(
        "found \(found) at position \(position) of the architecture's text", at: .named(space), help: "expected \(expected)")
    case .notInSpace(let space, let reason): reason.within(.named(space), help: "give an architecture of the space")
    }
  }
}

/// A set of architectures, as a value: what exists, and how one is drawn at random, varied, encoded, read, written and counted.
///
/// An architecture is a vector of decisions with finitely many choices each. A space states its decisions, the way from choices
/// to an architecture (`nil` if a combination does not exist) and back; sampling, mutation, crossover, neighbours, one-hot
/// encoding, text and enumeration follow from these and may be replaced. Building a network or a supernet is for refinements of
/// this protocol in the layers that have an engine.
public protocol SearchSpace: Sendable {
  /// An architecture as a value.
  associatedtype Architecture: Hashable & Codable & Sendable

  /// The space's name on the command line and in files.
  var name: String { get }

  /// The decisions that make up an architecture.
  var decisions: [Decision] { get }

  /// The architecture of these choices, one a decision; `nil` if the combination does not exist in the space.
  func architecture(choices: [Int]) -> Architecture?

  /// The choices that give the architecture.
  ///
  /// - Throws: `ArchitectureError.notInSpace` for an architecture that is not one of the space.
  func choices(of architecture: Architecture) throws(ArchitectureError) -> [Int]

  /// An architecture at random; by default uniform over the vectors of choices that exist.
  func sample(using generator: inout Philox) -> Architecture

  /// Another architecture that differs little; by default in one decision.
  func mutate(_ architecture: Architecture, using generator: inout Philox) -> Architecture

  /// An architecture that has each decision from one of two parents.
  func crossover(_ first: Architecture, _ second: Architecture, using generator: inout Philox) -> Architecture

  /// All other architectures that differ in one decision, each once, in the order of decisions and choices.
  func neighbours(of architecture: Architecture) -> [Architecture]

  /// The architecture as numbers, as many for every architecture of the space; `nil` if the space has no such encoding.
  func encode(_ architecture: Architecture, as encoding: ArchitectureEncoding) -> [Double]?

  /// Whether the architecture is one of the space; by default whether its choices give it back.
  func contains(_ architecture: Architecture) -> Bool

  /// A text that is equal exactly for architectures that compute the same function class; by default ``text(of:)``.
  func canonicalHash(of architecture: Architecture) -> String

  /// The architecture's text form.
  func text(of architecture: Architecture) -> String

  /// Reads the text form.
  ///
  /// - Throws: `ArchitectureError` with the place of the first mistake.
  func architecture(parsing text: String) throws(ArchitectureError) -> Architecture

  /// Pictures of the architecture, one per cell.
  func drawings(of architecture: Architecture) -> [ArchitectureDrawing]

  /// Trainable parameters and multiply-adds of the whole network; `nil` if the space does not know the network.
  func networkCost(of architecture: Architecture) -> NetworkCost?
}

extension SearchSpace {
  /// How many vectors of choices there are, exact below 2⁵³; the number of architectures if every vector exists.
  public var size: Double { decisions.reduce(1) { $0 * Double($1.choices.count) } }

  /// Whether its choices give the architecture back.
  public func contains(_ architecture: Architecture) -> Bool {
    guard let choices = try? choices(of: architecture) else { return false }
    return self.architecture(choices: choices) == architecture
  }

  /// All architectures in the order of their choices, the last decision changing fastest. For spaces that are small enough.
  public func enumerated() -> some Sequence<Architecture> {
    let counts = decisions.map(\.choices.count)
    return sequence(state: Optional([Int](repeating: 0, count: counts.count))) { (next: inout [Int]?) -> [Int]? in
      guard let current = next else { return nil }
      var following = current
      var place = counts.count - 1
      while place >= 0 {
        following[place] += 1
        if following[place] < counts[place] { break }
        following[place] = 0
        place -= 1
      }
      next = place < 0 ? nil : following
      return current
    }.lazy.compactMap { architecture(choices: $0) }
  }

  /// Draws vectors of choices uniformly until one exists in the space.
  ///
  /// A space in which fewer than one in a million exists must bring its own sampling; this one then traps.
  public func sample(using generator: inout Philox) -> Architecture {
    let counts = decisions.map(\.choices.count)
    // A space in which hardly any vector exists must bring its own sampling.
    for _ in 0..<1_000_000 {
      if let found = architecture(choices: counts.map { generator.nextInt(below: $0) }) { return found }
    }
    preconditionFailure("\(name): none of a million random vectors of choices exists; give the space its own sample(using:)")
  }

  /// Draws one decision and another choice for it until the result exists and differs; the architecture itself after 10,000 attempts.
  ///
  /// An architecture of another space gives a random one of this space.
  public func mutate(_ architecture: Architecture, using generator: inout Philox) -> Architecture {
    guard let choices = try? choices(of: architecture) else { return sample(using: &generator) }
    let open = decisions.enumerated().filter { $0.element.choices.count > 1 }.map { ($0.offset, $0.element.choices.count) }
    guard !open.isEmpty else { return architecture }
    for _ in 0..<10_000 {
      let (place, count) = open[generator.nextInt(below: open.count)]
      var changed = choices
      changed[place] = (choices[place] + 1 + generator.nextInt(below: count - 1)) % count
      if let found = self.architecture(choices: changed), found != architecture { return found }
    }
    return architecture
  }

  /// Draws every decision from either parent with equal probability until the result exists; the first parent after 100 attempts.
  public func crossover(_ first: Architecture, _ second: Architecture, using generator: inout Philox) -> Architecture {
    guard let a = try? choices(of: first), let b = try? choices(of: second) else { return first }
    for _ in 0..<100 {
      let mixed = zip(a, b).map { generator.nextBool() ? $0 : $1 }
      if let found = architecture(choices: mixed) { return found }
    }
    return first
  }

  /// All architectures one decision away, in O(d · c) for d decisions of c choices each; none for an architecture of another space.
  public func neighbours(of architecture: Architecture) -> [Architecture] {
    guard let choices = try? choices(of: architecture) else { return [] }
    var seen: Set = [architecture]
    var result = [Architecture]()
    for (place, decision) in decisions.enumerated() {
      for choice in decision.choices.indices where choice != choices[place] {
        var changed = choices
        changed[place] = choice
        if let found = self.architecture(choices: changed), seen.insert(found).inserted { result.append(found) }
      }
    }
    return result
  }

  /// The one-hot encoding; `nil` for the others, which a space must bring itself.
  public func encode(_ architecture: Architecture, as encoding: ArchitectureEncoding) -> [Double]? {
    encoding == .oneHot ? oneHot(architecture) : nil
  }

  /// For every decision a block with a single 1; `nil` for an architecture of another space.
  public func oneHot(_ architecture: Architecture) -> [Double]? {
    guard let choices = try? choices(of: architecture) else { return nil }
    return zip(decisions, choices).flatMap { decision, choice in
      decision.choices.indices.map { $0 == choice ? 1.0 : 0.0 }
    }
  }

  /// The text form: no two architectures count as equal.
  public func canonicalHash(of architecture: Architecture) -> String { text(of: architecture) }

  /// The choices' numbers, separated by commas.
  public func text(of architecture: Architecture) -> String {
    guard let choices = try? choices(of: architecture) else { return "" }
    return choices.map(String.init).joined(separator: ",")
  }

  /// Reads the choices' numbers, separated by commas.
  ///
  /// - Throws: `ArchitectureError.syntax` with the place of the first number that is none or out of range, or if there are too few
  ///   or too many; `.notInSpace` where the choices do not go together.
  public func architecture(parsing text: String) throws(ArchitectureError) -> Architecture {
    let decisions = self.decisions
    var choices = [Int]()
    var position = 0
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard choices.count < decisions.count else {
        throw .syntax(
          space: name, position: position, found: "“\(part.prefix(16))”", expected: "the end after \(choices.count) choices")
      }
      let allowed = decisions[choices.count].choices.indices
      guard let choice = Int(part), allowed.contains(choice) else {
        throw .syntax(
          space: name, position: position, found: "“\(part.prefix(16))”",
          expected: "\(decisions[choices.count].name), a number from 0 to \(allowed.upperBound - 1)")
      }
      choices.append(choice)
      position += part.count + 1
    }
    guard choices.count == decisions.count else {
      throw .syntax(
        space: name, position: text.count, found: "the end of the text",
        expected: "\(decisions.count) choices, not \(choices.count)")
    }
    guard let found = architecture(choices: choices) else {
      throw .notInSpace(space: name, reason: "the choices \(text) do not go together")
    }
    return found
  }

  /// No pictures.
  public func drawings(of architecture: Architecture) -> [ArchitectureDrawing] { [] }

  /// `nil`: the network is not known.
  public func networkCost(of architecture: Architecture) -> NetworkCost? { nil }
}
