#include "archprior_jpeg.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

// All that changes between setjmp and longjmp lies on the heap: automatic variables would be indeterminate afterwards (C17, 7.13.2.1).
struct state {
  // First, so that libjpeg's pointer to it is one to the state.
  struct jpeg_error_mgr base;
  jmp_buf escape;
  struct jpeg_decompress_struct decoder;
  archprior_jpeg_failure *failure;
  const uint8_t *bytes;
  size_t count;
  JSAMPLE *inks;
  int passed_over;
};

// Where libjpeg is in the file. At its end libjpeg reads an end marker of its own making, which lies elsewhere.
static size_t place(const struct state *state) {
  const struct jpeg_source_mgr *source = state->decoder.src;
  if (source == NULL) return 0;
  const uint8_t *next = source->next_input_byte;
  return next >= state->bytes && next <= state->bytes + state->count ? (size_t)(next - state->bytes) : state->count;
}

static void leave(j_common_ptr common) {
  struct state *state = (struct state *)common->err;
  state->base.format_message(common, state->failure->message);
  state->failure->offset = state->base.msg_code == JWRN_JPEG_EOF ? state->count : place(state);
  longjmp(state->escape, 1);
}

// libjpeg goes on after damage (level -1) and fills in grey; nobody should train on that. Bytes between two segments are no damage:
// all that belongs to the picture has been read, or is yet to come.
static void judge_warning(j_common_ptr common, int level) {
  if (level >= 0) return;
  struct state *state = (struct state *)common->err;
  const struct jpeg_decompress_struct *decoder = &state->decoder;
  int between = decoder->restart_interval == 0 || decoder->output_scanline >= decoder->output_height;
  if (state->base.msg_code == JWRN_EXTRANEOUS_DATA && between) {
    state->passed_over += state->base.msg_parm.i[0];
  } else if (state->base.msg_code != JWRN_JFIF_MAJOR) {
    leave(common);
  }
}

static void say_nothing(j_common_ptr common) { (void)common; }

// Inks as Adobe's programs store them (255 is none) to colours, in the integers of other programs.
static void colours_of_inks(const JSAMPLE *inks, uint8_t *pixels, size_t width) {
  for (size_t x = 0; x < width; x++) {
    unsigned light = inks[4 * x + 3];
    for (int channel = 0; channel < 3; channel++) {
      unsigned product = (255u - inks[4 * x + channel]) * light + 128;
      unsigned dark = ((product >> 8) + product) >> 8;
      pixels[3 * x + channel] = (uint8_t)(light > dark ? light - dark : 0);
    }
  }
}

static int fail(struct state *state, const char *message) {
  strcpy(state->failure->message, message);
  state->failure->offset = place(state);
  return 1;
}

static int decode(struct state *state, size_t *height, size_t *width, int *channels, uint8_t *pixels) {
  struct jpeg_decompress_struct *decoder = &state->decoder;
  if (setjmp(state->escape)) return 1;
  jpeg_create_decompress(decoder);
  // Progressive files may ask for buffers of the whole picture; the size is checked by the caller, this is the last bar.
  decoder->mem->max_memory_to_use = 1L << 30;
  jpeg_mem_src(decoder, state->bytes, (unsigned long)state->count);
  jpeg_read_header(decoder, TRUE);
  int is_of_inks = decoder->jpeg_color_space == JCS_CMYK || decoder->jpeg_color_space == JCS_YCCK;
  int native = decoder->jpeg_color_space == JCS_GRAYSCALE ? 1 : 3;
  if (pixels == NULL) {
    *height = decoder->image_height;
    *width = decoder->image_width;
    *channels = native;
    return 0;
  }
  const char *changed = "the header says different things at different times";
  if (native != *channels || decoder->image_height != *height || decoder->image_width != *width) return fail(state, changed);
  decoder->out_color_space = *channels == 1 ? JCS_GRAYSCALE : is_of_inks ? JCS_CMYK : JCS_RGB;
  // The accurate integer transform, so that results do not depend on the machine.
  decoder->dct_method = JDCT_ISLOW;
  jpeg_start_decompress(decoder);
  int components = is_of_inks ? 4 : *channels;
  if (decoder->output_width != *width || decoder->output_height != *height || decoder->output_components != components) {
    return fail(state, changed);
  }
  if (is_of_inks) {
    state->inks = malloc(4 * *width);
    if (state->inks == NULL) return fail(state, "no memory");
  }
  while (decoder->output_scanline < decoder->output_height) {
    uint8_t *target = pixels + (size_t)decoder->output_scanline * *width * (size_t)*channels;
    JSAMPROW row = is_of_inks ? state->inks : target;
    jpeg_read_scanlines(decoder, &row, 1);
    if (is_of_inks) colours_of_inks(state->inks, target, *width);
  }
  jpeg_finish_decompress(decoder);
  return 0;
}

static int run(
    const uint8_t *bytes, size_t count, size_t *height, size_t *width, int *channels, uint8_t *pixels,
    archprior_jpeg_failure *failure) {
  memset(failure, 0, sizeof *failure);
  struct state *state = calloc(1, sizeof *state);
  if (state == NULL) {
    strcpy(failure->message, "no memory");
    return 1;
  }
  state->failure = failure;
  state->bytes = bytes;
  state->count = count;
  state->decoder.err = jpeg_std_error(&state->base);
  state->base.error_exit = leave;
  state->base.emit_message = judge_warning;
  state->base.output_message = say_nothing;
  int result = decode(state, height, width, channels, pixels);
  failure->passed_over = state->passed_over;
  jpeg_destroy_decompress(&state->decoder);
  free(state->inks);
  free(state);
  return result;
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
