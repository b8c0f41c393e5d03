import Basics
import Bilevel
import CellNetworks
import NeuralNetworks
import SearchStrategies
import Tensors

/// How architecture parameters θ become strengths of operations, as a differentiable function; one mixture a table of the network.
public typealias Relaxation = @Sendable ([Tensor]) -> [EdgeMixture]

/// A search on a supernet: a relaxation of the choice of operations, by which weights are trained; how θ learns; and how an architecture
/// is read off in the end.
///
/// A method has no state: all that changes is in ``DifferentiableSearch/State``. `SupernetMethodContract` checks what is asked of it.
///
/// Its stored properties are settings, which can be given as text: `gdas:lastTemperature=1`.
public protocol SupernetMethod: Codable, Hashable, Sendable {
  /// The name on the command line and in tables.
  var name: String { get }
  /// What the method does, in a few words, for lists of methods.
  var summary: String { get }
  /// The channel divisor that the network should have, as `MixtureNetwork.channelDivisor`; 1 by default.
  var channelDivisor: Int { get }
  /// Checks the settings; accepts any by default.
  ///
  /// - Throws: `MethodError.badSetting` where one is out of its range.
  func checkSettings() throws(MethodError)
  /// Why the method cannot search on a network, as a sentence with what to do after a semicolon; `nil`, the default, where it can.
  func obstacle(on network: any MixtureNetwork) -> Fault?
  /// θ before the first step, pure in the seed; the network's tables by default.
  func initialArchitecture(on network: any MixtureNetwork, seed: UInt64) -> ParameterTree
  /// The relaxation of one forward pass.
  ///
  /// - Parameters:
  ///   - network: the supernet whose θ is relaxed.
  ///   - progress: the share of the search that is done, in 0...1.
  ///   - generator: the source of noise, for methods that sample.
  func relaxation(on network: any MixtureNetwork, progress: Double, using generator: inout Philox) -> Relaxation
  /// The strengths without noise, which diagnostics look at and from which the strongest operations are read off; by default the softmax
  /// of θ.
  func strengths(on network: any MixtureNetwork) -> Relaxation
  /// How θ learns in an epoch.
  ///
  /// - Parameters:
  ///   - network: the supernet whose θ learns.
  ///   - rate: the present learning rate of the weights.
  ///   - weightDecay: the weight decay of the weights.
  func learning(on network: any MixtureNetwork, rate: Double, weightDecay: Double) -> ArchitectureLearning
  /// The share of the search at its beginning in which only the weights are trained and θ rests; 0 by default.
  var warmUp: Double { get }
  /// How the architecture is read off in the end; the strongest operations by default.
  var selection: ArchitectureSelection { get }
}

extension SupernetMethod {
  /// Operations see all channels.
  public var channelDivisor: Int { 1 }
  /// Accepts any settings.
  public func checkSettings() throws(MethodError) {}
  /// No obstacle on any network.
  public func obstacle(on network: any MixtureNetwork) -> Fault? { nil }
  /// The first values of the network's own tables, by their initialisers.
  public func initialArchitecture(on network: any MixtureNetwork, seed: UInt64) -> ParameterTree {
    network.architectureLayout.initialParameters(seed: seed)
  }

  /// The softmax of every row of θ.
  public func strengths(on network: any MixtureNetwork) -> Relaxation { { tables in tables.map { .weighted($0.softmax()) } } }
  /// No warm-up.
  public var warmUp: Double { 0 }
  /// The strongest operation of every edge, as the network decodes it.
  public var selection: ArchitectureSelection { .strongest }
}

/// How architecture parameters learn from validation images.
public enum ArchitectureLearning: Sendable {
  /// Not at all: there are none, or they stay as they are.
  case none
  /// By the gradient of the validation loss, before every step of the weights.
  ///
  /// The loop is what the weights do between a θ and the validation loss that it is judged by.
  case hypergradient(any HypergradientEstimator, InnerLoop)
  /// By the validation accuracies of drawn architectures, after every epoch of the weights.
  case rewards(PolicyGradient)
}

/// How an architecture is read off in the end.
public enum ArchitectureSelection: Hashable, Sendable {
  /// The strongest operations.
  case strongest
  /// Of so many architectures, drawn as for a training step, the best by validation accuracy with the shared weights: all are tried on one
  /// batch, and so many finalists on all batches.
  case best(of: Int, finalists: Int)
}

/// The searches on a supernet that are known by name. A new one is a line of ``registry``, or registered by a program of its own.
public enum SupernetMethodRegistry: KindRegistry {
  /// All methods, with their usual settings, in the order of lists.
  public static let registry = Registry<any SupernetMethod>(
    "supernet search",
    [
      DARTS(order: .first),
      DARTS(order: .second),
      GDAS(),
      SNAS(),
      PCDARTS(),
      SharedRandomSearch(),
      ENAS(),
    ]
  ) { $0.name }

  /// The method of this name; `nil` where there is none.
  public static func method(named name: String) -> (any SupernetMethod)? { registry[name] }

  /// The method that a text such as `enas:steps=10,batch=5` describes: a name and, after a colon, settings that differ from the usual ones.
  ///
  /// - Throws: `MethodError` for an unknown name or setting, and a value that the method does not take.
  public static func method(parsing text: String) throws(MethodError) -> any SupernetMethod {
    try registry.parse(text) { (usual, settings) throws(MethodError) in try configured(usual, settings: settings) }
  }

  private static func configured<Method: SupernetMethod>(
    _ usual: Method, settings text: String
  ) throws(MethodError) -> any SupernetMethod {
    let method = try SettingsText.applied(text, to: usual, of: usual.name)
    try method.checkSettings()
    return method
  }
}

extension SupernetMethod {
  /// The method as ``SupernetMethodRegistry/method(parsing:)`` reads it: the name and the settings that differ from the usual ones.
  public var label: String {
    guard let usual = SupernetMethodRegistry.method(named: name) as? Self else { return name }
    return SettingsText.label(name, self, usual: usual)
  }
}

/// Why a search on a supernet cannot begin or go on.
public enum SupernetSearchError: ReportableError, Hashable, Sendable {
  /// The network lacks something that the method needs.
  case unsuitable(method: String, reason: Fault)
  /// One level has fewer images than a batch.
  case tooFewImages(count: Int, batch: Int)
  /// A saved state is damaged or belongs to another search.
  case badState(reason: String)

  /// Whether method, network and data set do not go together.
  public var isUsage: Bool { if case .badState = self { false } else { true } }

  /// What is wrong, and what to do.
  public var fault: Fault {
    switch self {
    case .unsuitable(let method, let reason): reason.within(.named("\(method) cannot search on this supernet"))
    case .tooFewImages(let count, let batch):
      Fault(
        "\(count) images to train on or to judge by are fewer than a batch of \(batch)",
        help: "take more images or a smaller batch")
    case .badState(let reason): Fault("the saved search cannot go on: \(reason)", help: "remove it to begin anew")
    }
  }
}
