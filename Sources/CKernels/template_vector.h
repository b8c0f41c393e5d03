// Explicit vectors of W elements, the width of the level. Memory is never assumed to be aligned.
typedef T NAME(vector) __attribute__((vector_size(VECTOR_BYTES)));
typedef T NAME(unaligned_vector) __attribute__((vector_size(VECTOR_BYTES), aligned(__alignof__(T)), may_alias));

#define VEC NAME(vector)
#define W (VECTOR_BYTES / sizeof(T))
#define LOAD(p) (*(const NAME(unaligned_vector) *)(p))
#define STORE(p, v) (*(NAME(unaligned_vector) *)(p) = (v))
