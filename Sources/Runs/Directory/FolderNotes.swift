import Synchronization

/// What people should know of a folder or a file as it was found: what was damaged, and what became of it. May be added to from any thread.
package final class FolderNotes: Sendable {
  private struct State {
    var lines: [String]
    var listener: (@Sendable (String) -> Void)?
  }

  private let state: Mutex<State>

  package init(_ lines: [String] = []) { state = Mutex(State(lines: lines)) }

  /// The notes, the oldest first; those that a listener got at once are not among them.
  package var all: [String] { state.withLock { $0.lines } }

  /// Adds a note; where somebody listens, it goes there.
  package func add(_ line: String) {
    let listener = state.withLock { state in
      if state.listener == nil { state.lines.append(line) }
      return state.listener
    }
    listener?(line)
  }

  /// Gives notes to somebody from now on.
  package func listen(_ listener: @escaping @Sendable (String) -> Void) { state.withLock { $0.listener = listener } }
}
