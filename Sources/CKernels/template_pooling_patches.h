// Max pooling over patches of 2x2 that do not overlap, its gather and its scatter, for whole vectors of channels: every
// pixel is read or written once, in the order of memory, where the general kernels go over a row once a vector of channels
// and the scatter clears everything first.

static inline int NAME(is_patches)(const ap_window *g) {
  return g->kh == 2 && g->kw == 2 && g->stride == 2 && g->padding == 0 && g->dilation == 1 && (size_t)g->cin % W == 0 &&
         g->oh == g->h / 2 && g->ow == g->w / 2;
}

/// One vector of a patch whose upper left pixel is number `position` of the image, at x.
INLINE void NAME(patch)(const int mode, MASK position, MASK width, size_t right, size_t below, T *x, T *y, int32_t *index) {
  const size_t at[4] = {0, right, below, below + right};
  const MASK positions[4] = {position, position + 1, position + width, position + width + 1};
  if (mode == POOL_MAX) {
    VEC best = LOAD(x);
    MVEC taken = (MVEC){0} + positions[0], unordered = best != best;
    UNROLL for (int i = 1; i < 4; i++) {
      VEC v = LOAD(x + at[i]);
      MVEC takes = v > best;
      best = NAME(where)(takes, v, best);
      taken = (takes & positions[i]) | (~takes & taken);
      unordered |= v != v;
    }
    // NaN must not vanish in a maximum: where there is any, its first position wins. Apart because it is rare.
    if (__builtin_reduce_or(unordered))
      for (int i = 3; i >= 0; i--) {
        VEC v = LOAD(x + at[i]);
        MVEC takes = v != v;
        best = NAME(where)(takes, v, best);
        taken = (takes & positions[i]) | (~takes & taken);
      }
    STORE(y, best);
    NAME(store_indices)(index, taken, W);
    return;
  }
  MVEC taken = NAME(load_indices)(index, W);
  VEC value = mode == POOL_SCATTER ? LOAD(y) : (VEC){0};
  UNROLL for (int i = 0; i < 4; i++) {
    MVEC here = taken == positions[i];
    if (mode == POOL_SCATTER)
      STORE(x + at[i], NAME(where)(here, value, (VEC){0}));
    else
      value = NAME(where)(here, LOAD(x + at[i]), value);
  }
  if (mode == POOL_GATHER) STORE(y, value);
}

INLINE void NAME(patches)(const int mode, const ap_window *g, T *x, T *y, int32_t *index) {
  size_t c = (size_t)g->cin, row = (size_t)g->w * c, covered = 2 * (size_t)g->ow * c;
  for (int32_t n = 0; n < g->n; n++) {
    for (int32_t oy = 0; oy < g->oh; oy++, x += 2 * row) {
      for (int32_t ox = 0; ox < g->ow; ox++)
        for (size_t j = 0; j < c; j += W, y += W, index += W)
          NAME(patch)(mode, 2 * (oy * g->w + ox), g->w, c, row, x + 2 * (size_t)ox * c + j, y, index);
      if (mode == POOL_SCATTER) {  // the column that no patch covers
        memset(x + covered, 0, (row - covered) * sizeof(T));
        memset(x + row + covered, 0, (row - covered) * sizeof(T));
      }
    }
    if (g->h % 2) {
      if (mode == POOL_SCATTER) memset(x, 0, row * sizeof(T));
      x += row;
    }
  }
}
