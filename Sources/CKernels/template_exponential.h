// exp, tanh and the logistic function on vectors, to about one unit in the last place.
//
// x = n ln 2 + r with |r| <= ln 2 / 2; exp(x) = 2^n (1 + q) with q = r + r^2/2! + r^3/3! + ..., the Taylor series up to a
// term below half a unit in the last place. n comes out of the low bits of x / ln 2 + 1.5 * 2^mantissa; ln 2 is split so
// that n times its high part is exact.

#if ELEMENT_BITS == 32
#define MANTISSA 23
#define BIAS 127
#define SHIFTER 0x1.8p23f
#define LN2_HIGH 0x1.63p-1f
#define LN2_LOW -0x1.bd0106p-13f
#define EXP_LOWEST -104.0f
#define EXP_HIGHEST 89.0f
#else
#define MANTISSA 52
#define BIAS 1023
#define SHIFTER 0x1.8p52
#define LN2_HIGH 0x1.62e42fee00000p-1
#define LN2_LOW 0x1.a39ef35793c76p-33
#define EXP_LOWEST -746.0
#define EXP_HIGHEST 710.0
#endif

/// q and n of x, which must lie within [EXP_LOWEST, EXP_HIGHEST] or be NaN (then q is NaN).
INLINE VEC NAME(reduced_exponential)(VEC x, MVEC *n) {
  const VEC shifter = (VEC){0} + (T)SHIFTER;
  VEC shifted = x * (T)1.4426950408889634 + shifter, whole = shifted - shifter;
  *n = (MVEC)shifted - (MVEC)shifter;
  VEC r = x - whole * (T)LN2_HIGH;
  r = r - whole * (T)LN2_LOW;
#if ELEMENT_BITS == 32
  VEC p = (VEC){0} + (T)(1.0 / 5040);
#else
  VEC p = (VEC){0} + (T)(1.0 / 6227020800);
  p = p * r + (T)(1.0 / 479001600);
  p = p * r + (T)(1.0 / 39916800);
  p = p * r + (T)(1.0 / 3628800);
  p = p * r + (T)(1.0 / 362880);
  p = p * r + (T)(1.0 / 40320);
  p = p * r + (T)(1.0 / 5040);
#endif
  p = p * r + (T)(1.0 / 720);
  p = p * r + (T)(1.0 / 120);
  p = p * r + (T)(1.0 / 24);
  p = p * r + (T)(1.0 / 6);
  p = p * r + (T)0.5;
  return (p * r) * r + r;
}

INLINE VEC NAME(power_of_two)(MVEC n) { return (VEC)((n + BIAS) << MANTISSA); }

INLINE VEC NAME(exp_vector)(VEC x) {
  const VEC low = (VEC){0} + (T)EXP_LOWEST, high = (VEC){0} + (T)EXP_HIGHEST;
  x = NAME(where)(x < low, low, x);  // the comparisons leave NaN alone
  x = NAME(where)(x > high, high, x);
  MVEC n;
  VEC q = NAME(reduced_exponential)(x, &n);
  MVEC half = n >> 1;  // two factors reach into the subnormals and over the top
  return (q + 1) * NAME(power_of_two)(half) * NAME(power_of_two)(n - half);
}

/// tanh|x| = e / (e + 2) with e = exp(2|x|) - 1 = 2^n q + (2^n - 1), which loses nothing near 0.
INLINE VEC NAME(tanh_vector)(VEC x) {
  const VEC high = (VEC){0} + 25;  // tanh is 1 from 20 on in double
  const MVEC sign = (MVEC){0} + (MASK)((uint64_t)1 << (ELEMENT_BITS - 1));
  VEC size = (VEC)((MVEC)x & ~sign);
  size = NAME(where)(size > high, high, size);
  MVEC n;
  VEC q = NAME(reduced_exponential)(size + size, &n), scale = NAME(power_of_two)(n);
  VEC e = scale * q + (scale - 1);
  return (VEC)((MVEC)(e / (e + 2)) | ((MVEC)x & sign));
}

INLINE VEC NAME(sigmoid_vector)(VEC x) { return 1 / (1 + NAME(exp_vector)(-x)); }

#undef MANTISSA
#undef BIAS
#undef SHIFTER
#undef LN2_HIGH
#undef LN2_LOW
#undef EXP_LOWEST
#undef EXP_HIGHEST

#define MAP_VECTORS(FUNCTION)                                                                                           \
  size_t i = 0;                                                                                                         \
  for (; i + W <= n; i += W) STORE(y + i, NAME(FUNCTION)(LOAD(x + i)));                                                 \
  if (i < n) NAME(store_lanes)(y + i, NAME(FUNCTION)(NAME(load_lanes)(x + i, n - i)), n - i)

static void NAME(exp_all)(size_t n, const T *x, T *y) { MAP_VECTORS(exp_vector); }
static void NAME(tanh_all)(size_t n, const T *x, T *y) { MAP_VECTORS(tanh_vector); }
static void NAME(sigmoid_all)(size_t n, const T *x, T *y) { MAP_VECTORS(sigmoid_vector); }
#undef MAP_VECTORS
