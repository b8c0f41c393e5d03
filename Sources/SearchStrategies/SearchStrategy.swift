import Foundation
import Randomness
import SearchSpaces

/// What a strategy wants to know: how good an architecture is after some epochs.
public struct Proposal<Architecture: Hashable & Codable & Sendable>: Hashable, Codable, Sendable {
  /// Its number within the search, from 0.
  public let number: Int
  /// The architecture.
  public let architecture: Architecture
  /// For how many epochs it is to be trained.
  public let epochs: Int

  /// A proposal.
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
/// random numbers from a `Philox` in their state and nowhere else. ``StrategyContract`` checks all of this.
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
}

extension SearchStrategy {
  /// The state as JSON.
  ///
  /// - Throws: `EncodingError`.
  public func saved() throws -> Data { try StateCoding.encoder.encode(state) }

  /// Puts a saved state in place of the present one.
  ///
  /// - Throws: `DecodingError` if the data are not a state of this strategy.
  public mutating func restore(_ data: Data) throws { state = try StateCoding.decoder.decode(State.self, from: data) }
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
}

/// What a search is about.
public struct SearchProblem<Space: SearchSpace>: Sendable {
  /// The space.
  public let space: Space
  /// The numbers of epochs that may be asked for, ascending; at least one.
  public let epochs: [Int]
  /// Determines all that is random.
  public let seed: UInt64

  /// A problem.
  public init(_ space: Space, epochs: [Int], seed: UInt64) {
    precondition(!epochs.isEmpty, "a search needs at least one number of epochs")
    self.space = space
    self.epochs = epochs.sorted()
    self.seed = seed
  }

  /// The random numbers of a strategy.
  public func generator(_ strategy: String) -> Philox { Philox(seed: seed, stream: "search/\(strategy)") }
}

/// A search method with its settings: makes a strategy for any space. One of one's own is listed in ``StrategyRegistry`` or used
/// directly.
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
  /// - Throws: `StrategyError` if a setting is out of range or the method cannot work in this space, saying why.
  func strategy<Space: SearchSpace>(for problem: SearchProblem<Space>) throws(StrategyError) -> any SearchStrategy<Space>
}

extension SearchMethod {
  public static var usesFidelities: Bool { false }
}

/// Why a method cannot be used.
public enum StrategyError: Error, Hashable, Sendable, CustomStringConvertible {
  /// No method of this name.
  case unknown(name: String, known: [String])
  /// The method has no such setting.
  case unknownSetting(method: String, name: String, known: [String])
  /// A setting's value is impossible.
  case badSetting(method: String, name: String, value: String, allowed: String)
  /// The space lacks something that the method needs.
  case unsuitable(method: String, space: String, reason: String)

  /// One sentence: what, where and, after a semicolon, what to do.
  public var description: String {
    switch self {
    case .unknown(let name, let known): "no search strategy '\(name)'; there are: \(known.joined(separator: ", "))"
    case .unknownSetting(let method, let name, let known):
      known.isEmpty
        ? "\(method): no setting '\(name)'; the method has none"
        : "\(method): no setting '\(name)'; there are: \(known.joined(separator: ", "))"
    case .badSetting(let method, let name, let value, let allowed): "\(method): \(name) is \(value); it must be \(allowed)"
    case .unsuitable(let method, let space, let reason): "\(method) cannot search \(space): \(reason)"
    }
  }
}

extension SearchMethod {
  /// Fails unless a setting is in its range.
  package func require<Value: Comparable>(
    _ value: Value, _ name: String, in range: some RangeExpression<Value>, _ allowed: String
  ) throws(StrategyError) {
    try requireSetting(value, name, of: Self.name, in: range, allowed)
  }
}

/// The proposals that a strategy has made and that wait for their answers.
public struct Ledger<Architecture: Hashable & Codable & Sendable>: Codable, Sendable {
  /// How many proposals were made.
  public private(set) var count = 0
  private var open: [Int: Proposal<Architecture>] = [:]

  /// Nothing proposed.
  public init() {}

  /// How many proposals wait for their answer.
  public var outstanding: Int { open.count }

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
