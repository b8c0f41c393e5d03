// Kernels for x86-64 with AVX-512 F, VL, DQ and BW.
#if defined(__x86_64__)
#include "level_common.h"
#pragma clang attribute push(__attribute__((target("avx2,fma,avx512f,avx512vl,avx512dq,avx512bw"))), apply_to = function)
#define LEVEL avx512
#define VECTOR_BYTES 64
#include "level.h"
#pragma clang attribute pop
#endif
