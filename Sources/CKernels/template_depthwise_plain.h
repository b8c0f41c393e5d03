// Depthwise convolution in plain loops, for the shapes that template_depthwise.h leaves out (very large kernels).

static void NAME(depthwise_plain)(const ap_window *g, const T *restrict x, const T *restrict w, T *restrict y) {
  size_t c = (size_t)g->cin;
  for (int32_t n = 0; n < g->n; n++)
    for (int32_t oy = 0; oy < g->oh; oy++) {
      int32_t top = oy * g->stride - g->padding, ky0, ky1;
      valid_taps(top, g->dilation, g->kh, g->h, &ky0, &ky1);
      for (int32_t ox = 0; ox < g->ow; ox++, y += c) {
        int32_t left = ox * g->stride - g->padding, kx0, kx1;
        valid_taps(left, g->dilation, g->kw, g->w, &kx0, &kx1);
        for (size_t j = 0; j < c; j++) y[j] = 0;
        for (int32_t ky = ky0; ky < ky1; ky++)
          for (int32_t kx = kx0; kx < kx1; kx++) {
            const T *p = x + (((size_t)n * g->h + top + ky * g->dilation) * g->w + left + kx * g->dilation) * c;
            const T *q = w + ((size_t)ky * g->kw + kx) * c;
            for (size_t j = 0; j < c; j++) y[j] += p[j] * q[j];
          }
      }
    }
}

static void NAME(depthwise_input_gradient_plain)(const ap_window *g, const T *restrict dy, const T *restrict w, T *restrict dx) {
  size_t c = (size_t)g->cin;
  memset(dx, 0, (size_t)g->n * g->h * g->w * c * sizeof(T));
  for (int32_t n = 0; n < g->n; n++)
    for (int32_t oy = 0; oy < g->oh; oy++) {
      int32_t top = oy * g->stride - g->padding, ky0, ky1;
      valid_taps(top, g->dilation, g->kh, g->h, &ky0, &ky1);
      for (int32_t ox = 0; ox < g->ow; ox++, dy += c) {
        int32_t left = ox * g->stride - g->padding, kx0, kx1;
        valid_taps(left, g->dilation, g->kw, g->w, &kx0, &kx1);
        for (int32_t ky = ky0; ky < ky1; ky++)
          for (int32_t kx = kx0; kx < kx1; kx++) {
            T *p = dx + (((size_t)n * g->h + top + ky * g->dilation) * g->w + left + kx * g->dilation) * c;
            const T *q = w + ((size_t)ky * g->kw + kx) * c;
            for (size_t j = 0; j < c; j++) p[j] += dy[j] * q[j];
          }
      }
    }
}

static void NAME(depthwise_weight_gradient_plain)(const ap_window *g, const T *restrict x, const T *restrict dy, T *restrict dw) {
  size_t c = (size_t)g->cin;
  for (int32_t ky = 0; ky < g->kh; ky++)
    for (int32_t kx = 0; kx < g->kw; kx++, dw += c)
      for (size_t start = 0; start < c; start += COLUMN_CHUNK) {
        size_t cols = min_size(COLUMN_CHUNK, c - start);
        double totals[COLUMN_CHUNK] = {0};
        for (int32_t n = 0; n < g->n; n++)
          for (int32_t oy = 0; oy < g->oh; oy++) {
            int32_t iy = oy * g->stride - g->padding + ky * g->dilation;
            if (iy < 0 || iy >= g->h) continue;
            T partial[COLUMN_CHUNK] = {0};
            for (int32_t ox = 0; ox < g->ow; ox++) {
              int32_t ix = ox * g->stride - g->padding + kx * g->dilation;
              if (ix < 0 || ix >= g->w) continue;
              const T *p = x + (((size_t)n * g->h + iy) * g->w + ix) * c + start;
              const T *q = dy + (((size_t)n * g->oh + oy) * g->ow + ox) * c + start;
              for (size_t j = 0; j < cols; j++) partial[j] += p[j] * q[j];
            }
            for (size_t j = 0; j < cols; j++) totals[j] += partial[j];
          }
        for (size_t j = 0; j < cols; j++) dw[start + j] = (T)totals[j];
      }
}
