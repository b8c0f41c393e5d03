// Kernels for any processor.
#include "level_common.h"
#define LEVEL baseline
#include "level.h"
