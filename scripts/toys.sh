#!/usr/bin/env bash
# Adds the toys of Examples/Toys to a copy of the repository, one of each kind, builds it and runs the conformance tests of the kinds:
# `scripts/toys.sh FOLDER [FLAGS OF SWIFT BUILD]`. Where the copy is there already, it is brought up to date, so that its build is used again.
set -euo pipefail

if [ $# -lt 1 ] || [ "${1#-}" != "$1" ]; then
  printf 'error: no folder for the copy\nhelp: scripts/toys.sh FOLDER [FLAGS OF SWIFT BUILD]\n' >&2
  exit 2
fi
project=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$1"
copy=$(cd "$1" && pwd)
shift

# Only what git knows, without what a toy of an earlier call has added. Unchanged files keep their times.
(cd "$project" && git ls-files -z --cached --others --exclude-standard) | tar --null --files-from=- -cf - | tar -xf - -C "$copy"
(cd "$copy" && find Sources Tests -type f -name '*Toy*.swift' ! -name ToyPatchTests.swift -delete)

for patch in "$copy"/Examples/Toys/*.patch; do
  printf 'adding %s\n' "$(basename "$patch" .patch)"
  # Not as a part of a repository around the copy, whose root the paths would be seen from.
  (cd "$copy" && GIT_CEILING_DIRECTORIES=$(dirname "$copy") git apply "$patch")
done

cd "$copy"
scripts/toolchain.sh swift build "$@" --build-tests
scripts/toolchain.sh swift test "$@" --skip-build --disable-xctest --quiet --filter \
  'StrategyContractTests|SupernetMethodContractTests|EstimatorContractTests|ZeroCostProxyTests|SearchSpaceContractTests|BenchmarkTableTests|ClosedFormTests|InnerOptionTests|ReaderTableTests|MethodConformanceTests'
scripts/toolchain.sh swift run "$@" --skip-build archprior search --help | grep -q toy-walk
printf 'every toy holds to the contract of its kind\n'
