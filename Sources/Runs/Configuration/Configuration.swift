import Datasets
import NeuralNetworks
import SearchSpaces

/// All settings of a meta-training run. With the data they determine the result, on any number of cores.
///
/// The defaults are T-NAS' published settings (Lian et al., ICLR 2020, section 5.2) where there are any.
public struct Configuration: Sendable, Equatable {
  /// What the run is called in tables and figures.
  public var name = "run"
  /// What is meta-trained, and how.
  public var method: Method = "t-nas"
  /// Determines every random draw.
  public var seed: UInt64 = 0
  /// Threads; 0 for as many as there are cores. No result depends on it.
  public var threads = 0
  /// The data sets and how they are split.
  public var data = Data()
  /// The shape of the tasks, and how they are drawn.
  public var task = Task()
  /// The search space.
  public var space = Space()
  /// The genotype of the network that few-shot methods train, in the search space of ``space``; `nil` for the four-layer network.
  public var genotype: String?
  /// The four-layer network.
  public var conv4 = FourLayers()
  /// Adaptation to a task.
  public var inner = Inner()
  /// What only some methods have, as they state it.
  public var learner = Learner()
  /// The update of the meta-parameters.
  public var outer = Outer()
  /// Which statistics batch norms use for query images.
  public var batchNorm = BatchNormPolicy.transductive
  /// How long meta-training lasts.
  public var budget = Budget()
  /// Meta-training of the decoded network.
  public var decoded = Decoded()
  /// Meta-validation and meta-test.
  public var evaluation = Evaluation()
  /// Tasks between checkpoints.
  public var checkpointEvery = 1000

  /// T-NAS' published settings, on all bundled scripts.
  public init() {}

  /// Where tasks come from.
  public struct Data: Sendable, Equatable {
    /// How the classes of a data set are divided.
    public enum Split: String, Sendable, CaseIterable {
      /// At random, by ``trainFraction`` and ``validationFraction``.
      case random
      /// CIFAR-100's 64 / 16 / 20 classes (Bertinetto et al., ICLR 2019).
      case cifarFS = "cifar-fs"
      /// CIFAR-100's 60 / 20 / 20 classes of 12 / 4 / 4 superclasses (Oreshkin et al., NeurIPS 2018).
      case fc100
      /// Omniglot's 1,028 / 172 / 423 characters (Vinyals et al., NeurIPS 2016).
      case omniglotVinyals = "omniglot-vinyals"
    }

    /// Data sets by name, or patterns such as `icons-*`; none for all scripts, `glyphs-*`. Data sets in ``holdoutSources`` are left
    /// out.
    public var sources: [String] = []
    /// Relative frequency of tasks by data set (name or pattern), 1 for those that are not named; empty for ``temperature``.
    public var weights = DatasetWeights()
    /// Data sets are drawn by their number of classes to the power of 1 / temperature: 1 in proportion, large values equally often.
    public var temperature = 1.0
    /// A folder with Omniglot; `nil` for bundled data only.
    public var path: String?
    /// How classes are divided; data sets that a published split is not for are divided at random.
    public var split = Split.random
    /// What a random split keeps together: nothing, or the classes of an alphabet or superclass.
    public var splitBy = ClassSplit.Unit.singleClass
    /// The share of each data set's classes that meta-training sees.
    public var trainFraction = 0.7
    /// The share of each data set's classes that meta-validation sees; meta-test gets the rest.
    public var validationFraction = 0.1
    /// Decides the split of classes where it is not the run's seed, so that runs of several seeds have the same one.
    public var splitSeed: UInt64?
    /// Data sets, or patterns, whose classes all belong to meta-test.
    public var holdoutSources: [String] = []
    /// How quarter turns are used in meta-training.
    public var rotations = RotationPolicy.none
    /// Images are scaled to this height and width; `nil` leaves them as they are.
    public var imageSize: Int?
    /// 1 for grey, 3 for colour: what images are made; colour where a data set has colours, if `nil`.
    public var channels: Int?
    /// How images that are not square are fitted when they are scaled.
    public var fit = ImageFormat.Fit.pad
    /// Changes of images in meta-training.
    public var augmentation = Augmentation()

    /// Random changes of single images in meta-training.
    public struct Augmentation: Sendable, Equatable {
      /// The largest shift in each direction, in pixels.
      public var shift = 0
      /// Whether images are mirrored left to right, every other one.
      public var flip = false
      /// Whether images are mirrored top to bottom, every other one.
      public var verticalFlip = false
      /// The smallest share of the sides that a random crop keeps; 1 for no crops.
      public var crop = 1.0

      /// No changes.
      public init() {}
    }

    /// All bundled scripts, with 70 % of the classes for meta-training and 10 % for meta-validation.
    public init() {}
  }

  /// The shape of a task.
  public struct Task: Sendable, Equatable {
    /// Classes of a task.
    public var way = 5
    /// Support images a class.
    public var shot = 1
    /// Query images a class.
    public var query = 15
    /// The least and the most classes of a meta-training task, at most ``way``; ``way`` where it is `nil`.
    public var trainWay: [Int]?
    /// The least and the most support images a class of a meta-training task; ``shot`` where it is `nil`.
    public var trainShot: [Int]?
    /// Ways and shots grow from their least to their most over this number of meta-training tasks; `nil` draws them at random.
    public var curriculum: Int?
    /// Which classes may meet in a meta-training task.
    public var sampling = ClassSampling.any

    /// Tasks of 5 ways and 1 shot, with 15 query images a class.
    public init() {}
  }

  /// The search space of methods that learn an architecture.
  public struct Space: Sendable, Equatable {
    /// How images are downsampled before the first cell.
    public var stem = Stem.pooledOnce
    /// Channels of the first cell's nodes.
    public var channels = 16
    /// Intermediate nodes of a cell.
    public var nodes = 4
    /// The cells in order.
    public var cells: [CellKind] = [.normal, .reduction]
    /// What an edge chooses from.
    public var operations: [CellOperation] = CellOperation.allCases

    /// A supernet of one normal and one reduction cell with four nodes each, 16 channels and all operations.
    public init() {}
  }

  /// The network of few-shot methods, where ``genotype`` names no other.
  public struct FourLayers: Sendable, Equatable {
    /// Channels of every layer.
    public var filters = 64
    /// How a layer halves height and width.
    public var downsampling = Conv4.Downsampling.pooling

    /// Four layers of 64 channels, with max pooling.
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

    /// How weights and architecture parameters take turns.
    public var variant = Variant.simultaneous
    /// Steps during meta-training.
    public var steps = 5
    /// Steps on meta-validation and meta-test tasks.
    public var testSteps = 5
    /// The rate of gradient descent on the weights.
    public var weightRate = 0.1
    /// The rate of gradient descent on the architecture parameters.
    public var architectureRate = 30.0

    /// Five simultaneous steps at rates of 0.1 for weights and 30 for architecture parameters.
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

    /// How the meta-gradient is estimated.
    public var gradient = Gradient.firstOrder
    /// Adam's rate for the weights.
    public var weightRate = 1e-3
    /// Adam's rate for the architecture parameters.
    public var architectureRate = 1e-3
    /// Adam's decay rates for the architecture parameters.
    public var architectureBetas = [0.5, 0.999]
    /// Weight decay of the architecture parameters, added to their gradient.
    public var architectureWeightDecay = 1e-3
    /// How all outer rates change over a stage's budget.
    public var schedule = RateSchedule.constant
    /// Tasks an outer step.
    public var metaBatch = 4
    /// Every element of the meta-gradient is clipped to ± this; `nil` for no clipping.
    public var gradientClip: Double?

    /// First-order meta-gradients and Adam at a constant rate of 1e-3, on 4 tasks an outer step.
    public init() {}
  }

  /// How long meta-training lasts: a number of tasks or a time, of which exactly one is set.
  public struct Budget: Sendable, Equatable {
    /// The number of tasks to train on.
    public var tasks: Int? = 10_000
    /// Seconds of training, stops and restarts not counted. A run limited by time is not reproducible bit by bit; one limited by tasks
    /// is.
    public var seconds: Double?

    /// 10,000 tasks.
    public init() {}
  }

  /// Meta-training of the network that the search decodes.
  public struct Decoded: Sendable, Equatable {
    /// The number of tasks to train on.
    public var tasks: Int? = 10_000
    /// Seconds to train, instead of ``tasks``.
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

    /// 10,000 tasks with 5 inner steps each, in training as in tests.
    public init() {}
  }

  /// When and on how much a run is evaluated.
  public struct Evaluation: Sendable, Equatable {
    /// Meta-test tasks.
    public var tasks = 600
    /// Tasks between evaluations on meta-validation; `nil` for none.
    public var validationEvery: Int? = 2000
    /// Evaluations on meta-validation at so many equal parts of a stage's budget, beside those of ``validationEvery``; `nil` for none.
    public var validationPoints: Int?
    /// Meta-validation tasks.
    public var validationTasks = 100

    /// 600 meta-test tasks, and 100 meta-validation tasks after every 2,000 tasks of training.
    public init() {}
  }
}
