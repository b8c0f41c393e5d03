// Max and average pooling: vectors along the channels, sums and maxima in registers. The adjoint of
// averaging reads every window that holds an input pixel instead of adding into memory, so that the kernels are one: a list of
// the pixels that a target pixel depends on, and a pass over the list.

typedef struct {
  int32_t count;
  ptrdiff_t origin;              // position of the first source pixel, to which the others are relative
  ptrdiff_t offsets[MOST_TAPS];  // of the source pixels, in elements
  int32_t positions[MOST_TAPS];  // of the source pixels, in pixels
  T scales[MOST_TAPS];           // average pooling's adjoint: 1 / elements of the window
} NAME(pool_list);

/// One target pixel's channels from the listed source pixels; `known` is the list's length where the loop shall unroll, or 0.
INLINE void NAME(pool_pixel)(const int mode, const int known, const NAME(pool_list) * list, MASK origin, const T *source, const int32_t *index_in, size_t lanes, T *out, int32_t *index_out) {
  VEC sum = {0};
  MVEC index = {0}, unordered = {0};
  if (mode == POOL_GATHER) index = NAME(load_indices)(index_in, lanes) - origin;
  if (mode == POOL_MAX) {
    sum = list->count ? NAME(load_lanes)(source + list->offsets[0], lanes) : sum - (T)INFINITY;
    unordered = sum != sum;
  }
#define SOURCE(I)                                                                                                       \
  do {                                                                                                                  \
    VEC v = NAME(load_lanes)(source + list->offsets[I], lanes);                                                         \
    MASK position = list->positions[I];                                                                                 \
    if (mode == POOL_AVERAGE) sum += v;                                                                                 \
    if (mode == POOL_AVERAGE_ADJOINT) sum += v * list->scales[I];                                                       \
    if (mode == POOL_GATHER) sum = NAME(where)(index == position, v, sum);                                              \
    if (mode == POOL_MAX) {                                                                                             \
      MVEC takes = v > sum;                                                                                             \
      sum = NAME(where)(takes, v, sum);                                                                                 \
      index = (takes & position) | (~takes & index);                                                                    \
      unordered |= v != v;                                                                                              \
    }                                                                                                                   \
  } while (0)
  if (known > 0) {
    UNROLL for (int i = mode == POOL_MAX; i < known; i++) SOURCE(i);
  } else {
    for (int32_t i = mode == POOL_MAX; i < list->count; i++) SOURCE(i);
  }
#undef SOURCE
  // NaN must not vanish in a maximum: where there is any, its first position wins. Apart from the loop because it is rare.
  if (mode == POOL_MAX && __builtin_reduce_or(unordered))
    for (int32_t i = list->count - 1; i >= 0; i--) {
      VEC v = NAME(load_lanes)(source + list->offsets[i], lanes);
      MVEC takes = v != v;
      sum = NAME(where)(takes, v, sum);
      index = (takes & (MASK)list->positions[i]) | (~takes & index);
    }
  if (mode == POOL_AVERAGE && list->count) sum *= (T)1 / (T)list->count;
  NAME(store_lanes)(out, sum, lanes);
  if (mode == POOL_MAX) NAME(store_indices)(index_out, index + origin, lanes);
}

/// `lanes` channels of `run` neighbouring target pixels, whose sources move on by `step` pixels each.
INLINE void NAME(pool_lanes)(const int mode, const int known, const NAME(pool_list) * list, int32_t run,
                             int32_t step, size_t c, size_t lanes, const T *source, const int32_t *index_in, T *out,
                             int32_t *index_out) {
  for (int32_t i = 0; i < run; i++) {
    size_t from = (size_t)(i * step) * c, to = (size_t)i * c;
    NAME(pool_pixel)(mode, known, list, (MASK)(list->origin + i * step), source + from,
                     mode == POOL_GATHER ? index_in + to : NULL, lanes, out + to, mode == POOL_MAX ? index_out + to : NULL);
  }
}

/// The same for all channels; the loop over pixels is the inner one, so that the list's pointers stay in registers.
INLINE void NAME(pool_run)(const int mode, const int known, const NAME(pool_list) * list, int32_t run,
                           int32_t step, size_t c, const T *source, const int32_t *index_in, T *out, int32_t *index_out) {
  source += list->origin * (ptrdiff_t)c;
  size_t j = 0;
#define LANES_AT_J(COUNT)                                                                                               \
  NAME(pool_lanes)                                                                                                      \
  (mode, known, list, run, step, c, COUNT, source + j, index_in ? index_in + j : NULL, out + j,                 \
   index_out ? index_out + j : NULL)
  for (; j + W <= c; j += W) LANES_AT_J(W);
  if (c - j == W / 2)
    LANES_AT_J(W / 2);
  else if (j < c)
    LANES_AT_J(c - j);
#undef LANES_AT_J
}

/// Input coordinates inside the image that the window of output coordinate o covers; returns how many.
INLINE int32_t NAME(window_inputs)(int32_t o, const ap_window *g, int32_t taps, int32_t extent, int32_t *inputs) {
  int32_t count = 0, i = o * g->stride - g->padding;
  for (int32_t k = 0; k < taps; k++, i += g->dilation)
    if (i >= 0 && i < extent) inputs[count++] = i;
  return count;
}

/// Output coordinates whose windows cover input coordinate i, with the number of inputs of each; returns how many.
INLINE int32_t NAME(input_windows)(int32_t i, const ap_window *g, int32_t taps, int32_t extent, int32_t outputs, int32_t *out,
                                   int32_t *sizes) {
  int32_t count = 0;
  for (int32_t k = taps - 1; k >= 0; k--) {
    int32_t origin = i + g->padding - k * g->dilation, o = g->stride == 1 ? origin : origin / g->stride, first, last;
    if (origin < 0 || o * g->stride != origin || o >= outputs) continue;
    valid_taps(o * g->stride - g->padding, g->dilation, taps, extent, &first, &last);
    sizes[count] = last - first;
    out[count++] = o;
  }
  return count;
}

INLINE void NAME(pool)(const int mode, const ap_window *g, const T *source, const int32_t *index_in, T *out,
                       int32_t *index_out) {
  const int adjoint = mode == POOL_AVERAGE_ADJOINT;
  const int32_t height = adjoint ? g->h : g->oh, width = adjoint ? g->w : g->ow, source_width = adjoint ? g->ow : g->w;
  size_t c = (size_t)g->cin, inputs = (size_t)g->h * g->w * c, outputs = (size_t)g->oh * g->ow * c;
  size_t source_image = adjoint ? outputs : inputs, target_image = adjoint ? inputs : outputs;
  // Between the borders the next pixel's list is this one's, moved: [interior, interior_end) are one run.
  const int32_t reach = (g->kw - 1) * g->dilation, step = adjoint ? 1 : g->stride;
  int32_t interior = adjoint ? reach : (g->padding + g->stride - 1) / g->stride;
  int32_t interior_end = adjoint ? (g->stride == 1 ? min_int(g->w - reach, g->ow - g->padding) : 0)
                                 : min_int(width, (g->w - 1 - reach + g->padding) / g->stride + 1);
  enum { IMAGES = 8 };  // few enough that the rows in use stay in the nearest cache
  for (int32_t first = 0; first < g->n; first += IMAGES)
    for (int32_t y = 0; y < height; y++) {
      int32_t rows[MOST_TAPS], row_sizes[MOST_TAPS];
      int32_t row_count = adjoint ? NAME(input_windows)(y, g, g->kh, g->h, g->oh, rows, row_sizes)
                                  : NAME(window_inputs)(y, g, g->kh, g->h, rows);
      for (int32_t x = 0, run; x < width; x += run) {
        run = x == interior && interior_end > x ? interior_end - x : 1;
        int32_t columns[MOST_TAPS], column_sizes[MOST_TAPS];
        int32_t column_count = adjoint ? NAME(input_windows)(x, g, g->kw, g->w, g->ow, columns, column_sizes)
                                       : NAME(window_inputs)(x, g, g->kw, g->w, columns);
        NAME(pool_list) list;
        list.count = 0;
        list.origin = row_count && column_count ? (ptrdiff_t)rows[0] * source_width + columns[0] : 0;
        for (int32_t a = 0; a < row_count; a++)
          for (int32_t b = 0; b < column_count; b++, list.count++) {
            list.positions[list.count] = rows[a] * source_width + columns[b] - (int32_t)list.origin;
            list.offsets[list.count] = (ptrdiff_t)list.positions[list.count] * g->cin;
            if (mode == POOL_AVERAGE_ADJOINT) list.scales[list.count] = (T)1 / (T)(row_sizes[a] * column_sizes[b]);
          }
        int32_t target = y * width + x;
        for (int32_t n = first; n < g->n && n < first + IMAGES; n++) {
          size_t s = (size_t)n * source_image, t = (size_t)n * target_image + (size_t)target * c;
#define RUN(KNOWN)                                                                                                      \
  NAME(pool_run)                                                                                                        \
  (mode, KNOWN, &list, run, step, c, source + s, mode == POOL_GATHER ? index_in + t : NULL, out + t,                     \
   mode == POOL_MAX ? index_out + t : NULL)
          if (list.count == 9)
            RUN(9);
          else if (list.count == 4)
            RUN(4);
          else
            RUN(0);
#undef RUN
        }
      }
    }
}

static void NAME(max_pool)(const ap_window *g, const T *x, T *y, int32_t *index) {
  if (NAME(is_patches)(g))
    NAME(patches)(POOL_MAX, g, (T *)x, y, index);
  else if (g->kh * g->kw > MOST_TAPS)
    NAME(max_pool_plain)(g, x, y, index);
  else
    NAME(pool)(POOL_MAX, g, x, NULL, y, index);
}

static void NAME(pool_gather)(const ap_window *g, const int32_t *index, const T *x, T *y) {
  if (NAME(is_patches)(g))
    NAME(patches)(POOL_GATHER, g, (T *)x, y, (int32_t *)index);
  else if (g->kh * g->kw > 16)  // longer lists take longer than single loads
    NAME(pool_gather_plain)(g, index, x, y);
  else
    NAME(pool)(POOL_GATHER, g, x, index, y, NULL);
}

static void NAME(average_pool)(const ap_window *g, const T *x, T *y) {
  if (g->kh * g->kw > MOST_TAPS)
    NAME(average_pool_plain)(g, x, y);
  else
    NAME(pool)(POOL_AVERAGE, g, x, NULL, y, NULL);
}

static void NAME(average_pool_adjoint)(const ap_window *g, const T *dy, T *dx) {
  if (g->kh * g->kw > MOST_TAPS || g->stride > 1)
    NAME(average_pool_adjoint_plain)(g, dy, dx);
  else
    NAME(pool)(POOL_AVERAGE_ADJOINT, g, dy, NULL, dx, NULL);
}
