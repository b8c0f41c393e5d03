import Datasets
import Foundation

extension RunDirectory {
  /// What a run's folder says of itself.
  struct Papers {
    var configuration: Configuration
    /// What its files belong to; `nil` for a run of before there were seals.
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

  /// Puts other papers in the place of damaged ones.
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
    let file = path + "/configuration.yaml"
    guard FileManager.default.fileExists(atPath: file) else { throw RunError(.noRun, path: path) }
    let bytes: [UInt8]
    do {
      bytes = try ByteFile.read(file, limit: Configuration.sizeLimit)
    } catch {
      throw RunError(.unreadable(file: "configuration.yaml", reason: error.reason), path: path)
    }
    do {
      let opened: Seal.Opened
      do throws(Seal.Flaw) {
        opened = try Seal.open(yaml: bytes)
        if !opened.isSealed, provenanceIsSealed(path) { throw .damaged(Seal.missing) }
      } catch {
        throw RunError(error, file: "configuration.yaml", expected: "", path: path)
      }
      guard let text = String(validating: opened.content, as: UTF8.self) else {
        throw ConfigurationError(path: file, key: "", problem: "not UTF-8 text", help: "save it as UTF-8")
      }
      return Papers(configuration: try Configuration(yaml: text, path: file), identity: opened.owner)
    } catch {
      guard let calls, let papers = restored(path) else { throw error }
      let kept = try DamagedFile.copy(bytes, of: file, calls: calls)
      do {
        try ByteFile.writeAtomically(
          papers.identity.map { Seal.seal(yaml: papers.configuration.resolved, owner: $0) }
            ?? Array(papers.configuration.resolved.utf8), to: file, calls: calls)
      } catch {
        throw RunError(error, action: "write configuration.yaml", path: path)
      }
      let reason = (error as? any ReportableError)?.message ?? "\(error)"
      return Papers(
        configuration: papers.configuration, identity: papers.identity,
        notes: ["\(reason); it is kept as \(kept), and that of the newest checkpoint is in its place"])
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
      let kept = try DamagedFile.setAside("\(folder)/\(name)", calls: calls)
      note("\(RunError(flaw, file: "results/\(name)", expected: identity, path: path).message); it is kept as results/\(kept)")
    }
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
  package func note(_ text: String) { found.withLock { $0.append(text) } }
}
