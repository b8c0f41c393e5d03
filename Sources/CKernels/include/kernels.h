// The C face of ArchPrior's kernels: plain functions over dense, contiguous, row-major buffers.
//
// Images are NHWC. Every function exists for float (suffix _f32) and double (_f64), is single-threaded, allocates nothing
// (scratch memory is passed in), and gives the same bits for the same input on the same machine at the same kernel level.
// Inputs and outputs must not overlap unless a comment says so. Element counts may be zero.
#pragma once
#include <stddef.h>
#include <stdint.h>

// MARK: Dispatch

enum { AP_LEVEL_BASELINE = 0, AP_LEVEL_AVX2 = 1, AP_LEVEL_AVX512 = 2 };
/// The level in use: the best that the processor has, or less where ARCHPRIOR_KERNELS=baseline|avx2|avx512 asks for it.
int ap_kernel_level(void);
/// Forces a level (tests); returns the level that is then in use (never above what the processor has).
int ap_set_kernel_level(int level);
/// The same for the calling thread alone, over the process's level (tests that run beside others); -1 ends it.
int ap_set_thread_kernel_level(int level);
const char *ap_kernel_level_name(void);
/// The level of a name, also where the processor does not have it; -1 for no name of a level.
int ap_kernel_level_named(const char *name);
/// The best level that the processor has.
int ap_best_kernel_level(void);
/// Why OpenBLAS, which large products need, cannot be had; NULL where it can. Loads it.
const char *ap_blas_problem(void);

// MARK: Operation codes

typedef enum {
  AP_NEGATE, AP_EXP, AP_LOG, AP_SQRT, AP_RSQRT, AP_RECIPROCAL, AP_TANH, AP_SIGMOID, AP_RELU,
  AP_STEP,  // 1 where x > 0, else 0
  AP_ABS, AP_SIGN, AP_SQUARE, AP_SIN, AP_COS,
} ap_unary;

typedef enum {
  AP_ADD, AP_SUBTRACT, AP_MULTIPLY, AP_DIVIDE, AP_MAXIMUM, AP_MINIMUM,
  AP_GREATER,  // 1 where a > b, else 0
  AP_RELU_GATE,  // a where b > 0, NaN where b is, else 0  (gradient of relu: a = cotangent, b = input)
} ap_binary;

// MARK: Geometry of a convolution or a pooling

/// NHWC input [n, h, w, cin], output [n, oh, ow, cout]; square stride, padding and dilation; kernel kh x kw.
/// Depthwise convolution and pooling use cin == cout.
typedef struct {
  int32_t n, h, w, cin;
  int32_t oh, ow, cout;
  int32_t kh, kw, stride, padding, dilation;
} ap_window;

// MARK: Fused separable convolution

enum { AP_MOST_COLUMNS = 512 };

/// What ReLU (where there is a normalisation before it), depthwise and pointwise convolution read. The window of the depthwise
/// convolution has cin channels, the pointwise one leads from them to cout.
#define AP_SEPARABLE(T)                                                                                                 \
  typedef struct {                                                                                                      \
    const T *x;                 /* [n, h, w, cin] */                                                                    \
    const T *scale, *shift;     /* [cin]: the input is max(x * scale + shift, 0); NULL: it is x */                      \
    const T *depthwise;         /* [kh, kw, cin] */                                                                     \
    const T *pointwise;         /* [cin, cout] */                                                                       \
    const T *padded;            /* the input of these images in padded rows, see ap_pad_rows; NULL: from x */           \
    int32_t padding;            /* pixels of zeros after every padded row */                                            \
  } ap_separable_##T;                                                                                                   \
  typedef struct {                                                                                                      \
    const T *dy;                /* [n, oh, ow, cout]; the cotangent of the pointwise result is dy * p + z * q + r */    \
    const T *p, *q, *r;         /* [cout]; NULL: the cotangent is dy itself */                                          \
    const T *z;                 /* [n, oh, ow, cout]: the pointwise result */                                           \
    const T *h;                 /* [n, oh, ow, cin]: the depthwise result; NULL: computed again */                      \
    T *dx;                      /* [n, h, w, cin]: the cotangent of x * scale + shift, or of x; NULL: not wanted */     \
    int add;                    /* whether to add to dx */                                                              \
    const T *centre;            /* [cin]: of the sums */                                                                \
    double *sums;               /* [2, cin]: sums over these images of dx and of dx * (x - centre); with scale only */  \
    T *depthwise, *pointwise;   /* weight gradients over these images, written; NULL: not wanted */                      \
  } ap_separable_gradient_##T;
AP_SEPARABLE(float)
AP_SEPARABLE(double)
#undef AP_SEPARABLE

#define AP_DECLARE_KERNELS(T, S)                                                                                       \
  /* Elementwise. y may equal x (in place). */                                                                         \
  void ap_unary_##S(int op, size_t n, const T *x, T *y);                                                               \
  /* y = scale * x + shift */                                                                                          \
  void ap_affine_##S(size_t n, T scale, T shift, const T *x, T *y);                                                    \
  /* y = x^exponent */                                                                                                 \
  void ap_power_##S(size_t n, T exponent, const T *x, T *y);                                                           \
  /* y = a op b, same shape; y may equal a or b. */                                                                    \
  void ap_binary_##S(int op, size_t n, const T *a, const T *b, T *y);                                                  \
  /* y[i*cols+j] = a[i*ars+j*acs] op b[i*brs+j*bcs]; strides in elements, 0 broadcasts; y contiguous. */               \
  void ap_binary_strided_##S(int op, size_t rows, size_t cols, const T *a, ptrdiff_t ars, ptrdiff_t acs, const T *b,   \
                             ptrdiff_t brs, ptrdiff_t bcs, T *y);                                                      \
  /* out = y + scale * x; out may be y */                                                                              \
  void ap_add_scaled_##S(size_t n, T scale, const T *x, const T *y, T *out);                                           \
  void ap_fill_##S(size_t n, T value, T *y);                                                                           \
                                                                                                                       \
  /* Reductions and broadcasts over the middle of [outer, middle, inner]. Sums are pairwise or blocked, not naive. */  \
  void ap_sum_##S(size_t outer, size_t middle, size_t inner, const T *x, T *y);                                        \
  void ap_max_##S(size_t outer, size_t middle, size_t inner, const T *x, T *y);                                        \
  void ap_broadcast_##S(size_t outer, size_t middle, size_t inner, const T *x, T *y);                                  \
  T ap_dot_##S(size_t n, const T *a, const T *b);                                                                      \
  /* y = sum_i weights[i] * xs[i], all of n elements; count may be 0 (y = 0). One pass over y. */                      \
  void ap_linear_combination_##S(size_t count, size_t n, const T *weights, const T *const *xs, T *y);                  \
  /* out[i] = dot(g, xs[i]): reads g once per block. */                                                                \
  void ap_dots_##S(size_t count, size_t n, const T *g, const T *const *xs, T *out);                                    \
                                                                                                                       \
  /* Strided copies, rank <= 6, strides in elements (may be 0 or negative). */                                         \
  /* y (contiguous, of the given shape) = x[sum i_k * strides_k]; x already points at the first element. */            \
  void ap_gather_strided_##S(int rank, const int32_t *shape, const ptrdiff_t *strides, const T *x, T *y);              \
  /* y[sum i_k * strides_k] = x (contiguous, of the given shape); other elements of y are left alone. */               \
  void ap_scatter_strided_##S(int rank, const int32_t *shape, const ptrdiff_t *strides, const T *x, T *y);             \
                                                                                                                       \
  /* c[m,n] = op(a) * op(b): a is [m,k] (or [k,m] where transa), b is [k,n] (or [n,k] where transb). */                \
  void ap_gemm_##S(int transa, int transb, size_t m, size_t n, size_t k, const T *a, const T *b, T *c);                \
                                                                                                                       \
  /* Rows of [rows, cols]. */                                                                                          \
  void ap_softmax_##S(size_t rows, size_t cols, const T *x, T *y);                                                     \
  void ap_log_softmax_##S(size_t rows, size_t cols, const T *x, T *y);                                                 \
                                                                                                                       \
  /* Dense convolution (cross-correlation, as in the field). x NHWC, w [kh, kw, cin, cout], y NHWC. */                 \
  size_t ap_conv2d_scratch_##S(const ap_window *g); /* elements of T wanted by any of the three */                     \
  /* Whether the forward pass and the input gradient of an image are the same bits whatever images are beside it */    \
  int ap_conv2d_by_image_##S(const ap_window *g);                                                                      \
  void ap_conv2d_##S(const ap_window *g, const T *x, const T *w, T *y, T *scratch);                                    \
  void ap_conv2d_input_gradient_##S(const ap_window *g, const T *dy, const T *w, T *dx, T *scratch);                   \
  void ap_conv2d_weight_gradient_##S(const ap_window *g, const T *x, const T *dy, T *dw, T *scratch);                  \
                                                                                                                       \
  /* Depthwise convolution. w [kh, kw, c]. */                                                                          \
  void ap_depthwise_##S(const ap_window *g, const T *x, const T *w, T *y);                                             \
  void ap_depthwise_input_gradient_##S(const ap_window *g, const T *dy, const T *w, T *dx);                            \
  void ap_depthwise_weight_gradient_##S(const ap_window *g, const T *x, const T *dy, T *dw);                           \
                                                                                                                       \
  /* Max pooling: padding never wins; ties go to the first in row-major window order. index[e] is the position */      \
  /* ih*w+iw (within the image) that output e took its value from. */                                                  \
  void ap_max_pool_##S(const ap_window *g, const T *x, T *y, int32_t *index);                                          \
  /* y[e] = x[image, index[e], channel] */                                                                             \
  void ap_pool_gather_##S(const ap_window *g, const int32_t *index, const T *x, T *y);                                 \
  /* dx = 0, then dx[image, index[e], channel] += dy[e] */                                                             \
  void ap_pool_scatter_##S(const ap_window *g, const int32_t *index, const T *dy, T *dx);                              \
  /* Average pooling over the window's elements inside the image (count_include_pad = False), and its adjoint. */      \
  void ap_average_pool_##S(const ap_window *g, const T *x, T *y);                                                      \
  void ap_average_pool_adjoint_##S(const ap_window *g, const T *dy, T *dx);                                            \
                                                                                                                       \
  /* Batch normalisation of [rows, c] over the rows (biased variance): */                                              \
  /* y = (x - mean) * rstd, rstd = 1/sqrt(var + eps). mean and rstd [c] are written. */                                \
  void ap_batch_norm_##S(size_t rows, size_t c, T eps, const T *x, T *y, T *mean, T *rstd);                            \
  /* Its Jacobian (symmetric) times v: out = rstd * (v - mean_rows(v) - y * mean_rows(v * y)). */                      \
  void ap_batch_norm_jacobian_##S(size_t rows, size_t c, const T *y, const T *rstd, const T *v, T *out);               \
  /* out[c] = sum_rows a * b */                                                                                        \
  void ap_column_dots_##S(size_t rows, size_t c, const T *a, const T *b, T *out);                                      \
                                                                                                                       \
  /* Fused kernels, over images [from, to) of a batch or over rows; at most AP_MOST_COLUMNS channels. */               \
  /* The padding that lets a depthwise convolution read padded rows; -1 where it cannot (channels that are no part and */ \
  /* no multiple of a vector). */                                                                                      \
  int32_t ap_row_padding_##S(const ap_window *g);                                                                      \
  /* Elements of `rows` padded rows of w pixels, and the rows: `padding` pixels of zeros, then each row with as many */ \
  /* behind it. Pixels are x, or max(x * scale + shift, 0) where there is a scale. */                                  \
  size_t ap_padded_count_##S(size_t rows, size_t w, size_t c, int32_t padding);                                        \
  void ap_pad_rows_##S(size_t rows, size_t w, size_t c, int32_t padding, const T *x, const T *scale, const T *shift,   \
                       T *out);                                                                                        \
  size_t ap_separable_scratch_##S(const ap_window *g, int32_t images, int32_t padding); /* elements of T */            \
  /* z = pointwise(depthwise(input)); h (may be NULL) = depthwise(input); moments as below, of these images' z. */     \
  void ap_separable_forward_##S(const ap_window *g, int32_t from, int32_t to, const ap_separable_##T *s, T *h, T *z,   \
                                double *moments, T *scratch);                                                          \
  void ap_separable_backward_##S(const ap_window *g, int32_t from, int32_t to, const ap_separable_##T *s,              \
                                 const ap_separable_gradient_##T *d, T *scratch);                                      \
  /* y = a * wa + b * wb, two convolutions (dense or depthwise) by one window; `gradient`: two input gradients instead. */ \
  size_t ap_convolution_sum_scratch_##S(const ap_window *g, int depthwise); /* elements of T */                        \
  void ap_convolution_sum_##S(const ap_window *g, int depthwise, int gradient, const T *a, const T *wa, const T *b,    \
                              const T *wb, T *y, T *scratch);                                                          \
  /* moments [2, c]: the mean, and the sum of squared distances from it, of every column of x [rows, c]. */            \
  void ap_column_moments_##S(size_t rows, size_t c, const T *x, double *moments);                                      \
  /* sums [2, c]: column sums of a and of a * (b - centre). */                                                         \
  void ap_centred_dots_##S(size_t rows, size_t c, const T *a, const T *b, const T *centre, double *sums);              \
  /* y = constant + sum_i coefficients[i] * xs[i], column by column; coefficients [count, c], constant [c]. */         \
  void ap_column_mixture_##S(size_t count, size_t rows, size_t c, const T *coefficients, const T *constant,            \
                             const T *const *xs, T *y);                                                                \
  /* out (+)= a * p + b * q + r, column by column. */                                                                  \
  void ap_column_pair_##S(size_t rows, size_t c, const T *a, const T *b, const T *p, const T *q, const T *r, int add,  \
                          T *out);

AP_DECLARE_KERNELS(float, f32)
AP_DECLARE_KERNELS(double, f64)
