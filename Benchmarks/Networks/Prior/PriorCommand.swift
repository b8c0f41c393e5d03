import ArchPrior
import ArgumentParser
import Foundation

/// What a user got wrong.
struct CommandMistake: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// The T-NAS prior against strategies that search each task from scratch: accuracy against seconds.
struct PriorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prior",
    abstract: "A T-NAS prior, adapted in a few steps, against searches of each task from scratch with multiples of its time.",
    discussion: """
      Attempts are kept, a line each, in OUTPUT/attempts-*.jsonl; a run that was stopped goes on where it was. The time of searches is \
      a multiple of the prior's median processor time on the same tasks, measured first.
      """)

  @Option(help: "The folder of the prior's meta-training run.")
  var prior = "runs/prior-against-search/prior"
  @Option(help: "The same of a run on Omniglot, which takes part on Omniglot.")
  var omniglotPrior: String?
  @Option(help: "A folder with Omniglot's archives; without them, scripts alone.")
  var omniglot = "../shared/data"
  @Option(help: "Shots, separated by commas.")
  var shots = "1"
  @Option(help: "Multiples of the prior's time, separated by commas.")
  var factors = "1,10,100"
  @Option(help: "Tasks at each of them, separated by commas.")
  var tasks = "100,100,30"
  @Option(help: "Tasks of the prior, whose median time is the unit.")
  var priorTasks = 100
  @Option(help: "Determines tasks, first weights, copies and what strategies draw.")
  var seed: UInt64 = 1
  @Option(help: "Contestants, separated by commas; all by default.")
  var contestants = Contestant.allCases.map(\.rawValue).joined(separator: ",")
  @Option(help: "Stop after so many minutes; the next run goes on.")
  var minutes = Double.infinity
  @Option(help: "The folder of attempts, results and report.")
  var output = "Benchmarks/prior-against-search"
  @Flag(help: "Write results and report of the attempts that are there already.")
  var summary = false
  @Flag(help: "Try settings on meta-validation tasks instead; prints a table.")
  var tune = false

  /// Tasks of one kind.
  struct Place {
    var dataset: String
    var shot: Int
    var data: StudyData
    var tasks: (Int) -> TaskDescription
  }

  func run() throws {
    let (shots, factors, counts) = (
      try numbers(shots, "--shots"), try numbers(factors, "--factors"), try numbers(tasks, "--tasks")
    )
    guard tune || counts.count == factors.count, priorTasks >= 2, !shots.isEmpty else {
      throw ValidationError("--tasks has a number for each of --factors; --prior-tasks is 2 or more")
    }
    let wanted = try contestants.split(separator: ",").map { name in
      guard let contestant = Contestant(rawValue: String(name)) else {
        throw ValidationError(
          "there is no contestant \(name); choose of \(Contestant.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      return contestant
    }
    let trained = try TrainedPrior(run: .read(prior))
    let ofOmniglot = try omniglotPrior.map { try TrainedPrior(run: .read($0)) }
    // Its tasks are drawn from the test characters of this seed's split; another split would have trained on some of them.
    if let own = ofOmniglot?.configuration,
      own.data.path == nil || own.data.split != .random || (own.data.splitSeed ?? own.seed) != trained.configuration.seed
        || own.data.splitBy != .singleClass
    {
      throw CommandMistake(
        "the run of --omniglot-prior has another split of Omniglot's characters; meta-train it with data.path and the seed of --prior"
      )
    }
    let contest = try PriorContest(trained, omniglot: ofOmniglot, seed: seed)
    let places = try shots.flatMap { try self.places(trained.configuration, shot: $0, validation: tune) }
    if tune { return try PriorTuning(contest: contest, tasks: counts[0], contestants: wanted).run(places, factors: factors) }

    var journals = try Journals(
      folder: output, configuration: trained.configuration, contest: contest, factors: Set([0, 1, 10, 100] + factors))
    if !summary {
      let plan = Plan(wanted: wanted, factors: Array(zip(factors, counts)), priorTasks: max(priorTasks, counts.max() ?? 0))
      try run(contest, places, plan, &journals)
    }
    try write(PriorResults(journals.lines), journals.headers)
  }

  /// A file of attempts for every multiple of the time, so that other settings at one of them leave the others as they are.
  private struct Journals {
    private var files: [Int: JournalFile<PriorJournal.Header, PriorJournal.Line>] = [:]
    let headers: [Int: PriorJournal.Header]

    init(folder: String, configuration: Configuration, contest: PriorContest, factors: Set<Int>) throws {
      headers = Dictionary(
        uniqueKeysWithValues: factors.map { factor in
          let header = PriorJournal.Header(
            prior: configuration.name, cell: contest.cell.text, seed: contest.seed, way: configuration.task.way,
            queriesPerClass: configuration.task.query, settings: factor == 0 ? nil : .standard(factor: factor))
          return (factor, header)
        })
      for (factor, header) in headers {
        files[factor] = try JournalFile(folder + "/attempts-\(factor == 0 ? "prior" : "\(factor)x").jsonl", header: header)
      }
    }

    var lines: [PriorJournal.Line] { files.keys.sorted().flatMap { files[$0]?.entries ?? [] } }

    mutating func append(_ line: PriorJournal.Line) throws { try files[line.group.factor]?.append(line) }
  }

  private struct Plan {
    var wanted: [Contestant]
    var factors: [(factor: Int, tasks: Int)]
    var priorTasks: Int
  }

  private func run(
    _ contest: PriorContest, _ places: [Place], _ plan: Plan,
    _ journals: inout Journals
  ) throws {
    let begin = Date()
    func timeIsUp() -> Bool { Date().timeIntervalSince(begin) > minutes * 60 }
    struct Key: Hashable {
      var group: PriorJournal.Group
      var task: Int
    }
    var done = Set(journals.lines.map { Key(group: $0.group, task: $0.task) })
    func attempt(_ contestant: Contestant, _ place: Place, factor: Int, seconds: Double, task: Int) throws {
      let group = PriorJournal.Group(dataset: place.dataset, shot: place.shot, contestant: contestant, factor: factor)
      guard !timeIsUp(), done.insert(Key(group: group, task: task)).inserted else { return }
      let found = try contest.attempt(
        contestant, on: ContestTask(place.tasks(task), maker: place.data.maker), number: task,
        stream: "\(place.dataset)/\(place.shot)", settings: .standard(factor: factor), seconds: seconds)
      if let found { try journals.append(PriorJournal.Line(group: group, task: task, attempt: found)) }
    }

    // Whoever comes first would pay for filling the pools of buffers.
    for place in places {
      let task = try ContestTask(place.tasks(1_000_000), maker: place.data.maker)
      for contestant in plan.wanted {
        _ = try contest.attempt(
          contestant, on: task, number: 0, stream: "warm-up", settings: .standard(factor: 10), seconds: 0.1)
      }
    }
    for place in places {
      for contestant in plan.wanted where contestant.usesPriorWeights {
        if contestant == .priorOfOmniglot, place.dataset != "Omniglot" { continue }
        for task in 0..<plan.priorTasks { try attempt(contestant, place, factor: 0, seconds: 0, task: task) }
      }
    }
    let units = Dictionary(
      uniqueKeysWithValues: places.map { (place: Place) in (place.dataset + "\(place.shot)", unit(place, journals.lines)) })
    for (factor, tasks) in plan.factors {
      for task in 0..<tasks {
        for place in places {
          guard let unit = units[place.dataset + "\(place.shot)"] ?? nil else {
            throw CommandMistake("\(place.dataset), \(place.shot)-shot: the prior has not been timed; let it take part")
          }
          for contestant in plan.wanted where !contestant.usesPriorWeights && !(contestant == .taskCell && factor == 1) {
            try attempt(contestant, place, factor: factor, seconds: Double(factor) * unit, task: task)
          }
        }
        if (task + 1).isMultiple(of: factor >= 100 ? 5 : 25) {
          say("\(factor)×: \(task + 1) of \(tasks) tasks, \(Int(Date().timeIntervalSince(begin))) s")
        }
        if timeIsUp() { return say("stopped after \(minutes) minutes; call it again to go on") }
      }
    }
  }

  /// The prior's median processor seconds on the first tasks.
  private func unit(_ place: Place, _ lines: [PriorJournal.Line]) -> Double? {
    let group = PriorJournal.Group(dataset: place.dataset, shot: place.shot, contestant: .prior, factor: 0)
    let times = lines.filter { $0.group == group && $0.task < priorTasks }.map(\.attempt.seconds)
    return times.isEmpty ? nil : median(times)
  }

  /// The tasks of all data sets with this many shots.
  private func places(_ configuration: Configuration, shot: Int, validation: Bool) throws -> [Place] {
    var configuration = configuration
    configuration.task.shot = shot
    func place(_ name: String, _ data: StudyData, test: String) throws -> Place {
      if validation {
        let tasks = data.metaValidation
        return Place(dataset: name, shot: shot, data: data) { tasks.description(at: $0) }
      }
      guard let tasks = data.metaTest.first(where: { $0.name == test })?.tasks else {
        throw CommandMistake("the run of --prior has no held-out scripts (data.holdout_sources)")
      }
      return Place(dataset: name, shot: shot, data: data) { tasks.description(at: $0) }
    }
    var places = [try place("unseen scripts", StudyData(configuration), test: "unseen scripts")]
    guard FileManager.default.fileExists(atPath: omniglot + "/images_background.zip") else {
      say("no Omniglot in \(omniglot): scripts alone (--omniglot FOLDER)")
      return places
    }
    let shape = try TaskShape(way: configuration.task.way, shot: shot, queriesPerClass: configuration.task.query)
    places.append(
      try place(
        "Omniglot", StudyData(omniglot: omniglot, shape: shape, rotations: .none, seed: configuration.seed),
        test: "unseen characters"))
    return places
  }

  private func numbers(_ text: String, _ option: String) throws -> [Int] {
    try text.split(separator: ",").map {
      guard let number = Int($0), number >= 1 else { throw ValidationError("\(option): '\($0)' is no number of 1 or more") }
      return number
    }
  }

  private func write(_ results: PriorResults, _ headers: [Int: PriorJournal.Header]) throws {
    let folder = URL(fileURLWithPath: output)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    let machine = Machine.current(kernels: KernelLevel.name)
    let origin = PriorResults.Origin(
      machine: "\(machine.processor), \(machine.operatingSystem), \(machine.kernels) kernels", version: ArchPriorVersion.current,
      date: Date().formatted(.iso8601), settings: String(decoding: try encoder.encode(headers), as: UTF8.self))
    say(results.text)
    for (name, text) in [
      ("summary.txt", results.text + "\n"), ("results.csv", results.csv),
      ("results.json", String(decoding: try encoder.encode(results), as: UTF8.self) + "\n"),
      ("report.html", results.report(origin).html),
    ] {
      try text.write(to: folder.appendingPathComponent(name), atomically: true, encoding: .utf8)
    }
  }
}
