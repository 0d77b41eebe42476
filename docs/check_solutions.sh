#!/usr/bin/env bash
# The solutions of the book's exercises: each patch of docs/solutions/ must apply, compile, and make the case that it
# names pass or fail, as it says. Works on copies of the sources and of a finished build folder, so that only what a
# patch changes is compiled.
# Usage: docs/check_solutions.sh [BUILD]   (default: build)
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:-build}
[[ -e $build/build.ninja ]] || {
  echo "error: no build folder $build; one is needed; run ./setup.sh" >&2
  exit 2
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# Modification times are kept: they tell ninja what is new.
git ls-files -z --cached --others --exclude-standard | tar --null --files-from=- -c | tar -x -C "$scratch"
cp -a "$build" "$scratch/build"
cd "$scratch"

field() { sed -n "s/^$1: //p" "$2"; }
bad=0
# The first chapters come last: their patches change headers that many files include, and no later patch has to
# recompile those.
for patch in $(ls -r docs/solutions/*.patch); do
  target=$(field Target "$patch") case=$(field Case "$patch") expect=$(field Expect "$patch")
  log=$scratch/log
  start=$SECONDS
  if ! git apply "$patch" 2>"$log"; then
    result="does not apply"
  elif ! ninja -C build "$target" >"$log" 2>&1; then
    result="does not compile"
  else
    "build/$target" -tc="$case" >"$log" 2>&1 && result=passes || result=fails
    ! grep -q 'test cases: *0 |' "$log" || result="names no case"
  fi
  git apply -R "$patch" 2>/dev/null || true
  if [[ $result == "$expect" ]]; then
    echo "$(basename "$patch"): $case: $result, as it should ($((SECONDS - start)) s)"
  else
    echo "$(basename "$patch"): $case: $result; it is said that it $expect"
    tail -20 "$log"
    bad=$((bad + 1))
  fi
done
((bad == 0))
