// Dense convolution: one GEMM for 1x1 kernels of stride 1, im2col and GEMM image by image otherwise.

static inline int NAME(is_pointwise)(const ap_window *g) {
  return g->kh == 1 && g->kw == 1 && g->stride == 1 && g->padding == 0;
}

static size_t NAME(conv2d_scratch)(const ap_window *g) {
  if (NAME(is_pointwise)(g)) return 0;
  return (size_t)g->oh * g->ow * g->kh * g->kw * g->cin;
}

/// columns [oh*ow, kh*kw*cin] of one image.
static void NAME(im2col)(const ap_window *g, const T *restrict x, T *restrict columns) {
  size_t cin = (size_t)g->cin;
  for (int32_t oy = 0; oy < g->oh; oy++)
    for (int32_t ox = 0; ox < g->ow; ox++)
      for (int32_t ky = 0; ky < g->kh; ky++) {
        int32_t iy = oy * g->stride - g->padding + ky * g->dilation;
        for (int32_t kx = 0; kx < g->kw; kx++, columns += cin) {
          int32_t ix = ox * g->stride - g->padding + kx * g->dilation;
          if (iy < 0 || iy >= g->h || ix < 0 || ix >= g->w)
            memset(columns, 0, cin * sizeof(T));
          else
            memcpy(columns, x + ((size_t)iy * g->w + ix) * cin, cin * sizeof(T));
        }
      }
}

/// The adjoint of im2col, added to x.
static void NAME(col2im)(const ap_window *g, const T *restrict columns, T *restrict x) {
  size_t cin = (size_t)g->cin;
  for (int32_t oy = 0; oy < g->oh; oy++)
    for (int32_t ox = 0; ox < g->ow; ox++)
      for (int32_t ky = 0; ky < g->kh; ky++) {
        int32_t iy = oy * g->stride - g->padding + ky * g->dilation;
        for (int32_t kx = 0; kx < g->kw; kx++, columns += cin) {
          int32_t ix = ox * g->stride - g->padding + kx * g->dilation;
          if (iy < 0 || iy >= g->h || ix < 0 || ix >= g->w) continue;
          T *pixel = x + ((size_t)iy * g->w + ix) * cin;
          for (size_t c = 0; c < cin; c++) pixel[c] += columns[c];
        }
      }
}

static void NAME(conv2d)(const ap_window *g, const T *x, const T *w, T *y, T *scratch) {
  size_t pixels = (size_t)g->oh * g->ow, depth = (size_t)g->kh * g->kw * g->cin, cout = (size_t)g->cout;
  if (NAME(is_pointwise)(g)) {
    NAME(gemm_add)(0, 0, (size_t)g->n * pixels, cout, depth, x, w, 0, y);
    return;
  }
  for (size_t i = 0; i < (size_t)g->n; i++) {
    NAME(im2col)(g, x + i * g->h * g->w * g->cin, scratch);
    NAME(gemm_add)(0, 0, pixels, cout, depth, scratch, w, 0, y + i * pixels * cout);
  }
}

static void NAME(conv2d_input_gradient)(const ap_window *g, const T *dy, const T *w, T *dx, T *scratch) {
  size_t pixels = (size_t)g->oh * g->ow, depth = (size_t)g->kh * g->kw * g->cin, cout = (size_t)g->cout;
  if (NAME(is_pointwise)(g)) {
    NAME(gemm_add)(0, 1, (size_t)g->n * pixels, depth, cout, dy, w, 0, dx);
    return;
  }
  size_t image = (size_t)g->h * g->w * g->cin;
  for (size_t i = 0; i < (size_t)g->n; i++) {
    NAME(gemm_add)(0, 1, pixels, depth, cout, dy + i * pixels * cout, w, 0, scratch);
    memset(dx + i * image, 0, image * sizeof(T));
    NAME(col2im)(g, scratch, dx + i * image);
  }
}

static void NAME(conv2d_weight_gradient)(const ap_window *g, const T *x, const T *dy, T *dw, T *scratch) {
  size_t pixels = (size_t)g->oh * g->ow, depth = (size_t)g->kh * g->kw * g->cin, cout = (size_t)g->cout;
  if (NAME(is_pointwise)(g)) {
    NAME(gemm_add)(1, 0, depth, cout, (size_t)g->n * pixels, x, dy, 0, dw);
    return;
  }
  memset(dw, 0, depth * cout * sizeof(T));
  for (size_t i = 0; i < (size_t)g->n; i++) {
    NAME(im2col)(g, x + i * g->h * g->w * g->cin, scratch);
    NAME(gemm_add)(1, 0, depth, cout, pixels, scratch, dy + i * pixels * cout, 1, dw);
  }
}
