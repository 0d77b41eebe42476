#!/usr/bin/env bash
# Installs the Debian packages this project needs and configures build/ in release mode. Safe to repeat; asks
# for root only if a package is missing. Options are passed on to `meson setup`, e.g. ./setup.sh -Dcuda=disabled
set -euo pipefail
cd "$(dirname "$0")"

packages=(
  g++ meson ninja-build pkg-config cmake      # cmake: how Meson finds CLI11
  libfmt-dev doctest-dev libcli11-dev nlohmann-json3-dev
  libjpeg62-turbo-dev libpng-dev libwebp-dev zlib1g-dev libxxhash-dev
  libexpat1-dev                               # checks whether pictures are XML
  gnuplot-nox                                 # draws the figures
  graphviz                                    # draws the graph of a step
  dataset-fashion-mnist                       # real images for the first run
  ca-certificates
)

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
if ((${#missing[@]})); then
  command -v apt-get >/dev/null || {
    echo "error: no apt-get here; Debian 12 is needed; install by hand: ${missing[*]}" >&2
    exit 1
  }
  echo "installing: ${missing[*]}"
  root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || {
      echo "error: packages are missing and sudo is not installed; run as root: apt-get install ${missing[*]}" >&2
      exit 1
    }
    root=(sudo)
  fi
  "${root[@]}" apt-get update -qq
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
fi

if [[ -e build/build.ninja ]]; then
  (($# == 0)) || meson configure build "$@"
else
  meson setup build --buildtype=release "$@"
fi
