// Matrix products. Small inner and outer sizes (channels) meet a long third one (pixels): a few rows of c by up to four
// vectors stay in registers over a block of the inner dimension; b is read in place, or packed where its rows are not whole
// vectors. The rest goes to OpenBLAS.

#if VECTOR_BYTES == 64
#define PANEL_VECTORS 4  // 32 registers
#else
#define PANEL_VECTORS 2  // 16 registers
#endif

/// c (+)= a * b for `mr` rows and `nv` vectors of columns, the last of them of `lanes` lanes; a[i, l] = a[i * ars + l * acs].
INLINE void NAME(gemm_tile)(const int mr, const int nv, const int contiguous, size_t k, const T *a, size_t ars, size_t acs,
                            const T *b, size_t ldb, int add, T *c, size_t ldc, size_t lanes) {
  VEC sums[8][4];
  UNROLL for (int i = 0; i < mr; i++)
    UNROLL for (int v = 0; v < nv; v++) sums[i][v] = (VEC){0};
  for (size_t l = 0; l < k; l++) {
    VEC bv[4];
    UNROLL for (int v = 0; v < nv; v++) bv[v] = LOAD(b + l * ldb + (size_t)v * W);
    UNROLL for (int i = 0; i < mr; i++) {
      T s = contiguous ? a[l * acs + (size_t)i] : a[(size_t)i * ars + l];
      UNROLL for (int v = 0; v < nv; v++) sums[i][v] += s * bv[v];
    }
  }
  UNROLL for (int i = 0; i < mr; i++)
    UNROLL for (int v = 0; v < nv; v++) {
      T *p = c + (size_t)i * ldc + (size_t)v * W;
      size_t count = v == nv - 1 ? lanes : W;
      NAME(store_lanes)(p, add ? NAME(load_lanes)(p, count) + sums[i][v] : sums[i][v], count);
    }
}

/// All rows of one panel of c. `mr` rows at a time: as many as leave registers for b.
INLINE void NAME(gemm_panel)(const int mr, const int nv, const int contiguous, size_t m, size_t k, const T *a, size_t ars,
                             size_t acs, const T *b, size_t ldb, int add, T *c, size_t ldc, size_t lanes) {
  size_t i = 0;
#define TILES(MR)                                                                                                       \
  for (; i + (MR) <= m; i += (MR))                                                                                      \
  NAME(gemm_tile)(MR, nv, contiguous, k, a + i * ars, ars, acs, b, ldb, add, c + i * ldc, ldc, lanes)
  TILES(mr);
  if (mr > 4) TILES(4);
  if (mr > 2) TILES(2);
  TILES(1);
#undef TILES
}

static void NAME(gemm_panels)(int nv, int transa, size_t m, size_t k, const T *a, size_t lda, const T *b, size_t ldb, int add,
                              T *c, size_t ldc, size_t lanes) {
#define PANEL(MR, NV)                                                                                                   \
  if (transa)                                                                                                           \
    NAME(gemm_panel)(MR, NV, 1, m, k, a, 1, lda, b, ldb, add, c, ldc, lanes);                                           \
  else                                                                                                                  \
    NAME(gemm_panel)(MR, NV, 0, m, k, a, lda, 1, b, ldb, add, c, ldc, lanes);                                           \
  break
  switch (nv) {
  case 1: PANEL(8, 1);
#if VECTOR_BYTES == 64
  case 2: PANEL(8, 2);
  case 3: PANEL(8, 3);
  case 4: PANEL(6, 4);
#else
  case 2: PANEL(4, 2);
#endif
  }
#undef PANEL
}

/// c = op(a) * op(b) + (add ? c : 0), by the tiles above.
static void NAME(gemm_small)(int transa, int transb, size_t m, size_t n, size_t k, const T *a, const T *b, int add, T *c) {
  T packed[GEMM_DEPTH * PANEL_VECTORS * W] __attribute__((aligned(64)));
  for (size_t l = 0; l < k; l += GEMM_DEPTH) {
    size_t depth = min_size(GEMM_DEPTH, k - l);
    for (size_t j = 0; j < n; j += PANEL_VECTORS * W) {
      size_t cols = min_size(PANEL_VECTORS * W, n - j), vectors = (cols + W - 1) / W, lanes = cols - (vectors - 1) * W;
      const T *panel = b + l * n + j;
      size_t ldb = n;
      if (transb || lanes < W) {
        panel = packed;
        ldb = vectors * W;
        if (transb) NAME(transpose)(cols, depth, b + j * k + l, k, packed, ldb);
        for (size_t r = 0; r < depth; r++) {
          T *row = packed + r * ldb;
          if (transb)
            for (size_t q = cols; q < ldb; q++) row[q] = 0;
          else
            for (size_t q = 0; q < ldb; q += W) STORE(row + q, NAME(load_lanes)(b + (l + r) * n + j + q, min_size(W, cols - q)));
        }
      }
      NAME(gemm_panels)((int)vectors, transa, m, depth, a + (transa ? l * m : l), transa ? m : k, panel, ldb, add || l > 0,
                        c + j, n, lanes);
    }
  }
}

/// Whether a product goes by the tiles, in which a row of c comes out the same whatever rows there are beside it.
///
/// Measured on one Zen 5 core: the tiles win while b stays in the second cache, with 16 registers while it stays in the
/// first; without FMA they lose to OpenBLAS, which chooses by the processor and not by the level.
static inline int NAME(gemm_is_by_row)(size_t n, size_t k) {
  return n * k <= (VECTOR_BYTES == 64 ? (size_t)1 << 19 : VECTOR_BYTES == 32 ? (size_t)1 << 14 : 0);
}

/// c = op(a) * op(b) + (add ? c : 0).
static void NAME(gemm_add)(int transa, int transb, size_t m, size_t n, size_t k, const T *a, const T *b, int add, T *c) {
  if (m == 0 || n == 0) return;
  if (k == 0) {
    if (!add) memset(c, 0, m * n * sizeof(T));
    return;
  }
  if (NAME(gemm_is_by_row)(n, k) || m * n * k <= 4096)
    NAME(gemm_small)(transa, transb, m, n, k, a, b, add, c);
  else
    BLAS_GEMM(transa, transb, m, n, k, a, b, add, c);
}

static void NAME(gemm)(int transa, int transb, size_t m, size_t n, size_t k, const T *a, const T *b, T *c) {
  NAME(gemm_add)(transa, transb, m, n, k, a, b, 0, c);
}
#undef PANEL_VECTORS
