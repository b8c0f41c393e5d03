import Basics
import Foundation

extension RunDirectory {
  /// What a run's folder says of itself.
  struct Papers {
    var configuration: Configuration
    /// What its files belong to; `nil` for a run of a version without seals.
    var identity: String?
    var notes: [String] = []
  }

  /// What a run's files belong to: method, seed, configuration and data, as a line for people.
  package static func identity(of configuration: Configuration, _ datasets: [Provenance.Dataset]) -> String {
    "\(configuration.method.text), seed \(configuration.seed), configuration \(configuration.digest.prefix(12)), "
      + dataDigest(datasets)
  }

  /// The end of an ``identity``.
  package static func dataDigest(_ datasets: [Provenance.Dataset]) -> String {
    "data \(Seal.digest(datasets.map { [$0.name, $0.sha256] }))"
  }

  /// Renames a damaged file of the run.
  ///
  /// - Returns: its new name.
  package func setAside(_ file: String) throws(RunError) -> String { try DamagedFile.setAside("\(path)/\(file)", calls: calls) }

  /// Writes the run's configuration with a checksum, and what the run's files belong to.
  ///
  /// - Throws: `RunError`.
  public func replaceConfiguration(_ configuration: Configuration) throws(RunError) {
    guard isSealed else { return try write(Array(configuration.resolved.utf8), to: "configuration.yaml") }
    try write(Seal.seal(yaml: configuration.resolved, owner: identity), to: "configuration.yaml")
  }

  /// Puts a new provenance in the place of a damaged one.
  ///
  /// - Throws: `RunError`.
  public func replaceProvenance(_ provenance: Provenance) throws(RunError) {
    do {
      let json = try FolderFile.prettyJSON(provenance)
      try write(isSealed ? Seal.seal(json: json, owner: identity) : json, to: "provenance.json")
    } catch let error as RunError {
      throw error
    } catch {
      throw RunError(.system(action: "write provenance.json", reason: "\(error)"), path: path)
    }
  }

  /// Reads the configuration.
  ///
  /// - Parameter calls: to put a damaged one aside and the newest checkpoint's in its place; `nil` where nothing may be written.
  /// - Throws: `RunError`, or `ConfigurationError` where it is not one.
  static func papers(of path: String, mending calls: FileCalls? = nil) throws -> Papers {
    do {
      return try wholePapers(of: path)
    } catch let error as RunError where !error.isDamage {
      throw error
    } catch {
      guard let papers = restored(path) else {
        let remedy = "there is no checkpoint to go on from: restore the file from a copy, or begin again with --overwrite"
        throw (error as? RunError)?.mended(by: remedy) ?? error
      }
      guard let calls else {
        throw (error as? RunError)?.mended(by: "this makes it again from the newest checkpoint: \(Advice.resume(run: path))")
          ?? error
      }
      return try put(papers, inPlaceOf: error, path, calls)
    }
  }

  private static func wholePapers(of path: String) throws -> Papers {
    let name = "configuration.yaml"
    guard try isThere(path) else { throw RunError.noRun(path) }
    let bytes: [UInt8]
    do {
      bytes = try ByteFile.read("\(path)/\(name)", limit: Configuration.sizeLimit)
    } catch {
      throw RunError(reading: name, error, path: path)
    }
    let opened: Seal.Opened
    do throws(Seal.Flaw) {
      opened = try Seal.open(yaml: bytes)
      if !opened.isSealed, provenanceIsSealed(path) { throw .damaged(Seal.missing) }
    } catch {
      throw RunError(error, file: name, expected: "", path: path)
    }
    guard let text = String(validating: opened.content, as: UTF8.self) else {
      throw ConfigurationError(path: "\(path)/\(name)", key: "", problem: "not UTF-8 text", help: "save it as UTF-8")
    }
    return Papers(configuration: try Configuration(yaml: text, path: "\(path)/\(name)"), identity: opened.owner)
  }

  /// Whether a folder holds a run; one that has lost its configuration is known by its provenance and its checkpoints.
  ///
  /// - Throws: `RunError` where it may not be looked into.
  package static func isThere(_ path: String) throws(RunError) -> Bool {
    if try FolderFile.exists("configuration.yaml", of: path) { return true }
    return isProvenance("\(path)/provenance.json") && restored(path) != nil
  }

  /// Puts the configuration of a checkpoint in the place of one that is damaged or missing.
  private static func put(_ papers: Papers, inPlaceOf error: any Error, _ path: String, _ calls: FileCalls) throws(RunError)
    -> Papers
  {
    let file = path + "/configuration.yaml"
    var said = (error as? any ReportableError)?.message ?? "\(error)"
    if let bytes = try? ByteFile.read(file, limit: Configuration.sizeLimit) {
      // A copy, so that there is a configuration at any moment.
      said += "; it is kept as \(try DamagedFile.copy(bytes, of: file, calls: calls))"
    } else if try FolderFile.exists("configuration.yaml", of: path) {
      said += "; it is kept as \(try DamagedFile.setAside(file, calls: calls))"
    }
    try FolderFile.write(
      papers.identity.map { Seal.seal(yaml: papers.configuration.resolved, owner: $0) }
        ?? Array(papers.configuration.resolved.utf8), to: "configuration.yaml", of: path, calls: calls)
    return Papers(
      configuration: papers.configuration, identity: papers.identity,
      notes: ["\(said), and that of the newest checkpoint is in its place"])
  }

  /// The configuration under which `resume(_:keptCheckpoints:)` goes on: the run's own or, where that is damaged, the newest
  /// checkpoint's.
  ///
  /// - Throws: `RunError`, or `ConfigurationError` where it cannot be read.
  public static func configurationToResume(_ path: String) throws -> Configuration {
    do {
      return try papers(of: path).configuration
    } catch {
      guard (error as? RunError)?.isDamage ?? true, let restored = restored(path) else { throw error }
      return restored.configuration
    }
  }

  /// Where the numbers come from. A provenance that is damaged or missing is put aside, and a new one in its place, where what the
  /// run's other files belong to says that the data are the same.
  ///
  /// - Parameter fresh: makes the new one.
  /// - Throws: `RunError`.
  public func provenance(mendedBy fresh: () -> Provenance) throws(RunError) -> Provenance {
    do {
      return try provenance()
    } catch {
      guard error.isDamage, isSealed else { throw error }
      let papers = fresh()
      guard identity.hasSuffix(Self.dataDigest(papers.datasets)) else {
        throw error.mended(by: "the data sets are not those that the run was started with: restore them, and it is made again")
      }
      note(
        "\(try DamagedFile.putAside("\(path)/provenance.json", because: error, calls: calls)), and new papers are in its place")
      try replaceProvenance(papers)
      return papers
    }
  }

  private static func provenanceIsSealed(_ path: String) -> Bool {
    guard let bytes = try? ByteFile.read(path + "/provenance.json", limit: 1 << 26) else { return false }
    do throws(Seal.Flaw) { return try Seal.open(json: bytes).isSealed } catch { return true }
  }

  /// What the newest checkpoint says that can be read.
  private static func restored(_ path: String) -> Papers? {
    let folder = path + "/checkpoints"
    let names = ((try? list(folder)) ?? []).filter { $0.hasPrefix("tasks-") && $0.hasSuffix(".checkpoint") }
    for name in names.sorted(by: { ($0.count, $0) > ($1.count, $1) }) {
      guard let checkpoint = try? Checkpoint(contentsOf: "\(folder)/\(name)") else { continue }
      return Papers(configuration: checkpoint.configuration, identity: checkpoint.belongsTo)
    }
    return nil
  }

  /// Renames results that are damaged or another run's, so that they are made again where they can be, and none is lost.
  func setDamagedResultsAside() throws(RunError) {
    let folder = path + "/results"
    for name in ((try? Self.list(folder)) ?? []).sorted() where name.hasSuffix(".json") {
      guard let flaw = flaw(ofResult: name) else { continue }
      let error = RunError(flaw, file: "results/\(name)", expected: identity, path: path)
      note(try DamagedFile.putAside("\(folder)/\(name)", in: "results/", because: error, calls: calls))
    }
  }

  /// Renames the newest checkpoints for as long as they are damaged or another run's, so that the run goes on from an earlier one.
  ///
  /// - Parameter beginsAgain: whether they are renamed too where there is no earlier one that is whole.
  /// - Throws: `RunError`.
  func setDamagedCheckpointsAside(beginsAgain: Bool) throws {
    while let newest = try checkpoints().last, let error = damage(of: newest) {
      let earlier = try checkpoints().dropLast().contains { damage(of: $0) == nil }
      guard earlier || beginsAgain else { return }
      let kept = try DamagedFile.setAside(newest, calls: calls)
      note(
        "\(error.message); it is kept as checkpoints/\(kept), and the run "
          + (earlier ? "goes on from an earlier one" : "begins again: there is no earlier one"))
      // What it says of the end is no longer so.
      let outcome = "results/meta-training.json"
      if try FolderFile.exists(outcome, of: path) { _ = try setAside(outcome) }
    }
  }

  /// What is wrong with a checkpoint's content; `nil` for one that is whole and the run's, or cannot be reached.
  func damage(of checkpoint: String) -> CheckpointError? {
    do {
      _ = try read(checkpoint)
      return nil
    } catch {
      return error.isDamage ? error : nil
    }
  }

  /// Reads a checkpoint of the run.
  ///
  /// - Parameter configuration: the configuration to go on with; `nil` for the checkpoint's own.
  func read(_ checkpoint: String, for configuration: Configuration? = nil) throws(CheckpointError) -> Checkpoint {
    var found = try Checkpoint(contentsOf: checkpoint, for: configuration)
    if isSealed, found.belongsTo != identity {
      throw CheckpointError(.foreign(owner: found.belongsTo ?? "", expected: identity), path: checkpoint)
    }
    found.belongsTo = nil
    return found
  }

  /// What is wrong with a result, as far as one can see without knowing what it is about.
  package func flaw(ofResult name: String) -> Seal.Flaw? {
    guard let bytes = try? ByteFile.read("\(path)/results/\(name)", limit: 1 << 30) else { return nil }
    do throws(Seal.Flaw) {
      let opened = try Seal.open(json: bytes)
      guard let owner = opened.owner else { return isSealed ? .damaged(Seal.missing) : nil }
      return !isSealed || owner == identity || owner.hasPrefix(identity + "; ") ? nil : .foreign(owner: owner)
    } catch {
      return error
    }
  }

  /// Adds something that people should know.
  package func note(_ text: String) { found.add(text) }
}
