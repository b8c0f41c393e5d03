#!/usr/bin/env bash
# Runs a command with everything ArchPrior is built with: `scripts/toolchain.sh swift build -c release`.
# Installs missing system libraries with apt where it may, and finds a Swift toolchain that is not on the path.
set -euo pipefail

fail() {
  printf 'error: %s\nhelp: %s\n' "$1" "$2" >&2
  exit 1
}

# pkg-config module and the Debian package that brings it.
libraries='openblas:libopenblas-dev zlib:zlib1g-dev libpng:libpng-dev libjpeg:libjpeg-dev libzip:libzip-dev libcrypto:libssl-dev freetype2:libfreetype-dev sqlite3:libsqlite3-dev'

missing_packages() {
  if ! command -v pkg-config >/dev/null; then
    printf 'pkg-config '
  fi
  local entry
  for entry in $libraries; do
    pkg-config --exists "${entry%%:*}" 2>/dev/null || printf '%s ' "${entry##*:}"
  done
}

install_packages() {
  local packages=${1% } log apt=()
  command -v apt-get >/dev/null ||
    fail "missing libraries: $packages" 'there is no apt-get here; install what these Debian packages hold with your own package manager'
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null ||
      fail "missing libraries: $packages" "as root: apt-get install $packages"
    apt=(sudo)
  fi
  apt+=(env DEBIAN_FRONTEND=noninteractive apt-get -qq)
  printf 'Installing %s…\n' "$packages" >&2
  log=$(mktemp)
  # An outdated package list is the usual reason for a failed install, but updating costs time: only when something is missing.
  # shellcheck disable=SC2086
  if ! { "${apt[@]}" update && "${apt[@]}" install --no-install-recommends -y $packages; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    fail "apt-get could not install $packages" "try it by hand: apt-get update && apt-get install $packages"
  fi
  rm -f "$log"
}

find_swift() {
  command -v swift >/dev/null && return
  local directory
  for directory in /opt/swift/usr/bin "${SWIFTLY_BIN_DIR:-$HOME/.local/share/swiftly/bin}" "$HOME/.local/bin" /usr/local/swift/usr/bin; do
    if [ -x "$directory/swift" ]; then
      PATH="$directory:$PATH"
      export PATH
      return
    fi
  done
  fail 'no Swift toolchain found' 'get Swift 6.1 or newer from https://www.swift.org/install and put its usr/bin on the PATH'
}

# First what a user has to do by hand, so that nothing is installed in vain.
find_swift
packages=$(missing_packages)
[ -z "$packages" ] || install_packages "$packages"
exec "$@"
