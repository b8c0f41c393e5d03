// Kernels for any processor.
#include "level_common.h"
#define LEVEL baseline
#define VECTOR_BYTES 16
#include "level.h"
