#!/usr/bin/env bash
# Compiles the bridge for Apple's runtime and processor as far as that goes without a Mac: syntax, types, and what needs
# which macOS, against minimal declarations of Foundation and those of Core ML that the double has. Nothing is linked.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
gcc_headers=$(echo | g++ -x c++ -E -Wp,-v - 2>&1 | awk '/^ \//{print $1}')
includes=()
for folder in $gcc_headers; do includes+=(-idirafter "$folder"); done
failed=0
for source in src/bridge/apple/*.mm; do
  clang++-19 -target arm64-apple-macos13.0 -std=c++20 -fsyntax-only -fblocks -fobjc-exceptions -fexceptions -fno-objc-arc \
    -Wall -Wextra -Werror -Wunguarded-availability -Werror=unguarded-availability-new -Wno-four-char-constants \
    -nostdinc++ -D_GNU_SOURCE -D__ELF__ -Isrc -Itests/bridge/apple_stubs -Itests/bridge/double "${includes[@]}" \
    "$source" || { echo "FAILED $source"; failed=1; }
done
[ $failed = 0 ] && echo "apple syntax: clean"
exit $failed
