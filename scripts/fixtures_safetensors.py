# SPDX-License-Identifier: MIT
"""Writes test/fixtures/safetensors.jsonl: files of the safetensors format, for test/learn/safetensors-types.test.ts.

Laid out by hand with the standard library, after https://github.com/huggingface/safetensors#format; nothing else is
needed. Run from anywhere:

    python3 scripts/fixtures_safetensors.py

Each line has a file in base64, and its tensors: their values and, for short floating-point numbers, the wider numbers
that stand for them. Numbers are texts where JSON has none for them (64-bit integers, NaN and infinities). The output is
the same on every run.
"""

import base64
import json
import pathlib
import random
import struct

PATH = pathlib.Path(__file__).resolve().parent.parent / "test" / "fixtures" / "safetensors.jsonl"
random.seed(61)

# These are formats of struct; F16, BF16 and F8 are given as bits.
FORMATS = {
    "BOOL": "?", "U8": "B", "I8": "b", "F8_E5M2": "B", "F8_E4M3": "B", "I16": "h", "U16": "H", "F16": "H", "BF16": "H",
    "I32": "i", "U32": "I", "F32": "f", "F64": "d", "I64": "q", "U64": "Q",
}  # fmt: skip


def half(bits):
    return struct.unpack("<e", struct.pack("<H", bits))[0]


def bfloat(bits):
    return struct.unpack("<f", struct.pack("<HH", 0, bits))[0]


def e5m2(bits):
    """Half precision without its last eight bits."""
    return half(bits << 8)


def e4m3(bits):
    """OCP 8-bit Floating Point Specification 1.0, 5.3: S.1111.111 is NaN, nothing is infinite."""
    if bits & 0x7F == 0x7F:
        return float("nan")
    exponent, mantissa = bits >> 3 & 15, bits & 7
    size = mantissa / 8 * 2**-6 if exponent == 0 else (1 + mantissa / 8) * 2 ** (exponent - 7)
    return -size if bits & 0x80 else size


WIDENINGS = {"F16": half, "BF16": bfloat, "F8_E5M2": e5m2, "F8_E4M3": e4m3}


def layout(tensors, metadata=None):
    """tensors: (name, dtype, shape, values), in the order of their data."""
    header = {} if metadata is None else {"__metadata__": metadata}
    data = b""
    for name, dtype, shape, values in tensors:
        part = struct.pack(f"<{len(values)}{FORMATS[dtype]}", *values)
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(part)]}
        data += part
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def plain(value):
    """A value as JSON has it."""
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")) or str(value) == "-0.0":
            return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity", "-0.0": "-0"}[str(value)]
        return value
    return int(value) if abs(int(value)) < 2**53 else str(int(value))


def case(name, tensors, metadata=None):
    described = {}
    for tensor, dtype, shape, values in tensors:
        described[tensor] = {"dtype": dtype, "shape": shape, "values": [plain(v) for v in values]}
        if dtype in WIDENINGS:
            described[tensor]["widened"] = [plain(WIDENINGS[dtype](v)) for v in values]
    file = base64.b64encode(layout(tensors, metadata)).decode()
    return {"name": name, "metadata": metadata or {}, "tensors": described, "file": file}


def integers(dtype, count):
    bits = 8 * struct.calcsize(FORMATS[dtype])
    low, high = (0, 2**bits - 1) if dtype[0] == "U" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    return [low, high, 0, 1] + [random.randint(low, high) for _ in range(count - 4)]


def single(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


HALVES = [0, 0x8000, 1, 0x3FF, 0x400, 0x3C00, 0xC000, 0x7BFF, 0x7C00, 0xFC00, 0x7E00, 0x3555]
BFLOATS = [0, 0x8000, 1, 0x80, 0x3F80, 0xC000, 0x7F7F, 0x7F80, 0xFF80, 0x7FC0, 0x4049, 0x3EAB]
tensors = [
    ("bool", "BOOL", [3], [True, False, True]),
    *((d.lower(), d, [2, 3], integers(d, 6)) for d in ("U8", "I8", "I16", "U16", "I32", "U32", "I64", "U64")),
    ("f16", "F16", [3, 4], HALVES),
    ("bf16", "BF16", [12], BFLOATS),
    ("e5m2", "F8_E5M2", [16, 16], list(range(256))),
    ("e4m3", "F8_E4M3", [16, 16], list(range(256))),
    ("f32", "F32", [1, 2], [single(0.1), -0.0]),
    ("f64", "F64", [], [0.1]),
    ("none", "I64", [0, 2], []),
]


def floats(count):
    return [single(random.uniform(-1, 1)) for _ in range(count)]


# This is the state_dict of PyTorch's Sequential(Conv2d(1, 2, 3), BatchNorm2d(2), ReLU(), Flatten(), Linear(8, 3)) after
# 7 batches.
batch_norm = [
    ("0.weight", "F32", [2, 1, 3, 3], floats(18)),
    ("0.bias", "F32", [2], floats(2)),
    ("1.weight", "F32", [2], [1.0, 1.0]),
    ("1.bias", "F32", [2], [0.0, 0.0]),
    ("1.running_mean", "F32", [2], floats(2)),
    ("1.running_var", "F32", [2], [0.5, 2.0]),
    ("1.num_batches_tracked", "I64", [], [7]),
    ("4.weight", "F32", [3, 8], floats(24)),
    ("4.bias", "F32", [3], floats(3)),
]

random.shuffle(tensors)  # so that wide elements begin at odd bytes
cases = [case("every type", tensors), case("batch norm", batch_norm, {"format": "pt"})]
header = {"tool": "Python struct", "format": "safetensors"}
PATH.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in [header, *cases]))
print(f"written {PATH}")
