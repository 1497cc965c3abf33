#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds native/test/kernels_test.cc, the C++ core without N-API, and runs it.
#   scripts/test-native.sh host          this processor, every instruction set that it runs
#   scripts/test-native.sh address       the same under AddressSanitizer and UndefinedBehaviorSanitizer
#   scripts/test-native.sh thread        the same under ThreadSanitizer
#   scripts/test-native.sh aarch64       NEON, cross-compiled and emulated (Debian: g++-aarch64-linux-gnu, qemu-user)
set -euo pipefail
cd "$(dirname "$0")/.."
target=${1:-host}
cases=${2:-300}
build=build-test/$target
mkdir -p "$build"
compiler=${CXX:-g++}
run=()
flags=(-std=c++20 -O2 -g -fno-math-errno -Wall -Wextra -pthread)
case $target in
  host) ;;
  address) flags+=(-fsanitize=address,undefined -fno-sanitize-recover=all -D_GLIBCXX_ASSERTIONS) ;;
  thread) flags+=(-fsanitize=thread) ;;
  aarch64)
    compiler=aarch64-linux-gnu-g++
    run=(qemu-aarch64 -L /usr/aarch64-linux-gnu)
    ;;
  *)
    echo "usage: $0 host|address|thread|aarch64 [cases]" >&2
    exit 2
    ;;
esac

objects=()
compile() { # source, further flags
  local object
  object=$build/$(basename "$1" .cc).o
  objects+=("$object")
  "$compiler" "${flags[@]}" "${@:2}" -c "$1" -o "$object"
}
# Sanitizers spread over -O3 code take minutes to compile.
case $target in address | thread) optimize=-O1 ;; *) optimize=-O3 ;; esac
kernel=("$optimize" -fno-exceptions -fno-rtti -Wno-maybe-uninitialized)
if [ "$target" = aarch64 ] || [ "$(uname -m)" = aarch64 ]; then
  compile native/isa/neon.cc "${kernel[@]}"
else
  compile native/isa/avx512.cc "${kernel[@]}" -mavx512f -mavx512vl -mavx512bw -mavx512dq -mfma &
  avx512=$!
  objects+=("$build/avx512.o")
  compile native/isa/avx512vnni.cc "${kernel[@]}" -mavx512f -mavx512vl -mavx512bw -mavx512dq -mavx512vnni -mfma
  compile native/isa/avx2.cc "${kernel[@]}" -mavx2 -mfma
  compile native/isa/sse2.cc "${kernel[@]}"
  wait "$avx512"
fi
for source in native/*.cc; do [ "$source" = native/addon.cc ] || compile "$source"; done
compile native/test/kernels_test.cc
"$compiler" "${flags[@]}" "${objects[@]}" -o "$build/kernels_test"
"${run[@]}" "$build/kernels_test" "$cases"
