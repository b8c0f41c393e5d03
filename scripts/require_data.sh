#!/usr/bin/env bash
# Says which official file a target of make lacks, where it comes from and how it is converted, before anything is built for nothing.
#
#     scripts/require_data.sh KIND FILE [VARIABLE]
#
# KIND is nas-bench-201, cifar-100-train, cifar-100-test, or omniglot or mnist (then FILE is the folder); VARIABLE is how make is told of another place.
set -euo pipefail

kind=$1 path=$2 variable=${3:-}

missing=()
case "$kind" in
omniglot)
  for name in images_background.zip images_evaluation.zip; do
    [ -r "$path/$name" ] || missing+=("$path/$name")
  done ;;
mnist)
  for name in mnist-t10k t10k train; do
    for end in .gz ''; do
      [ ! -r "$path/$name-images-idx3-ubyte$end" ] || exit 0
    done
  done
  missing+=("$path/t10k-images-idx3-ubyte.gz") ;;
*)
  [ -r "$path" ] || missing+=("$path") ;;
esac
[ ${#missing[@]} -gt 0 ] || exit 0

case "$kind" in
nas-bench-201)
  what='the table of NAS-Bench-201'
  how='get NATS-tss-v1_0-3ffb9-simple.tar (links in https://github.com/D-X-Y/NATS-Bench), unpack it, then:
        pip install nats_bench
        python3 scripts/nasbench201_to_csv.py NATS-tss-v1_0-3ffb9-simple nasbench201.csv.gz' ;;
cifar-100-train | cifar-100-test)
  what="CIFAR-100's binary file"
  how="get https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz and unpack it; the file is cifar-100-binary/${kind#cifar-100-}.bin, as it is or compressed by gzip" ;;
omniglot)
  what="Omniglot's archives"
  how='get them from https://github.com/brendenlake/omniglot/tree/master/python; they stay zipped' ;;
mnist)
  what="MNIST's test images"
  how='get t10k-images-idx3-ubyte.gz and t10k-labels-idx1-ubyte.gz of MNIST, or install the Debian package dataset-fashion-mnist
      and give /usr/share/datasets/fashion-mnist' ;;
*)
  echo "error: $kind is no kind of data that scripts/require_data.sh knows" >&2
  exit 2 ;;
esac
for file in "${missing[@]}"; do
  printf 'error: %s: there is no such file (%s)\n' "$file" "$what" >&2
done
printf 'help: %s\n' "$how" >&2
if [ -n "$variable" ]; then
  printf '      %s says where it lies; docs/data.md has all of it\n' "$variable" >&2
else
  printf '      put it there; docs/data.md has all of it\n' >&2
fi
exit 1
