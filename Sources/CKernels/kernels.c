// Dispatch: one table of kernels per level and element type, chosen once when the library is loaded.
#include "kernel_list.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  const char *name;
  const ap_table_f32 *f32;
  const ap_table_f64 *f64;
} level_entry;

static const level_entry levels[] = {
    {"baseline", &ap_kernels_baseline_f32, &ap_kernels_baseline_f64},
#if defined(__x86_64__)
    {"avx2", &ap_kernels_avx2_f32, &ap_kernels_avx2_f64},
    {"avx512", &ap_kernels_avx512_f32, &ap_kernels_avx512_f64},
#endif
};

// Constant before any constructor runs, so that a kernel called very early still works.
static _Atomic(const level_entry *) process_level = &levels[0];
static _Thread_local const level_entry *thread_level __attribute__((tls_model("initial-exec")));

static inline const level_entry *current(void) {
  const level_entry *own = thread_level;
  return own ? own : atomic_load_explicit(&process_level, memory_order_relaxed);
}

static int best_level(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return AP_LEVEL_BASELINE;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw"))
    return AP_LEVEL_AVX512;
  return AP_LEVEL_AVX2;
#else
  return AP_LEVEL_BASELINE;
#endif
}

static int available_level(int level) {
  int best = best_level();
  return level < AP_LEVEL_BASELINE ? AP_LEVEL_BASELINE : level > best ? best : level;
}

int ap_kernel_level(void) { return (int)(current() - levels); }

int ap_kernel_level_named(const char *name) {
  for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
    if (strcmp(name, levels[i].name) == 0) return (int)i;
  return -1;
}

int ap_best_kernel_level(void) { return best_level(); }

const char *ap_kernel_level_name(void) { return current()->name; }

int ap_set_kernel_level(int level) {
  int chosen = available_level(level);
  atomic_store(&process_level, &levels[chosen]);
  return chosen;
}

int ap_set_thread_kernel_level(int level) {
  thread_level = level < 0 ? NULL : &levels[available_level(level)];
  return ap_kernel_level();
}

__attribute__((constructor)) static void start(void) {
  int best = best_level();
  const char *wanted = getenv("ARCHPRIOR_KERNELS");
  int level = wanted ? ap_kernel_level_named(wanted) : best;
  // What cannot be had is an error of the program (Environment); a library that is being loaded can only go on.
  ap_set_kernel_level(level < 0 ? best : level);
}

#define AP_WRAPPER_F32(R, name, parameters, arguments)                                                                  \
  R ap_##name##_f32 parameters { return current()->f32->name arguments; }
#define AP_WRAPPER_F64(R, name, parameters, arguments)                                                                  \
  R ap_##name##_f64 parameters { return current()->f64->name arguments; }
AP_KERNEL_LIST(AP_WRAPPER_F32, float)
AP_KERNEL_LIST(AP_WRAPPER_F64, double)
