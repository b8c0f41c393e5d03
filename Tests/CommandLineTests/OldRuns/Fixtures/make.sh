#!/usr/bin/env bash
# Makes what OldRunTests reads: runs that an older ArchPrior stopped in the middle, and what it made of them afterwards.
#
#   make.sh PROGRAM
#
# The folders here are of the program built at commit fc9f5f9, the last one before the rooms were made. Make them anew only for a commit
# whose folders have to be read from then on. Kernels are the plain ones, so that other processors differ at most in the last bits of the
# mathematical library.
set -euo pipefail
cd "$(dirname "$0")"
program=$(realpath "$1")
export ARCHPRIOR_DATASETS=${ARCHPRIOR_DATASETS:-$(realpath ../../../../datasets)}

rm -rf stopped expected work
mkdir -p stopped expected work
cp -r task run.yaml work
cp "$program" work/archprior
program=./archprior
work/archprior doctor | sed -n 's/.* \([a-z0-9]*\) kernels.*/\1/p' >expected/level
export ARCHPRIOR_KERNELS=baseline
cd work
for method in t-nas maml maml++ proto-net; do
  train=("$program" meta-train run.yaml --set "method=$method" --output "$method" --threads 1)
  # Job control, without which a shell has its background jobs ignore the interrupt.
  set -m
  "${train[@]}" 2>/dev/null &
  # Wherever it stops, it ends in the same; once there is a checkpoint there is something to go on with.
  until compgen -G "$method/checkpoints/*.checkpoint" >/dev/null; do sleep 0.002; done
  kill -INT $!
  if wait $!; then
    echo "$method was not stopped" >&2
    exit 1
  fi
  set +m
  cp -r "$method" ../stopped
  "${train[@]}" --resume >/dev/null 2>&1
  "$program" evaluate "$method" --threads 1 >/dev/null 2>&1
  "$program" adapt "$method" --task task --threads 1 >/dev/null 2>&1
  mkdir "../expected/$method"
  for result in meta-training evaluation adaptation-task; do
    sed "s#$PWD/##" "$method/results/$result.json" >"../expected/$method/$result.json"
  done
  sha256sum <"$(printf '%s\n' "$method"/checkpoints/* | tail -1)" | cut -d ' ' -f 1 >"../expected/$method/checkpoint.sha256"
done
cd ..
rm -rf work
find stopped -name lock -delete
