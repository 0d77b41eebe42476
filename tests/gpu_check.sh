#!/usr/bin/env bash
# Everything that needs a GPU, inside 9 minutes, in one report: the CUDA test programs; the benchmarks beside PyTorch
# with the ratio each is to reach, and the kernels' times where one is missed; 20 epochs of ablate_stopgrad; the test
# programs under compute-sanitizer.
#
#   tests/gpu_check.sh [BUILD] [OUT] [DATA]     defaults: build (from the root), gpu_check, the first data set found
#
# What there was no time for is named; SECTIONS="resnet50 sanitizer", say, runs these alone (of tests, cifar, train,
# resnet50, sanitizer).
#
# A build made elsewhere will do; the machine needs a driver, and nothing is installed there. What to take along (this
# script, peer_torch.py, and the programs, stripped, with their shared libraries) is put into a folder by
#
#   tests/gpu_check.sh --pack BUILD FOLDER
#
# and run there as FOLDER/tests/gpu_check.sh: 43 MB. cuBLASLt and cuDNN are not in it: they come from the toolkit or a
# Python environment (the wheels nvidia-cublas and nvidia-cudnn-cu13, which PyTorch for CUDA 13 brings), whose folders
# site-packages/nvidia/*/lib are put on LD_LIBRARY_PATH here, for our programs alone, if these lack a library. PYTHON
# names the interpreter; without torch in it there are no ratios. Images are not in it either: name a data set's folder as DATA.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

# Builds what is run, where the folder is Meson's and there is a ninja.
build_in() {
  [[ ! -e $1/build.ninja ]] || ! command -v ninja > /dev/null ||
    ninja -C "$1" programs benchmarks meson-test-prereq || exit 1
}
programs_in() {
  local file
  for file in "$1"/tests/*/test_cuda* "$1/tests/bench/bench_step" "$1/experiments/ablate_stopgrad"; do
    [[ -f $file && -x $file ]] && echo "$file"
  done
}

# Left out: the C library and the compiler's own, which must be the machine's, the driver's part, and the large libraries.
pack() {
  local build=$1 to=$2 file
  mkdir -p "$to/tests/bench" "$to/build/lib" || exit 1
  cp tests/gpu_check.sh "$to/tests/"
  cp tests/bench/peer_torch.py "$to/tests/bench/"
  programs_in "$build" | while read -r file; do
    mkdir -p "$to/build/$(dirname "${file#"$build"/}")"
    strip -o "$to/build/${file#"$build"/}" "$file"
    ldd "$file" | sed -n 's/.* => \(\/[^ ]*\) .*/\1/p'
  done | sort -u | grep -vE '/(libstdc\+\+|libgcc_s|libc|libm|libpthread|libdl|librt|libcuda|libcublas|libcublasLt|libcudnn[a-z_]*)\.so' |
    while read -r file; do cp -L "$file" "$to/build/lib/"; done
  du -sh "$to"
}
if [[ ${1:-} == --pack ]]; then
  [[ $# == 3 && -d $2 ]] || { echo "error: $*; --pack BUILD FOLDER is needed" >&2; exit 2; }
  build_in "$2"
  pack "${2%/}" "$3"
  exit
fi

build=${1:-build}
out=${2:-gpu_check}
data=${3:-}
build_in "$build"
python=${PYTHON:-python3}
deadline=$((SECONDS + 525))
mkdir -p "$out" || { echo "error: $out cannot be made; a folder to write to is needed; name another" >&2; exit 1; }
out=$(realpath "$out")
report=$out/report.md
: > "$report"

wheels=$("$python" - 2> /dev/null <<'END_PYTHON'
import glob, os, site, sysconfig
roots = {*site.getsitepackages(), site.getusersitepackages(), sysconfig.get_paths()["purelib"]}
print(":".join(sorted({path for root in roots for path in glob.glob(os.path.join(root, "nvidia", "*", "lib"))})))
END_PYTHON
)
paths=$(realpath "$build")/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
ours=(env "LD_LIBRARY_PATH=$paths")

sections=" ${SECTIONS:-tests cifar train resnet50 sanitizer} "
wanted() { [[ $sections == *" $1 "* ]]; }
failed=0
missed=0
unrun=0
say() { echo "$*" | tee -a "$report"; }
# check TITLE SECONDS COMMAND...: runs it within its own limit and what is left of the whole; its last $lines lines go
# to the report, all of them to the file $log. Exit status 77: skipped. Returns 1 if it failed, 2 if there was no time
# for it, or not enough.
check() {
  local title=$1 limit=$2 left=$((deadline - SECONDS)) status begin=$SECONDS verdict=passed cut=0
  shift 2
  log=$out/${title//[^A-Za-z0-9]/_}.log
  : > "$log"
  ((limit < left)) || limit=$left cut=1
  if ((limit < 5)); then
    say "- **$title**: not run, no time left"
    unrun=$((unrun + 1))
    return 2
  fi
  timeout -k 5 "$limit" "$@" > "$log" 2>&1
  status=$?
  case $status in
    0) ;;
    77) verdict=skipped ;;
    124 | 137)
      verdict="stopped after $limit s"
      ((!cut)) || verdict+=", no time left" ;;
    *) verdict="FAILED, status $status" ;;
  esac
  say "- **$title**: $verdict, $((SECONDS - begin)) s"
  { echo '```'; tail -n "${lines:-4}" "$log"; echo '```'; } | tee -a "$report"
  if ((cut)) && [[ $verdict == stopped* ]]; then
    unrun=$((unrun + 1))
    return 2
  fi
  ((status == 0 || status == 77))
}
must() {
  check "$@"
  (($? != 1)) || failed=$((failed + 1))
}

say "# GPU check"
command -v nvidia-smi > /dev/null || { say "no nvidia-smi here: no driver, so nothing can run"; exit 77; }
asked() { nvidia-smi --query-gpu="$1" --format=csv,noheader,nounits | head -1; }
gpu=$(asked name,driver_version,memory.total)
say "$gpu MiB"
# What this GPU has: bf16 from compute capability 8.0 on; ResNet-50 needs 100 MB for a pair.
half=bf16
[[ $(asked compute_cap) != [567].* ]] || half=f16
pairs=256
while ((pairs > 32 && pairs * 100 > $(asked memory.total))); do pairs=$((pairs / 2)); done

mapfile -t tests < <(programs_in "$build" | grep /test_cuda)
if ((${#tests[@]} == 0)); then
  say "error: no tests/*/test_cuda* in $build; a build with CUDA is needed; name its folder"
  exit 2
fi
missing() { "${ours[@]}" ldd "${tests[0]}" | grep 'not found'; }
# Wheels of another CUDA have cuDNN's and NCCL's under the same names: they are for where ours are missing.
if [[ -n $(missing) && -n $wheels ]]; then
  paths+=:$wheels
  ours=(env "LD_LIBRARY_PATH=$paths")
fi
[[ -z $(missing) ]] || say "error: shared libraries are missing; toolkit, wheels or $build/lib are needed:" $(missing)
say "libraries:" $("${ours[@]}" ldd "${tests[0]}" | grep -oE '/[^ ]*/lib(cublasLt|cudnn|nccl)\.so[.0-9]*')
step=("${ours[@]}" "$build/tests/bench/bench_step" --device cuda)
peer=("$python" tests/bench/peer_torch.py --device cuda)
torch=0
timeout 60 "$python" -c 'import torch; assert torch.cuda.is_available()' 2> /dev/null && torch=1
((torch)) || say "$python has no torch with a GPU: no ratios"

if wanted tests; then
  say "## Tests"
  for program in "${tests[@]}"; do
    must "$(basename "$(dirname "$program")")/$(basename "$program")" 120 "${ours[@]}" "$program"
  done
fi

rate_in() { sed -n 's/.* median \([0-9.]*\) pairs.*/\1/p' "$1" | tail -1; }
# holds A OP B: of decimal numbers
holds() { awk "BEGIN { exit !($1 $2 $3) }"; }

# Pairs/s that an H200 gave, to stand beside what is measured here. Of the sections there: tests 15 s, a speed 10 to 60 s
# (the first run on a GPU measures the libraries' algorithms), 20 epochs of ablate_stopgrad 60 s.
declare -A on_h200=(
  ["cifar18 512 bf16 train"]=49790
  ["cifar18 128 bf16 train"]=34850
  ["resnet50 256 bf16 step"]=4170
)

# speed BAR TARGET NETWORK BATCH PRECISION TRAIN-OR-STEP WINDOWS TORCH-MODE...: our median rate must be BAR times torch's
# in its best mode and, on an H100, TARGET pairs/s (0: none). Where it is not, the kernels' times follow.
speed() {
  local bar=$1 target=$2 name="$3 $4 $5 $6"
  local shape=(--network "$3" --batch-size "$4" --precision "$5" --what "$6") windows=(--steps "$7")
  local mine theirs best=0 best_mode='' short=0 verdict ratio mode
  shift 7
  lines=3 must "ours, $name" 90 "${step[@]}" "${shape[@]}" "${windows[@]}"
  mine=$(rate_in "$log")
  [[ -n $mine ]] || return
  [[ -z ${on_h200[$name]:-} ]] || say "- **$name**: $mine pairs/s; an H200 gave ${on_h200[$name]}"
  ((torch)) || set --
  for mode in "$@"; do
    lines=1 check "torch $mode, $name" 120 "${peer[@]}" --mode "$mode" "${shape[@]}" "${windows[@]}"
    theirs=$(rate_in "$log")
    if holds "${theirs:-0}" '>' "$best"; then best=$theirs best_mode=$mode; fi
  done
  if [[ -n $best_mode ]]; then
    verdict=met
    holds "$mine" '<' "$bar * $best" && verdict=MISSED short=1
    ratio=$(awk "BEGIN { printf \"%.3f\", $mine / $best }")
    say "- **$name**: $mine pairs/s, torch $best ($best_mode): ratio $ratio, bar $bar $verdict"
  fi
  if ((target > 0)) && [[ $gpu == *H100* ]]; then
    verdict=met
    holds "$mine" '<' "$target" && verdict=MISSED short=1
    say "- **$name**: $mine pairs/s, target $target $verdict"
  fi
  ((short)) || return
  missed=$((missed + 1))
  lines=90 check "kernels, $name" 45 "${step[@]}" "${shape[@]}" --steps 1 --profile
}
if wanted cifar; then
  say "## Speed, CIFAR"
  speed 1.5 30000 cifar18 512 $half train 5 graph compile-graph
  speed 2 0 cifar18 128 $half train 5 graph compile-graph
  lines=1 must "kNN monitor" 60 "${step[@]}" --what knn --batch-size 512 --precision $half
fi

if wanted train; then
  say "## 20 epochs of ablate_stopgrad"
  rm -rf "$out/results"
  # Without gnuplot only the figure is missing, which can be drawn from its script elsewhere.
  trained='"$@" || { ! command -v gnuplot > /dev/null && test -s "$0/stopgrad/summary.json"; }'
  lines=4 must ablate_stopgrad 150 bash -c "$trained" "$out/results" "${ours[@]}" "$build/experiments/ablate_stopgrad" \
    --device cuda --preset cifar10 --epochs 20 --precision $half --out "$out/results" ${data:+--data "$data"}
fi

if wanted resnet50; then
  say "## Speed, ResNet-50"
  [[ $half == f16 ]] || speed 1.15 0 resnet50 $pairs bf16 step 2 compile
  speed 1.3 0 resnet50 $pairs f16 step 2 compile
fi

if wanted sanitizer; then
  say "## compute-sanitizer"
  if command -v compute-sanitizer > /dev/null; then
    # Our kernels alone: not the libraries', of which hundreds are tried. Calls that fail on purpose are no findings.
    filter=$(compute-sanitizer --help | grep -oE -- '--kernel-(name|regex)' | head -1)
    for tool in memcheck racecheck; do
      for program in "${tests[@]}"; do
        must "$tool $(basename "$program")" 100 "${ours[@]}" compute-sanitizer --tool "$tool" --report-api-errors no \
          ${filter:+"$filter" kns=siam} --error-exitcode 1 "$program"
      done
    done
  else
    say "compute-sanitizer is not on the path"
  fi
fi

say ""
say "$failed failed, $missed speeds below their bars, $unrun not run for want of time; the report is $report"
((failed == 0))
