#!/usr/bin/env bash
# The API documentation of all rooms by DocC: `scripts/documentation.sh [FOLDER]` (default .build/documentation); a warning is a failure.
#
# DocC comes with the toolchain. It is given the symbol graphs of the modules that `make build` has made, so that the package does not
# depend on a plugin, and neither do its users.
set -euo pipefail
cd "$(dirname "$0")/.."
output=${1:-.build/documentation}
modules=${MODULES:-.build/release/Modules}
if [ ! -d "$modules" ]; then
  printf 'error: no built modules in %s\nhelp: make build\n' "$modules" >&2
  exit 1
fi
tool() { scripts/toolchain.sh "$@"; }
target=$(tool swift -print-target-info | sed -n 's/.*"triple": "\(.*\)",/\1/p' | head -1)

maps=()
for map in Sources/System/*/module.modulemap Sources/System/*/include/module.modulemap .build/release/CKernels.build/module.modulemap \
  .build/checkouts/GRDB.swift/Sources/GRDBSQLite/module.modulemap .build/checkouts/Yams/Sources/CYaml/include/module.modulemap; do
  [ -f "$map" ] && maps+=(-Xcc "-fmodule-map-file=$map")
done
for flag in $(pkg-config --cflags freetype2 libpng); do maps+=(-Xcc "$flag"); done

mkdir -p "$output"
status=0
for folder in Sources/*/; do
  room=$(basename "$folder")
  case $room in System | CKernels | archprior) continue ;; esac
  graphs=$output/graphs/$room
  rm -rf "$graphs" "$output/$room.doccarchive"
  mkdir -p "$graphs"
  tool swift-symbolgraph-extract -module-name "$room" -target "$target" -I "$modules" "${maps[@]}" -minimum-access-level public \
    -skip-inherited-docs -output-dir "$graphs"
  log=$output/$room.log
  tool docc convert --fallback-display-name "$room" --fallback-bundle-identifier "archprior.$room" \
    --additional-symbol-graph-dir "$graphs" --output-path "$output/$room.doccarchive" > "$log" 2>&1 || status=1
  warnings=$(grep -cE '^(warning|error):|: (warning|error):' "$log" || true)
  printf '%-24s %s warnings\n' "$room" "$warnings"
  [ "$warnings" -eq 0 ] || { status=1; grep -E '^(warning|error):|: (warning|error):' "$log" | head -20; }
done
exit $status
