// Pooling in plain loops: the scatter, and what template_pooling.h leaves out (large windows, strided adjoints).

static void NAME(max_pool_plain)(const ap_window *g, const T *restrict x, T *restrict y, int32_t *restrict index) {
  size_t c = (size_t)g->cin;
  for (int32_t n = 0; n < g->n; n++)
    for (int32_t oy = 0; oy < g->oh; oy++) {
      int32_t top = oy * g->stride - g->padding, ky0, ky1;
      valid_taps(top, g->dilation, g->kh, g->h, &ky0, &ky1);
      for (int32_t ox = 0; ox < g->ow; ox++, y += c, index += c) {
        int32_t left = ox * g->stride - g->padding, kx0, kx1;
        valid_taps(left, g->dilation, g->kw, g->w, &kx0, &kx1);
        int first = 1;
        for (int32_t ky = ky0; ky < ky1; ky++)
          for (int32_t kx = kx0; kx < kx1; kx++) {
            int32_t position = (top + ky * g->dilation) * g->w + left + kx * g->dilation;
            const T *p = x + ((size_t)n * g->h * g->w + position) * c;
            if (first) {
              for (size_t j = 0; j < c; j++) {
                y[j] = p[j];
                index[j] = position;
              }
            } else {
              for (size_t j = 0; j < c; j++) {
                // Greater, or the first NaN of the window: NaN must not vanish here.
                int takes = !(p[j] <= y[j]) && y[j] == y[j];
                y[j] = takes ? p[j] : y[j];
                index[j] = takes ? position : index[j];
              }
            }
            first = 0;
          }
        if (first)
          for (size_t j = 0; j < c; j++) {
            y[j] = -(T)INFINITY;
            index[j] = 0;
          }
      }
    }
}

static void NAME(pool_gather_plain)(const ap_window *g, const int32_t *restrict index, const T *restrict x, T *restrict y) {
  size_t c = (size_t)g->cin, pixels = (size_t)g->oh * g->ow, image = (size_t)g->h * g->w * c;
  for (int32_t n = 0; n < g->n; n++, x += image)
    for (size_t e = 0; e < pixels; e++, index += c, y += c)
      for (size_t j = 0; j < c; j++) y[j] = x[(size_t)index[j] * c + j];
}

static void NAME(pool_scatter)(const ap_window *g, const int32_t *restrict index, const T *restrict dy, T *restrict dx) {
  if (NAME(is_patches)(g)) {
    NAME(patches)(POOL_SCATTER, g, dx, (T *)dy, (int32_t *)index);
    return;
  }
  size_t c = (size_t)g->cin, pixels = (size_t)g->oh * g->ow, image = (size_t)g->h * g->w * c;
  memset(dx, 0, (size_t)g->n * image * sizeof(T));
  for (int32_t n = 0; n < g->n; n++, dx += image)
    for (size_t e = 0; e < pixels; e++, index += c, dy += c)
      for (size_t j = 0; j < c; j++) dx[(size_t)index[j] * c + j] += dy[j];
}

static void NAME(average_pool_plain)(const ap_window *g, const T *restrict x, T *restrict y) {
  size_t c = (size_t)g->cin;
  for (int32_t n = 0; n < g->n; n++)
    for (int32_t oy = 0; oy < g->oh; oy++) {
      int32_t top = oy * g->stride - g->padding, ky0, ky1;
      valid_taps(top, g->dilation, g->kh, g->h, &ky0, &ky1);
      for (int32_t ox = 0; ox < g->ow; ox++, y += c) {
        int32_t left = ox * g->stride - g->padding, kx0, kx1;
        valid_taps(left, g->dilation, g->kw, g->w, &kx0, &kx1);
        for (size_t j = 0; j < c; j++) y[j] = 0;
        int32_t count = (ky1 - ky0) * (kx1 - kx0);
        if (count == 0) continue;
        for (int32_t ky = ky0; ky < ky1; ky++)
          for (int32_t kx = kx0; kx < kx1; kx++) {
            const T *p = x + (((size_t)n * g->h + top + ky * g->dilation) * g->w + left + kx * g->dilation) * c;
            for (size_t j = 0; j < c; j++) y[j] += p[j];
          }
        T scale = (T)1 / (T)count;
        for (size_t j = 0; j < c; j++) y[j] *= scale;
      }
    }
}

static void NAME(average_pool_adjoint_plain)(const ap_window *g, const T *restrict dy, T *restrict dx) {
  size_t c = (size_t)g->cin;
  memset(dx, 0, (size_t)g->n * g->h * g->w * c * sizeof(T));
  for (int32_t n = 0; n < g->n; n++)
    for (int32_t oy = 0; oy < g->oh; oy++) {
      int32_t top = oy * g->stride - g->padding, ky0, ky1;
      valid_taps(top, g->dilation, g->kh, g->h, &ky0, &ky1);
      for (int32_t ox = 0; ox < g->ow; ox++, dy += c) {
        int32_t left = ox * g->stride - g->padding, kx0, kx1;
        valid_taps(left, g->dilation, g->kw, g->w, &kx0, &kx1);
        int32_t count = (ky1 - ky0) * (kx1 - kx0);
        if (count == 0) continue;
        T scale = (T)1 / (T)count;
        for (int32_t ky = ky0; ky < ky1; ky++)
          for (int32_t kx = kx0; kx < kx1; kx++) {
            T *p = dx + (((size_t)n * g->h + top + ky * g->dilation) * g->w + left + kx * g->dilation) * c;
            for (size_t j = 0; j < c; j++) p[j] += scale * dy[j];
          }
      }
    }
}
