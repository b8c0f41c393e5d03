/// What `method` of a configuration can name: a way to learn from many tasks how to adapt to a new one.
///
/// A method is a value with its settings as stored properties; it has no state. Conform to ``FewShotMethod`` for one that meta-trains a
/// network that somebody chose, and to `ArchitecturePrior` for one that learns an architecture as well. Then list it in
/// `MethodRegistry`, or register it there from a program of your own.
public protocol MetaLearner: Sendable {
  /// What configurations, tables and the command line call it, such as `maml`: letters, digits and `+-.`.
  static var name: String { get }
  /// What it does, in a few words, with its source.
  static var summary: String { get }
  /// What can be set: the keys of a configuration's section `learner`. None by default.
  static var settings: [MethodSetting<Self>] { get }
  /// Whether it adapts by inner steps, so that their number and rate matter. True by default.
  static var hasInnerLoop: Bool { get }
  /// Whether its models have an output for each class; without, training tasks may have any number of classes. True by default.
  static var hasClassOutputs: Bool { get }
  /// Whether it learns from tasks at all. False only for baselines that begin every task anew; true by default.
  static var isMetaTrained: Bool { get }
  /// Whether training depends on how long it will be, even under a constant rate. False by default.
  static var changesWithBudget: Bool { get }
  /// The method with its usual settings.
  init()
}

extension MetaLearner {
  /// Nothing to set.
  public static var settings: [MethodSetting<Self>] { [] }
  /// It adapts by inner steps.
  public static var hasInnerLoop: Bool { true }
  /// Its models have an output for each class.
  public static var hasClassOutputs: Bool { true }
  /// It learns from tasks.
  public static var isMetaTrained: Bool { true }
  /// Training does not depend on its length.
  public static var changesWithBudget: Bool { false }

  /// The method with some settings in place of the usual ones; values of other keys or kinds have no effect.
  public init(settings values: [String: SettingScalar]) {
    self.init()
    for setting in Self.settings {
      if let value = values[setting.key] { setting.write(&self, value) }
    }
  }
}
