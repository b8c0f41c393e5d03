import Basics
import Foundation
import SearchSpaces

/// What a strategy wants to know: how good an architecture is after some epochs.
public struct Proposal<Architecture: Hashable & Codable & Sendable>: Hashable, Codable, Sendable {
  /// Its number within the search, from 0.
  public let number: Int
  /// The architecture.
  public let architecture: Architecture
  /// For how many epochs it is to be trained.
  public let epochs: Int

  /// A proposal; ``Ledger/propose(_:epochs:)`` gives the numbers.
  public init(number: Int, architecture: Architecture, epochs: Int) {
    self.number = number
    self.architecture = architecture
    self.epochs = epochs
  }
}

/// The answer to a proposal.
public struct Evaluation<Architecture: Hashable & Codable & Sendable>: Hashable, Codable, Sendable {
  /// What was asked.
  public let proposal: Proposal<Architecture>
  /// The validation score, higher is better; `nil` if the evaluation failed or gave no finite number.
  public let score: Double?

  /// An answer; a score that is infinite or not a number counts as a failure.
  public init(_ proposal: Proposal<Architecture>, score: Double?) {
    self.proposal = proposal
    self.score = score.flatMap { $0.isFinite ? $0 : nil }
  }
}

/// A black-box search under way: it is asked for proposals and told their scores, in any order and with any number outstanding.
///
/// Everything that the future depends on is in `state`, so that a search continues from a saved state bit for bit. Strategies draw
/// random numbers from a `Philox` in their state and nowhere else. `StrategyContract` checks all of this.
public protocol SearchStrategy<Space>: Sendable {
  /// The space that is searched.
  associatedtype Space: SearchSpace
  /// All that changes.
  associatedtype State: Codable & Sendable

  /// All that changes.
  var state: State { get set }

  /// The next proposal; `nil` if there is none before outstanding ones are answered (or, with none outstanding, at the end).
  mutating func ask() -> Proposal<Space.Architecture>?

  /// Takes an answer. One to a proposal that was not made, or was answered already, changes nothing.
  mutating func tell(_ evaluation: Evaluation<Space.Architecture>)

  /// What keeps a state that was read from a file from being one of this search, as a clause; `nil` for one that may be. Whatever the
  /// search would take for granted is looked at here: indices, counts, architectures. By default nothing is.
  func flaw(in state: State) -> String?
}

/// Why a saved state cannot be that of a search.
public struct SearchStateError: ReportableError, Hashable, Sendable {
  /// Which part of the state is wrong, and why.
  public let reason: String

  /// An error whose reason is a clause, such as `'seen' is impossible`.
  public init(_ reason: String) { self.reason = reason }

  /// That the state is not of this search, and why.
  public var fault: Fault { Fault("no state of this search: \(reason)") }
}

extension SearchStrategy {
  /// The state as JSON.
  ///
  /// - Throws: `EncodingError`.
  public func saved() throws -> Data { try StateCoding.encoder.encode(state) }

  /// Puts a saved state in place of the present one.
  ///
  /// - Throws: ``SearchStateError`` if the data are not a state of this strategy; the present one then stays.
  public mutating func restore(_ data: Data) throws {
    let saved = try StateCoding.decode(State.self, from: data)
    if let flaw = flaw(in: saved) { throw SearchStateError(flaw) }
    state = saved
  }

  /// By default any state that can be decoded is accepted.
  public func flaw(in state: State) -> String? { nil }
}

/// JSON that gives back every number bit for bit and equal bytes for equal states.
enum StateCoding {
  static var encoder: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return encoder
  }
  static var decoder: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return decoder
  }

  /// A value whose numbers are within bounds.
  static func decode<Value: Decodable>(_ type: Value.Type, from data: Data) throws(SearchStateError) -> Value {
    do throws(JSONBounds.Violation) {
      return try JSONBounds.decode(type, from: Array(data), using: decoder)
    } catch {
      throw SearchStateError(error.reason)
    }
  }
}

/// What a search is about.
public struct SearchProblem<Space: SearchSpace>: Sendable {
  /// The space.
  public let space: Space
  /// The numbers of epochs that may be asked for, ascending; at least one.
  public let epochs: [Int]
  /// Determines all that is random.
  public let seed: UInt64

  /// A problem; `epochs` is sorted, and must not be empty.
  public init(_ space: Space, epochs: [Int], seed: UInt64) {
    precondition(!epochs.isEmpty, "a search needs at least one number of epochs")
    self.space = space
    self.epochs = epochs.sorted()
    self.seed = seed
  }

  /// The random numbers of a strategy.
  public func generator(_ strategy: String) -> Philox { Philox(seed: seed, stream: "search/\(strategy)") }
}

/// A search method with its settings: makes a strategy for any space. Your own method is registered in
/// ``StrategyRegistry`` or used directly.
public protocol SearchMethod: Codable, Hashable, Sendable {
  /// The name on the command line and in files.
  static var name: String { get }
  /// A line for people.
  static var summary: String { get }
  /// Whether it trains for different numbers of epochs; others are given a single one.
  static var usesFidelities: Bool { get }

  /// The method with its usual settings.
  init()

  /// A search at its beginning.
  ///
  /// - Throws: `MethodError` if a setting is out of range or the method cannot work in this space, saying why.
  func strategy<Space: SearchSpace>(for problem: SearchProblem<Space>) throws(MethodError) -> any SearchStrategy<Space>
}

extension SearchMethod {
  /// False unless a method says otherwise.
  public static var usesFidelities: Bool { false }
}

extension SearchMethod {
  /// Fails unless a setting is in its range.
  package func require<Value: Comparable>(
    _ value: Value, _ name: String, in range: some RangeExpression<Value>, _ allowed: String
  ) throws(MethodError) {
    try requireSetting(value, name, of: Self.name, in: range, allowed)
  }
}

/// The proposals that a strategy has made and that wait for their answers.
public struct Ledger<Architecture: Hashable & Codable & Sendable>: Codable, Sendable {
  /// How many proposals were made.
  public private(set) var count = 0
  private var open: [Int: Proposal<Architecture>] = [:]

  /// A ledger of a search in which nothing was proposed yet.
  public init() {}

  /// How many proposals wait for their answer.
  public var outstanding: Int { open.count }

  /// What no ledger of a search in a space can say; `nil` where all is well.
  func flaw<Space: SearchSpace>(in space: Space, epochs: [Int]) -> String? where Space.Architecture == Architecture {
    guard count >= open.count else { return "'ledger' has more proposals open than were made" }
    for (number, proposal) in open {
      guard number == proposal.number, (0..<count).contains(number), epochs.contains(proposal.epochs),
        space.contains(proposal.architecture)
      else { return "proposal \(number) of 'ledger' is none" }
    }
    return nil
  }

  /// Whether the ledger can be that of a search in a space.
  package func isSound<Space: SearchSpace>(in space: Space, epochs: [Int]) -> Bool where Space.Architecture == Architecture {
    flaw(in: space, epochs: epochs) == nil
  }

  /// Makes the next proposal.
  public mutating func propose(_ architecture: Architecture, epochs: Int) -> Proposal<Architecture> {
    let proposal = Proposal(number: count, architecture: architecture, epochs: epochs)
    open[count] = proposal
    count += 1
    return proposal
  }

  /// Whether the answer is to a proposal that waited for it; from now on it does no more.
  public mutating func close(_ evaluation: Evaluation<Architecture>) -> Bool {
    guard open[evaluation.proposal.number] == evaluation.proposal else { return false }
    open[evaluation.proposal.number] = nil
    return true
  }
}

extension SearchSpace {
  /// What keeps one of a list from being an architecture of the space; `nil` where all are.
  func flaw(in architectures: some Sequence<Architecture>, _ name: String) -> String? {
    architectures.allSatisfy(contains) ? nil : "'\(name)' has something that is no architecture of \(self.name)"
  }

  /// Whether there is a choice for every decision.
  package func areChoices(_ choices: [Int]) -> Bool {
    choices.count == decisions.count && zip(choices, decisions).allSatisfy { $1.choices.indices.contains($0) }
  }
}
