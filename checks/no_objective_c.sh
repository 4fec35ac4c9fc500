#!/usr/bin/env bash
# The product on Linux has nothing of Objective-C in it: neither GNUstep nor the test double of Apple's classes.
#   checks/no_objective_c.sh FILE...    (libraries and programs of a build)
set -euo pipefail
[ "$(uname -s)" = Linux ] || { echo "on Apple's systems Objective-C belongs to it"; exit 77; }
wrong=0
for file in "$@"; do
  [ -s "$file" ] || { echo "$file: is not there"; exit 1; }
  if readelf --dynamic --wide "$file" | grep -iE 'NEEDED.*(gnustep|objc|BlocksRuntime)'; then
    echo "$file: is linked to it" && wrong=1
  fi
  # Classes, messages, blocks and exceptions of Objective-C; the double's and the bridge's own names.
  if { nm --defined-only "$file" 2>/dev/null; nm --dynamic "$file"; } |
    grep -E ' (_?OBJC_|__objc_|objc_|_Block_|_NSConcrete|wfa_)|apple_double' | head -5 | grep .; then
    echo "$file: has such symbols" && wrong=1
  fi
done
[ "$wrong" = 0 ] && echo "$# files: nothing of Objective-C"
exit "$wrong"
