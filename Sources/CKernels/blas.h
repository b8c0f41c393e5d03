// Matrix products of OpenBLAS, which is loaded when the first is asked for.
#pragma once
#include <stddef.h>

/// c = op(a) * op(b) + (add ? c : 0), row by row without gaps. Ends the process with a message where OpenBLAS cannot be had.
void ap_blas_sgemm(int transa, int transb, size_t m, size_t n, size_t k, const float *a, const float *b, int add, float *c);
void ap_blas_dgemm(int transa, int transb, size_t m, size_t n, size_t k, const double *a, const double *b, int add, double *c);
