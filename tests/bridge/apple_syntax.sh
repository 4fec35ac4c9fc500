#!/usr/bin/env bash
# Compiles the bridge for Apple's runtime and processor as far as that goes without a Mac: syntax, types, and what needs
# which macOS, against minimal declarations of Foundation and those of Core ML that the double has. Nothing is linked.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
gcc_headers=$(echo | g++ -x c++ -E -Wp,-v - 2>&1 | awk '/^ \//{print $1}')
includes=()
for folder in $gcc_headers; do includes+=(-idirafter "$folder"); done
check() { # FILE: silent where it compiles
  clang++-19 -target arm64-apple-macos13.0 -x objective-c++ -std=c++20 -fsyntax-only -fblocks -fobjc-exceptions -fexceptions \
    -fno-objc-arc -Wall -Wextra -Werror -Wunguarded-availability -Wno-four-char-constants -U__nonnull -U__nullable \
    -nostdlibinc -nostdinc++ -D_POSIX_SEM_VALUE_MAX=32767 -D_GNU_SOURCE -D__ELF__ -Isrc -Itests/bridge/apple_stubs \
    -Itests/bridge/double "${includes[@]}" "$1"
}
failed=0
for source in src/bridge/apple/*.mm; do
  check "$source" || { echo "FAILED $source"; failed=1; }
done
# That the check sees what it is for: a call that macOS 13 does not have, without a question for the version.
probe=$(mktemp --suffix .mm)
trap 'rm -f "$probe"' EXIT
printf '#import <CoreML/CoreML.h>\nid probe(MLModel* model) { return [model newState]; }\n' >"$probe"
if check "$probe" 2>/dev/null; then echo "FAILED: a call that is newer than the oldest system is not seen"; failed=1; fi
[ $failed = 0 ] && echo "the bridge compiles for Apple's runtime, every newer call is guarded"
exit $failed
