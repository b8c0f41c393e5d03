import ArchPrior

/// What a strategy does with a task that it meets for the first time, knowing nothing of other tasks.
enum ScratchStrategy: Sendable {
  /// Trains a network that was given.
  case fixed(Genotype)
  /// Trains four convolution layers.
  case conv4(filters: Int)
  /// Searches by trainings of candidates, then trains the best one.
  case blackBox(any SearchMethod)
  /// Searches on a supernet, then trains the decoded network.
  case supernet(any SupernetMethod)
}

/// What a strategy has after its time: a network that classifies.
struct ScratchSolution: Sendable {
  let trained: ScratchTraining.Trained
  /// The cell; `nil` for a network of no cells.
  let genotype: Genotype?
  /// Seconds of the search, and in all.
  let searchSeconds: Double
  let seconds: Double
  /// Candidates that were judged, or steps of θ.
  let evaluations: Int
}

/// Solves one task from its support images within a time.
struct ScratchSearch: Sendable {
  let space: DARTSSpace
  let supernet: Supernet
  let settings: ScratchSettings
  /// Determines first weights, copies and what strategies draw.
  let seed: UInt64

  init(space: DARTSSpace, settings: ScratchSettings, seed: UInt64) {
    self.space = space
    supernet = Supernet(space)
    self.settings = settings
    self.seed = seed
  }

  /// - Throws: what methods throw that cannot search the space; a search that finds nothing in its time takes its first proposal.
  func solve(_ support: SupportSet, by strategy: ScratchStrategy, until deadline: Deadline) throws -> ScratchSolution {
    var evaluations = 0
    let genotype: Genotype?
    let network: any Network
    var training = settings.training
    switch strategy {
    case .fixed(let given):
      (genotype, network) = (given, try GenotypeNetwork(given, in: space))
    case .conv4(let filters):
      genotype = nil
      network = Conv4(
        filters: filters, inputHeight: space.inputHeight, inputWidth: space.inputWidth, inputChannels: space.inputChannels,
        way: space.way)
      training = settings.conv4
    case .blackBox(let method):
      let found: Genotype
      (found, evaluations) = try search(support, by: method, until: deadline.part(settings.searchShare))
      (genotype, network) = (found, try GenotypeNetwork(found, in: space))
    case .supernet(let method):
      let found: Genotype
      (found, evaluations) = try search(support, by: method, until: deadline.part(settings.searchShare))
      (genotype, network) = (found, try GenotypeNetwork(found, in: space))
    }
    let searchSeconds = deadline.elapsed
    let all = copies(of: support, Array(support.labels.indices), training.warp, "training")
    let trained = training.train(network, on: all, until: deadline, seed: seed)
    return ScratchSolution(
      trained: trained, genotype: genotype, searchSeconds: searchSeconds, seconds: deadline.elapsed, evaluations: evaluations)
  }

  private func copies(of support: SupportSet, _ images: [Int], _ warp: Warp, _ name: String) -> WarpedCopies {
    WarpedCopies(of: support, images: images, warp: warp, seed: seed, name: name)
  }

  /// Ask and tell until the time is up.
  private func search(
    _ support: SupportSet, by method: any SearchMethod, until deadline: Deadline
  ) throws -> (Genotype, evaluations: Int) {
    let parts = support.parts
    let estimator = CandidateEstimator(
      space: space, training: settings.candidates,
      images: copies(of: support, parts.training, settings.candidates.warp, "candidates"),
      judging: copies(of: support, parts.judging, settings.judgingWarp, "judging").batch(
        0..<settings.judgingCopies * parts.judging.count),
      steps: settings.candidateSteps, deadline: deadline, seed: seed)
    let strategy = try method.strategy(for: SearchProblem(space, epochs: estimator.epochs, seed: seed))
    var session = SearchSession(strategy)
    // A candidate that the time does not suffice for fails, and ends the search: what is left is better used for training.
    var judged = 0
    session.run(estimator, budget: SearchBudget()) {
      defer { judged += 1 }
      return deadline.excludes(judged == 0 ? 0 : deadline.elapsed / Double(judged))
    }
    let found = session.best?.proposal.architecture ?? session.steps.first?.proposal.architecture
    var generator = Philox(seed: seed, stream: "no candidate")
    return (found ?? space.sample(using: &generator), session.steps.count { $0.score != nil })
  }

  /// Steps of θ and of the weights in turns until the time is up. The number of steps, which rates and temperatures fall over, is
  /// estimated from the first one.
  private func search(
    _ support: SupportSet, by method: any SupernetMethod, until deadline: Deadline
  ) throws -> (Genotype, evaluations: Int) {
    let parts = support.parts
    let training = copies(of: support, parts.training, settings.training.warp, "supernet")
    let judging = copies(of: support, parts.judging, settings.judgingWarp, "judging")
    // Both halves of a step are as large as the smaller one.
    let batch = settings.supernetCopies * min(parts.training.count, parts.judging.count)
    let apart = 1 << 40
    var search = settings.differentiable(batch: batch, seed: seed)
    var state = try DifferentiableSearch(model: supernet, method: method, settings: search).start()
    let clock = deadline.part(1)
    while !clock.excludes(state.epochs == 0 ? 0 : clock.elapsed / Double(state.epochs)) {
      let numbers = Array(state.epochs * batch..<(state.epochs + 1) * batch)
      // An epoch of one step.
      guard
        let next = try? DifferentiableSearch(model: supernet, method: method, settings: search).epoch(
          state, training: numbers, validation: numbers.map { $0 + apart },
          batch: { numbers in
            numbers.first.map { $0 >= apart } ?? false ? judging.batch(numbers.map { $0 - apart }) : training.batch(numbers)
          })
      else { break }
      state = next.state
      if state.epochs == 1 { search.epochs = max(1, Int((clock.end - clock.start) / max(1e-6, clock.elapsed))) }
    }
    return (try supernet.architecture(state.architecture), state.epochs)
  }
}

extension ScratchSettings {
  /// The settings of a differentiable search, where they are not those of DARTS' authors.
  func differentiable(batch: Int, seed: UInt64) -> SearchSettings {
    var search = SearchSettings()
    (search.batch, search.seed, search.rate, search.lastRate) = (batch, seed, supernetRate, supernetRate / 25)
    (search.architectureRate, search.architectureWeightDecay) = (architectureRate, 1e-3)
    return search
  }
}
