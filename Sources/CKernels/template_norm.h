// Batch normalisation over the rows of [rows, c].

static void NAME(batch_norm)(size_t rows, size_t c, T eps, const T *x, T *y, T *mean, T *rstd) {
  double scale = rows ? 1.0 / (double)rows : 0;
  for (size_t start = 0; start < c; start += COLUMN_CHUNK) {
    size_t cols = min_size(COLUMN_CHUNK, c - start);
    double totals[COLUMN_CHUNK];
    NAME(column_sums)(rows, c, cols, x + start, NULL, totals);
    for (size_t j = 0; j < cols; j++) mean[start + j] = (T)(totals[j] * scale);
    // Centre first, then square: the difference of two large sums would cancel.
    for (size_t i = 0; i < rows; i++)
      for (size_t j = start; j < start + cols; j++) y[i * c + j] = x[i * c + j] - mean[j];
    NAME(column_sums)(rows, c, cols, y + start, y + start, totals);
    for (size_t j = 0; j < cols; j++) rstd[start + j] = (T)(1 / sqrt(totals[j] * scale + (double)eps));
    for (size_t i = 0; i < rows; i++)
      for (size_t j = start; j < start + cols; j++) y[i * c + j] *= rstd[j];
  }
}

static void NAME(batch_norm_jacobian)(size_t rows, size_t c, const T *y, const T *rstd, const T *v, T *out) {
  double scale = rows ? 1.0 / (double)rows : 0;
  for (size_t start = 0; start < c; start += COLUMN_CHUNK) {
    size_t cols = min_size(COLUMN_CHUNK, c - start);
    double totals[COLUMN_CHUNK];
    T mean[COLUMN_CHUNK], slope[COLUMN_CHUNK];
    NAME(column_sums)(rows, c, cols, v + start, NULL, totals);
    for (size_t j = 0; j < cols; j++) mean[j] = (T)(totals[j] * scale);
    NAME(column_sums)(rows, c, cols, v + start, y + start, totals);
    for (size_t j = 0; j < cols; j++) slope[j] = (T)(totals[j] * scale);
    for (size_t i = 0; i < rows; i++) {
      size_t row = i * c + start;
      for (size_t j = 0; j < cols; j++)
        out[row + j] = rstd[start + j] * (v[row + j] - mean[j] - y[row + j] * slope[j]);
    }
  }
}
