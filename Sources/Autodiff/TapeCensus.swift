import Synchronization

/// What all differentiations of the process keep in memory, to check that nothing is leaked.
///
/// The numbers mean something while no other thread differentiates.
public enum TapeCensus {
  /// The tapes that are alive.
  public static var tapes: Int { Tape.living.withLock { $0.count } }

  /// The nodes on them that have not been released.
  public static var nodes: Int {
    Tape.living.withLock { living in
      living.reduce(0) { sum, identifier in
        // A tape leaves the set before it goes, and waits for the lock to do so.
        guard let address = UnsafeRawPointer(bitPattern: UInt(bitPattern: identifier)) else { return sum }
        return sum + Unmanaged<Tape>.fromOpaque(address)._withUnsafeGuaranteedRef { $0.nodeCount }
      }
    }
  }
}

extension Tape {
  /// One entry a tape and not a count a node: a gradient of thousands of nodes pays for one.
  static let living = Mutex<Set<ObjectIdentifier>>([])
}
