#!/usr/bin/env bash
# Draws the bundled data sets again, from Debian's fonts and icon themes, and compares them byte by byte with those in datasets/.
# `scripts/build_datasets.sh [--replace] [glyphs] [icons]`: --replace puts the new ones in their place.
set -euo pipefail
cd "$(dirname "$0")/.."
program=${ARCHPRIOR:-.build/release/archprior}
replace=
kinds=()
for word in "$@"; do
  case $word in
    --replace) replace=1 ;;
    glyphs | icons) kinds+=("$word") ;;
    *) printf 'error: %s\nhelp: scripts/build_datasets.sh [--replace] [glyphs] [icons]\n' "$word is neither glyphs nor icons" >&2; exit 2 ;;
  esac
done
[ ${#kinds[@]} -gt 0 ] || kinds=(glyphs icons)

packages() {
  case $1 in
    glyphs) sed 's/#.*//' datasets/glyphs/fonts.txt datasets/glyphs/fonts-further.txt ;;
    icons) sed 's/#.*//' datasets/icons/themes.txt | awk '{print $1}'; echo librsvg2-bin ;;
  esac | awk 'NF' | sort -u
}

missing=()
for kind in "${kinds[@]}"; do
  while read -r package; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
  done < <(packages "$kind")
done
if [ ${#missing[@]} -gt 0 ]; then
  printf 'Installing %d packages…\n' "${#missing[@]}" >&2
  sudo=()
  [ "$(id -u)" -eq 0 ] || sudo=(sudo)
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq update
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends -y "${missing[@]}" >/dev/null
fi

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
different=0
for kind in "${kinds[@]}"; do
  mkdir "$fresh/$kind"
  cp datasets/"$kind"/*.txt "$fresh/$kind/"
  "$program" datasets build "$kind" --output "$fresh/$kind" | tee "$fresh/$kind/report"
  (cd "$fresh/$kind" && rm -f ./*.txt && mv report build.log)
  for file in "$fresh/$kind"/*.archpack; do
    if ! cmp -s "$file" "datasets/$kind/$(basename "$file")"; then
      printf 'different: datasets/%s/%s\n' "$kind" "$(basename "$file")"
      different=$((different + 1))
    fi
  done
  [ -z "$replace" ] || cp -r "$fresh/$kind/." "datasets/$kind/"
done
printf '%d packs, %d different from those in datasets/\n' "$(find "$fresh" -name "*.archpack" | wc -l)" "$different"
[ -n "$replace" ] || [ "$different" -eq 0 ]
