#!/usr/bin/env bash
# Builds the compiled part with address and undefined-behaviour sanitizers, in a folder of its own, and runs the kernel
# tests with it. Nothing of the checkout changes. Needs the packages of the extra `test` on PATH. Arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

PXDBKG_SANITIZE=address,undefined python setup.py -q build_ext --build-temp "$work/temp" --build-lib "$work/lib"
find pxdbkg -name '*.py' -print0 | xargs -0 cp --parents -t "$work/lib"
cp -r tests pyproject.toml "$work/lib"

cd "$work/lib"
grep -q __asan_report pxdbkg/_core*.so # the build is the sanitized one
# The interpreter is not built with the sanitizers: their runtime must come first, and its leaks are not ours.
LD_PRELOAD="$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libubsan.so) $(gcc -print-file-name=libstdc++.so)"
export LD_PRELOAD
export ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1
export PYTHONPATH="$work/lib"
python -c 'import sys, pxdbkg._core as core; assert core.__file__.startswith(sys.argv[1]), core.__file__' "$work"
python -m pytest -q -p no:cacheprovider tests/kernels "$@"
