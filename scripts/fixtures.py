# SPDX-License-Identifier: MIT
"""Writes test/fixtures/*.jsonl: what PyTorch, SciPy and ONNX answer, for test/ops/golden.test.ts and
test/ops/golden-integer.test.ts.

Needs Debian's python3-torch, python3-scipy and python3-onnx (apt-get install them); tests do not, since the files are
checked in. Run from anywhere:

    /usr/bin/python3 scripts/fixtures.py

Operands are small whole numbers, so that every sum is exact in float32 and float64 and results are compared for
equality. The output is the same on every run.
"""

import json
import pathlib
import random

import numpy
import onnx
import onnx.backend.test.case.node
import onnx.backend.test.case.node.convinteger  # adds its cases to the list
import scipy
import scipy.ndimage
import scipy.signal
import torch
import torch.nn.functional as F

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "test" / "fixtures"
rng = random.Random(6)


def integers(*shape):
    """Whole numbers from -9 to 9, in row-major order."""
    return numpy.array([rng.randint(-9, 9) for _ in range(int(numpy.prod(shape)))], dtype=float).reshape(shape)


def flat(array):
    """Row-major elements, whole numbers written as such."""
    return [int(v) if float(v).is_integer() else float(v) for v in numpy.asarray(array).ravel()]


def tensor(array):
    return {"shape": list(array.shape), "data": flat(array)}


# The keys are our names, the values PyTorch's for the same border.
TORCH_BORDERS = {"constant": "constant", "replicate": "replicate", "mirror": "reflect", "wrap": "circular"}


def torch_same(size, kernel, stride, dilation):
    """Padding of one axis as TensorFlow and ONNX's SAME_UPPER do for strides beyond 1, where PyTorch has no "same"."""
    total = max((-(-size // stride) - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    return total // 2, total - total // 2


def conv2d_case(x_shape, out_channels, kernel, strides=(1, 1), padding=(0, 0, 0, 0), dilations=(1, 1), groups=1,
                border="constant", bias=False, activation=None):
    """One case; `padding` is [top, bottom, left, right], or "same"."""
    x = integers(*x_shape)
    weights = integers(out_channels, x_shape[1] // groups, *kernel)
    offsets = integers(out_channels) if bias else None
    if activation in ("sigmoid", "tanh"):
        x, weights = x / 8, weights / 16
    t = torch.from_numpy
    b = None if offsets is None else t(offsets)
    if padding == "same" and tuple(strides) == (1, 1) and border == "constant":
        y = F.conv2d(t(x), t(weights), b, padding="same", dilation=dilations, groups=groups)
    else:
        top, bottom, left, right = (
            (*torch_same(x_shape[2], kernel[0], strides[0], dilations[0]),
             *torch_same(x_shape[3], kernel[1], strides[1], dilations[1])) if padding == "same" else padding
        )
        padded = F.pad(t(x), (left, right, top, bottom), mode=TORCH_BORDERS[border])
        y = F.conv2d(padded, t(weights), b, stride=strides, dilation=dilations, groups=groups)
    if activation == "relu":
        y = F.relu(y)
    elif activation == "leakyRelu":
        y = F.leaky_relu(y, 0.25)
    elif activation == "clamp":
        y = F.hardtanh(y, -20.0, 30.0)
    elif activation == "sigmoid":
        y = torch.sigmoid(y)
    elif activation == "tanh":
        y = torch.tanh(y)
    options = {"strides": list(strides), "padding": padding if padding == "same" else list(padding),
               "dilations": list(dilations), "groups": groups, "border": border}
    if activation == "leakyRelu":
        options["activation"] = {"kind": "leakyRelu", "alpha": 0.25}
    elif activation == "clamp":
        options["activation"] = {"kind": "clamp", "min": -20, "max": 30}
    elif activation:
        options["activation"] = activation
    case = {"x": tensor(x), "weights": tensor(weights), "options": options, "y": tensor(y.numpy())}
    if bias:
        case["bias"] = flat(offsets)
    return case


def conv2d_cases():
    yield conv2d_case((1, 1, 5, 6), 1, (3, 3))
    yield conv2d_case((2, 3, 7, 9), 4, (3, 3), bias=True)
    yield conv2d_case((1, 5, 4, 17), 3, (1, 1))
    yield conv2d_case((1, 3, 19, 18), 4, (7, 7), strides=(2, 2), padding=(3, 3, 3, 3), bias=True)
    yield conv2d_case((3, 2, 6, 5), 5, (2, 3), padding=(1, 1, 2, 2))
    for strides in [(1, 2), (2, 1), (3, 3), (4, 3), (2, 5)]:
        yield conv2d_case((1, 2, 11, 13), 3, (3, 2), strides=strides, padding=(0, 2, 1, 3))
    for dilations in [(2, 1), (1, 3), (2, 2), (3, 4)]:
        yield conv2d_case((1, 2, 11, 13), 2, (3, 3), dilations=dilations, strides=(2, 1), padding=(2, 2, 2, 2))
    for groups, channels, out in [(2, 4, 6), (3, 6, 3), (5, 5, 5), (4, 4, 12)]:
        yield conv2d_case((2, channels, 5, 6), out, (3, 3), groups=groups, padding=(1, 1, 1, 1), bias=True)
    for kernel in [(1, 1), (2, 2), (3, 3), (4, 5), (2, 3), (6, 1)]:
        yield conv2d_case((1, 2, 7, 8), 2, kernel, padding="same")
        yield conv2d_case((1, 1, 9, 8), 2, kernel, padding="same", dilations=(2, 3))
    for strides in [(2, 2), (3, 2), (4, 3)]:
        yield conv2d_case((1, 2, 9, 10), 2, (3, 4), strides=strides, padding="same")
    for border in ["replicate", "mirror", "wrap"]:
        yield conv2d_case((1, 2, 6, 7), 2, (3, 3), padding=(1, 2, 3, 4), border=border)
        yield conv2d_case((2, 2, 5, 6), 2, (2, 4), padding=(4, 4, 5, 5), border=border, strides=(2, 3))
        yield conv2d_case((1, 1, 6, 6), 1, (3, 3), padding="same", border=border, strides=(2, 2))
    yield conv2d_case((1, 1, 2, 3), 1, (3, 3), padding=(7, 8, 9, 10), border="replicate")
    for activation in ["relu", "leakyRelu", "clamp", "sigmoid", "tanh"]:
        yield conv2d_case((1, 2, 6, 7), 3, (3, 3), bias=True, activation=activation)


def transposed_case(x_shape, out_channels, kernel, strides=(1, 1), padding=(0, 0), output_padding=(0, 0),
                    dilations=(1, 1), groups=1, bias=False):
    """convTranspose2d, with `padding` [vertical, horizontal], or convTranspose1d."""
    x = integers(*x_shape)
    weights = integers(x_shape[1], out_channels // groups, *kernel)
    offsets = integers(out_channels) if bias else None
    t = torch.from_numpy
    transpose = F.conv_transpose1d if len(kernel) == 1 else F.conv_transpose2d
    y = transpose(t(x), t(weights), None if offsets is None else t(offsets), stride=strides, padding=padding,
                  output_padding=output_padding, groups=groups, dilation=dilations)
    listed = lambda value: value if isinstance(value, int) else list(value)
    options = {"strides": listed(strides), "padding": listed(padding), "outputPadding": listed(output_padding),
               "dilations": listed(dilations), "groups": groups}
    case = {"x": tensor(x), "weights": tensor(weights), "options": options, "y": tensor(y.numpy())}
    if bias:
        case["bias"] = flat(offsets)
    return case


def transposed_cases():
    yield transposed_case((1, 1, 3, 4), 1, (3, 3))
    yield transposed_case((2, 3, 4, 5), 4, (3, 3), padding=(1, 1), bias=True)
    yield transposed_case((1, 5, 4, 7), 3, (1, 1))
    yield transposed_case((1, 5, 4, 7), 3, (1, 1), strides=(2, 3), bias=True)
    for strides in [(2, 2), (1, 2), (3, 2), (4, 3), (2, 5)]:
        yield transposed_case((1, 2, 5, 4), 3, (3, 2), strides=strides, bias=True)
        yield transposed_case((2, 2, 5, 4), 3, (4, 4), strides=strides, padding=(1, 2))
    for strides, extra in [((2, 2), (1, 1)), ((3, 2), (2, 1)), ((4, 3), (3, 0)), ((2, 5), (1, 4))]:
        yield transposed_case((1, 3, 4, 5), 2, (3, 3), strides=strides, padding=(1, 1), output_padding=extra, bias=True)
        yield transposed_case((1, 2, 3, 3), 2, (2, 1), strides=strides, output_padding=extra)
    for dilations, strides in [((2, 1), (1, 1)), ((2, 3), (2, 2)), ((2, 2), (2, 2)), ((4, 6), (6, 4)), ((3, 2), (2, 3))]:
        yield transposed_case((1, 2, 4, 5), 3, (3, 3), strides=strides, dilations=dilations, padding=(2, 1))
    # The dilation allows output padding of the stride or more.
    yield transposed_case((1, 2, 4, 5), 3, (3, 2), dilations=(3, 2), output_padding=(2, 1), bias=True)
    yield transposed_case((1, 2, 4, 5), 3, (2, 2), strides=(2, 1), dilations=(5, 4), output_padding=(4, 3))
    for groups, channels, out in [(2, 4, 6), (3, 6, 3), (5, 5, 5), (4, 4, 12)]:
        yield transposed_case((2, channels, 4, 5), out, (3, 3), strides=(2, 1), groups=groups, padding=(1, 1), bias=True)
    # Padding beyond the kernel cuts off whole rows of the input.
    yield transposed_case((1, 2, 7, 8), 2, (2, 3), padding=(3, 4), bias=True)
    yield transposed_case((1, 2, 7, 8), 2, (3, 2), strides=(2, 3), padding=(4, 5))


def transposed_signal_cases():
    for x_shape, out, kernel, strides, padding, extra, dilations, groups, bias in [
            ((1, 1, 5), 1, 3, 1, 0, 0, 1, 1, False), ((2, 3, 7), 4, 3, 2, 1, 1, 1, 1, True),
            ((1, 4, 6), 6, 4, 3, 2, 2, 1, 2, True), ((2, 2, 9), 3, 5, 4, 3, 0, 2, 1, False),
            ((1, 3, 8), 3, 2, 2, 0, 3, 4, 3, True), ((1, 2, 1), 2, 3, 5, 0, 4, 1, 1, True),
            ((1, 2, 12), 2, 3, 1, 4, 0, 2, 1, False), ((1, 5, 40), 2, 1, 1, 0, 0, 1, 1, True)]:
        yield transposed_case(x_shape, out, (kernel,), strides, padding, extra, dilations, groups, bias)


def gradients_case(x_shape, out_channels, kernel, strides=(1, 1), padding=(0, 0, 0, 0), dilations=(1, 1), groups=1,
                   border="constant"):
    """Gradients of a conv2d, for a gradient of its output; `padding` is [top, bottom, left, right]."""
    x = torch.from_numpy(integers(*x_shape)).requires_grad_()
    weights = torch.from_numpy(integers(out_channels, x_shape[1] // groups, *kernel)).requires_grad_()
    offsets = torch.zeros(out_channels, dtype=torch.float64, requires_grad=True)
    top, bottom, left, right = padding
    padded = F.pad(x, (left, right, top, bottom), mode=TORCH_BORDERS[border])
    y = F.conv2d(padded, weights, offsets, stride=strides, dilation=dilations, groups=groups)
    gradient = integers(*y.shape)
    y.backward(torch.from_numpy(gradient))
    options = {"strides": list(strides), "padding": list(padding), "dilations": list(dilations), "groups": groups,
               "border": border}
    return {"x": tensor(x.detach().numpy()), "weights": tensor(weights.detach().numpy()), "options": options,
            "gradOutput": tensor(gradient), "gradInput": tensor(x.grad.numpy()),
            "gradWeights": tensor(weights.grad.numpy()), "gradBias": tensor(offsets.grad.numpy())}


def gradients_cases():
    yield gradients_case((1, 1, 5, 6), 1, (3, 3))
    yield gradients_case((2, 3, 7, 9), 4, (3, 3), padding=(1, 1, 1, 1))
    yield gradients_case((1, 3, 19, 18), 4, (7, 7), strides=(2, 2), padding=(3, 3, 3, 3))
    yield gradients_case((2, 3, 5, 6), 4, (1, 1), strides=(2, 2))
    for strides in [(1, 2), (3, 3), (4, 3), (2, 5)]:
        yield gradients_case((1, 2, 11, 13), 3, (3, 2), strides=strides, padding=(0, 2, 1, 3))
    for dilations in [(2, 1), (2, 2), (3, 4)]:
        yield gradients_case((1, 2, 11, 13), 2, (3, 3), dilations=dilations, strides=(2, 1), padding=(2, 2, 2, 2))
    for groups, channels, out in [(2, 4, 6), (3, 6, 3), (5, 5, 5), (4, 4, 12)]:
        yield gradients_case((2, channels, 5, 6), out, (3, 3), groups=groups, padding=(1, 1, 1, 1))
    for border in ["replicate", "mirror", "wrap"]:
        yield gradients_case((1, 2, 6, 7), 2, (3, 3), padding=(1, 2, 3, 4), border=border)
        yield gradients_case((2, 2, 5, 6), 2, (2, 4), padding=(4, 4, 5, 5), border=border, strides=(2, 3))
    yield gradients_case((1, 1, 2, 3), 1, (3, 3), padding=(7, 8, 9, 10), border="replicate")
    yield gradients_case((1, 2, 4, 5), 2, (2, 2), padding=(3, 4, 5, 3))


# The keys are our names, the values scipy.ndimage's for the same border.
NDIMAGE_BORDERS = {"constant": "constant", "replicate": "nearest", "reflect": "reflect", "mirror": "mirror",
                   "wrap": "wrap"}

# The keys are our names, the values scipy.signal's for the same border.
SIGNAL_BORDERS = {"constant": "fill", "reflect": "symm", "wrap": "wrap"}


def correlate2d(x, kernel, mode, border):
    """scipy.signal.correlate2d, but for one quirk: in mode "same" it centres even kernels unlike signal.correlate,
    ndimage.correlate and convolve2d with the flipped kernel, which agree with each other; we side with those three.
    """
    if mode == "same" and any(size % 2 == 0 for size in kernel.shape):
        y = scipy.ndimage.correlate(x, kernel, mode=NDIMAGE_BORDERS[border])
        if border == "constant":
            assert numpy.array_equal(y, scipy.signal.correlate(x, kernel, mode="same"))
        flipped = scipy.signal.convolve2d(x, kernel[::-1, ::-1], mode="same", boundary=SIGNAL_BORDERS[border])
        assert numpy.array_equal(y, flipped)
        return y
    return scipy.signal.correlate2d(x, kernel, mode=mode, boundary=SIGNAL_BORDERS[border])


def convolve2d(x, kernel, mode, border):
    return scipy.signal.convolve2d(x, kernel, mode=mode, boundary=SIGNAL_BORDERS[border])


def signal_cases():
    """corr2d and convolve2d in every mode with every boundary; kernels even, odd and larger than a side."""
    for name, function in [("corr2d", correlate2d), ("convolve2d", convolve2d)]:
        for kernel_shape in [(1, 1), (2, 2), (3, 3), (2, 5), (4, 3), (1, 4), (5, 6)]:
            for mode in ["valid", "same", "full"]:
                for border in SIGNAL_BORDERS:
                    x, kernel = integers(6, 7), integers(*kernel_shape)
                    y = function(x, kernel, mode, border)
                    yield {"function": name, "x": tensor(x), "kernel": tensor(kernel),
                           "options": {"mode": mode, "border": border}, "y": tensor(y)}
        for mode in ["same", "full"]:
            x, kernel = integers(3, 2), integers(5, 4)
            yield {"function": name, "x": tensor(x), "kernel": tensor(kernel),
                   "options": {"mode": mode, "border": "constant"}, "y": tensor(function(x, kernel, mode, "constant"))}


def ndimage_cases():
    """Borders by the names of scipy.ndimage, on inputs smaller than the kernel too."""
    for border, mode in NDIMAGE_BORDERS.items():
        for x_shape, kernel_shape in [((5, 6), (3, 3)), ((4, 5), (3, 7)), ((3, 4), (5, 5)), ((2, 3), (7, 9)),
                                      ((1, 4), (3, 5)), ((6, 5), (2, 4))]:
            x, kernel = integers(*x_shape), integers(*kernel_shape)
            y = scipy.ndimage.correlate(x, kernel, mode=mode)
            yield {"function": "corr2d", "x": tensor(x), "kernel": tensor(kernel),
                   "options": {"mode": "same", "border": border}, "y": tensor(y)}


# The keys are our names, the values numpy.pad's for the same border.
NUMPY_BORDERS = {"constant": "constant", "replicate": "edge", "reflect": "symmetric", "mirror": "reflect",
                 "wrap": "wrap"}


def pad_cases():
    """numpy.pad, whose borders repeat where padding is wider than the image."""
    for border, mode in NUMPY_BORDERS.items():
        for shape, (top, bottom, left, right) in [((3, 4), (1, 2, 3, 2)), ((2, 3), (4, 5, 7, 6)), ((1, 2), (3, 3, 3, 3)),
                                                  ((1, 2, 3, 2), (2, 0, 0, 3))]:
            x = integers(*shape)
            around = [(0, 0)] * (len(shape) - 2) + [(top, bottom), (left, right)]
            value = {"constant_values": 7} if border == "constant" else {}
            yield {"x": tensor(x), "padding": [top, bottom, left, right],
                   "options": {"border": border, **({"value": 7} if value else {})},
                   "y": tensor(numpy.pad(x, around, mode=mode, **value))}


def pooled(x, function, window, strides, padding, border, **options):
    """A pooling of torch by name; other borders than its own are padded with before."""
    t = torch.from_numpy(x).requires_grad_()
    top, bottom, left, right = padding
    if border == "constant" and top == bottom and left == right:
        y = getattr(F, function)(t, window, strides, (top, left), **options)
    else:
        y = getattr(F, function)(F.pad(t, (left, right, top, bottom), mode=TORCH_BORDERS[border]), window, strides,
                                 **options)
    gradient = torch.from_numpy(integers(*y.shape))
    y.backward(gradient)
    return y.detach().numpy(), gradient.numpy(), t.grad.numpy()


def pool2d_cases():
    """Maxima and means with ties, their gradients, padding that counts or not, windows that overhang."""
    windows = [((2, 2), (2, 2), (0, 0, 0, 0)), ((3, 3), (2, 2), (1, 1, 1, 1)), ((3, 2), (1, 3), (1, 1, 0, 0)),
               ((1, 4), (2, 1), (0, 0, 2, 2)), ((3, 3), (3, 2), (0, 0, 0, 0)), ((5, 6), (1, 1), (0, 0, 0, 0))]
    for window, strides, padding in windows:
        for border in ["constant", "replicate", "mirror", "wrap"]:
            for ceil in [False, True] if border in ["constant", "mirror"] else [False]:
                x = numpy.round(integers(1, 2, 5, 7) / 3)
                shared = {"windowDimensions": list(window), "strides": list(strides), "padding": list(padding),
                          "border": border, "outputShapeRounding": "ceil" if ceil else "floor"}
                y, gradient, grad_x = pooled(x, "max_pool2d", window, strides, padding, border, ceil_mode=ceil)
                yield {"function": "maxPool2d", "x": tensor(x), "options": shared, "y": tensor(y),
                       "gradOutput": tensor(gradient), "gradX": tensor(grad_x)}
                for count in [False, True] if border == "constant" else [True]:
                    y, gradient, grad_x = pooled(x, "avg_pool2d", window, strides, padding, border, ceil_mode=ceil,
                                                 count_include_pad=count)
                    yield {"function": "avgPool2d", "x": tensor(x), "options": {**shared, "countIncludePad": count},
                           "y": tensor(y), "gradOutput": tensor(gradient), "gradX": tensor(grad_x)}
    for dilations, padding in [((2, 1), 1), ((3, 2), 0), ((2, 2), 1)]:
        x = numpy.round(integers(1, 2, 9, 8) / 3)
        y, gradient, grad_x = pooled(x, "max_pool2d", (3, 2), (1, 2), (padding,) * 4, "constant", dilation=dilations)
        yield {"function": "maxPool2d", "x": tensor(x), "y": tensor(y), "gradOutput": tensor(gradient),
               "gradX": tensor(grad_x), "options": {"windowDimensions": [3, 2], "strides": [1, 2], "padding": padding,
                                                    "dilations": list(dilations)}}


def unfold_cases():
    """torch's unfold and fold, padded with other borders before; whole numbers."""
    for x_shape, window, strides, padding, dilations in [
            ((1, 1, 4, 5), (2, 3), (1, 1), (0, 0, 0, 0), (1, 1)), ((2, 3, 5, 4), (3, 2), (2, 1), (1, 1, 2, 2), (1, 1)),
            ((1, 2, 7, 6), (2, 2), (1, 3), (1, 0, 2, 3), (3, 2)), ((1, 2, 4, 4), (4, 4), (1, 1), (3, 3, 3, 3), (1, 1))]:
        for border, mode in TORCH_BORDERS.items():
            top, bottom, left, right = padding
            x = torch.from_numpy(integers(*x_shape)).requires_grad_()
            padded = F.pad(x, (left, right, top, bottom), mode=mode)
            y = F.unfold(padded, window, dilation=dilations, stride=strides)
            columns = torch.from_numpy(integers(*y.shape))
            y.backward(columns)
            image = x.grad
            if border == "constant" and top == bottom and left == right:
                image = F.fold(columns, x_shape[2:], window, dilations, (top, left), strides)
            yield {"x": tensor(x.detach().numpy()), "y": tensor(y.detach().numpy()), "columns": tensor(columns.numpy()),
                   "image": tensor(image.numpy()),
                   "options": {"windowDimensions": list(window), "strides": list(strides), "padding": list(padding),
                               "dilations": list(dilations), "border": border}}


def conv_nd_cases():
    """torch's conv1d and conv3d; padding of an axis is the same on both sides."""
    for x_shape, out, kernel, strides, padding, dilations, groups in [
            ((1, 1, 7), 1, (3,), 1, 0, 1, 1), ((2, 4, 9), 6, (4,), 2, 3, 1, 2), ((1, 3, 12), 3, (3,), 3, 2, 4, 3),
            ((1, 2, 5), 3, (1,), 1, 0, 1, 1),
            ((1, 1, 3, 4, 5), 2, (2, 3, 2), (1, 1, 1), (0, 0, 0), (1, 1, 1), 1),
            ((2, 2, 4, 3, 5), 3, (3, 3, 3), (1, 2, 1), (1, 1, 1), (1, 1, 1), 1),
            ((1, 4, 5, 4, 4), 6, (2, 2, 3), (2, 1, 2), (2, 1, 0), (2, 1, 1), 2),
            ((1, 3, 6, 4, 5), 3, (3, 2, 2), (1, 1, 1), (3, 0, 1), (3, 2, 1), 3),
            ((1, 3, 5, 4, 3), 2, (3, 1, 1), (2, 1, 1), (1, 0, 0), (1, 1, 1), 1)]:
        x, weights, bias = integers(*x_shape), integers(out, x_shape[1] // groups, *kernel), integers(out)
        t = torch.from_numpy
        convolve = F.conv1d if len(kernel) == 1 else F.conv3d
        y = convolve(t(x), t(weights), t(bias), strides, padding, dilations, groups)
        listed = {name: value if isinstance(value, int) else list(value)
                  for name, value in [("strides", strides), ("padding", padding), ("dilations", dilations)]}
        yield {"x": tensor(x), "weights": tensor(weights), "bias": flat(bias), "y": tensor(y.numpy()),
               "options": {**listed, "groups": groups}}


def whole(low, high, *shape):
    """Whole numbers from low to high; the ends as often as all others together."""
    draw = lambda: rng.choice([low, high]) if rng.random() < 0.5 else rng.randint(low, high)
    return numpy.array([draw() for _ in range(int(numpy.prod(shape)))]).reshape(shape)


def integer_case(x_shape, out_channels, kernel, dtype, zero_point, strides=(1, 1), padding=(0, 0), dilations=(1, 1),
                 groups=1, bias=False, output=None):
    """One case. `output` is None for int32, or (dtype, zero point); "uint8" comes from PyTorch's quantized conv2d."""
    low, high = (-128, 127) if dtype == "int8" else (0, 255)
    x, weights = whole(low, high, *x_shape), whole(-128, 127, out_channels, x_shape[1] // groups, *kernel)
    offsets = whole(-3000, 3000, out_channels) if bias else None
    t = lambda array: torch.from_numpy(array.astype(float))
    sums = F.conv2d(t(x - zero_point), t(weights), None if offsets is None else t(offsets), strides, padding, dilations,
                    groups).numpy()
    options = {"strides": list(strides), "padding": list(padding), "dilations": list(dilations), "groups": groups,
               "inputDtype": dtype, "inputZeroPoint": zero_point}
    y = sums
    if output:
        output_dtype, output_zero = output
        # Scales are powers of 2, which make ties, and 3 times as much.
        scales = numpy.array([rng.choice([1, 3]) * 2.0 ** -rng.randint(8, 11) for _ in range(out_channels)], dtype="f4")
        options |= {"scale": flat(scales), "outputDtype": output_dtype, "outputZeroPoint": output_zero}
        limits = (-128, 127) if output_dtype == "int8" else (0, 255)
        y = numpy.clip(numpy.rint(sums.astype("f4") * scales[:, None, None]) + output_zero, *limits)
        if output_dtype == "uint8" and dtype == "uint8":
            torch.backends.quantized.engine = "qnnpack"
            quantized = torch.nn.quantized.functional.conv2d(
                torch.quantize_per_tensor(t(x - zero_point).float(), 1.0, zero_point, torch.quint8),
                torch.quantize_per_channel(t(weights * scales[:, None, None, None]).float(), torch.from_numpy(scales).double(),
                                           torch.zeros(out_channels).long(), 0, torch.qint8),
                None if offsets is None else torch.from_numpy((offsets * scales).astype("f4")), strides, padding,
                dilations, groups, scale=1.0, zero_point=output_zero, dtype=torch.quint8)
            assert numpy.array_equal(quantized.int_repr().numpy(), y)
    case = {"x": tensor(x), "weights": tensor(weights), "options": options, "y": tensor(y)}
    if bias:
        case["options"]["bias"] = flat(offsets)
    return case


def integer_cases():
    for dtype, zero in [("uint8", 0), ("uint8", 131), ("int8", 0), ("int8", -7)]:
        for output in [None, ("uint8", 3), ("int8", -20)]:
            yield integer_case((1, 3, 6, 7), 5, (3, 3), dtype, zero, padding=(1, 1), bias=True, output=output)
            yield integer_case((2, 5, 4, 9), 4, (1, 1), dtype, zero, output=output)
            yield integer_case((1, 4, 9, 8), 6, (3, 2), dtype, zero, strides=(2, 3), padding=(2, 1), groups=2,
                               output=output)
            yield integer_case((1, 2, 9, 9), 3, (3, 3), dtype, zero, dilations=(2, 3), padding=(3, 3), bias=True,
                               output=output)


def onnx_cases():
    """The examples of ConvInteger in the specification of ONNX; their weights are uint8, but small enough for int8."""
    for test in onnx.backend.test.case.node._NodeTestCases:
        node = test.model.graph.node[0]
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        (x, weights, zero_point), (y,) = test.data_sets[0]
        top, left, bottom, right = attributes.get("pads", [0, 0, 0, 0])
        yield {"x": tensor(x), "weights": tensor(weights),
               "options": {"padding": [top, bottom, left, right], "inputDtype": str(x.dtype),
                           "inputZeroPoint": int(zero_point)},
               "y": tensor(y)}


def write(name, source, cases):
    """Where the answers come from on the first line, then one case on each."""
    lines = [json.dumps({"source": source}), *(json.dumps(case, separators=(",", ":")) for case in cases)]
    path = FOLDER / f"{name}.jsonl"
    path.write_text("\n".join(lines) + "\n")
    print(f"{path.name}: {len(lines) - 1} cases, {path.stat().st_size} bytes")


FOLDER.mkdir(parents=True, exist_ok=True)
write("torch", f"torch {torch.__version__}: torch.nn.functional.conv2d and pad", conv2d_cases())
write("scipy-signal", f"scipy {scipy.__version__}: signal.correlate2d and convolve2d", signal_cases())
write("scipy-ndimage", f"scipy {scipy.__version__}: ndimage.correlate", ndimage_cases())
write("torch-transposed", f"torch {torch.__version__}: torch.nn.functional.conv_transpose2d", transposed_cases())
write("torch-gradients", f"torch {torch.__version__}: backward of torch.nn.functional.conv2d and pad", gradients_cases())
write("torch-pool2d", f"torch {torch.__version__}: max_pool2d, avg_pool2d, pad, and their backward", pool2d_cases())
write("numpy-pad", f"numpy {numpy.__version__}: pad", pad_cases())
write("torch-unfold", f"torch {torch.__version__}: unfold, fold, pad and their backward", unfold_cases())
write("torch-conv-nd", f"torch {torch.__version__}: conv1d and conv3d", conv_nd_cases())
write("integer", f"torch {torch.__version__}, numpy {numpy.__version__}: conv2d and quantized conv2d", integer_cases())
write("torch-transposed1d", f"torch {torch.__version__}: torch.nn.functional.conv_transpose1d", transposed_signal_cases())
write("onnx", f"onnx {onnx.__version__}: node tests of ConvInteger", onnx_cases())
