#!/bin/bash
# rust.sh SOURCE BUILD SCRATCH MAKE_MODEL: the example in Rust against what is installed.
set -euo pipefail
source=$1 build=$2 scratch=$3 make_model=$4

command -v rustc >/dev/null || { echo "no rustc here: the example in Rust is not tried"; exit 77; }
rm -rf "$scratch"
mkdir -p "$scratch"
cmake --install "$build" --prefix "$scratch/prefix" >"$scratch/install.log"
lib=$(dirname "$(find "$scratch/prefix" -name libwindfall.so)")
rustc -D warnings "$source/examples/rust/01_predict/main.rs" -L "native=$lib" -C "link-arg=-Wl,-rpath,$lib" \
  -o "$scratch/predict"
"$make_model" "$scratch/double.mlpackage"
"$scratch/predict" "$scratch/double.mlpackage" | grep -qx 'y = \[2.0, 4.0\]'
if "$scratch/predict" "$scratch/none.mlpackage" 2>"$scratch/error.txt"; then exit 1; fi
grep -q 'error 2: .*none.mlpackage' "$scratch/error.txt"
