// Explicit vectors of W elements, the width of the level. Memory is never assumed to be aligned.
typedef T NAME(vector) __attribute__((vector_size(VECTOR_BYTES)));
typedef T NAME(unaligned_vector) __attribute__((vector_size(VECTOR_BYTES), aligned(__alignof__(T)), may_alias));
typedef MASK NAME(mask_vector) __attribute__((vector_size(VECTOR_BYTES)));  // what comparisons give
typedef int32_t NAME(index_vector) __attribute__((vector_size(VECTOR_BYTES / sizeof(T) * 4), aligned(4), may_alias));

#define MVEC NAME(mask_vector)
#define VEC NAME(vector)
#define W (VECTOR_BYTES / sizeof(T))
#define LOAD(p) (*(const NAME(unaligned_vector) *)(p))
#define STORE(p, v) (*(NAME(unaligned_vector) *)(p) = (v))

/// The first `lanes` elements at p, zeros after them.
INLINE VEC NAME(load_lanes)(const T *p, size_t lanes) {
  if (lanes == W) return LOAD(p);
  VEC v = {0};
  if (lanes == W / 2)
    memcpy(&v, p, sizeof v / 2);
  else
    for (size_t l = 0; l < lanes; l++) v[l] = p[l];
  return v;
}

INLINE void NAME(store_lanes)(T *p, VEC v, size_t lanes) {
  if (lanes == W)
    STORE(p, v);
  else if (lanes == W / 2)
    memcpy(p, &v, sizeof v / 2);
  else
    for (size_t l = 0; l < lanes; l++) p[l] = v[l];
}

/// The same for indices, as wide as the elements while in a vector.
INLINE MVEC NAME(load_indices)(const int32_t *p, size_t lanes) {
  if (lanes == W) return __builtin_convertvector(*(const NAME(index_vector) *)p, MVEC);
  NAME(index_vector) v = {0};
  if (lanes == W / 2)
    memcpy(&v, p, sizeof v / 2);
  else
    for (size_t l = 0; l < lanes; l++) v[l] = p[l];
  return __builtin_convertvector(v, MVEC);
}

INLINE void NAME(store_indices)(int32_t *p, MVEC mask, size_t lanes) {
  NAME(index_vector) v = __builtin_convertvector(mask, NAME(index_vector));
  if (lanes == W)
    *(NAME(index_vector) *)p = v;
  else if (lanes == W / 2)
    memcpy(p, &v, sizeof v / 2);
  else
    for (size_t l = 0; l < lanes; l++) p[l] = v[l];
}

INLINE VEC NAME(where)(MVEC mask, VEC yes, VEC no) { return (VEC)((mask & (MVEC)yes) | (~mask & (MVEC)no)); }
