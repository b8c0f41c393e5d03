// Preloaded into archprior: the n-th file operation in one folder kills the process or finds the disk full.
//
//   FAULT_FOLDER  operations on files below it count: opening for writing, write, fsync, rename, unlink
//   FAULT_AT      which of them, counted from 1
//   FAULT_KIND    "kill" (a write is done by half first) or "full" (ENOSPC, once)
//   FAULT_COUNT   a file that gets the number of operations at the end
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_long operations;
static long moment;
static int kills;
static const char *folder;

__attribute__((constructor)) static void start(void) {
  folder = getenv("FAULT_FOLDER");
  const char *at = getenv("FAULT_AT");
  const char *kind = getenv("FAULT_KIND");
  moment = at ? atol(at) : 0;
  kills = kind && strcmp(kind, "kill") == 0;
}

__attribute__((destructor)) static void end(void) {
  const char *path = getenv("FAULT_COUNT");
  FILE *file = path ? fopen(path, "w") : NULL;
  if (!file) return;
  fprintf(file, "%ld\n", atomic_load(&operations));
  fclose(file);
}

static int counts(const char *path) { return folder && path && strncmp(path, folder, strlen(folder)) == 0; }

static int counts_descriptor(int descriptor) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length <= 0) return 0;
  path[length] = 0;
  return counts(path);
}

// Whether this operation is the one. A kill does not return.
static int strikes(void) {
  if (atomic_fetch_add(&operations, 1) + 1 != moment) return 0;
  if (kills) {
    kill(getpid(), SIGKILL);
    pause();
  }
  errno = ENOSPC;
  return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int descriptor, const void *bytes, size_t count) {
  if (counts_descriptor(descriptor)) {
    // Half of the bytes reach the file before the end.
    if (kills && atomic_load(&operations) + 1 == moment && count > 1) REAL(write)(descriptor, bytes, count / 2);
    if (strikes()) return -1;
  }
  return REAL(write)(descriptor, bytes, count);
}

int fsync(int descriptor) {
  if (counts_descriptor(descriptor) && strikes()) return -1;
  return REAL(fsync)(descriptor);
}

int rename(const char *from, const char *to) {
  if (counts(to) && strikes()) return -1;
  return REAL(rename)(from, to);
}

int unlink(const char *path) {
  if (counts(path) && strikes()) return -1;
  return REAL(unlink)(path);
}

int open(const char *path, int flags, ...) {
  mode_t mode = 0;
  if (flags & (O_CREAT | O_TMPFILE)) {
    va_list rest;
    va_start(rest, flags);
    mode = va_arg(rest, mode_t);
    va_end(rest);
  }
  if ((flags & O_CREAT) && counts(path) && strikes()) return -1;
  return REAL(open)(path, flags, mode);
}

int open64(const char *path, int flags, ...) __attribute__((alias("open")));
