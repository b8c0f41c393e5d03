import ArchitecturePriors
import Basics
import MetaLearning

/// The methods that `method` of a configuration can name: one joins by its line here, or is registered by a program of your own before
/// its commands run.
public enum MethodRegistry: KindRegistry {
  /// The methods, in the order of lists.
  public static let registry = Registry<any MetaLearner.Type>(
    "method",
    [
      TNAS.self,
      MAML.self,
      ANIL.self,
      MetaSGD.self,
      IMAML.self,
      Reptile.self,
      MAMLPlusPlus.self,
      ProtoNet.self,
      FineTuning.self,
    ], name: { $0.name })
}
