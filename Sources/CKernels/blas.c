// OpenBLAS starts its threads, with a buffer of 128 MiB each, when it is loaded, and where one cannot be had it tries for ever: a
// program that is linked with it hangs in little address space before its own first line. So it is loaded when a product needs it, after
// it was told to keep to one thread, and after asking whether there is room.
#include "blas.h"
#include "kernels.h"
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

// Values of CBLAS_ORDER and CBLAS_TRANSPOSE, which the interface fixes.
enum { ROW_MAJOR = 101, PLAIN = 111, TRANSPOSED = 112 };

typedef void (*sgemm_function)(int, int, int, int, int, int, float, const float *, int, const float *, int, float, float *, int);
typedef void (*dgemm_function)(int, int, int, int, int, int, double, const double *, int, const double *, int, double, double *,
                               int);

// What the library takes at most when it is loaded, and for its one buffer.
static const size_t room = (size_t)208 << 20;

static sgemm_function sgemm;
static dgemm_function dgemm;
static char problem[512];
static pthread_once_t once = PTHREAD_ONCE_INIT;
// Held over products where memory may be refused: concurrent ones would each want a buffer of their own.
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
static int is_limited;

/// Whether the system may refuse address space.
static int memory_is_limited(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) return 1;
  if (getrlimit(RLIMIT_DATA, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) return 1;
  char mode = 0;
  int file = open("/proc/sys/vm/overcommit_memory", O_RDONLY | O_CLOEXEC);
  if (file >= 0) {
    if (read(file, &mode, 1) != 1) mode = 0;
    close(file);
  }
  return mode == '2';
}

static void load(void) {
  is_limited = memory_is_limited();
  if (is_limited) {
    void *probe = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (probe == MAP_FAILED) {
      snprintf(problem, sizeof problem, "OpenBLAS needs %zu MiB of memory (address space): %s", room >> 20, strerror(errno));
      return;
    }
    munmap(probe, room);
  }
  void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
  if (!library) library = dlopen("libopenblas.so", RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char *reason = dlerror();
    snprintf(problem, sizeof problem, "OpenBLAS cannot be loaded: %s", reason ? reason : "no reason is known");
    return;
  }
  // Where somebody loaded it before us, our wish for one thread came too late.
  void (*set_threads)(int) = (void (*)(int))dlsym(library, "openblas_set_num_threads");
  if (set_threads) set_threads(1);
  sgemm = (sgemm_function)dlsym(library, "cblas_sgemm");
  dgemm = (dgemm_function)dlsym(library, "cblas_dgemm");
  if (!sgemm || !dgemm) snprintf(problem, sizeof problem, "the OpenBLAS that is installed has no cblas_sgemm or cblas_dgemm");
}

__attribute__((constructor)) static void before_anything(void) {
  // Parallelism is across tasks: many threads call kernels at once, each wants BLAS to stay on its own. Said here, because setting a
  // variable is safe only while there is one thread.
  setenv("OPENBLAS_NUM_THREADS", "1", 1);
}

const char *ap_blas_problem(void) {
  pthread_once(&once, load);
  return problem[0] ? problem : NULL;
}

static void require(void) {
  const char *what = ap_blas_problem();
  if (!what) return;
  // No result without it: the products that come here have no other kernel that gives the same bits.
  fprintf(stderr, "error: %s\nhelp: raise the limit (ulimit -v), or install libopenblas0\n", what);
  _exit(1);
}

#define PRODUCT(NAME, FUNCTION, T)                                                                                      \
  void NAME(int transa, int transb, size_t m, size_t n, size_t k, const T *a, const T *b, int add, T *c) {              \
    require();                                                                                                          \
    if (is_limited) pthread_mutex_lock(&one_at_a_time);                                                                 \
    FUNCTION(ROW_MAJOR, transa ? TRANSPOSED : PLAIN, transb ? TRANSPOSED : PLAIN, (int)m, (int)n, (int)k, 1, a,         \
             (int)(transa ? m : k), b, (int)(transb ? k : n), (T)add, c, (int)n);                                       \
    if (is_limited) pthread_mutex_unlock(&one_at_a_time);                                                               \
  }
PRODUCT(ap_blas_sgemm, sgemm, float)
PRODUCT(ap_blas_dgemm, dgemm, double)
