# SPDX-License-Identifier: MIT
"""Gradients of one convolution by PyTorch: reads operands from files, then answers questions, a line each.

Needs Debian's python3-torch. usage: torch.py input|weights THREADS FOLDER BATCH IN_CHANNELS HEIGHT WIDTH OUT_CHANNELS KERNEL
STRIDE PADDING GROUPS
"""

import json
import sys
import time

sys.path.pop(0)  # this folder, which has a torch.py of its own
import numpy
import torch

what, threads, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]
batch, in_channels, height, width, out_channels, kernel, stride, padding, groups = map(int, sys.argv[4:])
torch.set_num_threads(threads)


def read(name, shape):
    return torch.from_numpy(numpy.fromfile(f"{folder}/{name}", dtype=numpy.float32).reshape(shape))


sizes = [(size + 2 * padding - kernel) // stride + 1 for size in (height, width)]
x = read("x", (batch, in_channels, height, width))
weights = read("weights", (out_channels, in_channels // groups, kernel, kernel))
gradient = read("gradient", (batch, out_channels, *sizes))
mask = [what == "input", what == "weights", False]


def run():
    results = torch.ops.aten.convolution_backward(gradient, x, weights, None, [stride] * 2, [padding] * 2, [1, 1], False,
                                                  [0, 0], groups, mask)
    return results[mask.index(True)]


run().numpy().tofile(f"{folder}/y")
print(json.dumps({"what": f"torch {torch.__version__}, {threads} threads"}), flush=True)
for line in sys.stdin:
    calls = int(line)
    start = time.perf_counter()
    for _ in range(calls):
        run()
    print(json.dumps({"seconds": time.perf_counter() - start}), flush=True)
