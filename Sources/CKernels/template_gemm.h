// Matrix products.

/// c = op(a) * op(b) + beta * c, beta 0 or 1.
static void NAME(gemm_beta)(int transa, int transb, size_t m, size_t n, size_t k, const T *a, const T *b, T beta, T *c) {
  if (m == 0 || n == 0) return;
  if (k == 0) {
    if (beta == 0) memset(c, 0, m * n * sizeof(T));
    return;
  }
  CBLAS_GEMM(CblasRowMajor, transa ? CblasTrans : CblasNoTrans, transb ? CblasTrans : CblasNoTrans, (int)m, (int)n, (int)k,
             1, a, (int)(transa ? m : k), b, (int)(transb ? k : n), beta, c, (int)n);
}

static void NAME(gemm)(int transa, int transb, size_t m, size_t n, size_t k, const T *a, const T *b, T *c) {
  NAME(gemm_beta)(transa, transb, m, n, k, a, b, 0, c);
}
