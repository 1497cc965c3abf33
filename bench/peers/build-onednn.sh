#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds bench/peers/build/onednn, the oneDNN contender. Needs a C++ compiler with OpenMP and oneDNN 2: Debian 12's libdnnl-dev.
set -eu
cd "$(dirname "$0")/../.."
mkdir -p bench/peers/build
${CXX:-c++} -std=c++17 -O2 -fopenmp -Wall -Wextra bench/peers/onednn.cc -ldnnl -o bench/peers/build/onednn || {
  echo "oneDNN 2 was not found: apt-get install -y libdnnl-dev" >&2
  exit 1
}
