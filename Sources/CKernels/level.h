// All kernels of one level for both element types. The including file defines LEVEL (a name) and VECTOR_BYTES and, where
// the level has one, has pushed its target attribute.
// VECTOR_BYTES is the width of the explicit vectors: narrower ones make more instructions, wider ones are split by the compiler.
#define JOIN4_(a, b, c, d) a##b##c##d
#define JOIN4(a, b, c, d) JOIN4_(a, b, c, d)

#define T float
#define SEPARABLE ap_separable_float
#define SEPARABLE_GRADIENT ap_separable_gradient_float
#define MASK int32_t
#define ELEMENT_BITS 32
#define MATH(function) function##f
#define BLAS_GEMM ap_blas_sgemm
#define NAME(x) JOIN4(x, _, LEVEL, _f32)
#define TABLE ap_table_f32
#define TABLE_NAME JOIN4(ap_kernels_, LEVEL, _f32, )
#include "template.h"
#undef T
#undef SEPARABLE
#undef SEPARABLE_GRADIENT
#undef MASK
#undef ELEMENT_BITS
#undef MATH
#undef BLAS_GEMM
#undef NAME
#undef TABLE
#undef TABLE_NAME

#define T double
#define SEPARABLE ap_separable_double
#define SEPARABLE_GRADIENT ap_separable_gradient_double
#define MASK int64_t
#define ELEMENT_BITS 64
#define MATH(function) function
#define BLAS_GEMM ap_blas_dgemm
#define NAME(x) JOIN4(x, _, LEVEL, _f64)
#define TABLE ap_table_f64
#define TABLE_NAME JOIN4(ap_kernels_, LEVEL, _f64, )
#include "template.h"
