#!/usr/bin/env bash
# Runs every model of the corpus beside the project against its goldens. Usage: checks/corpus.sh WINDFALL
set -euo pipefail
corpus=../shared/corpus
[ -f "$corpus/INDEX.md" ] || { echo "skipped: no $corpus beside the project"; exit 77; }
exec "$1" corpus "$corpus"
