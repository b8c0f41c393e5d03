import Layers
import Optimizers
import SearchSpaces

/// Everything that a meta-training run is told. With the seed and the data it determines the result, whatever the machine's core count.
///
/// The defaults are T-NAS' published settings (Lian et al., ICLR 2020, section 5.2) where there are any.
public struct Configuration: Sendable, Equatable {
  /// What is meta-learned.
  public enum Method: String, Sendable, CaseIterable {
    /// Initial weights and architecture parameters of a supernet (Lian et al., ICLR 2020).
    case tNAS = "t-nas"
    /// Initial weights of a network (Finn et al., ICML 2017).
    case maml
    /// The same with only the head adapting (Raghu et al., ICLR 2020).
    case anil
    /// Initial weights and a rate for each of them (Li et al. 2017).
    case metaSGD = "meta-sgd"
    /// MAML with multi-step loss, learned rates and batch norm parameters of every step (Antoniou et al., ICLR 2019).
    case mamlPlusPlus = "maml++"
    /// MAML with a proximal term and implicit differentiation (Rajeswaran et al., NeurIPS 2019).
    case iMAML = "imaml"
    /// Initial weights, moved towards what tasks make of them (Nichol et al. 2018).
    case reptile
    /// Features whose class means classify (Snell et al., NeurIPS 2017).
    case protoNet = "proto-net"
    /// No meta-learning: random weights, fine-tuned on every task by Adam.
    case fineTune = "fine-tune"
  }

  /// What the run is called in tables and figures.
  public var name = "run"
  public var method = Method.tNAS
  /// Determines every random draw.
  public var seed: UInt64 = 0
  /// Threads; 0 for as many as there are cores. No result depends on it.
  public var threads = 0
  public var data = Data()
  public var task = Task()
  public var space = Space()
  /// The genotype of the network that all methods but T-NAS train, in the search space of ``space``; `nil` for the four-layer network.
  public var genotype: String?
  public var conv4 = FourLayers()
  public var inner = Inner()
  public var learner = Learner()
  public var outer = Outer()
  public var batchNorm = BatchNormPolicy.transductive
  public var budget = Budget()
  public var decoded = Decoded()
  public var evaluation = Evaluation()
  /// Tasks between checkpoints.
  public var checkpointEvery = 1000

  public init() {}

  /// Where tasks come from.
  public struct Data: Sendable, Equatable {
    /// Data sets by name; none for all bundled ones.
    public var sources: [String] = []
    /// A folder with Omniglot; `nil` for bundled data alone.
    public var path: String?
    /// The share of each data set's classes that meta-training sees.
    public var trainFraction = 0.7
    /// The share of each data set's classes that meta-validation sees; meta-test gets the rest.
    public var validationFraction = 0.1
    /// Decides the split of classes where it is not the run's seed, so that runs of several seeds have the same one.
    public var splitSeed: UInt64?
    /// Data sets whose classes all belong to meta-test.
    public var holdoutSources: [String] = []
    /// Whether classes turned by 90°, 180° and 270° count as further classes.
    public var rotations = false
    /// Images are scaled to this height and width; `nil` leaves them as they are.
    public var imageSize: Int?

    public init() {}
  }

  /// The shape of a task.
  public struct Task: Sendable, Equatable {
    /// Classes.
    public var way = 5
    /// Support images a class.
    public var shot = 1
    /// Query images a class.
    public var query = 15

    public init() {}
  }

  /// The search space of ``Method/tNAS``.
  public struct Space: Sendable, Equatable {
    public var stem = Stem.pooledOnce
    /// Channels of the first cell's nodes.
    public var channels = 16
    /// Intermediate nodes of a cell.
    public var nodes = 4
    public var cells: [CellKind] = [.normal, .reduction]
    public var operations: [CellOperation] = CellOperation.allCases

    public init() {}
  }

  /// The network of all methods but ``Method/tNAS``, where ``genotype`` names no other.
  public struct FourLayers: Sendable, Equatable {
    public var filters = 64
    public var downsampling = Conv4.Downsampling.pooling

    public init() {}
  }

  /// Adaptation to a task.
  public struct Inner: Sendable, Equatable {
    /// How weights and architecture parameters take turns.
    public enum Variant: String, Sendable, CaseIterable {
      /// One gradient for both (T-NAS, eq. 5).
      case simultaneous
      /// A step of the weights, then one of the architecture at the new weights (T-NAS, eq. 3 and 4).
      case alternating
    }

    public var variant = Variant.simultaneous
    /// Steps during meta-training.
    public var steps = 5
    /// Steps on meta-validation and meta-test tasks.
    public var testSteps = 5
    public var weightRate = 0.1
    public var architectureRate = 30.0

    public init() {}
  }

  /// What only some methods have.
  public struct Learner: Sendable, Equatable {
    /// λ of iMAML's proximal term.
    public var proximal = 2.0
    /// Iterations of iMAML's conjugate gradients.
    public var solverIterations = 5
    /// Added to the diagonal of iMAML's system.
    public var damping = 0.0
    /// Images of an inner step of Reptile; `nil` for all.
    public var batch: Int? = 10
    /// The share of MAML++'s training with a multi-step loss.
    public var multiStepShare = 0.1
    /// The share of MAML++'s training with first-order gradients.
    public var firstOrderShare = 0.0

    public init() {}
  }

  /// The update of the meta-parameters.
  public struct Outer: Sendable, Equatable {
    /// How the meta-gradient is estimated.
    public enum Gradient: String, Sendable, CaseIterable {
      /// The query loss' gradient at the adapted parameters.
      case firstOrder
      /// The derivative through all inner steps.
      case exact
    }

    public var gradient = Gradient.firstOrder
    /// Adam's rate for the weights.
    public var weightRate = 1e-3
    /// Adam's rate for the architecture parameters.
    public var architectureRate = 1e-3
    /// Adam's decay rates for the architecture parameters.
    public var architectureBetas = [0.5, 0.999]
    public var architectureWeightDecay = 1e-3
    /// How all outer rates change over a stage's budget.
    public var schedule = RateSchedule.constant
    /// Tasks an outer step.
    public var metaBatch = 4
    /// Every element of the meta-gradient is moved into ± this; `nil` leaves it alone.
    public var gradientClip: Double?

    public init() {}
  }

  /// How long meta-training lasts: a number of tasks or a time, of which exactly one is set.
  public struct Budget: Sendable, Equatable {
    public var tasks: Int? = 10_000
    /// Of training, stops and restarts not counted. A run limited by time is not reproducible bit by bit; one limited by tasks is.
    public var seconds: Double?

    public init() {}
  }

  /// Meta-training of the network that the search decodes.
  public struct Decoded: Sendable, Equatable {
    public var tasks: Int? = 10_000
    /// Instead of ``tasks``.
    public var seconds: Double?
    /// Inner steps during meta-training.
    public var steps = 5
    /// Inner steps on meta-validation and meta-test tasks.
    public var testSteps = 5
    /// Rate of the inner steps.
    public var weightRate = 0.1
    /// Adam's rate for the outer steps.
    public var outerRate = 1e-3
    /// Tasks an outer step.
    public var metaBatch = 4

    public init() {}
  }

  /// When and on how much a run is evaluated.
  public struct Evaluation: Sendable, Equatable {
    /// Meta-test tasks.
    public var tasks = 600
    /// Tasks between evaluations on meta-validation; `nil` for none.
    public var validationEvery: Int? = 2000
    /// Meta-validation tasks.
    public var validationTasks = 100

    public init() {}
  }
}
