#!/usr/bin/env bash
# Everything that needs a GPU, inside 9 minutes, in one report: the CUDA test programs, the same under
# compute-sanitizer, the benchmarks beside PyTorch, and 20 epochs of ablate_stopgrad.
#
#   tests/gpu_check.sh [BUILD] [OUT] [DATA]     defaults: build (from the root), gpu_check, the first data set found
#
# A build made elsewhere will do; the machine needs a driver and nothing installed. Take along BUILD's programs
# (`tests/*/test_cuda*`, `tests/bench/bench_step`, `experiments/ablate_stopgrad`; strip them), this script and
# `tests/bench/peer_torch.py`, and the shared libraries of `ldd` that are missing there, in BUILD/lib. cuDNN and cuBLAS are
# taken from a Python environment where there is one (the wheels nvidia-cudnn-cu13, nvidia-cublas-cu13, which PyTorch
# brings): their lib folders are put on LD_LIBRARY_PATH here. PYTHON names the interpreter.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
build=${1:-build}
out=${2:-gpu_check}
data=${3:-}
python=${PYTHON:-python3}
deadline=$((SECONDS + 525))
mkdir -p "$out" || { echo "error: $out cannot be made; a folder to write to is needed; name another" >&2; exit 1; }
out=$(realpath "$out")
report=$out/report.md
: > "$report"

libraries=$("$python" - 2> /dev/null <<'END'
import glob, os, site, sysconfig
roots = {*site.getsitepackages(), site.getusersitepackages(), sysconfig.get_paths()["purelib"]}
print(":".join(sorted({path for root in roots for path in glob.glob(os.path.join(root, "nvidia", "*", "lib"))})))
END
)
export LD_LIBRARY_PATH=$PWD/$build/lib${libraries:+:$libraries}${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}

failed=0
say() { echo "$*" | tee -a "$report"; }
# check TITLE SECONDS COMMAND...: runs it within its own limit and what is left of the whole; its last lines go to the
# report, all of them to a file. Exit status 77: skipped.
check() {
  local title=$1 limit=$2 left=$((deadline - SECONDS)) log status begin=$SECONDS verdict=passed
  shift 2
  log=$out/${title//[^A-Za-z0-9]/_}.log
  ((limit < left)) || limit=$left
  if ((limit < 5)); then
    say "- **$title**: not run, no time left"
    failed=$((failed + 1))
    return
  fi
  timeout "$limit" "$@" > "$log" 2>&1
  status=$?
  case $status in
    0) ;;
    77) verdict=skipped ;;
    124) verdict="stopped after $limit s" ;;
    *) verdict="FAILED, status $status" ;;
  esac
  ((status == 0 || status == 77)) || failed=$((failed + 1))
  say "- **$title**: $verdict, $((SECONDS - begin)) s"
  { echo '```'; tail -n "${lines:-4}" "$log"; echo '```'; } | tee -a "$report"
}

say "# GPU check"
command -v nvidia-smi > /dev/null || { say "no nvidia-smi here: no driver, so nothing can run"; exit 77; }
say "$(nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader)"

say "## Tests"
programs=("$build"/tests/*/test_cuda*)
for program in "${programs[@]}"; do
  [[ -f $program && -x $program ]] && check "$(basename "$(dirname "$program")")/$(basename "$program")" 120 "$program"
done

say "## Speed"
step=$build/tests/bench/bench_step
peer=(tests/bench/peer_torch.py --device cuda --steps 5)
# speed NETWORK BATCH PRECISION TRAIN-OR-STEP TORCH-MODE...
speed() {
  local shape=(--network "$1" --batch-size "$2" --precision "$3" --what "$4") name="$1 $2 $3 $4"
  shift 4
  lines=2 check "ours, $name" 40 "$step" --device cuda --steps 5 "${shape[@]}"
  "$python" -c 'import torch; assert torch.cuda.is_available()' 2> /dev/null || return
  for mode in "$@"; do
    lines=1 check "torch $mode, $name" 70 "$python" "${peer[@]}" --mode "$mode" "${shape[@]}"
  done
}
speed cifar18 512 bf16 train graph compile
speed cifar18 128 bf16 train graph
speed resnet50 256 bf16 step compile
speed resnet50 256 f16 step compile

say "## 20 epochs of ablate_stopgrad"
lines=4 check ablate_stopgrad 150 "$build/experiments/ablate_stopgrad" --device cuda --preset cifar10 --epochs 20 \
  --precision bf16 --out "$out/results" ${data:+--data "$data"}

say "## compute-sanitizer"
if command -v compute-sanitizer > /dev/null; then
  for tool in memcheck racecheck; do
    for program in "${programs[@]}"; do
      [[ -f $program && -x $program ]] && check "$tool $(basename "$program")" 60 compute-sanitizer --tool "$tool" \
        --error-exitcode 1 "$program"
    done
  done
else
  say "compute-sanitizer is not on the path"
fi

say ""
say "$failed failed; the report is $report"
((failed == 0))
