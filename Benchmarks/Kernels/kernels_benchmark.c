// Rates of the kernels at the sizes that few-shot networks have, beside OpenBLAS's sgemm in the same run.
// Usage: kernels_benchmark [name filter]
#include "kernels.h"
#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *filter;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);  // not the wall's: whoever shares the processor would be measured with us
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static float *values(size_t n) {
  float *p = aligned_alloc(64, (n * sizeof(float) + 127) / 64 * 64);
  for (size_t i = 0; i < n; i++) p[i] = (float)rand() / (float)RAND_MAX - 0.5f;
  return p;
}

// The best of several short samples: other load on the machine only ever makes a sample slower.
#define MEASURE(name, amount, unit, CALL)                                                                               \
  do {                                                                                                                  \
    if (filter && !strstr(name, filter)) break;                                                                         \
    CALL;                                                                                                               \
    double warm = now();                                                                                                \
    CALL;                                                                                                               \
    int calls = 1 + (int)(2e-5 / (now() - warm)); /* reading the clock must not count */                                \
    double best = 1e9;                                                                                                  \
    for (int sample = 0; sample < 7; sample++) {                                                                        \
      int count = 0;                                                                                                    \
      double start = now(), taken;                                                                                      \
      do {                                                                                                              \
        for (int call = 0; call < calls; call++) CALL;                                                                  \
        count += calls;                                                                                                 \
        taken = now() - start;                                                                                          \
      } while (taken < 2e-3);                                                                                           \
      if (taken / count < best) best = taken / count;                                                                   \
    }                                                                                                                   \
    printf("%-58s %9.1f us %8.1f %s\n", name, best * 1e6, (amount) / best * 1e-9, unit);                                \
  } while (0)

static char label[128];
#define LABEL(...) (snprintf(label, sizeof label, __VA_ARGS__), label)

static void gemms(size_t m, size_t n, size_t k) {
  float *a = values(m * k), *b = values(k * n), *c = values(m * n), *d = values(m * k);
  double flop = 2.0 * (double)(m * n * k);
  MEASURE(LABEL("sgemm (OpenBLAS)   [%zu,%zu]x[%zu,%zu]", m, k, k, n), flop, "GFLOP/s",
          cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)m, (int)n, (int)k, 1, a, (int)k, b, (int)n, 0, c, (int)n));
  MEASURE(LABEL("gemm               [%zu,%zu]x[%zu,%zu]", m, k, k, n), flop, "GFLOP/s", ap_gemm_f32(0, 0, m, n, k, a, b, c));
  MEASURE(LABEL("gemm input grad    [%zu,%zu]x[%zu,%zu]", m, n, n, k), flop, "GFLOP/s", ap_gemm_f32(0, 1, m, k, n, c, b, d));
  MEASURE(LABEL("sgemm weight grad  [%zu,%zu]x[%zu,%zu]", k, m, m, n), flop, "GFLOP/s",
          cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)k, (int)n, (int)m, 1, a, (int)k, c, (int)n, 0, b, (int)n));
  MEASURE(LABEL("gemm weight grad   [%zu,%zu]x[%zu,%zu]", k, m, m, n), flop, "GFLOP/s", ap_gemm_f32(1, 0, k, n, m, a, c, b));
  free(a), free(b), free(c), free(d);
}

static ap_window window(int n, int size, int cin, int cout, int k, int stride, int dilation) {
  int padding = dilation * (k - 1) / 2, out = (size + 2 * padding - dilation * (k - 1) - 1) / stride + 1;
  return (ap_window){n, size, size, cin, out, out, cout, k, k, stride, padding, dilation};
}

static void convolutions(ap_window g) {
  size_t in = (size_t)g.n * g.h * g.w * g.cin, out = (size_t)g.n * g.oh * g.ow * g.cout;
  size_t weights = (size_t)g.kh * g.kw * g.cin * g.cout;
  float *x = values(in), *y = values(out), *w = values(weights), *scratch = values(ap_conv2d_scratch_f32(&g));
  double flop = 2.0 * (double)out * g.kh * g.kw * g.cin;
#define CONV(what)                                                                                                      \
  LABEL("conv " what " n %d %dx%d %d->%d k%d s%d d%d", g.n, g.h, g.w, g.cin, g.cout, g.kh, g.stride, g.dilation)
  MEASURE(CONV("forward    "), flop, "GFLOP/s", ap_conv2d_f32(&g, x, w, y, scratch));
  MEASURE(CONV("input grad "), flop, "GFLOP/s", ap_conv2d_input_gradient_f32(&g, y, w, x, scratch));
  MEASURE(CONV("weight grad"), flop, "GFLOP/s", ap_conv2d_weight_gradient_f32(&g, x, y, w, scratch));
  free(x), free(y), free(w), free(scratch);
}

static void depthwise(ap_window g) {
  size_t in = (size_t)g.n * g.h * g.w * g.cin, out = (size_t)g.n * g.oh * g.ow * g.cin;
  float *x = values(in), *y = values(out), *w = values((size_t)g.kh * g.kw * g.cin);
  double flop = 2.0 * (double)out * g.kh * g.kw;
#define DEPTHWISE(what) LABEL("depthwise " what " n %d %dx%d c%d k%d s%d d%d", g.n, g.h, g.w, g.cin, g.kh, g.stride, g.dilation)
  MEASURE(DEPTHWISE("forward    "), flop, "GFLOP/s", ap_depthwise_f32(&g, x, w, y));
  MEASURE(DEPTHWISE("input grad "), flop, "GFLOP/s", ap_depthwise_input_gradient_f32(&g, y, w, x));
  MEASURE(DEPTHWISE("weight grad"), flop, "GFLOP/s", ap_depthwise_weight_gradient_f32(&g, x, y, w));
  free(x), free(y), free(w);
}

static void pools(ap_window g) {
  size_t in = (size_t)g.n * g.h * g.w * g.cin, out = (size_t)g.n * g.oh * g.ow * g.cin;
  float *x = values(in), *y = values(out);
  int32_t *index = malloc(out * sizeof *index);
  double bytes = 4.0 * (double)(in + out), indexed = bytes + 4.0 * (double)out;
#define POOL(what) LABEL("pool " what " n %d %dx%d c%d k%d s%d", g.n, g.h, g.w, g.cin, g.kh, g.stride)
  ap_max_pool_f32(&g, x, y, index);
  MEASURE(POOL("max        "), indexed, "GB/s", ap_max_pool_f32(&g, x, y, index));
  MEASURE(POOL("gather     "), indexed, "GB/s", ap_pool_gather_f32(&g, index, x, y));
  MEASURE(POOL("scatter    "), indexed, "GB/s", ap_pool_scatter_f32(&g, index, y, x));
  MEASURE(POOL("average    "), bytes, "GB/s", ap_average_pool_f32(&g, x, y));
  MEASURE(POOL("avg adjoint"), bytes, "GB/s", ap_average_pool_adjoint_f32(&g, y, x));
  free(x), free(y), free(index);
}

static void streams(size_t rows, size_t c) {
  size_t n = rows * c;
  float *a = values(n), *b = values(n), *y = values(n), mean[1024], rstd[1024], scales[8] = {1, 2, 3, 4, 5, 6, 7, 8};
  const float *xs[8];
  for (int i = 0; i < 8; i++) xs[i] = values(n);
  double bytes = 4.0 * (double)n;
#define STREAM(what) LABEL(what " [%zu, %zu]", rows, c)
  MEASURE(STREAM("memcpy"), 2 * bytes, "GB/s", memcpy(y, a, n * 4));
  MEASURE(STREAM("add"), 3 * bytes, "GB/s", ap_binary_f32(AP_ADD, n, a, b, y));
  MEASURE(STREAM("add row"), 2 * bytes, "GB/s", ap_binary_strided_f32(AP_ADD, rows, c, a, (ptrdiff_t)c, 1, b, 0, 1, y));
  MEASURE(STREAM("multiply column"), 2 * bytes, "GB/s",
          ap_binary_strided_f32(AP_MULTIPLY, rows, c, a, (ptrdiff_t)c, 1, b, 1, 0, y));
  MEASURE(STREAM("relu"), 2 * bytes, "GB/s", ap_unary_f32(AP_RELU, n, a, y));
  MEASURE(STREAM("relu gate"), 3 * bytes, "GB/s", ap_binary_f32(AP_RELU_GATE, n, a, b, y));
  MEASURE(STREAM("exp"), 2 * bytes, "GB/s", ap_unary_f32(AP_EXP, n, a, y));
  MEASURE(STREAM("tanh"), 2 * bytes, "GB/s", ap_unary_f32(AP_TANH, n, a, y));
  MEASURE(STREAM("affine"), 2 * bytes, "GB/s", ap_affine_f32(n, 1e-9f, 1, a, y));
  MEASURE(STREAM("dot"), 2 * bytes, "GB/s", ap_dot_f32(n, a, b));
  MEASURE(STREAM("sum over rows"), bytes, "GB/s", ap_sum_f32(1, rows, c, a, y));
  MEASURE(STREAM("sum over columns"), bytes, "GB/s", ap_sum_f32(rows, c, 1, a, y));
  MEASURE(STREAM("linear combination of 8"), 9 * bytes, "GB/s", ap_linear_combination_f32(8, n, scales, xs, y));
  MEASURE(STREAM("dots with 8"), 9 * bytes, "GB/s", ap_dots_f32(8, n, a, xs, mean));
  MEASURE(STREAM("batch norm"), 2 * bytes, "GB/s", ap_batch_norm_f32(rows, c, 1e-5f, a, y, mean, rstd));
  MEASURE(STREAM("batch norm jacobian"), 3 * bytes, "GB/s", ap_batch_norm_jacobian_f32(rows, c, a, rstd, b, y));
  MEASURE(STREAM("column dots"), 2 * bytes, "GB/s", ap_column_dots_f32(rows, c, a, b, mean));
  int32_t shape[2] = {(int32_t)c, (int32_t)rows};
  ptrdiff_t strides[2] = {1, (ptrdiff_t)c};
  MEASURE(STREAM("transpose"), 2 * bytes, "GB/s", ap_gather_strided_f32(2, shape, strides, a, y));
  free(a), free(b), free(y);
  for (int i = 0; i < 8; i++) free((void *)xs[i]);
}

int main(int argc, char **argv) {
  filter = argc > 1 ? argv[1] : NULL;
  printf("level %s\n", ap_kernel_level_name());
  gemms(128, 128, 128);
  gemms(512, 512, 512);
  size_t rows[] = {5 * 28 * 28, 75 * 14 * 14};
  size_t widths[] = {8, 16, 32, 48, 64};
  for (size_t r = 0; r < 2; r++)
    for (size_t i = 0; i < 5; i++) gemms(rows[r], widths[i], widths[i]);
  gemms(75 * 49, 64, 256);
  gemms(100, 5, 64);
  int batches[] = {5, 75};
  for (int i = 0; i < 2; i++) {  // MAML's Conv-4 with pooling, then with stride 2, then T-NAS' stems
    convolutions(window(batches[i], 28, 1, 64, 3, 1, 1));
    convolutions(window(batches[i], 14, 64, 64, 3, 1, 1));
    convolutions(window(batches[i], 7, 64, 64, 3, 1, 1));
    convolutions(window(batches[i], 3, 64, 64, 3, 1, 1));
    convolutions(window(batches[i], 28, 1, 64, 3, 2, 1));
    convolutions(window(batches[i], 14, 64, 64, 3, 2, 1));
    convolutions(window(batches[i], 7, 64, 64, 3, 2, 1));
    convolutions(window(batches[i], 4, 64, 64, 3, 2, 1));
    convolutions(window(batches[i], 28, 1, 48, 3, 1, 1));
    convolutions(window(batches[i], 28, 3, 24, 3, 1, 1));
    convolutions(window(batches[i], 28, 24, 48, 3, 2, 1));
  }
  convolutions(window(5, 28, 16, 32, 3, 2, 1));
  convolutions(window(5, 28, 16, 32, 1, 2, 1));
  int sizes[][2] = {{28, 8}, {28, 16}, {14, 32}, {7, 64}};
  for (int i = 0; i < 4; i++)
    for (int k = 3; k <= 5; k += 2)
      for (int s = 1; s <= 2; s++)
        for (int d = 1; d <= 2; d++) depthwise(window(5, sizes[i][0], sizes[i][1], sizes[i][1], k, s, d));
  depthwise(window(75, 28, 16, 16, 3, 1, 1));
  pools(window(5, 28, 16, 16, 3, 1, 1));
  pools(window(5, 28, 8, 8, 3, 1, 1));
  pools(window(5, 14, 32, 32, 3, 2, 1));
  for (int i = 0; i < 2; i++)
    for (int size = 28; size > 1; size /= 2) pools(window(batches[i], size, 64, 64, 2, 2, 1));
  streams(5 * 28 * 28, 16);
  streams(5 * 28 * 28, 8);
  streams(75 * 14 * 14, 32);
  streams(75 * 28 * 28, 64);
}
