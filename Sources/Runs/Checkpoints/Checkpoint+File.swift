import Basics

extension Checkpoint {
  /// Writes the checkpoint so that a reader finds the file's old content or the whole new one, also after a crash or a full disk.
  ///
  /// - Throws: `CheckpointError`; an earlier file of this path is then as it was.
  public func write(to path: String) throws(CheckpointError) {
    try write(to: path, calls: .system)
  }

  package func write(to path: String, calls: FileCalls) throws(CheckpointError) {
    do throws(CheckpointError) {
      let bytes = try encoded()
      do {
        try ByteFile.writeAtomically(bytes, to: path, calls: calls)
      } catch {
        throw CheckpointError(error.isFull ? .diskFull : .system(action: "write", reason: error.reason))
      }
    } catch {
      throw CheckpointError(error.problem, path: path)
    }
  }

  /// Reads a checkpoint.
  ///
  /// - Parameters:
  ///   - path: the file's path.
  ///   - configuration: the configuration to go on with; `nil` takes the checkpoint's own.
  /// - Throws: `CheckpointError`, also where the configuration differs in what training computes.
  public init(contentsOf path: String, for configuration: Configuration? = nil) throws(CheckpointError) {
    do throws(CheckpointError) {
      let bytes: [UInt8]
      do {
        bytes = try ByteFile.read(path, limit: Self.sizeLimit)
      } catch {
        throw CheckpointError(.system(action: "read", reason: error.reason))
      }
      try self.init(decoding: bytes)
    } catch {
      throw CheckpointError(error.problem, path: path)
    }
    guard let configuration else { return }
    let differences = configuration.differences(from: self.configuration)
    guard differences.isEmpty else { throw CheckpointError(.otherConfiguration(differences), path: path) }
    self.configuration = configuration
  }
}
