// The kernels of kernels.h as one list, X(result, name, parameters, arguments): the function tables, the wrappers and the
// entries of every level are made from it, so that they cannot disagree.
#pragma once
#include "include/kernels.h"

// clang-format off
#define AP_KERNEL_LIST(X, T)                                                                                            \
  X(void, unary, (int op, size_t n, const T *x, T *y), (op, n, x, y))                                                   \
  X(void, affine, (size_t n, T scale, T shift, const T *x, T *y), (n, scale, shift, x, y))                              \
  X(void, power, (size_t n, T exponent, const T *x, T *y), (n, exponent, x, y))                                         \
  X(void, binary, (int op, size_t n, const T *a, const T *b, T *y), (op, n, a, b, y))                                   \
  X(void, binary_strided, (int op, size_t rows, size_t cols, const T *a, ptrdiff_t ars, ptrdiff_t acs, const T *b,      \
    ptrdiff_t brs, ptrdiff_t bcs, T *y), (op, rows, cols, a, ars, acs, b, brs, bcs, y))                                 \
  X(void, add_scaled, (size_t n, T scale, const T *x, const T *y, T *out), (n, scale, x, y, out))                       \
  X(void, fill, (size_t n, T value, T *y), (n, value, y))                                                               \
  X(void, sum, (size_t outer, size_t middle, size_t inner, const T *x, T *y), (outer, middle, inner, x, y))             \
  X(void, max, (size_t outer, size_t middle, size_t inner, const T *x, T *y), (outer, middle, inner, x, y))             \
  X(void, broadcast, (size_t outer, size_t middle, size_t inner, const T *x, T *y), (outer, middle, inner, x, y))       \
  X(T, dot, (size_t n, const T *a, const T *b), (n, a, b))                                                              \
  X(void, linear_combination, (size_t count, size_t n, const T *weights, const T *const *xs, T *y),                     \
    (count, n, weights, xs, y))                                                                                         \
  X(void, dots, (size_t count, size_t n, const T *g, const T *const *xs, T *out), (count, n, g, xs, out))               \
  X(void, gather_strided, (int rank, const int32_t *shape, const ptrdiff_t *strides, const T *x, T *y),                 \
    (rank, shape, strides, x, y))                                                                                       \
  X(void, scatter_strided, (int rank, const int32_t *shape, const ptrdiff_t *strides, const T *x, T *y),                \
    (rank, shape, strides, x, y))                                                                                       \
  X(void, gemm, (int transa, int transb, size_t m, size_t n, size_t k, const T *a, const T *b, T *c),                   \
    (transa, transb, m, n, k, a, b, c))                                                                                 \
  X(void, softmax, (size_t rows, size_t cols, const T *x, T *y), (rows, cols, x, y))                                    \
  X(void, log_softmax, (size_t rows, size_t cols, const T *x, T *y), (rows, cols, x, y))                                \
  X(size_t, conv2d_scratch, (const ap_window *g), (g))                                                                  \
  X(int, conv2d_by_image, (const ap_window *g), (g))                                                                    \
  X(void, conv2d, (const ap_window *g, const T *x, const T *w, T *y, T *scratch), (g, x, w, y, scratch))                \
  X(void, conv2d_input_gradient, (const ap_window *g, const T *dy, const T *w, T *dx, T *scratch),                      \
    (g, dy, w, dx, scratch))                                                                                            \
  X(void, conv2d_weight_gradient, (const ap_window *g, const T *x, const T *dy, T *dw, T *scratch),                     \
    (g, x, dy, dw, scratch))                                                                                            \
  X(void, depthwise, (const ap_window *g, const T *x, const T *w, T *y), (g, x, w, y))                                  \
  X(void, depthwise_input_gradient, (const ap_window *g, const T *dy, const T *w, T *dx), (g, dy, w, dx))               \
  X(void, depthwise_weight_gradient, (const ap_window *g, const T *x, const T *dy, T *dw), (g, x, dy, dw))              \
  X(void, max_pool, (const ap_window *g, const T *x, T *y, int32_t *index), (g, x, y, index))                           \
  X(void, pool_gather, (const ap_window *g, const int32_t *index, const T *x, T *y), (g, index, x, y))                  \
  X(void, pool_scatter, (const ap_window *g, const int32_t *index, const T *dy, T *dx), (g, index, dy, dx))             \
  X(void, average_pool, (const ap_window *g, const T *x, T *y), (g, x, y))                                              \
  X(void, average_pool_adjoint, (const ap_window *g, const T *dy, T *dx), (g, dy, dx))                                  \
  X(void, batch_norm, (size_t rows, size_t c, T eps, const T *x, T *y, T *mean, T *rstd),                               \
    (rows, c, eps, x, y, mean, rstd))                                                                                   \
  X(void, batch_norm_jacobian, (size_t rows, size_t c, const T *y, const T *rstd, const T *v, T *out),                  \
    (rows, c, y, rstd, v, out))                                                                                         \
  X(void, column_dots, (size_t rows, size_t c, const T *a, const T *b, T *out), (rows, c, a, b, out))                   \
  X(int32_t, row_padding, (const ap_window *g), (g))                                                                    \
  X(size_t, padded_count, (size_t rows, size_t w, size_t c, int32_t padding), (rows, w, c, padding))                    \
  X(void, pad_rows, (size_t rows, size_t w, size_t c, int32_t padding, const T *x, const T *scale, const T *shift,      \
    T *out), (rows, w, c, padding, x, scale, shift, out))                                                               \
  X(size_t, separable_scratch, (const ap_window *g, int32_t images, int32_t padding), (g, images, padding))             \
  X(void, separable_forward, (const ap_window *g, int32_t from, int32_t to, const ap_separable_##T *s, T *h, T *z,      \
    double *moments, T *scratch), (g, from, to, s, h, z, moments, scratch))                                             \
  X(void, separable_backward, (const ap_window *g, int32_t from, int32_t to, const ap_separable_##T *s,                 \
    const ap_separable_gradient_##T *d, T *scratch), (g, from, to, s, d, scratch))                                      \
  X(size_t, convolution_sum_scratch, (const ap_window *g, int depthwise), (g, depthwise))                               \
  X(void, convolution_sum, (const ap_window *g, int depthwise, int gradient, const T *a, const T *wa, const T *b,       \
    const T *wb, T *y, T *scratch), (g, depthwise, gradient, a, wa, b, wb, y, scratch))                                 \
  X(void, column_moments, (size_t rows, size_t c, const T *x, double *moments), (rows, c, x, moments))                  \
  X(void, centred_dots, (size_t rows, size_t c, const T *a, const T *b, const T *centre, double *sums),                 \
    (rows, c, a, b, centre, sums))                                                                                      \
  X(void, column_mixture, (size_t count, size_t rows, size_t c, const T *coefficients, const T *constant,               \
    const T *const *xs, T *y), (count, rows, c, coefficients, constant, xs, y))                                         \
  X(void, column_pair, (size_t rows, size_t c, const T *a, const T *b, const T *p, const T *q, const T *r, int add,     \
    T *out), (rows, c, a, b, p, q, r, add, out))
// clang-format on

#define AP_TABLE_FIELD(R, name, parameters, arguments) R(*name) parameters;
typedef struct {
  AP_KERNEL_LIST(AP_TABLE_FIELD, float)
} ap_table_f32;
typedef struct {
  AP_KERNEL_LIST(AP_TABLE_FIELD, double)
} ap_table_f64;

extern const ap_table_f32 ap_kernels_baseline_f32;
extern const ap_table_f64 ap_kernels_baseline_f64;
#if defined(__x86_64__)
extern const ap_table_f32 ap_kernels_avx2_f32, ap_kernels_avx512_f32;
extern const ap_table_f64 ap_kernels_avx2_f64, ap_kernels_avx512_f64;
#endif
