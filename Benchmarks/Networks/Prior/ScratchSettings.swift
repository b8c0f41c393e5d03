import ArchPrior

/// Everything that searches from scratch are set to. The numbers were chosen on meta-validation tasks (`--tune`; tuning.txt).
struct ScratchSettings: Codable, Hashable, Sendable {
  /// How the network that was found is trained, and with it all networks that are given.
  var training: ScratchTraining
  /// How the four-layer convolution network is trained.
  var conv4: ScratchTraining
  /// How candidates of black-box searches are trained.
  var candidates: ScratchTraining
  /// Steps a candidate.
  var candidateSteps: Int
  /// Copies of every image that candidates are judged by.
  var judgingCopies = 4
  /// How these copies differ from the images: more than those for training do.
  var judgingWarp = Warp(degrees: 20, scale: 0.2, shift: 2)
  /// The share of the time for the search; the rest is for training what was found.
  var searchShare = 0.5
  /// The weights' first learning rate in differentiable searches.
  var supernetRate: Double
  /// θ's.
  var architectureRate: Double
  /// Copies of every image in a batch of a differentiable search.
  var supernetCopies: Int
  /// Regularized evolution's sizes: those of NAS-Bench-201's authors, for a few dozen evaluations.
  var population = 10
  var tournament = 3

  /// The settings for a multiple of the prior's adaptation time.
  static func standard(factor: Int) -> ScratchSettings {
    switch factor {
    case ..<4:
      ScratchSettings(
        training: .init(rate: 3e-3, copies: 1), conv4: .init(rate: 1e-3, copies: 1), candidates: .init(rate: 3e-3, copies: 1),
        candidateSteps: 4, searchShare: 0.25, supernetRate: 0.1, architectureRate: 0.03, supernetCopies: 1)
    case ..<32:
      ScratchSettings(
        training: .init(rate: 1e-3, copies: 1), conv4: .init(rate: 1e-3, copies: 1), candidates: .init(rate: 3e-3, copies: 1),
        candidateSteps: 16, supernetRate: 0.1, architectureRate: 0.03, supernetCopies: 1)
    default:
      ScratchSettings(
        training: .init(rate: 1e-3, copies: 4), conv4: .init(rate: 1e-3, copies: 4), candidates: .init(rate: 3e-3, copies: 1),
        candidateSteps: 64, supernetRate: 0.1, architectureRate: 0.03, supernetCopies: 1)
    }
  }
}
