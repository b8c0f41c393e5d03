import Foundation
import Synchronization

/// Whether the user asked the program to stop (Control-C, or `kill`), for loops that want to save their work first.
public enum Interruption {
  private static let flag = Atomic<Bool>(false)

  /// Whether a signal came since ``watch()``.
  public static var isRequested: Bool { flag.load(ordering: .relaxed) }

  /// Catches SIGINT, SIGTERM and SIGHUP from now on. A second SIGINT or SIGTERM ends the process at once, as if this had not been called.
  ///
  /// A terminal that goes away sends SIGHUP, often twice, which therefore never ends the process; where a parent has it ignored (`nohup`)
  /// it stays ignored. SIGQUIT (Control-\) is left to the system: whoever sends it wants an end at once, with a core.
  public static func watch() {
    // Reading it here initialises it, so that the handler only stores.
    _ = isRequested
    unblock([SIGINT, SIGTERM, SIGHUP])
    for number in [SIGINT, SIGTERM] {
      signal(number) { number in
        Interruption.request()
        signal(number, SIG_DFL)
      }
    }
    var before = sigaction()
    sigaction(SIGHUP, nil, &before)
    if !isIgnored(before) { signal(SIGHUP) { _ in Interruption.request() } }
  }

  /// Until ``watch()``, lets SIGINT and SIGTERM end the process as they do by themselves, but not without a line on standard error. Signals
  /// that a parent has ignored stay ignored.
  public static func announce() {
    unblock([SIGINT, SIGTERM])
    for number in [SIGINT, SIGTERM] {
      var before = sigaction()
      sigaction(number, nil, &before)
      guard !isIgnored(before) else { continue }
      signal(number) { number in
        // Nothing but what a handler may call.
        let line: StaticString = "error: interrupted\n"
        _ = systemWrite(STDERR_FILENO, line.utf8Start, line.utf8CodeUnitCount)
        signal(number, SIG_DFL)
        raise(number)
      }
    }
  }

  /// A parent may have started this process with signals blocked.
  private static func unblock(_ numbers: [Int32]) {
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in numbers { sigaddset(&signals, number) }
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  private static func isIgnored(_ action: sigaction) -> Bool {
    unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }

  /// Asks to stop, as a signal does.
  public static func request() { flag.store(true, ordering: .relaxed) }

  /// Forgets a request; for programs that go on with something else.
  public static func clear() { flag.store(false, ordering: .relaxed) }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int { write(descriptor, bytes, count) }
