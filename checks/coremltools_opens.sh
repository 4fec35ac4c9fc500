#!/usr/bin/env bash
# Saves every program there is (the demo's, and the corpus' if it lies beside the project) as a package and as one file,
# and opens the results with coremltools. Usage: checks/coremltools_opens.sh WINDFALL SCRATCH_FOLDER
set -euo pipefail
windfall=$1 out=$2/coremltools_opens
python=.venv/bin/python
[ -x "$python" ] || { echo "skipped: no .venv with coremltools (./dev test makes it)"; exit 77; }
rm -rf "$out"
mkdir -p "$out"
saved=()
save() { # MODEL NAME
  "$windfall" save "$1" "$out/$2.mlpackage" >/dev/null
  "$windfall" save "$1" "$out/$2.mlmodel" >/dev/null
  saved+=("$out/$2.mlpackage" "$out/$2.mlmodel")
}
save demo/digits.mlpackage digits
if [ -f ../shared/corpus/INDEX.md ]; then
  for model in ../shared/corpus/*/*.ml{package,modelc}; do
    [ -d "$model" ] || continue
    case $("$windfall" info --json "$model" | "$python" -c 'import json,sys; m = json.load(sys.stdin); print(m["type"], "refused" if m["refusals"] else "runs")') in
      "mlProgram runs") save "$model" "$(basename "$(dirname "$model")")" ;;
    esac
  done
fi
echo "${#saved[@]} files written"
exec "$python" tests/python/open_with_coremltools.py "${saved[@]}"
