#!/usr/bin/env bash
# Runs every model of the corpus beside the project against its goldens: on the reference engine as it is, and on the
# fast one compiled through a cache. Usage: checks/corpus.sh WINDFALL
set -euo pipefail
corpus=../shared/corpus
[ -f "$corpus/INDEX.md" ] || { echo "skipped: no $corpus beside the project"; exit 77; }
"$1" corpus "$corpus"
cache=$(mktemp -d)
trap 'rm -rf "$cache"' EXIT
WINDFALL_CACHE_DIR=$cache "$1" corpus "$corpus" --engine cpu --cache
