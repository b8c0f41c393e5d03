import Basics
import CellNetworks
import Datasets
import Foundation
import Runs
import Tensors

/// One search on a supernet in a folder.
///
/// `log.jsonl` has a line an epoch, `checkpoint` the state after the last one, `result.json` what was found. A killed search goes on
/// after its last complete epoch, bit for bit. Once it has ended, log and result suffice: checkpoints are large, and published searches
/// are kept without them.
public struct SupernetSearchRun<Model: MixtureNetwork>: Sendable {
  /// A line of the log.
  public struct Line: Codable, Sendable {
    /// The number of the epoch, from 1 on.
    public var epoch: Int
    /// The architecture of the strongest operations; `nil` for methods that compare drawn architectures in the end.
    public var architecture: String?
    /// Losses and validation accuracy of the epoch.
    public var search: DifferentiableSearch<Model>.Report
    /// Strengths, skip connections and, in some epochs, the eigenvalue after it.
    public var diagnostics: SearchDiagnostics
    /// That the epoch took.
    public var seconds: Double
  }

  /// What was found.
  public struct Result: Codable, Sendable {
    /// The method's label: its name and the settings that differ from the usual ones.
    public var method: String
    /// The seed of the search.
    public var seed: UInt64
    /// The architecture that was found, in words.
    public var architecture: String
    /// How many architectures were compared with the shared weights; 1 where the strongest operations were taken.
    public var candidates: Int
    /// The validation accuracy with the shared weights, in 0...1; `nil` where no architectures were compared.
    public var sharedAccuracy: Double?
    /// The number of epochs done.
    public var epochs: Int
    /// The epochs that were asked for and that the schedules were made for.
    public var plannedEpochs: Int
    /// Of all epochs.
    public var seconds: Double
    /// Scalars in the weights of the supernet.
    public var weights: Int
    /// Scalars in θ.
    public var architectureParameters: Int
    /// Losses and validation accuracy of the last epoch.
    public var search: DifferentiableSearch<Model>.Report?
    /// The diagnostics of the last epoch that has an eigenvalue; of the last epoch where none has.
    public var diagnostics: SearchDiagnostics?
    /// Where the growth of the eigenvalue stopped the search, or would have; `nil` where it did not grow enough.
    public var stopping: Stopping?
    /// Whether the search took the architecture of ``Stopping/keptEpoch``.
    public var stoppedEarly: Bool
    /// The test accuracies that a table has for the architecture, in percent, by data set; looked up after the search.
    public var table: [String: Double]?
  }

  /// The decision of `EigenvalueStopping`.
  public struct Stopping: Codable, Sendable, Equatable {
    /// The epoch at which the search stops or would have.
    public var epoch: Int
    /// The earlier epoch whose architecture is kept.
    public var keptEpoch: Int
  }

  /// The search: supernet, method and settings.
  public let search: DifferentiableSearch<Model>
  /// The training and validation images.
  public let images: SupernetImages
  /// Writes an architecture in words.
  public let text: @Sendable (Model.Architecture) -> String
  /// The folder of this search.
  public let path: String
  /// Whether images are mirrored and moved at random in both levels (``SupernetImages/augmentedBatch(_:epoch:)``); not where found
  /// architectures are compared, nor for eigenvalues.
  public var augments = false
  /// Seconds of all epochs together, after which the search ends early; `nil` for no limit. An epoch that would probably end later is not
  /// begun; the first one always is.
  public var seconds: Double?
  /// Epochs from one eigenvalue to the next, after the first epoch and the last one too; 0 for none.
  public var eigenvalues = 0
  /// Whether the growth of the eigenvalue ends the search, which then takes the architecture from before (`EigenvalueStopping`); wants a
  /// method whose θ follows a gradient, and eigenvalues.
  public var stopsEarly = false
  /// Gets notes, and is asked whether to stop: before every epoch, and in it before every batch and every product of an eigenvalue. An
  /// epoch that is not complete is made again.
  public var observer = RunObserver()
  /// What the folder's files belong to, beside method and seed; see `SearchFolder.owner`. Empty for a folder of its own.
  public var settings = ""
  /// Whether the folder was made with checksums, so that a file without one is damaged.
  public var isSealed = false
  private var owner: String {
    "\(search.method.label), seed \(search.settings.seed)" + (settings.isEmpty ? "" : ", \(settings)")
  }
  /// Gets the log line of every epoch.
  public var progress: @Sendable (Line) -> Void = { _ in }

  /// A run with no limits, no eigenvalues and no augmentation; set the properties for others.
  ///
  /// - Parameters:
  ///   - search: the search to run: its model and method.
  ///   - images: training and validation images.
  ///   - path: the folder of this search; it is made where it is missing.
  ///   - text: an architecture in words, for log and result.
  public init(
    _ search: DifferentiableSearch<Model>, images: SupernetImages, path: String,
    text: @escaping @Sendable (Model.Architecture) -> String
  ) {
    self.search = search
    self.images = images
    self.path = path
    self.text = text
  }

  /// Whether the method's θ follows a gradient, so that there is a Hessian.
  public var hasEigenvalues: Bool {
    if case .hypergradient = search.method.learning(on: search.model, rate: 0, weightDecay: 0) { true } else { false }
  }

  /// The epochs that are done; 0 where there is neither a checkpoint nor the result of a search that has ended.
  ///
  /// Nothing is written.
  ///
  /// - Throws: `RunError` where the folder may not be looked into.
  public func epochsDone() throws -> Int { try ended()?.epochs ?? usableState().state?.epochs ?? 0 }

  /// Runs the search to its end, or goes on with it.
  ///
  /// - Returns: the result; `nil` where ``observer`` ended it before.
  /// - Throws: `RunError` for files, `SupernetSearchError` and `BilevelError` for the search.
  public func run() throws -> Result? {
    do {
      return try searched()
    } catch is Interrupted {
      return nil
    }
  }

  /// Ends an epoch half-way, of which nothing is kept.
  private struct Interrupted: Error {}

  private func check() throws { if observer.isInterrupted() { throw Interrupted() } }

  private func searched() throws -> Result {
    try persist { try FolderFile.makeFolder(path, of: path) }
    ByteFile.removeAbandoned(in: path)
    if let ended = try ended() { return ended }
    if try FolderFile.exists("result.json", of: path), try !FolderFile.exists("checkpoint", of: path) {
      observer.say(
        "note: \(path) has no checkpoint, and log.jsonl and result.json do not hold all of the search: it begins again")
    }
    try putDamagedResultAside()
    let journal = try persist { try Journal(path: path + "/log.jsonl", owner: owner, mustBeSealed: isSealed) }
    try journal.drop { Self.flaw(ofLine: $0) }
    for note in journal.notes { observer.say("note: \(note)") }
    var lines = try logged()
    var state = try state()
    if (lines.last?.epoch ?? 0) < state.epochs || lines.count < min(state.epochs, lines.last?.epoch ?? 0) {
      observer.say("note: log.jsonl lacks epochs that the checkpoint has: curves, seconds and what goes by them lack them too")
    }
    let curvature = images.batch(Array(images.validation.prefix(search.settings.batch)))
    // Lines beyond the state are of epochs that are made again: they do not end the search before it gets there.
    while state.epochs < search.settings.epochs, !isOver(lines.filter { $0.epoch <= state.epochs }) {
      try check()
      let clock = ContinuousClock()
      let start = clock.now
      let epoch = state.epochs
      let (next, report) = try search.epoch(state, training: images.training, validation: images.validation) { numbers in
        try check()
        return augments ? images.augmentedBatch(numbers, epoch: epoch) : images.batch(numbers)
      }
      state = next
      let looks =
        eigenvalues > 0
        && (state.epochs == 1 || state.epochs.isMultiple(of: eigenvalues) || state.epochs == search.settings.epochs)
      let line = Line(
        epoch: state.epochs, architecture: try search.strongestOperations(state).map(text), search: report,
        diagnostics: try SearchDiagnostics(state, of: search, curvature: looks ? curvature : nil, check: check),
        seconds: (clock.now - start) / .seconds(1))
      // The log first: an epoch that is in the log and not in the checkpoint is made again, with the same result.
      if lines.last.map({ $0.epoch < line.epoch }) ?? true {
        try persist { try journal.append(line) }
        lines.append(line)
      }
      let done = state
      try persist { try save(done) }
      progress(line)
    }
    let selection = try search.selection(state, validation: images.validation) { numbers in
      try check()
      return images.batch(numbers)
    }
    let result = result(selection, state, lines.filter { $0.epoch <= state.epochs })
    try persist { try write(result) }
    return result
  }

  /// Writes something, waiting where the disk is full.
  private func persist<Value>(_ work: () throws -> Value) throws -> Value {
    try DiskSpace.persist(waiting: observer.waitForSpace, work)
  }

  /// The result of a search that has ended and whose checkpoint is gone; `nil` where there is more to do or nothing to go by.
  private func ended() throws -> Result? {
    guard try !FolderFile.exists("checkpoint", of: path), try FolderFile.exists("result.json", of: path),
      try FolderFile.exists("log.jsonl", of: path)
    else { return nil }
    let (result, lines): (Result, [Line])
    do {
      result = try FolderFile.read(json: Result.self, from: "result.json", of: path, owner: owner, mustBeSealed: isSealed)
      lines = try logged()
    } catch let error as RunError where error.isDamage {
      // What is damaged is put aside, and the search made again.
      return nil
    }
    guard result.method == search.method.label, result.seed == search.settings.seed else { return nil }
    let last = lines.last?.epoch ?? 0
    // With neither all lines nor a checkpoint, the search is made again.
    guard last == result.epochs else { return nil }
    if result.stoppedEarly { return stopsEarly ? result : nil }
    return result.epochs == search.settings.epochs && (!stopsEarly || result.stopping == nil) ? result : nil
  }

  /// Writes the result, whole or not at all.
  ///
  /// - Throws: `RunError`.
  public func write(_ result: Result) throws { try FolderFile.write(json: result, to: "result.json", of: path, owner: owner) }

  /// Renames a result that is damaged or another search's: it is made again from checkpoint and log.
  private func putDamagedResultAside() throws {
    guard try FolderFile.exists("result.json", of: path) else { return }
    do {
      _ = try FolderFile.read(json: Result.self, from: "result.json", of: path, owner: owner, mustBeSealed: isSealed)
    } catch {
      guard error.isDamage else { throw error }
      observer.say("note: \(try DamagedFile.putAside(path + "/result.json", because: error)), and made again")
    }
  }

  private func isOver(_ lines: [Line]) -> Bool {
    if stopsEarly, stopping(lines) != nil { return true }
    guard let seconds, let last = lines.last else { return false }
    return lines.reduce(last.seconds) { $0 + $1.seconds } > seconds
  }

  private func result(
    _ selection: DifferentiableSearch<Model>.Selection, _ state: DifferentiableSearch<Model>.State, _ lines: [Line]
  ) -> Result {
    let measured = lines.filter { $0.diagnostics.eigenvalue != nil }
    let stop = stopping(lines)
    // What was strongest then is in the log; weights are of no matter for it.
    let kept = stopsEarly ? lines.first { $0.epoch == stop?.keptEpoch }?.architecture : nil
    return Result(
      method: search.method.label, seed: search.settings.seed, architecture: kept ?? text(selection.architecture),
      candidates: selection.candidates, sharedAccuracy: selection.accuracy, epochs: state.epochs,
      plannedEpochs: search.settings.epochs, seconds: lines.reduce(0) { $0 + $1.seconds }, weights: state.weights.scalarCount,
      architectureParameters: state.architecture.scalarCount, search: lines.last?.search,
      diagnostics: (measured.last ?? lines.last)?.diagnostics, stopping: stop, stoppedEarly: kept != nil, table: nil)
  }

  /// What the eigenvalues of evenly spaced epochs say.
  private func stopping(_ lines: [Line]) -> Stopping? {
    guard eigenvalues > 0 else { return nil }
    let values = lines.compactMap { line in
      line.epoch.isMultiple(of: eigenvalues) ? line.diagnostics.eigenvalue.map { (line.epoch, $0) } : nil
    }
    return EigenvalueStopping().stop(values).map { Stopping(epoch: $0.at, keptEpoch: $0.keep) }
  }

  /// The epochs in the log.
  func logged() throws -> [Line] {
    let path = path + "/log.jsonl"
    let reading = try Journal.reading(path, owner: owner)
    if let damage = reading.damage.first ?? (isSealed && !reading.isSealed ? "no line has a checksum" : nil) {
      throw RunError(.damaged(file: "log.jsonl", reason: damage), path: self.path)
    }
    return try reading.lines.map { line in
      do throws(JSONBounds.Violation) {
        return try JSONBounds.decode(Line.self, from: Array(line.text.utf8))
      } catch {
        throw RunError(.unreadable(file: "log.jsonl", reason: "line \(line.place): \(error.reason)"), path: self.path)
      }
    }
  }

  /// What keeps a line from being an epoch; `nil` for a good one.
  private static func flaw(ofLine text: String) -> String? {
    do throws(JSONBounds.Violation) {
      let line = try JSONBounds.decode(Line.self, from: Array(text.utf8))
      return line.epoch > 0 && (0...1e12).contains(line.seconds) ? nil : "no epoch of a search"
    } catch {
      return error.reason
    }
  }

  // MARK: The checkpoint

  private func save(_ state: DifferentiableSearch<Model>.State) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    try FolderFile.writeChecked(Array(try encoder.encode(SearchCheckpoint(state))), to: "checkpoint", of: path, owner: owner)
  }

  /// The state to go on from. A checkpoint that cannot be used is put aside; the search then begins again, and ends as it would have.
  private func state() throws -> DifferentiableSearch<Model>.State {
    let (state, flaw) = try usableState()
    if let flaw {
      observer.say("note: \(try DamagedFile.putAside(path + "/checkpoint", because: flaw)), and the search begins again")
    }
    return state ?? search.start()
  }

  /// The state of the checkpoint, if there is one, or what is wrong with it.
  private func usableState() throws -> (state: DifferentiableSearch<Model>.State?, flaw: RunError?) {
    guard try FolderFile.exists("checkpoint", of: path) else { return (nil, nil) }
    do {
      return (try savedState(), nil)
    } catch let error as RunError where error.isDamage {
      return (nil, error)
    } catch SupernetSearchError.badState(let reason) {
      return (nil, RunError(.unreadable(file: "checkpoint", reason: reason), path: path))
    }
  }

  /// The state of the checkpoint.
  ///
  /// - Throws: `RunError` or `SupernetSearchError` where there is none, or it is damaged or of another search.
  public func savedState() throws -> DifferentiableSearch<Model>.State {
    let bytes = try FolderFile.readChecked("checkpoint", of: path, owner: owner, mustBeOwned: isSealed)
    let checkpoint: SearchCheckpoint
    do throws(JSONBounds.Violation) {
      checkpoint = try JSONBounds.decode(SearchCheckpoint.self, from: bytes)
    } catch {
      throw RunError(.unreadable(file: "checkpoint", reason: error.reason), path: path)
    }
    return try checkpoint.state(of: search)
  }
}
