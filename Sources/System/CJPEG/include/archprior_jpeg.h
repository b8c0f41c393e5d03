#pragma once
#include <stddef.h>
#include <stdint.h>

// JPEG by libjpeg, behind two functions that never leave by longjmp: Swift code may not be jumped over.

/// Why a picture could not be decoded.
typedef struct {
  /// libjpeg's own words, NUL-terminated.
  char message[200];
  /// Bytes of the file that libjpeg had taken when it failed.
  size_t offset;
  /// Bytes that belong to nothing and were passed over, which is no failure: the pixels are whole.
  int passed_over;
} archprior_jpeg_failure;

/// Reads a picture's size and whether it is in colour. Returns 0 on success.
int archprior_jpeg_header(
    const uint8_t *bytes, size_t count, size_t *height, size_t *width, int *channels, archprior_jpeg_failure *failure);

/// Decodes into height * width * channels bytes, channels being 1 (grey) or 3 (RGB) as the header said; CMYK and YCCK
/// are converted. A file that ends early or is damaged is a failure, not a grey patch. Returns 0 on success.
int archprior_jpeg_decode(
    const uint8_t *bytes, size_t count, size_t height, size_t width, int channels, uint8_t *pixels,
    archprior_jpeg_failure *failure);
