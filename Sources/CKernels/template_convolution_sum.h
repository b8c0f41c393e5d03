// Sums of two convolutions, or of their input gradients, by one window: the tangent of a bilinear operation. The second one is added
// while the first is near: in registers where rows can be padded, in the matrix product where the kernel is 1x1, per image otherwise.

static size_t NAME(convolution_sum_scratch)(const ap_window *g, int depthwise) {
  size_t larger = (size_t)g->h * g->w * g->cin, output = (size_t)g->oh * g->ow * g->cout;
  larger = larger > output ? larger : output;
  int32_t padding = depthwise ? NAME(row_padding)(g) : -1;
  size_t rows = (size_t)(g->h > g->oh ? g->h : g->oh), width = (size_t)(g->w > g->ow ? g->w : g->ow);
  size_t padded = padding < 0 ? 0 : NAME(padded_count)(rows, width, (size_t)g->cin, padding);
  return larger + padded + (depthwise ? 0 : NAME(conv2d_scratch)(g));
}

/// `gradient`: whether a and b are cotangents of the output, and y is one of the input.
static void NAME(convolution_sum)(const ap_window *g, int depthwise, int gradient, const T *a, const T *wa, const T *b, const T *wb,
                                  T *y, T *scratch) {
  size_t input = (size_t)g->h * g->w * g->cin, output = (size_t)g->oh * g->ow * (depthwise ? g->cin : g->cout);
  size_t from = gradient ? output : input, to = gradient ? input : output, larger = input > output ? input : output;
  if (!depthwise && NAME(is_pointwise)(g)) {
    size_t rows = (size_t)g->n * g->oh * g->ow, cin = (size_t)g->cin, cout = (size_t)g->cout;
    NAME(gemm_add)(0, gradient, rows, gradient ? cin : cout, gradient ? cout : cin, a, wa, 0, y);
    NAME(gemm_add)(0, gradient, rows, gradient ? cin : cout, gradient ? cout : cin, b, wb, 1, y);
    return;
  }
  ap_window one = *g;
  one.n = 1;
  int32_t padding = depthwise && !(gradient && g->stride > 1) ? NAME(row_padding)(g) : -1;
  T *second = scratch, *rest = scratch + larger;
  for (size_t i = 0; i < (size_t)g->n; i++) {
    T *target = y + i * to;
    if (padding >= 0) {
      size_t height = (size_t)(gradient ? g->oh : g->h), width = (size_t)(gradient ? g->ow : g->w);
      for (int part = 0; part < 2; part++) {
        const T *w = part ? wb : wa;
        NAME(pad_rows)(height, width, (size_t)g->cin, padding, (part ? b : a) + i * from, NULL, NULL, rest);
        if (gradient)
          NAME(depthwise_input_gradient_padded)(&one, padding, rest, w, 0, NULL, part, target);
        else if (part)
          NAME(depthwise_padded_added)(&one, padding, rest, w, target);
        else
          NAME(depthwise_padded)(&one, padding, rest, w, target);
      }
      continue;
    }
    for (int part = 0; part < 2; part++) {
      const T *source = (part ? b : a) + i * from, *w = part ? wb : wa;
      T *out = part ? second : target;
      if (depthwise && gradient) NAME(depthwise_input_gradient)(&one, source, w, out);
      if (depthwise && !gradient) NAME(depthwise)(&one, source, w, out);
      if (!depthwise && gradient) NAME(conv2d_input_gradient)(&one, source, w, out, rest);
      if (!depthwise && !gradient) NAME(conv2d)(&one, source, w, out, rest);
    }
    NAME(add_scaled)(to, 1, second, target, target);
  }
}
