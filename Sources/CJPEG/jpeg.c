#include "archprior_jpeg.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

struct handler {
  struct jpeg_error_mgr base;
  jmp_buf escape;
  archprior_jpeg_failure *failure;
};

static void leave(j_common_ptr common) {
  struct handler *handler = (struct handler *)common->err;
  handler->base.format_message(common, handler->failure->message);
  longjmp(handler->escape, 1);
}

// libjpeg goes on after damage (level -1) and fills in grey; nobody should train on that.
static void refuse_warnings(j_common_ptr common, int level) {
  if (level < 0) leave(common);
}

static void say_nothing(j_common_ptr common) { (void)common; }

static int run(
    const uint8_t *bytes, size_t count, size_t *height, size_t *width, int *channels, uint8_t *pixels,
    archprior_jpeg_failure *failure) {
  struct jpeg_decompress_struct decoder;
  struct handler handler;
  memset(&decoder, 0, sizeof decoder);
  memset(failure, 0, sizeof *failure);
  decoder.err = jpeg_std_error(&handler.base);
  handler.base.error_exit = leave;
  handler.base.emit_message = refuse_warnings;
  handler.base.output_message = say_nothing;
  handler.failure = failure;
  if (setjmp(handler.escape)) {
    size_t left = decoder.src ? decoder.src->bytes_in_buffer : count;
    // At the end libjpeg reads two bytes of its own making.
    failure->offset = left <= count ? count - left : count;
    jpeg_destroy_decompress(&decoder);
    return 1;
  }
  jpeg_create_decompress(&decoder);
  // Progressive files may ask for buffers of the whole picture; the size is checked by the caller, this is the last bar.
  decoder.mem->max_memory_to_use = 1L << 30;
  jpeg_mem_src(&decoder, bytes, (unsigned long)count);
  jpeg_read_header(&decoder, TRUE);
  int native = decoder.jpeg_color_space == JCS_GRAYSCALE ? 1 : 3;
  if (pixels == NULL) {
    *height = decoder.image_height;
    *width = decoder.image_width;
    *channels = native;
    jpeg_destroy_decompress(&decoder);
    return 0;
  }
  int good = native == *channels && decoder.image_height == *height && decoder.image_width == *width;
  decoder.out_color_space = *channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  // The accurate integer transform, so that results do not depend on the machine.
  decoder.dct_method = JDCT_ISLOW;
  if (good) {
    jpeg_start_decompress(&decoder);
    good = decoder.output_width == *width && decoder.output_height == *height && decoder.output_components == *channels;
  }
  if (!good) {
    strcpy(failure->message, "the header says different things at different times");
    jpeg_destroy_decompress(&decoder);
    return 1;
  }
  while (decoder.output_scanline < decoder.output_height) {
    JSAMPROW row = pixels + (size_t)decoder.output_scanline * *width * (size_t)*channels;
    jpeg_read_scanlines(&decoder, &row, 1);
  }
  jpeg_finish_decompress(&decoder);
  jpeg_destroy_decompress(&decoder);
  return 0;
}

int archprior_jpeg_header(
    const uint8_t *bytes, size_t count, size_t *height, size_t *width, int *channels, archprior_jpeg_failure *failure) {
  return run(bytes, count, height, width, channels, NULL, failure);
}

int archprior_jpeg_decode(
    const uint8_t *bytes, size_t count, size_t height, size_t width, int channels, uint8_t *pixels,
    archprior_jpeg_failure *failure) {
  return run(bytes, count, &height, &width, &channels, pixels, failure);
}
