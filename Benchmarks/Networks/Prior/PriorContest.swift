import ArchPrior

/// A task as strategies meet it, and its query images as they are asked for when a strategy is done.
struct ContestTask: Sendable {
  let support: SupportSet
  /// The query images `[n, h, w, c]` and their classes.
  let query: @Sendable () -> (images: Tensor, labels: [Int])

  init(support: SupportSet, query: @escaping @Sendable () -> (images: Tensor, labels: [Int])) {
    self.support = support
    self.query = query
  }

  /// - Throws: `TaskError` where the description does not fit.
  init(_ description: TaskDescription, maker: EpisodeMaker) throws {
    let episode = try maker.episode(description)
    self.init(support: SupportSet(episode)) { (episode.query.tensor, episode.queryLabels) }
  }
}

/// What a contestant made of a task.
struct Attempt: Codable, Hashable, Sendable {
  /// The share of query images classified rightly, in 0...1.
  var accuracy: Double
  /// Processor seconds until the network was ready; predicting is not counted, for nobody.
  var seconds: Double
  /// Of these for the search.
  var searchSeconds: Double
  /// Steps of training: of the network that was found, or of the adaptation.
  var steps: Int
  /// Candidates judged, or steps of θ.
  var evaluations: Int
}

/// Who takes part.
enum Contestant: String, CaseIterable, Codable, Sendable {
  // With a prior: they take the time that their steps take.
  case prior
  case priorOfOmniglot = "prior-omniglot"
  case decodedMAML = "decoded-maml"
  // From scratch: they take the time that they are given.
  case randomCell = "random-cell"
  case priorCell = "prior-cell"
  case taskCell = "task-cell"
  case conv4 = "conv-4"
  case randomSearch = "random-search"
  case evolution = "regularized-evolution"
  case darts = "darts-first"
  case gdas = "gdas"

  var usesPriorWeights: Bool { [.prior, .priorOfOmniglot, .decodedMAML].contains(self) }
  var searches: Bool { [.randomSearch, .evolution, .darts, .gdas].contains(self) }

  var title: String {
    switch self {
    case .prior: "T-NAS prior of scripts"
    case .priorOfOmniglot: "T-NAS prior of Omniglot"
    case .decodedMAML: "the scripts' cell, meta-trained"
    case .randomCell: "a random cell"
    case .priorCell: "one cell for all tasks"
    case .taskCell: "the prior's cell for the task"
    case .conv4: "conv-4"
    case .randomSearch: "random search"
    case .evolution: "evolution"
    case .darts: "DARTS, first order"
    case .gdas: "GDAS"
    }
  }
}

/// Puts contestants before tasks.
struct PriorContest: Sendable {
  /// The prior; its network space is everybody's.
  let prior: TrainedPrior.Learner
  let space: DARTSSpace
  /// Meta-trained on Omniglot's training characters, where there is one.
  let priorOfOmniglot: TrainedPrior.Learner?
  /// The network decoded from the prior, with meta-trained weights.
  let decoded: TrainedPrior.Learner?
  /// The cell decoded from the prior for all tasks.
  let cell: Genotype
  let seed: UInt64

  init(
    prior: TrainedPrior.Learner, space: DARTSSpace, priorOfOmniglot: TrainedPrior.Learner?, decoded: TrainedPrior.Learner?,
    cell: Genotype, seed: UInt64
  ) {
    (self.prior, self.space, self.priorOfOmniglot, self.decoded) = (prior, space, priorOfOmniglot, decoded)
    (self.cell, self.seed) = (cell, seed)
  }

  /// - Throws: `CommandMistake` where the run is no finished T-NAS run.
  init(_ trained: TrainedPrior, omniglot: TrainedPrior?, seed: UInt64) throws {
    guard let prior = trained.learners.first, let model = prior.model as? SupernetModel, let genotype = trained.genotype else {
      throw CommandMistake("the run of --prior is no T-NAS run that decoded a network; make one with archprior meta-train")
    }
    self.prior = prior
    space = model.supernet.space
    decoded = trained.learners.first { $0.name == "decoded" }
    priorOfOmniglot = omniglot?.learners.first
    cell = genotype
    self.seed = seed
  }

  /// One contestant on one task. The query images are asked for when it is done.
  ///
  /// - Parameters:
  ///   - settings: of searches from scratch.
  ///   - seconds: the time for those from scratch.
  ///   - stream: what a contestant draws is pure in the seed, this name and the number of the task.
  /// - Returns: `nil` for a contestant that cannot take part.
  /// - Throws: `BilevelError` where an adaptation diverges.
  func attempt(
    _ contestant: Contestant, on task: ContestTask, number: Int, stream: String, settings: ScratchSettings, seconds: Double,
    clock: @escaping @Sendable () -> Double = Deadline.processorSeconds
  ) throws -> Attempt? {
    var draw = Philox(seed: seed, stream: "contest/\(stream)", index: UInt64(number))
    let search = ScratchSearch(space: space, settings: settings, seed: draw.next())
    let random = space.sample(using: &draw)
    func scratch(_ strategy: ScratchStrategy) throws -> Attempt {
      try Self.judge(search.solve(task.support, by: strategy, until: Deadline(seconds, clock: clock)), task)
    }
    switch contestant {
    case .prior: return try adapted(prior, task, clock)
    case .priorOfOmniglot: return try priorOfOmniglot.map { try adapted($0, task, clock) }
    case .decodedMAML: return try decoded.map { try adapted($0, task, clock) }
    case .randomCell: return try scratch(.fixed(random))
    case .priorCell: return try scratch(.fixed(cell))
    case .conv4: return try scratch(.conv4(filters: 64))
    case .randomSearch: return try scratch(.blackBox(RandomSearch()))
    case .evolution:
      return try scratch(
        .blackBox(RegularizedEvolution(population: settings.population, tournament: settings.tournament)))
    case .darts: return try scratch(.supernet(DARTS(order: .first)))
    case .gdas: return try scratch(.supernet(GDAS()))
    case .taskCell:
      let deadline = Deadline(seconds, clock: clock)
      guard let model = prior.model as? SupernetModel else { return nil }
      let own = try model.decode(Self.parameters(prior, prior.model, task.support))
      let searchSeconds = deadline.elapsed
      let solution = try search.solve(task.support, by: .fixed(own), until: deadline)
      return try Self.judge(solution, task, searchSeconds: searchSeconds)
    }
  }

  /// The parameters after a learner's adaptation to support images.
  private static func parameters<Model: AdaptableModel>(
    _ learner: TrainedPrior.Learner, _ model: Model, _ support: SupportSet
  ) throws -> ParameterTree {
    let data = support.plain
    // The support images stand where query images would: there are none here.
    let task = FewShotTask(
      supportImages: data.images, supportLabels: support.labels, queryImages: data.images, queryLabels: support.labels,
      way: support.way)
    let problem = FewShotProblem(model, task: task, batchNorm: .transductive)
    let outer = learner.parameters.tensors
    let inner = try learner.loop.run(problem, from: problem.initialInner(outer), outer: outer).inner
    return learner.parameters.with(inner + outer.dropFirst(inner.count))
  }

  private func adapted(
    _ learner: TrainedPrior.Learner, _ task: ContestTask, _ clock: @escaping @Sendable () -> Double
  ) throws -> Attempt {
    let deadline = Deadline(.infinity, clock: clock)
    let parameters = try Self.parameters(learner, learner.model, task.support)
    let seconds = deadline.elapsed
    let (images, labels) = task.query()
    let scores = learner.model.logits(
      parameters.tensors, images: images, context: ForwardContext(round: max(0, learner.loop.rounds - 1)))
    return Attempt(
      accuracy: NeuralNetworks.accuracy(of: scores, labels), seconds: seconds, searchSeconds: 0, steps: learner.loop.rounds,
      evaluations: 0)
  }

  /// Asks for the query images of a task that a strategy is done with.
  private static func judge(_ solution: ScratchSolution, _ task: ContestTask, searchSeconds: Double? = nil) throws -> Attempt {
    let (images, labels) = task.query()
    return Attempt(
      accuracy: NeuralNetworks.accuracy(of: solution.trained.logits(images), labels), seconds: solution.seconds,
      searchSeconds: searchSeconds ?? solution.searchSeconds, steps: solution.trained.steps, evaluations: solution.evaluations)
  }
}
