/// The three parts that the classes of a study are divided into.
public enum SplitName: String, Codable, Hashable, Sendable, CaseIterable {
  /// Classes that the meta-learner trains on.
  case metaTrain = "meta-train"
  /// Classes that choices (early stopping, hyperparameters) are made on.
  case metaValidation = "meta-validation"
  /// Classes that results are reported on, and nothing else.
  case metaTest = "meta-test"
}

/// A split as a type, so that a `TaskDistribution<MetaTest>` cannot be handed to something that wants a
/// `TaskDistribution<MetaTrain>`.
public protocol SplitTag: Sendable {
  /// The split as a value.
  static var name: SplitName { get }
}

/// The tag of ``SplitName/metaTrain``.
public enum MetaTrain: SplitTag {
  /// `.metaTrain`
  public static var name: SplitName { .metaTrain }
}

/// The tag of ``SplitName/metaValidation``.
public enum MetaValidation: SplitTag {
  /// `.metaValidation`
  public static var name: SplitName { .metaValidation }
}

/// The tag of ``SplitName/metaTest``.
public enum MetaTest: SplitTag {
  /// `.metaTest`
  public static var name: SplitName { .metaTest }
}
