#!/usr/bin/env bash
# Fetches CIFAR-10 (binary version, 162 MB) from its authors into data/cifar-10-batches-bin. Safe to repeat.
set -euo pipefail
cd "$(dirname "$0")"

url=https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz
md5=c32a1d4ab5d03f1284b67883e8d87530
target=cifar-10-batches-bin

if [[ -e $target/test_batch.bin ]]; then
  echo "data/$target is there already"
  exit 0
fi
work=$(mktemp -d .download.XXXXXX)
trap 'rm -rf "$work"' EXIT
if command -v curl >/dev/null; then
  curl --fail --location --progress-bar --output "$work/archive" "$url"
elif command -v wget >/dev/null; then
  wget --output-document="$work/archive" "$url"
else
  echo "error: neither curl nor wget is installed; install one: apt-get install curl" >&2
  exit 1
fi || {
  echo "error: $url could not be fetched; check the network, or unpack the archive by hand into data/$target" >&2
  exit 1
}
seen=$(md5sum "$work/archive" | cut -d' ' -f1)
if [[ $seen != "$md5" ]]; then
  echo "error: the archive's MD5 is $seen; $md5 is needed; try again" >&2
  exit 1
fi
tar -xzf "$work/archive" -C "$work"
mv "$work/$target" "$target"
echo "data/$target is ready"
