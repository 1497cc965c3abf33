#!/usr/bin/env bash
# Builds build/peers/peak, which measures the processor's multiply-add peak. Needs a C++ compiler.
set -eu
cd "$(dirname "$0")/../.."
mkdir -p build/peers
${CXX:-c++} -std=c++17 -O2 -ffp-contract=fast -Wall -Wextra bench/peers/peak.cc -pthread -o build/peers/peak
