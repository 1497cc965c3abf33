// SPDX-License-Identifier: MIT
// What NumPy, SciPy and PyTorch answer (scripts/fixtures_signal.py). Numbers there have 12 digits; ours are within 1e-11 of the
// largest of a case, which leaves the rest to a few hundred roundings of float64.
import {
  convolve1d,
  corr1d,
  type Engine,
  getWindow,
  type IstftOptions,
  istft,
  kernels,
  type Mode,
  type SpectrogramOptions,
  type StftOptions,
  spectrogram,
  stft,
  type Window,
} from "corr2d";
import { expect, it } from "vitest";
import { planFft } from "../../dist/signal/fft.js";
import { realFft } from "../../dist/signal/real-fft.js";
import { storedCases } from "../helpers/fixtures.ts";
import { forEachImplementation } from "../helpers/for-each-implementation.ts";

type Numbers = readonly number[];
interface Cases {
  fft: { re: Numbers; im: Numbers; yRe: Numbers; yIm: Numbers };
  window: { window: Window; length: number; symmetric: boolean; y: Numbers };
  correlate: { function: "corr1d" | "convolve1d"; x: Numbers; kernel: Numbers; mode: Mode; y: Numbers };
  stft: {
    x: Numbers;
    options: StftOptions;
    shape: Numbers;
    real: Numbers;
    imag: Numbers;
    frequencies: Numbers;
    times: Numbers;
  };
  istft: { shape: Numbers; real: Numbers; imag: Numbers; options: IstftOptions; x: Numbers };
  spectrogram: {
    x: Numbers;
    options: SpectrogramOptions;
    shape: Numbers;
    values: Numbers;
    frequencies: Numbers;
    times: Numbers;
  };
  lowpass: {
    size: number;
    cutoff: number;
    window: Window;
    taps: Numbers;
    frequencies: Numbers;
    real: Numbers;
    imag: Numbers;
  };
  derivative: { order: number; size: number; weights: Numbers };
  "newton-cotes": { size: number; weights: Numbers };
}

const all = storedCases<{ case: keyof Cases }>("signal");

function casesOf<K extends keyof Cases>(name: K): Cases[K][] {
  const cases = all.filter((c) => c.case === name) as unknown as Cases[K][];
  if (cases.length === 0) throw new Error(`no cases of ${name}`);
  return cases;
}

const doubles = (values: Numbers) => Float64Array.from(values);

/** All within `tolerance` of the largest. */
function near(actual: ArrayLike<number>, expected: Numbers, what: unknown, tolerance = 1e-11) {
  const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-300);
  expect(actual.length, JSON.stringify(what)).toBe(expected.length);
  expected.forEach((value, i) => {
    const error = Math.abs(actual[i] - value);
    if (!(error <= tolerance * scale)) {
      throw new Error(`${JSON.stringify(what)}, element ${i}: expected ${value} but received ${actual[i]}`);
    }
  });
}

it("fft: numpy.fft.fft, forward and back, complex and real", () => {
  for (const { re, im, yRe, yIm } of casesOf("fft")) {
    const n = re.length;
    const a = doubles(re);
    const b = doubles(im);
    const fft = planFft(n);
    fft.forward(a, b);
    // Real and imaginary parts share a scale.
    near([...a, ...b], [...yRe, ...yIm], { n });
    fft.inverse(a, b);
    near([...a, ...b], [...re, ...im], { n, inverse: true });

    const real = realFft(n);
    const outRe = new Float64Array(real.bins);
    const outIm = new Float64Array(real.bins);
    real.forward(doubles(re), outRe, outIm);
    // The spectrum of the real part is the symmetric half of it.
    const mirrored = (k: number) => (n - k) % n;
    const halfRe = Array.from(outRe, (_, k) => (yRe[k] + yRe[mirrored(k)]) / 2);
    const halfIm = Array.from(outIm, (_, k) => (yIm[k] - yIm[mirrored(k)]) / 2);
    near([...outRe, ...outIm], [...halfRe, ...halfIm], { n, real: true });
    const back = new Float64Array(n);
    real.inverse(outRe, outIm, back);
    near(back, re, { n, real: true, inverse: true });
  }
});

it("getWindow: scipy.signal.get_window", () => {
  for (const { window, length, symmetric, y } of casesOf("window")) {
    near(getWindow(window, length, { symmetric }), y, { window, length, symmetric });
  }
});

/** Holds corr1d and convolve1d of an engine, or of the package, to the stored answers. */
function checkCorrelations(operators: Pick<Engine, "corr1d" | "convolve1d">): void {
  for (const { function: name, x, kernel, mode, y } of casesOf("correlate")) {
    for (const make of [Float32Array, Float64Array]) {
      for (const strides of [1, 2, 3]) {
        const expected = y.filter((_, i) => i % strides === 0);
        const what = { name, n: x.length, k: kernel.length, mode, strides };
        const options = { mode, strides, algorithm: "direct" } as const;
        near(operators[name](make.from(x), make.from(kernel), options).data, expected, what, 0);
        near(
          operators[name](make.from(x), make.from(kernel), { ...options, algorithm: "fft" }).data,
          expected,
          what,
        );
      }
    }
  }
}

forEachImplementation({}, (on) => {
  it("corr1d and convolve1d: scipy.signal.correlate and convolve", () => checkCorrelations(on.engine));
});

it("corr1d and convolve1d of the package: scipy.signal.correlate and convolve", () => {
  checkCorrelations({ corr1d, convolve1d });
});

it("stft: scipy.signal.stft, torch.stft", () => {
  for (const { x, options, shape, real, imag, frequencies, times } of casesOf("stft")) {
    const y = stft(doubles(x), options);
    expect(y.real.shape).toEqual(shape);
    expect(y.imag.shape).toEqual(shape);
    near([...y.real.data, ...y.imag.data], [...real, ...imag], options);
    near(y.frequencies, frequencies, options);
    near(y.times, times, options);
    const single = stft(Float32Array.from(x), options);
    expect(single.real.data).toBeInstanceOf(Float32Array);
    near([...single.real.data, ...single.imag.data], [...real, ...imag], options, 2 ** -24);
  }
});

it("istft: scipy.signal.istft, torch.istft", () => {
  let lost = 0;
  for (const { shape, real, imag, options, x } of casesOf("istft")) {
    const spectra = { real: { data: doubles(real), shape }, imag: { data: doubles(imag), shape } };
    const { window = "hann", windowLength = 256, border } = options;
    if (border === "none" && getWindow(window as Window, windowLength)[0] < 1e-10) {
      // No frame tells anything of the first sample: SciPy makes it 0, PyTorch and we refuse.
      expect(() => istft(spectra as never, options)).toThrow("sample 0");
      lost++;
    } else near(istft(spectra as never, options).data, x, options);
  }
  expect(lost).toBe(2);
});

it("spectrogram: scipy.signal.spectrogram", () => {
  for (const { x, options, shape, values, frequencies, times } of casesOf("spectrogram")) {
    const y = spectrogram(doubles(x), options);
    expect(y.values.shape).toEqual(shape);
    near(y.frequencies, frequencies, options);
    near(y.times, times, options);
    if (options.mode !== "phase") near(y.values.data, values, options);
    else {
      // Of what is next to nothing, such as the mean that was taken away, the phase is noise; and pi is -pi.
      const strength = spectrogram(doubles(x), { ...options, mode: "magnitude" }).values.data;
      const most = Math.max(...strength);
      let compared = 0;
      values.forEach((value, i) => {
        if (strength[i] < 1e-6 * most) return;
        compared++;
        expect(Math.abs(Math.sin((y.values.data[i] - value) / 2))).toBeLessThan(1e-9);
      });
      expect(compared).toBeGreaterThan(values.length / 2);
    }
  }
});

it("kernels.lowpass: scipy.signal.firwin; kernels.frequencyResponse: scipy.signal.freqz", () => {
  for (const { size, cutoff, window, taps, frequencies, real, imag } of casesOf("lowpass")) {
    const kernel = kernels.lowpass(size, { cutoff, window, dtype: "float64" });
    expect(kernel.shape).toEqual([1, size]);
    near(kernel.data, taps, { size, cutoff, window });
    const response = kernels.frequencyResponse(kernel, frequencies, { flip: true, centre: 0 });
    near([...response.real, ...response.imag], [...real, ...imag], { size, cutoff, window });
  }
});

it("kernels.derivative: scipy.misc.central_diff_weights", () => {
  for (const { order, size, weights } of casesOf("derivative")) {
    near(kernels.derivative(order, { size, dtype: "float64" }).data, weights, { order, size }, 1e-9);
  }
});

it("kernels.integral: scipy.integrate.newton_cotes", () => {
  for (const { size, weights } of casesOf("newton-cotes")) {
    near(kernels.integral(size, { rule: "newton-cotes", dtype: "float64" }).data, weights, { size }, 1e-11);
  }
});
