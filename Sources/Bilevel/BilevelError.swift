import Basics
import Tensors

/// Why a bilevel computation stopped: what is wrong, with which parameter, and what to do.
public enum BilevelError: ReportableError, Sendable, Hashable {
  /// A loss or a parameter became infinite or not a number.
  case diverged(what: String, step: Int)
  /// The rates of a step are not one for each inner variable.
  case rateCount(rates: Int, variables: Int)
  /// A tensor has the wrong shape; `nil` for one that is missing.
  case shape(parameter: String, shape: [Int]?, expected: [Int])
  /// Two parameters are of different element types.
  case elementType(parameter: String, type: ElementType, other: String, otherType: ElementType)
  /// A loss is not a scalar.
  case notScalar(loss: String, shape: [Int])
  /// The outer loss does not depend on an outer variable in any way.
  case disconnected(parameter: String)
  /// The outer loss depends on ω only in ways that the estimator leaves out; its hypergradient would always be zero.
  case unseen(estimator: String, parameter: String, remedy: String)
  /// The inner loss has a direction without positive curvature at the end of the inner loop, mostly in one parameter.
  case indefinite(parameter: String, curvature: Double, iteration: Int)
  /// The estimator cannot do what the inner loop asks for.
  case unsupported(estimator: String, what: String, remedy: String)
  /// The weights of the outer losses after every round are not one for each round.
  case lossWeightCount(weights: Int, rounds: Int)

  /// What is wrong, with which parameter, and mostly what to do.
  public var fault: Fault {
    switch self {
    case .diverged(let what, let step):
      Fault(
        "\(what) is not finite at inner step \(step)",
        help: "lower the inner learning rates (or the outer ones, if it came late)")
    case .rateCount(let rates, let variables):
      Fault("a gradient step has \(rates) rates for \(variables) inner variables")
    case .shape(let parameter, let shape, let expected):
      if let shape {
        Fault(
          "the parameter \(parameter) has the shape \(shape), not \(expected)", at: .mentioned(key: parameter),
          help: "give it the shape that the problem states")
      } else {
        Fault(
          "the parameter \(parameter) of shape \(expected) is missing", at: .mentioned(key: parameter),
          help: "add it to the variables given")
      }
    case .elementType(let parameter, let type, let other, let otherType):
      Fault(
        "the parameter \(parameter) is \(type) and \(other) is \(otherType)", at: .mentioned(key: parameter),
        help: "bring them to one type with converted(to:)")
    case .notScalar(let loss, let shape):
      Fault("\(loss) has the shape \(shape) and is no scalar", help: "sum or average it")
    case .disconnected(let parameter):
      Fault(
        "the outer loss does not depend on the parameter \(parameter), neither directly nor through the inner loop",
        at: .mentioned(key: parameter),
        help: "use it in a loss or in the start of the inner loop, or take it out of the outer variables")
    case .unseen(let estimator, let parameter, let remedy):
      Fault(
        "the outer loss depends on the parameter \(parameter) only on ways that the estimator \(estimator) leaves out, so that its "
          + "hypergradient would always be zero", at: .mentioned(key: parameter), help: remedy)
    case .indefinite(let parameter, let curvature, let iteration):
      Fault(
        "the inner loss has curvature \(curvature) at iteration \(iteration) of conjugate gradients, mostly in the parameter "
          + "\(parameter): its Hessian is not positive definite", at: .mentioned(key: parameter),
        help: "add damping or a proximal term, take more inner steps, or use normal-cg or gmres")
    case .unsupported(let estimator, let what, let remedy):
      Fault("the estimator \(estimator) does not work with \(what)", help: remedy)
    case .lossWeightCount(let weights, let rounds):
      Fault(
        "there are \(weights) weights of outer losses for \(rounds) rounds of the inner loop",
        help: "give one for each round, or none")
    }
  }
}
