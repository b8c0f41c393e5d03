import Foundation

/// The command with calls of the operating system that fail: a library that is loaded before the system's.
struct FaultyProgram {
  private let library: String

  /// Builds the library; `nil` where there is no C compiler.
  init?(in folder: TemporaryFolder) throws {
    let compilers = ["/usr/bin/cc", "/usr/bin/gcc", "/usr/bin/clang", "/opt/swift/usr/bin/clang"]
    guard let compiler = compilers.first(where: FileManager.default.isExecutableFile) else { return nil }
    try folder.write(Self.source, to: "faults.c")
    library = folder.file("faults.so")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: compiler)
    process.arguments = ["-shared", "-fPIC", "-O1", "-o", library, folder.file("faults.c"), "-ldl"]
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { return nil }
  }

  /// Runs the command with faults in a folder.
  ///
  /// - Parameter plan: pieces such as `w3=28`: the third call that writes fails with error number 28. Letters: `o` opens to write, `w`
  ///   writes, `f` syncs, `r` renames, `c` closes. `w3=s` writes half; `w3+=28` goes on for all later ones.
  func run(_ arguments: [String], plan: String, below folder: String) throws -> Program.Outcome {
    try Program.run(arguments, environment: ["LD_PRELOAD": library, "FAULT_FOLDER": folder, "FAULT_PLAN": plan])
  }

  private static let source = #"""
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <errno.h>
    #include <fcntl.h>
    #include <stdarg.h>
    #include <stdatomic.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <unistd.h>

    static atomic_long counts[256];
    #define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

    static int below(const char *path) {
      const char *folder = getenv("FAULT_FOLDER");
      return folder && path && strncmp(path, folder, strlen(folder)) == 0;
    }
    static int open_below(int descriptor) {
      char link[64], path[4096];
      snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
      ssize_t count = readlink(link, path, sizeof path - 1);
      if (count <= 0) return 0;
      path[count] = 0;
      return below(path);
    }
    // 0: work as always; -1: write half; else the error.
    static int verdict(char kind) {
      const char *plan = getenv("FAULT_PLAN");
      if (!plan) return 0;
      long number = atomic_fetch_add(&counts[(unsigned char)kind], 1) + 1;
      for (const char *piece = plan; *piece;) {
        char *rest;
        long at = strtol(piece + 1, &rest, 10);
        int on = *rest == '+';
        if (on) rest++;
        if (*piece == kind && (number == at || (on && number > at))) return rest[1] == 's' ? -1 : atoi(rest + 1);
        piece = strchr(piece, ',');
        if (!piece) return 0;
        piece++;
      }
      return 0;
    }
    ssize_t write(int descriptor, const void *bytes, size_t count) {
      int fault = open_below(descriptor) ? verdict('w') : 0;
      if (fault > 0) { errno = fault; return -1; }
      return REAL(write)(descriptor, bytes, fault < 0 && count > 1 ? count / 2 : count);
    }
    int fsync(int descriptor) {
      int fault = open_below(descriptor) ? verdict('f') : 0;
      if (fault > 0) { errno = fault; return -1; }
      return REAL(fsync)(descriptor);
    }
    int close(int descriptor) {
      int fault = getenv("FAULT_PLAN") && strchr(getenv("FAULT_PLAN"), 'c') && open_below(descriptor) ? verdict('c') : 0;
      int result = REAL(close)(descriptor);
      if (fault > 0) { errno = fault; return -1; }
      return result;
    }
    int rename(const char *from, const char *to) {
      int fault = below(to) ? verdict('r') : 0;
      if (fault > 0) { errno = fault; return -1; }
      return REAL(rename)(from, to);
    }
    static int opening(const char *path, int flags, mode_t mode) {
      int fault = (flags & O_CREAT) && below(path) ? verdict('o') : 0;
      if (fault > 0) { errno = fault; return -1; }
      return REAL(open)(path, flags, mode);
    }
    int open(const char *path, int flags, ...) {
      va_list list;
      va_start(list, flags);
      mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0;
      va_end(list);
      return opening(path, flags, mode);
    }
    int open64(const char *path, int flags, ...) {
      va_list list;
      va_start(list, flags);
      mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0;
      va_end(list);
      return opening(path, flags, mode);
    }
    """#
}
