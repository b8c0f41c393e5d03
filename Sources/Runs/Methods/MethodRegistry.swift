import ArchitecturePriors
import Basics
import MetaLearning

/// The methods that `method` of a configuration can name: one joins by its line here, or is registered by a program of your own before
/// its commands run.
public enum MethodRegistry {
  /// All of them.
  public static let methods = Registry<any MetaLearner.Type>(
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

  /// Adds a method of your own.
  ///
  /// - Throws: `RegistryError` where the name is taken or cannot be one.
  public static func register(_ method: any MetaLearner.Type) throws(RegistryError) { try methods.register(method) }
}
