#!/usr/bin/env bash
# What only a Mac can say: runs a few models through the real Core ML and holds them against the reference engine.
# Usage: checks/first_mac.sh WINDFALL [FOLDER]    every answer is kept in FOLDER (default: first-mac), to be sent back
set -u
windfall=${1:?usage: checks/first_mac.sh WINDFALL [FOLDER]}
out=${2:-first-mac}
here=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$out"
failed=0

step() { # NAME COMMAND...
  local name=$1
  shift
  if "$@" >"$out/$name.txt" 2>"$out/$name.err"; then
    echo "ok      $name"
  else
    echo "FAILED  $name (exit code $?): $out/$name.txt, $out/$name.err"
    failed=1
  fi
}

{
  sw_vers 2>/dev/null || echo "no macOS here"
  uname -a
  sysctl -n machdep.cpu.brand_string 2>/dev/null
  "$windfall" --version
} >"$out/machine.txt"

# Models that end the process are found by trying them in another one (docs/runtime.md, trials).
export WINDFALL_TRIAL=${WINDFALL_TRIAL:-$(dirname "$windfall")/../trial/windfall-trial}
export WINDFALL_CACHE_DIR=$out/cache  # its folder "trials" holds what came of it
for model in "$here"/demo/*.mlpackage "$here"/../shared/corpus/*/*.mlpackage; do
  [ -e "$model" ] || continue
  name=$(basename "$model" .mlpackage)
  step "compare-$name" "$windfall" compare "$model" --engines coreml,reference --json
  step "auto-$name" "$windfall" run "$model" --engine auto --cache --random-inputs 0 --json --telemetry
  step "parity-$name" "$windfall" parity "$model" --engines coreml,reference --json
done
[ -n "$(ls "$out" | grep ^compare-)" ] || { echo "no model was found to try"; failed=1; }
rm -rf "$out/cache/entries"
echo "everything is in $out"
exit $failed
