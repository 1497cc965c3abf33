#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds bench/peers/build/peak, which measures the processor's multiply-add peak. Needs a C++ compiler.
set -eu
cd "$(dirname "$0")/../.."
mkdir -p bench/peers/build
${CXX:-c++} -std=c++17 -O2 -ffp-contract=fast -Wall -Wextra bench/peers/peak.cc -pthread -o bench/peers/build/peak
