// The kernels for one element type at one level, by aspect.
#include "template_vector.h"
#include "template_exponential.h"
#include "template_elementwise.h"
#include "template_reductions.h"
#include "template_columns.h"
#include "template_transpose.h"
#include "template_gemm.h"
#include "template_winograd.h"
#include "template_convolution_few.h"
#include "template_convolution.h"
#include "template_depthwise_plain.h"
#include "template_depthwise.h"
#include "template_pooling_patches.h"
#include "template_pooling_plain.h"
#include "template_pooling.h"
#include "template_norm.h"
#include "template_padded.h"
#include "template_separable.h"
#include "template_mixture.h"

#define AP_ENTRY(R, name, parameters, arguments) .name = NAME(name),
const TABLE TABLE_NAME = {AP_KERNEL_LIST(AP_ENTRY, T)};
#undef AP_ENTRY
#undef RING
#undef VEC
#undef MVEC
#undef LOAD
#undef STORE
#undef W
