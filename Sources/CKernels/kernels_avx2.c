// Kernels for x86-64 with AVX2 and FMA.
#if defined(__x86_64__)
#include "level_common.h"
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define LEVEL avx2
#define VECTOR_BYTES 32
#include "level.h"
#pragma clang attribute pop
#endif
