import Foundation

/// Room for the calls of a command where the system gives a process little: `ulimit -s 64` is enough for neither the main thread nor the
/// others, whose stacks are as large by default.
enum Stack {
  /// What every command needs several times over, in bytes; memory is taken as it is used.
  private static let size = 8 << 20
  /// Where the system gives as much, nothing is done.
  private static let enough = 1 << 20

  /// Runs the program, on a thread of its own where the main one has a small stack.
  static func withRoom(_ body: @escaping () -> Void) {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(3), &limit) == 0, limit.rlim_cur < rlim_t(enough) else { return body() }
    var attributes = pthread_attr_t()
    guard pthread_attr_init(&attributes) == 0, pthread_attr_setstacksize(&attributes, size) == 0 else { return body() }
    // GNU's own, which the headers that Swift sees leave out.
    if let symbol = dlsym(nil, "pthread_setattr_default_np") {
      typealias Function = @convention(c) (UnsafePointer<pthread_attr_t>) -> Int32
      _ = unsafeBitCast(symbol, to: Function.self)(&attributes)
    }
    var thread = pthread_t()
    let context = Unmanaged.passRetained(Work(body))
    let code = pthread_create(
      &thread, &attributes,
      { context in
        guard let context else { return nil }
        Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body()
        return nil
      }, context.toOpaque())
    guard code == 0 else {
      context.release()
      return body()
    }
    pthread_join(thread, nil)
  }

  private final class Work {
    let body: () -> Void
    init(_ body: @escaping () -> Void) { self.body = body }
  }
}
