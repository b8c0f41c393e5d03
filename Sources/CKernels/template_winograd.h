// Dense 3x3 convolution of stride 1 by Winograd's F(2x2, 3x3): 16 products make the four outputs of a tile where the
// definition takes 36 (Lavin & Gray 2016, "Fast Algorithms for Convolutional Neural Networks", equation 8).
//
// A tile of 4x4 inputs becomes 16 points, the weights become 16 matrices [cin, cout], and for every point one matrix product
// over the tiles of a block gives the 16 points of the tiles' outputs. The input gradient is the same with turned and
// transposed weights; the weight gradient is the adjoint: the same products with the tiles as the inner dimension.
//
// The transforms hold no number but 1 and 1/2: with Conv-4's sizes the largest error is at most twice that of im2col, 5e-7 of
// the largest element at most in float. An infinite input makes all outputs of its tiles NaN, not only those that see it.

// Keeps the 16 points of a tile off one set of the nearest cache: the transform of the weights took 8 us without, 3 with it.
enum { NAME(WINOGRAD_PAD) = 64 / sizeof(T) };

static inline int NAME(is_winograd)(const ap_window *g) {
  enum { FEWEST = 16 };  // below this the transforms take what the products save
  return g->kh == 3 && g->kw == 3 && g->stride == 1 && g->dilation == 1 && g->cin >= FEWEST && g->cout >= FEWEST &&
         (size_t)g->cin % (W / 2) == 0 && (size_t)g->cout % (W / 2) == 0 && (size_t)g->cin * (size_t)g->cout % W == 0;
}

/// The tiles of a batch, and how they are worked on: `block` at a time.
typedef struct {
  size_t across, down, total, block;
} NAME(tiling);

static NAME(tiling) NAME(tiling_of)(size_t n, size_t oh, size_t ow) {
  enum { MOST = 48, ROWS = 6 };  // MOST: the points of a block stay in the second cache; ROWS: of a tile of the matrix product
  NAME(tiling) t = {.across = (ow + 1) / 2, .down = (oh + 1) / 2};
  t.total = n * t.across * t.down;
  size_t blocks = (t.total + MOST - 1) / MOST;
  t.block = blocks ? (((t.total + blocks - 1) / blocks) + ROWS - 1) / ROWS * ROWS : 0;
  return t;
}

/// Elements of the points of one block.
static inline size_t NAME(points_size)(NAME(tiling) t, size_t c) { return 16 * (t.block * c + NAME(WINOGRAD_PAD)); }

/// Elements between the weights' points.
static inline size_t NAME(weights_pitch)(const ap_window *g) { return (size_t)g->cin * (size_t)g->cout + NAME(WINOGRAD_PAD); }

static size_t NAME(winograd_scratch)(const ap_window *g) {
  size_t cin = (size_t)g->cin, cout = (size_t)g->cout, most = 0;
  for (int backward = 0; backward < 2; backward++) {
    NAME(tiling) t = NAME(tiling_of)((size_t)g->n, (size_t)(backward ? g->h : g->oh), (size_t)(backward ? g->w : g->ow));
    size_t points = NAME(points_size)(t, cin) + NAME(points_size)(t, cout);
    if (points > most) most = points;
  }
  most += cin > cout ? cin : cout;  // a pixel of zeros
  if (most < 9 * cin * cout) most = 9 * cin * cout;
  return 16 * NAME(weights_pitch)(g) + most;
}

#define INPUT_COLUMN(d0, d1, d2, d3, o)                                                                                 \
  do {                                                                                                                  \
    VEC a0 = d0, a1 = d1, a2 = d2, a3 = d3;                                                                             \
    (o)[0] = a0 - a2;                                                                                                   \
    (o)[1] = a1 + a2;                                                                                                   \
    (o)[2] = a2 - a1;                                                                                                   \
    (o)[3] = a1 - a3;                                                                                                   \
  } while (0)

/// points[a * 4 + b] = (B^T d B)[a, b] of the 4x4 pixels at `pixels`, for `lanes` channels from c on.
INLINE void NAME(input_points)(const T *const *pixels, size_t c, size_t lanes, T *points, size_t pitch) {
  VEC columns[4][4];
#define PIXEL(a, b) NAME(load_lanes)(pixels[(a) * 4 + (b)] + c, lanes)
  UNROLL for (int b = 0; b < 4; b++) INPUT_COLUMN(PIXEL(0, b), PIXEL(1, b), PIXEL(2, b), PIXEL(3, b), columns[b]);
#undef PIXEL
  UNROLL for (int a = 0; a < 4; a++) {
    VEC row[4];
    INPUT_COLUMN(columns[0][a], columns[1][a], columns[2][a], columns[3][a], row);
    UNROLL for (int b = 0; b < 4; b++) NAME(store_lanes)(points + (size_t)(a * 4 + b) * pitch + c, row[b], lanes);
  }
}
#undef INPUT_COLUMN

/// (A^T m A) of 16 points, to the outputs of the tile that lie inside the image.
INLINE void NAME(output_points)(const T *points, size_t pitch, size_t c, size_t lanes, int below, int right, T *y, size_t row,
                                size_t pixel) {
  VEC half[4][2];
  UNROLL for (int b = 0; b < 4; b++) {
#define POINT(a) NAME(load_lanes)(points + (size_t)((a) * 4 + b) * pitch + c, lanes)
    VEC p1 = POINT(1), p2 = POINT(2);
    half[b][0] = POINT(0) + p1 + p2;
    half[b][1] = p1 - p2 - POINT(3);
#undef POINT
  }
#define ROW(a)                                                                                                          \
  do {                                                                                                                  \
    T *out = y + (a) * row + c;                                                                                         \
    NAME(store_lanes)(out, half[0][a] + half[1][a] + half[2][a], lanes);                                                \
    if (right) NAME(store_lanes)(out + pixel, half[1][a] - half[2][a] - half[3][a], lanes);                             \
  } while (0)
  ROW(0);
  if (below) ROW(1);
#undef ROW
}

/// points = A dy A^T, the adjoint of output_points.
INLINE void NAME(output_points_adjoint)(const T *const *pixels, size_t c, size_t lanes, T *points, size_t pitch) {
  VEC columns[2][4];
#define SPREAD(d0, d1, o)                                                                                               \
  do {                                                                                                                  \
    VEC s0 = d0, s1 = d1;                                                                                               \
    (o)[0] = s0;                                                                                                        \
    (o)[1] = s0 + s1;                                                                                                   \
    (o)[2] = s0 - s1;                                                                                                   \
    (o)[3] = -s1;                                                                                                       \
  } while (0)
  UNROLL for (int b = 0; b < 2; b++)
    SPREAD(NAME(load_lanes)(pixels[b] + c, lanes), NAME(load_lanes)(pixels[2 + b] + c, lanes), columns[b]);
  UNROLL for (int a = 0; a < 4; a++) {
    VEC row[4];
    SPREAD(columns[0][a], columns[1][a], row);
    UNROLL for (int b = 0; b < 4; b++) NAME(store_lanes)(points + (size_t)(a * 4 + b) * pitch + c, row[b], lanes);
  }
#undef SPREAD
}

/// A walk over the tiles of a batch.
typedef struct {
  ptrdiff_t image, top, left;  // of the tile's upper left output, in pixels
} NAME(tile);

INLINE NAME(tile) NAME(tile_at)(NAME(tiling) t, size_t i) {
  size_t row = i / t.across;
  return (NAME(tile)){(ptrdiff_t)(row / t.down), 2 * (ptrdiff_t)(row % t.down), 2 * (ptrdiff_t)(i % t.across)};
}

INLINE void NAME(next_tile)(NAME(tiling) t, NAME(tile) * tile) {
  if ((size_t)(tile->left += 2) < 2 * t.across) return;
  tile->left = 0;
  if ((size_t)(tile->top += 2) < 2 * t.down) return;
  tile->top = 0;
  tile->image++;
}

/// points [16, count, c] of tiles [first, first + count) of images [n, height, width, c]: of the 4x4 inputs that begin
/// `padding` before the tile, or of its 2x2 outputs' gradients. `zeros` [c] stands for the pixels outside.
INLINE void NAME(tiles_to_points)(const int side, NAME(tiling) t, size_t first, size_t count, ptrdiff_t height, ptrdiff_t width,
                                  ptrdiff_t padding, size_t c, const T *x, const T *zeros, T *points, size_t pitch) {
  NAME(tile) tile = NAME(tile_at)(t, first);
  for (size_t i = 0; i < count; i++, points += c, NAME(next_tile)(t, &tile)) {
    const T *pixels[16];
    ptrdiff_t top = tile.top - padding, left = tile.left - padding;
    UNROLL for (int a = 0; a < side; a++) {
      ptrdiff_t iy = top + a, row = (tile.image * height + iy) * width;
      int inside = iy >= 0 && iy < height;
      UNROLL for (int b = 0; b < side; b++) {
        ptrdiff_t ix = left + b;
        pixels[a * side + b] = inside && ix >= 0 && ix < width ? x + (row + ix) * (ptrdiff_t)c : zeros;
      }
    }
#define LANES_AT_J(COUNT)                                                                                               \
  do {                                                                                                                  \
    if (side == 4)                                                                                                      \
      NAME(input_points)(pixels, j, COUNT, points, pitch);                                                              \
    else                                                                                                                \
      NAME(output_points_adjoint)(pixels, j, COUNT, points, pitch);                                                     \
  } while (0)
    size_t j = 0;
    for (; j + W <= c; j += W) LANES_AT_J(W);
    if (j < c) LANES_AT_J(W / 2);
#undef LANES_AT_J
  }
}

static void NAME(points_to_tiles)(NAME(tiling) t, size_t first, size_t count, ptrdiff_t height, ptrdiff_t width, size_t c,
                                  const T *points, size_t pitch, T *y) {
  NAME(tile) tile = NAME(tile_at)(t, first);
  size_t row = (size_t)width * c;
  for (size_t i = 0; i < count; i++, points += c, NAME(next_tile)(t, &tile)) {
    T *out = y + ((tile.image * height + tile.top) * width + tile.left) * (ptrdiff_t)c;
    int below = tile.top + 1 < height, right = tile.left + 1 < width;
    size_t j = 0;
    for (; j + W <= c; j += W) NAME(output_points)(points, pitch, j, W, below, right, out, row, c);
    if (j < c) NAME(output_points)(points, pitch, j, W / 2, below, right, out, row, c);
  }
}

/// out [16, size] = G w G^T of w [9, size], size a multiple of W; the points of out lie `pitch` elements apart.
static void NAME(weights_to_points)(size_t size, const T *w, T *out, size_t pitch) {
  for (size_t i = 0; i + W <= size; i += W) {
    VEC columns[3][4];
#define EXPAND(g0, g1, g2, o)                                                                                           \
  do {                                                                                                                  \
    VEC e0 = g0, e1 = g1, e2 = g2, outer = (e0 + e2) * (T)0.5, inner = e1 * (T)0.5;                                     \
    (o)[0] = e0;                                                                                                        \
    (o)[1] = outer + inner;                                                                                             \
    (o)[2] = outer - inner;                                                                                             \
    (o)[3] = e2;                                                                                                        \
  } while (0)
#define TAP(a, b) LOAD(w + (size_t)((a) * 3 + (b)) * size + i)
    UNROLL for (int b = 0; b < 3; b++) EXPAND(TAP(0, b), TAP(1, b), TAP(2, b), columns[b]);
#undef TAP
    UNROLL for (int a = 0; a < 4; a++) {
      VEC row[4];
      EXPAND(columns[0][a], columns[1][a], columns[2][a], row);
      UNROLL for (int b = 0; b < 4; b++) STORE(out + (size_t)(a * 4 + b) * pitch + i, row[b]);
    }
#undef EXPAND
  }
}

/// dw [9, size] = G^T points G, the adjoint of weights_to_points.
static void NAME(points_to_weights)(size_t size, const T *points, size_t pitch, T *dw) {
  for (size_t i = 0; i + W <= size; i += W) {
    VEC columns[4][3];
#define REDUCE(p0, p1, p2, p3, o)                                                                                       \
  do {                                                                                                                  \
    VEC r1 = p1, r2 = p2, sum = (r1 + r2) * (T)0.5;                                                                     \
    (o)[0] = p0 + sum;                                                                                                  \
    (o)[1] = (r1 - r2) * (T)0.5;                                                                                        \
    (o)[2] = sum + p3;                                                                                                  \
  } while (0)
#define POINT(a, b) LOAD(points + (size_t)((a) * 4 + (b)) * pitch + i)
    UNROLL for (int b = 0; b < 4; b++) REDUCE(POINT(0, b), POINT(1, b), POINT(2, b), POINT(3, b), columns[b]);
#undef POINT
    UNROLL for (int a = 0; a < 3; a++) {
      VEC row[3];
      REDUCE(columns[0][a], columns[1][a], columns[2][a], columns[3][a], row);
      UNROLL for (int b = 0; b < 3; b++) STORE(dw + (size_t)(a * 3 + b) * size + i, row[b]);
    }
#undef REDUCE
  }
}

/// y from x and the weights' points at the start of the scratch memory.
static void NAME(winograd_products)(const ap_window *g, const T *x, T *y, T *scratch) {
  size_t cin = (size_t)g->cin, cout = (size_t)g->cout;
  NAME(tiling) t = NAME(tiling_of)((size_t)g->n, (size_t)g->oh, (size_t)g->ow);
  size_t pitch = NAME(weights_pitch)(g);
  const T *weights = scratch;
  T *zeros = scratch + 16 * pitch, *inputs = zeros + cin, *outputs = inputs + NAME(points_size)(t, cin);
  size_t in_pitch = NAME(points_size)(t, cin) / 16, out_pitch = NAME(points_size)(t, cout) / 16;
  memset(zeros, 0, cin * sizeof(T));
  for (size_t first = 0; first < t.total; first += t.block) {
    size_t count = min_size(t.block, t.total - first);
    NAME(tiles_to_points)(4, t, first, count, g->h, g->w, g->padding, cin, x, zeros, inputs, in_pitch);
    for (size_t p = 0; p < 16; p++)
      NAME(gemm_add)(0, 0, count, cout, cin, inputs + p * in_pitch, weights + p * pitch, 0, outputs + p * out_pitch);
    NAME(points_to_tiles)(t, first, count, g->oh, g->ow, cout, outputs, out_pitch, y);
  }
}

static void NAME(winograd)(const ap_window *g, const T *x, const T *w, T *y, T *scratch) {
  NAME(weights_to_points)((size_t)g->cin * (size_t)g->cout, w, scratch, NAME(weights_pitch)(g));
  NAME(winograd_products)(g, x, y, scratch);
}

static void NAME(winograd_input_gradient)(const ap_window *g, const T *dy, const T *w, T *dx, T *scratch) {
  size_t cin = (size_t)g->cin, cout = (size_t)g->cout, matrix = cin * cout, pitch = NAME(weights_pitch)(g);
  T *turned = scratch + 16 * pitch;  // where the points of the tiles will be
  for (size_t tap = 0; tap < 9; tap++) NAME(transpose)(cin, cout, w + tap * matrix, cout, turned + (8 - tap) * matrix, cin);
  NAME(weights_to_points)(matrix, turned, scratch, pitch);
  ap_window turned_round = {.n = g->n, .h = g->oh, .w = g->ow, .cin = g->cout, .oh = g->h, .ow = g->w, .cout = g->cin,
                            .kh = 3, .kw = 3, .stride = 1, .padding = 2 - g->padding, .dilation = 1};
  NAME(winograd_products)(&turned_round, dy, dx, scratch);
}

static void NAME(winograd_weight_gradient)(const ap_window *g, const T *x, const T *dy, T *dw, T *scratch) {
  size_t cin = (size_t)g->cin, cout = (size_t)g->cout, matrix = cin * cout, pitch = NAME(weights_pitch)(g);
  NAME(tiling) t = NAME(tiling_of)((size_t)g->n, (size_t)g->oh, (size_t)g->ow);
  T *weights = scratch, *zeros = scratch + 16 * pitch, *inputs = zeros + (cin > cout ? cin : cout);
  T *outputs = inputs + NAME(points_size)(t, cin);
  size_t in_pitch = NAME(points_size)(t, cin) / 16, out_pitch = NAME(points_size)(t, cout) / 16;
  memset(zeros, 0, (cin > cout ? cin : cout) * sizeof(T));
  if (t.total == 0) memset(weights, 0, 16 * pitch * sizeof(T));
  for (size_t first = 0; first < t.total; first += t.block) {
    size_t count = min_size(t.block, t.total - first);
    NAME(tiles_to_points)(4, t, first, count, g->h, g->w, g->padding, cin, x, zeros, inputs, in_pitch);
    NAME(tiles_to_points)(2, t, first, count, g->oh, g->ow, 0, cout, dy, zeros, outputs, out_pitch);
    for (size_t p = 0; p < 16; p++)
      NAME(gemm_add)(1, 0, cin, cout, count, inputs + p * in_pitch, outputs + p * out_pitch, first > 0, weights + p * pitch);
  }
  NAME(points_to_weights)(matrix, weights, pitch, dw);
}
