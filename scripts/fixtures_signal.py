# SPDX-License-Identifier: MIT
"""Writes test/fixtures/signal.jsonl: what NumPy, SciPy and PyTorch answer, for test/signal/signal-golden.test.ts.

Needs Debian's python3-scipy and python3-torch (apt-get install python3-scipy python3-torch); tests do not, since the
file is checked in. Run from anywhere:

    /usr/bin/python3 scripts/fixtures_signal.py

Signals are small whole numbers. The output is the same on every run with the same versions.
"""

import json
import pathlib
import random
import warnings

import numpy
import scipy
import scipy.integrate
import scipy.misc
import scipy.signal
import torch

PATH = pathlib.Path(__file__).resolve().parent.parent / "test" / "fixtures" / "signal.jsonl"
rng = random.Random(61)


def integers(count):
    return numpy.array([rng.randint(-9, 9) for _ in range(count)], dtype=float)


def flat(array):
    """Row-major elements to 12 digits, whole numbers written as such."""
    rounded = [float(f"{v:.12g}") for v in numpy.asarray(array).ravel()]
    return [int(v) if v.is_integer() else v for v in rounded]


def fft_cases():
    for n in [*range(1, 17), 20, 25, 30, 31, 32, 37, 60, 64, 74, 97, 121]:
        re, im = integers(n), integers(n)
        y = numpy.fft.fft(re + 1j * im)
        yield {"case": "fft", "re": flat(re), "im": flat(im), "yRe": flat(y.real), "yIm": flat(y.imag)}


def window_cases():
    plain = ["boxcar", "hann", "hamming", "blackman", "nuttall", "blackmanharris", "flattop", "bartlett", "cosine"]
    named = [(name, name) for name in plain] + [
        (("gaussian", 2.5), {"kind": "gaussian", "sigma": 2.5}),
        (("kaiser", 8.6), {"kind": "kaiser", "beta": 8.6}),
        (("kaiser", 0.0), {"kind": "kaiser", "beta": 0}),
        (("tukey", 0.25), {"kind": "tukey", "alpha": 0.25}),
        (("tukey", 0.0), {"kind": "tukey", "alpha": 0}),
        (("tukey", 1.0), {"kind": "tukey", "alpha": 1}),
    ]
    for theirs, ours in named:
        for length in [1, 2, 3, 8, 13]:
            for symmetric in [False, True]:
                y = scipy.signal.get_window(theirs, length, fftbins=not symmetric)
                yield {"case": "window", "window": ours, "length": length, "symmetric": symmetric, "y": flat(y)}


def correlate_cases():
    for name, function in [("corr1d", scipy.signal.correlate), ("convolve1d", scipy.signal.convolve)]:
        for n, k in [(1, 1), (7, 1), (9, 2), (12, 3), (20, 6), (33, 17), (40, 40)]:
            for mode in ["valid", "same", "full"]:
                x, kernel = integers(n), integers(k)
                y = function(x, kernel, mode=mode, method="direct")
                yield {"case": "correlate", "function": name, "x": flat(x), "kernel": flat(kernel), "mode": mode,
                       "y": flat(y)}


# The keys are our names, the values scipy.signal's for the same border.
BOUNDARIES = {"constant": "zeros", "mirror": "even", "none": None}


def frame_arguments(window, length, hop, fft_length, scaling, rate):
    """Our options, and SciPy's."""
    named = window if isinstance(window, str) else {"kind": "gaussian", "sigma": window[1]}
    ours = {"window": named, "windowLength": length, "hop": hop, "fftLength": fft_length, "scaling": scaling,
            "sampleRate": rate}
    theirs = {"fs": rate, "window": window, "nperseg": length, "noverlap": length - hop, "nfft": fft_length}
    return ours, theirs


FRAMES = [("hann", 8, 4, 8, "spectrum", 1), ("hamming", 9, 3, 9, "psd", 48000), ("blackman", 16, 5, 20, "spectrum", 8),
          (("gaussian", 3.0), 12, 4, 15, "psd", 2.5), ("boxcar", 10, 10, 10, "spectrum", 1)]


def stft_cases():
    for frame in FRAMES:
        for border, boundary in BOUNDARIES.items():
            for padded, detrend in [(True, "none"), (False, "constant")]:
                ours, theirs = frame_arguments(*frame)
                x = integers(37)
                f, t, z = scipy.signal.stft(x, **theirs, boundary=boundary, padded=padded, scaling=frame[4],
                                            detrend="constant" if detrend == "constant" else False)
                yield {"case": "stft", "x": flat(x), "shape": list(z.shape), "frequencies": flat(f),
                       "times": flat(t), "real": flat(z.real), "imag": flat(z.imag),
                       "options": {**ours, "border": border, "padded": padded, "detrend": detrend}}


def istft_cases():
    """Inverts spectra that no signal has, so that the least squares show. SciPy warns of samples at the ends that no
    window weighs; where a border is trimmed there are none."""
    for frame in FRAMES:
        for border in ["constant", "none"]:
            ours, theirs = frame_arguments(*frame)
            bins, count = frame[3] // 2 + 1, 5
            real, imag = integers(bins * count).reshape(bins, count), integers(bins * count).reshape(bins, count)
            _, x = scipy.signal.istft(real + 1j * imag, **theirs, boundary=border != "none", scaling=frame[4])
            yield {"case": "istft", "shape": [bins, count], "real": flat(real), "imag": flat(imag), "x": flat(x),
                   "options": {**ours, "border": border}}


def spectrogram_cases():
    for frame in FRAMES[1:4]:
        for mode, theirs_mode in [("power", "psd"), ("magnitude", "magnitude"), ("phase", "angle")]:
            for scaling, theirs_scaling in [("psd", "density"), ("spectrum", "spectrum")]:
                ours, theirs = frame_arguments(*frame)
                x = integers(37)
                f, t, s = scipy.signal.spectrogram(x, **theirs, mode=theirs_mode, scaling=theirs_scaling,
                                                   detrend="constant")
                yield {"case": "spectrogram", "x": flat(x), "shape": list(s.shape), "values": flat(s),
                       "frequencies": flat(f), "times": flat(t),
                       "options": {**ours, "scaling": scaling, "mode": mode, "border": "none", "padded": False,
                                   "detrend": "constant"}}


def filter_cases():
    """Low-pass filters, and their frequency responses as convolutions with a causal kernel."""
    frequencies = numpy.array([0, 0.01, 0.1, 0.125, 0.2, 0.25, 0.3, 0.45, 0.5])
    for size, cutoff, window in [(3, 0.25, "hamming"), (8, 0.1, "hann"), (31, 0.25, "hamming"), (32, 0.4, "blackman")]:
        taps = scipy.signal.firwin(size, 2 * cutoff, window=window)
        _, h = scipy.signal.freqz(taps, worN=2 * numpy.pi * frequencies)
        yield {"case": "lowpass", "size": size, "cutoff": cutoff, "window": window, "taps": flat(taps),
               "frequencies": flat(frequencies), "real": flat(h.real), "imag": flat(h.imag)}


def design_cases():
    for order in range(1, 7):
        for size in [3, 5, 7, 9, 11]:
            if size > order:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", DeprecationWarning)
                    weights = scipy.misc.central_diff_weights(size, order)
                yield {"case": "derivative", "order": order, "size": size, "weights": flat(weights)}
    for size in range(2, 12):
        weights, _ = scipy.integrate.newton_cotes(size - 1, 1)
        yield {"case": "newton-cotes", "size": size, "weights": flat(weights)}


def torch_istft_cases():
    """Inverts spectra that no signal has, for all lengths that the frames reach, half a window beyond the default.
    PyTorch's window is as long as its transform here; a shorter one lies in the middle there, and first in SciPy."""
    for window, n, hop in [("hann", 8, 4), ("hann", 9, 2), ("hamming", 11, 7), ("blackman", 16, 5), ("boxcar", 6, 6)]:
        samples = torch.tensor(scipy.signal.get_window(window, n), dtype=torch.float64)
        for center in [True, False]:
            if not center and samples[0].abs() < 1e-10:
                continue
            bins, count = n // 2 + 1, 4
            real, imag = integers(bins * count).reshape(bins, count), integers(bins * count).reshape(bins, count)
            reach = (count - 1) * hop + n - (n // 2 if center else 0)
            for length in [None, 1, reach - n // 2 + 1, reach]:
                x = torch.istft(torch.complex(torch.tensor(real), torch.tensor(imag)), n, hop, window=samples,
                                center=center, length=length)
                # Without a length, PyTorch trims n // 2 samples at the end, and so do we.
                options = {"window": window, "windowLength": n, "hop": hop, "scaling": "none",
                           "border": "mirror" if center else "none"}
                yield {"case": "istft", "shape": [bins, count], "real": flat(real), "imag": flat(imag), "x": flat(x),
                       "options": options if length is None else {**options, "length": length}}


def torch_stft_cases():
    """Frames that do not reach the end are left out: padded is false."""
    for window, n, hop, length in [("hann", 8, 4, 11), ("hamming", 9, 2, 20), ("blackman", 16, 5, 37)]:
        samples = torch.tensor(scipy.signal.get_window(window, n), dtype=torch.float64)
        for border, mode in [("mirror", "reflect"), ("constant", "constant"), ("replicate", "replicate"),
                             ("none", None)]:
            x = integers(length)
            z = torch.stft(torch.tensor(x), n, hop, window=samples, center=mode is not None, return_complex=True,
                           pad_mode=mode or "constant")
            frames = z.shape[1]
            times = numpy.arange(frames) * hop + (n / 2 if border == "none" else 0)
            yield {"case": "stft", "x": flat(x), "shape": list(z.shape), "frequencies": flat(numpy.arange(n // 2 + 1) / n),
                   "times": flat(times), "real": flat(z.real), "imag": flat(z.imag),
                   "options": {"window": window, "windowLength": n, "hop": hop, "border": border, "padded": False,
                               "scaling": "none"}}


SOURCE = f"numpy {numpy.__version__}, scipy {scipy.__version__}, torch {torch.__version__}"
lines = [json.dumps({"source": SOURCE})]
for cases in [fft_cases, window_cases, correlate_cases, stft_cases, istft_cases, spectrogram_cases, filter_cases,
              design_cases, torch_stft_cases, torch_istft_cases]:
    lines += [json.dumps(case, separators=(",", ":")) for case in cases()]
PATH.write_text("\n".join(lines) + "\n")
print(f"{PATH.name}: {len(lines) - 1} cases, {PATH.stat().st_size} bytes")
