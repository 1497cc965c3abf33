#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds native/test/kernels_test.cc, the C++ core without N-API, and runs it.
#   scripts/test-native.sh host          this processor, every instruction set that it runs
#   scripts/test-native.sh address       the same under AddressSanitizer and UndefinedBehaviorSanitizer; then the addon,
#                                        likewise, on generated cases inside Node
#   scripts/test-native.sh thread        the same under ThreadSanitizer
#   scripts/test-native.sh coverage      the addon, under the suites; lists the lines that nothing entered
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
  address) flags+=(-fPIC -fsanitize=address,undefined -fno-sanitize-recover=all -D_GLIBCXX_ASSERTIONS) ;;
  coverage) flags+=(-fPIC --coverage -fprofile-update=atomic) ;;
  thread) flags+=(-fsanitize=thread) ;;
  aarch64)
    compiler=aarch64-linux-gnu-g++
    run=(qemu-aarch64 -L /usr/aarch64-linux-gnu)
    ;;
  *)
    echo "usage: $0 host|address|thread|coverage|aarch64 [cases]" >&2
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
case $target in address | thread | coverage) optimize=-O1 ;; *) optimize=-O3 ;; esac
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

# Copies the package to $1, with an addon of these objects.
package() {
  local headers objects=("${objects[@]}")
  headers=$(node -p 'const { variables } = JSON.parse(fs.readFileSync("build/config.gypi", "utf8").replace(/^#.*/gm, ""));
    `${variables.nodedir}/include/node`')
  compile native/addon.cc -DNAPI_VERSION=8 -DNODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS -DNAPI_CPP_EXCEPTIONS \
    -DNODE_ADDON_API_CPP_EXCEPTIONS_ALL -Inode_modules/node-addon-api -I"$headers"
  local addon
  addon=$1/prebuilds/$(node -p 'process.platform + "-" + process.arch')
  mkdir -p "$addon"
  cp -r package.json dist "$1"
  "$compiler" "${flags[@]}" -shared "${objects[@]}" -o "$addon/corr2d.node"
}

# Tests load the package that they lie in, so they run in a copy of the tree. They run in one process, because killed
# helpers count nothing.
coverage() {
  local copy=$build/tree
  rm -rf "$copy"
  mkdir -p "$copy"
  git ls-files -z | xargs -0 cp --parents -t "$copy"
  ln -s "$PWD/node_modules" "$copy/node_modules"
  package "$copy"
  find "$build" -name '*.gcda' -delete
  (cd "$copy" && npx vitest run --project fast --pool=threads "$@") || true
  node scripts/coverage-native.mjs "$build"
}

if [ "$target" = coverage ]; then
  coverage "${@:2}"
  exit
fi
if [ "$target" = address ]; then
  package "$build/package"
  node scripts/fuzz.mjs --package "$build/package" --address --backend native --seed 10 --cases "$cases"
fi
compile native/test/kernels_test.cc
"$compiler" "${flags[@]}" "${objects[@]}" -o "$build/kernels_test"
"${run[@]}" "$build/kernels_test" "$cases"
