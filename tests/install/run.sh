#!/bin/bash
# run.sh SOURCE BUILD SCRATCH MAKE_MODEL COMPILER: installs into a scratch prefix, builds the example against it from
# outside the tree, and runs it. The example must find the package, link, load and print right numbers.
set -euo pipefail
source=$1 build=$2 scratch=$3 make_model=$4 compiler=$5

rm -rf "$scratch"
mkdir -p "$scratch"
cmake --install "$build" --prefix "$scratch/prefix" >"$scratch/install.log"
cp -r "$source/examples/cpp/01_predict" "$scratch/example"
cmake -S "$scratch/example" -B "$scratch/example/build" -DCMAKE_PREFIX_PATH="$scratch/prefix" \
  -DCMAKE_CXX_COMPILER="$compiler" >"$scratch/configure.log"
cmake --build "$scratch/example/build" >"$scratch/build.log"

"$make_model" "$scratch/double.mlpackage"
write_npy() { # float32 [2]: 1.5, -2
  printf '\x93NUMPY\x01\x00\x36\x00'
  printf '%-53s\n' "{'descr':'<f4','fortran_order':False,'shape':(2,)}"
  printf '\x00\x00\xc0\x3f\x00\x00\x00\xc0'
}
write_npy >"$scratch/x.npy"
"$scratch/example/build/predict" "$scratch/double.mlpackage" "x=$scratch/x.npy" | tee "$scratch/out.txt"
grep -qx 'y = 3 -4' "$scratch/out.txt"
grep -qx 'input x: MultiArray (Float32 2)' "$scratch/out.txt"

# The header alone, with every warning, by another compiler than the library's, too.
lib=$(dirname "$(find "$scratch/prefix" -name libwindfall.so)")
for each in g++ clang++-19; do
  command -v "$each" >/dev/null || continue
  "$each" -std=c++20 -Wall -Wextra -Wpedantic -Werror "-I$scratch/prefix/include" "$source/tests/install/headers.cpp" \
    -o "$scratch/headers" "-L$lib" -lwindfall "-Wl,-rpath,$lib"
  "$scratch/headers" "$scratch/double.mlpackage" | grep -qx 'y = 3 -4'
done
# Nothing of ours but C is taken from the library.
if nm -D --undefined-only "$scratch/example/build/predict" | c++filt | grep 'windfall::'; then exit 1; fi

# A model that is not there is an error in words, not a crash.
if "$scratch/example/build/predict" "$scratch/none.mlpackage" 2>"$scratch/error.txt"; then exit 1; fi
grep -q 'none.mlpackage' "$scratch/error.txt"
