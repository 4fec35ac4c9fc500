#!/bin/bash
# c_interface.sh SOURCE BUILD SCRATCH MAKE_MODEL: installs into a scratch prefix; compiles the headers as C99 and C++ with
# every warning, the examples in C through pkg-config, and a program that treats version 1 badly; runs them all.
set -euo pipefail
source=$1 build=$2 scratch=$3 make_model=$4

command -v cc >/dev/null || { echo "no C compiler here"; exit 77; }
rm -rf "$scratch"
mkdir -p "$scratch"
cmake --install "$build" --prefix "$scratch/prefix" >"$scratch/install.log"
lib=$(dirname "$(find "$scratch/prefix" -name libwindfall.so)")
if command -v pkg-config >/dev/null; then
  flags=$(PKG_CONFIG_PATH="$lib/pkgconfig" pkg-config --cflags --libs windfall)
else
  echo "no pkg-config here: its file is not tried"
  flags="-I$scratch/prefix/include -L$lib -lwindfall"
fi
flags="$flags -Wl,-rpath,$lib"
strict="-Wall -Wextra -Werror -pedantic"
# shellcheck disable=SC2086 # lists of options
{
  cc -std=c99 $strict "$source/tests/install/headers.c" -o "$scratch/headers_c" $flags
  c++ -x c++ -std=c++11 $strict "$source/tests/install/headers.c" -o "$scratch/headers_cxx" $flags
  cc -std=c99 $strict "$source/examples/c/01_json/main.c" -o "$scratch/predict_json" $flags
  cc -std=c99 $strict "$source/examples/c/02_tensors/main.c" -o "$scratch/predict_tensors" $flags
  cc -std=gnu99 -Wall -Wextra -Werror -pthread "$source/tests/install/bridge_only.c" -o "$scratch/bridge_only" $flags
}
"$scratch/headers_c"
"$scratch/headers_cxx"

"$make_model" "$scratch/double.mlpackage"
"$scratch/predict_json" "$scratch/double.mlpackage" | grep -q '"name":"x","kind":"array","dtype":"fp32","shape":\[2\]'
"$scratch/predict_json" "$scratch/double.mlpackage" '{"inputs":[{"name":"x","values":[1.5,-2]}]}' |
  grep -q '"values":\[3,-4\]'
"$scratch/predict_tensors" "$scratch/double.mlpackage" | tee "$scratch/out.txt"
grep -qx 'y = 2 4' "$scratch/out.txt"
"$scratch/bridge_only" "$scratch/double.mlpackage" | grep -qx survived

# A model that is not there is an error in words, with its code.
if "$scratch/predict_json" "$scratch/none.mlpackage" 2>"$scratch/error.txt"; then exit 1; fi
grep -q 'error 2: .*none.mlpackage' "$scratch/error.txt"
