#!/bin/sh
# Compiles the kernels as the package does and prints their rates: run.sh [name filter]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
sources=$here/../../Sources/CKernels
build=${TMPDIR:-/tmp}/archprior-kernels-benchmark
mkdir -p "$build"
flags="-O3 -fno-math-errno -fno-trapping-math -I$sources/include $(pkg-config --cflags openblas)"
for file in "$sources"/*.c "$here"/kernels_benchmark.c; do
  object=$build/$(basename "$file" .c).o
  # shellcheck disable=SC2086
  clang $flags -c "$file" -o "$object"
done
# shellcheck disable=SC2046
clang "$build"/*.o $(pkg-config --libs openblas) -lm -o "$build/kernels_benchmark"
exec "$build/kernels_benchmark" "$@"
