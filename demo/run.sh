#!/usr/bin/env bash
# The demo on one screen: what a small classifier of our own (make_digits.py) says about handwritten digits it never saw.
#   demo/run.sh PATH-OF-WINDFALL
set -euo pipefail
windfall=$(realpath "${1:?path of the built windfall command}")
cd "$(dirname "$0")"

export LC_ALL=C.UTF-8
style=''
plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
  export CLICOLOR_FORCE=1
  style=$'\e[1m'
  plain=$'\e[0m'
fi
heading() { printf '%s%s%s\n' "$style" "$1" "$plain"; }
bare() { env -u CLICOLOR_FORCE "$windfall" "$@"; }

heading "A Core ML model on $(uname -sm), no Mac involved:  windfall run digits.mlpackage -i images/digit-8.png"
bare info digits.mlpackage | sed -n '2,3p;5,6p'
echo

# The picture on the left (28 pixels make 14 lines), the answer on the right.
answer=$("$windfall" run digits.mlpackage --input images/digit-8.png --show --top-k 10)
mapfile -t left < <(head -n 14 <<<"$answer")
mapfile -t right < <(tail -n +15 <<<"$answer")
for i in "${!left[@]}"; do printf '  %s    %s\n' "${left[$i]}" "${right[$i]:-}"; done
echo

heading 'Ten digits the model was not trained on:'
correct=0
count=0
for image in images/digit-*.png; do
  truth=${image//[!0-9]/}
  said=$(bare run digits.mlpackage --input "$image" --top-k 1)
  label=$(awk '$1 == "digit" {print $2}' <<<"$said")
  share=$(awk 'NF >= 2 && $2 ~ /^[01][.]/ {print $2; exit}' <<<"$said")
  count=$((count + 1))
  mark='wrong'
  [ "$label" = "$truth" ] && correct=$((correct + 1)) && mark='right'
  printf '  %s is read as %s (%s), %s' "$truth" "$label" "$share" "$mark"
  if [ $((count % 3)) = 0 ]; then echo; fi
done
printf '\n  %s of %s right; on all 297 held-out pictures: %s\n\n' "$correct" "$count" \
  "$(bare info digits.mlpackage | awk '/held-out/ {print $NF}')"

heading 'How fast, and how exact:'
bare run digits.mlpackage --input images/digit-8.png --time 50 | tail -n 1 | sed 's/^/  /'
printf '  goldens (NumPy, float64): '
bare golden check digits.mlpackage golden | tail -n 1
printf '  what fp16 costs here:     '
bare parity digits.mlpackage --engines reference,reference:exact --input images/digit-8.png | tail -n 1
