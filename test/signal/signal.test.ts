// SPDX-License-Identifier: MIT
// corr1d and its streams: what must hold of them beside the answers of SciPy; and what functions of signals refuse.
import {
  type Corr1dOptions,
  Corr2dError,
  convolve1d,
  corr1d,
  corr2d,
  createEngine,
  getWindow,
  istft,
  kernels,
  type SampleStream,
  spectrogram,
  stft,
  streamCorr1d,
  streamStft,
  Tensor,
} from "corr2d";
import { describe, expect, it } from "vitest";
import { bestLength } from "../../dist/signal/overlap-save.js";
import { forEachImplementation } from "../helpers/for-each-implementation.ts";
import { type FloatArray, sourceIndex, unitRoundoff } from "../helpers/oracle.ts";
import { Random } from "../helpers/random.ts";
import { borders, type DType, dtypes, makers, noise, sumOf } from "../helpers/signals.ts";

type Border = (typeof borders)[number];

interface Case {
  readonly x: FloatArray;
  readonly kernel: FloatArray;
  readonly stride: number;
  readonly dilation: number;
  readonly padding: readonly [number, number];
  readonly border: Border;
}

/** corr1d by its definition, and the sums of |x w| and squares that bounds are made of. */
function definition({ x, kernel, stride, dilation, padding: [before, after], border }: Case) {
  const extent = (kernel.length - 1) * dilation + 1;
  const outputs = Math.floor((x.length + before + after - extent) / stride) + 1;
  const at = (i: number) => {
    const source = sourceIndex(i, x.length, border);
    return source < 0 ? 0 : x[source];
  };
  const values = new Float64Array(outputs);
  const magnitudes = new Float64Array(outputs);
  for (let o = 0; o < outputs; o++) {
    for (let k = 0; k < kernel.length; k++) {
      const product = kernel[k] * at(o * stride + k * dilation - before);
      values[o] += product;
      magnitudes[o] += Math.abs(product);
    }
  }
  let squares = 0;
  for (let i = -before; i < x.length + after; i++) squares += at(i) ** 2;
  return { values, magnitudes, norm: Math.sqrt(squares) };
}

const caseOf = (seed: number, dtype: DType): Case => {
  const random = new Random(seed);
  const kernel = noise(random.integer(1, random.chance(0.2) ? 150 : 12), seed + 1, dtype);
  const dilation = random.integer(1, 3);
  const extent = (kernel.length - 1) * dilation + 1;
  return {
    x: noise(random.integer(extent, extent + 600), seed + 2, dtype),
    kernel,
    stride: random.pick([1, 1, 2, 3, 7, 200]),
    dilation,
    padding: [random.integer(0, 9), random.integer(0, 9)],
    border: random.pick(borders),
  };
};

const optionsOf = ({ stride, dilation, padding, border }: Case) => ({
  strides: stride,
  dilations: dilation,
  padding,
  border,
});

forEachImplementation({ what: "corr1d", threads: [2] }, (on) => {
  it.each(dtypes)("%s: direct is within (K + 2) u sum |x w|, fft within its bound", (dtype) => {
    const u = unitRoundoff[dtype];
    for (let seed = 0; seed < 60; seed++) {
      const c = caseOf(seed, dtype);
      const { values, magnitudes, norm } = definition(c);
      const direct = on.engine.corr1d(c.x, c.kernel, { ...optionsOf(c), algorithm: "direct" });
      const fft = on.engine.corr1d(c.x, c.kernel, { ...optionsOf(c), algorithm: "fft" });
      expect([direct.shape, fft.shape]).toEqual([[values.length], [values.length]]);
      const extent = (c.kernel.length - 1) * c.dilation + 1;
      const taps = sumOf(c.kernel, Math.abs);
      const transform = (21 * Math.log2(bestLength(extent)) + 3) * 2 ** -53 * norm * taps;
      values.forEach((value, o) => {
        // The oracle's own sum in float64 is part of what is allowed.
        const own = (c.kernel.length + 2) * 2 ** -53 * magnitudes[o];
        const bounds = [(c.kernel.length + 2) * u * magnitudes[o], transform + u * Math.abs(value)];
        [direct, fft].forEach(({ data }, i) => {
          if (!(Math.abs(data[o] - value) <= bounds[i] + own)) {
            throw new Error(`seed ${seed}, ${["direct", "fft"][i]}, output ${o}: ${data[o]}, not ${value}`);
          }
        });
      });
    }
  });

  it.each(dtypes)("%s: a stream has the bits of one call, however it is cut", (dtype) => {
    for (let seed = 0; seed < 60; seed++) {
      const c = { ...caseOf(seed + 100, dtype), border: "constant" as const };
      const flip = seed % 2 === 1;
      for (const algorithm of ["direct", "fft"] as const) {
        const { border: _, ...options } = optionsOf(c);
        const whole = on.engine[flip ? "convolve1d" : "corr1d"](c.x, c.kernel, {
          ...options,
          algorithm,
        }).data;
        const open = on.engine[flip ? "streamConvolve1d" : "streamCorr1d"];
        const stream = open({ kernel: c.kernel, algorithm, ...options });
        // Twice: flush begins anew.
        for (const cut of [seed, seed + 1]) {
          const pieces = pushAll(stream, c.x, new Random(cut));
          expect(bytesOf(pieces).equals(bytesOf(whole)), `seed ${seed} ${algorithm}`).toBe(true);
        }
      }
    }
  });

  it("a stream has the bits of one long call on two threads", () => {
    const x = noise(60_000, 5, "float32");
    const kernel = noise(101, 6, "float32");
    const stream = on.engine.streamCorr1d({ kernel, mode: "same" });
    const whole = on.engine.corr1d(x, kernel, { mode: "same", algorithm: "direct" }).data;
    const parts: FloatArray[] = [];
    for (let i = 0; i < x.length; i += 4099) parts.push(stream.push(x.subarray(i, i + 4099)));
    parts.push(stream.flush());
    expect(bytesOf(joined(parts, "float32")).equals(bytesOf(whole))).toBe(true);
  });

  it("auto takes fft for long kernels, and never where accuracy is exact", () => {
    // The reference is slow enough to give way to fft for fewer outputs.
    const x = noise(on.backend === "reference" ? 5200 : 40_000, 7);
    for (const [length, expected] of [[2, "direct"] as const, [5000, "fft"] as const]) {
      const kernel = noise(length, 8);
      const bits = (options: Corr1dOptions) => bytesOf(on.engine.corr1d(x, kernel, options).data);
      const [direct, fft] = [bits({ algorithm: "direct" }), bits({ algorithm: "fft" })];
      expect(direct.equals(fft)).toBe(false);
      expect(bits({}).equals(expected === "fft" ? fft : direct)).toBe(true);
      expect(bits({ accuracy: "exact" }).equals(direct)).toBe(true);
    }
  });
});

const bytesOf = ({ buffer, byteOffset, byteLength }: FloatArray) =>
  Buffer.from(buffer, byteOffset, byteLength);

function joined(parts: readonly FloatArray[], dtype: DType): FloatArray {
  const all = new makers[dtype](parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}

/** A signal in chunks of random lengths, some of them empty. */
function pushAll(stream: SampleStream, x: FloatArray, random: Random): FloatArray {
  const parts: FloatArray[] = [];
  const longest = random.pick([1, 5, 100, x.length]);
  for (let i = 0; i < x.length; ) {
    const length = random.integer(0, longest);
    parts.push(stream.push(x.slice(i, i + length)));
    i += length;
  }
  parts.push(stream.flush());
  return joined(parts, x instanceof Float32Array ? "float32" : "float64");
}

describe("corr1d", () => {
  it("is corr2d of a row; convolve1d flips the kernel", () => {
    const whole = (value: number) => Math.round(value * 100); // exact whichever way it is summed up
    const x = noise(50, 1, "float32").map(whole);
    const kernel = noise(6, 2, "float32").map(whole);
    for (const mode of ["valid", "same", "full"] as const) {
      const row = corr2d({ data: x, shape: [1, 50] }, { data: kernel, shape: [1, 6] }, { mode });
      expect(corr1d(x, kernel, { mode }).data).toEqual(row.data);
      expect(convolve1d(x, kernel.slice().reverse(), { mode }).data).toEqual(row.data);
    }
  });

  it("takes numbers, typed arrays, tensors and the rows of designed kernels", () => {
    expect(corr1d([1, 2, 4, 8], [1, -1])).toEqual(new Tensor(Float32Array.of(-1, -2, -4), [3]));
    expect(corr1d([1, 2, 4], Float64Array.of(1)).data).toBeInstanceOf(Float64Array);
    expect(corr1d(Float64Array.of(1, 2, 4), [1]).data).toBeInstanceOf(Float64Array);
    expect(
      corr1d({ data: Float32Array.of(1, 4, 9, 16), shape: [4] }, kernels.derivative(2)).toArray(),
    ).toEqual([2, 2]);
  });

  it("writes to out", () => {
    for (const algorithm of ["direct", "fft"] as const) {
      const out = new Float32Array(3);
      expect(corr1d([1, 2, 4, 8], [1, -1], { out, algorithm }).data).toBe(out);
      expect([...out]).toEqual([-1, -2, -4]);
      const tensor = new Tensor(new Float32Array(3), [3]);
      expect(corr1d([1, 2, 4, 8], [1, -1], { out: tensor, algorithm })).toBe(tensor);
    }
  });

  it("runs on an engine until it is disposed of", async () => {
    const engine = await createEngine({ backend: "reference" });
    const streams = (["direct", "fft"] as const).map((algorithm) =>
      engine.streamCorr1d({ kernel: [1], algorithm }),
    );
    engine.dispose();
    for (const call of [
      () => engine.corr1d([1], [1]),
      () => engine.streamCorr1d({ kernel: [1] }),
      ...streams.map((stream) => () => stream.push([1])),
    ]) {
      expect(call).toThrow(expect.objectContaining({ code: "DISPOSED" }));
    }
  });
});

describe("streams", () => {
  it("of nothing return nothing", () => {
    for (const algorithm of ["direct", "fft"] as const) {
      const stream = streamCorr1d({ kernel: [1, 2, 3], mode: "full", algorithm });
      expect(stream.push([])).toHaveLength(0);
      expect(stream.flush()).toHaveLength(0);
    }
    expect(streamStft().flush().times).toHaveLength(0);
  });

  it("that are direct answer at once", () => {
    const stream = streamCorr1d({ kernel: [0.5, 0.5], padding: [1, 0] });
    expect([...stream.push([2])]).toEqual([1]);
    expect([...stream.push([4, 6])]).toEqual([3, 5]);
    expect([...stream.flush()]).toEqual([]);
  });

  it("keep a copy of kernel and samples", () => {
    const kernel = Float32Array.of(1, 1);
    const chunk = Float32Array.of(1);
    const stream = streamCorr1d({ kernel });
    kernel.fill(9);
    stream.push(chunk);
    chunk.fill(9);
    expect([...stream.push([2])]).toEqual([3]);
  });

  it("are unharmed by a chunk that is refused", () => {
    const stream = streamCorr1d({ kernel: [1, 1] });
    stream.push([1]);
    expect(() => stream.push(Float64Array.of(1))).toThrow(Corr2dError);
    expect(() => stream.push(["1"] as never)).toThrow(Corr2dError);
    expect([...stream.push([2])]).toEqual([3]);
  });
});

describe("bad arguments", () => {
  const x = [1, 2, 3, 4];
  const untyped = {
    corr1d,
    convolve1d,
    streamCorr1d,
    stft,
    istft,
    spectrogram,
    streamStft,
    getWindow,
  } as unknown as Record<string, (...args: unknown[]) => unknown>;
  const spectra = stft(x, { windowLength: 4 });
  const bad: [string, unknown[], string][] = [
    ["corr1d", [], "x"],
    ["corr1d", [[[1]], [1]], "x"],
    ["corr1d", [Int16Array.of(1), [1]], "x"],
    ["corr1d", [[], [1]], "x"],
    ["corr1d", [x, []], "kernel"],
    ["corr1d", [x, null], "kernel"],
    ["corr1d", [x, [1, 2, 3, 4, 5]], "kernel"],
    ["corr1d", [Float32Array.of(1), Float64Array.of(1)], "kernel"],
    ["corr1d", [x, { data: new Float32Array(4), shape: [2, 2] }], "kernel.shape"],
    ["corr1d", [x, [1], { stride: 2 }], "stride"],
    ["corr1d", [x, [1], { strides: [1, 2] }], "strides"],
    ["corr1d", [x, [1], { strides: 0 }], "strides"],
    ["corr1d", [x, [1], { dilations: 1.5 }], "dilations"],
    ["corr1d", [x, [1], { padding: -1 }], "padding"],
    ["corr1d", [x, [1], { padding: [1, 2, 3, 4] }], "padding"],
    ["corr1d", [x, [1], { padding: "wide" }], "padding"],
    ["corr1d", [x, [1], { mode: "wide" }], "mode"],
    ["corr1d", [x, [1], { mode: "full", padding: 1 }], "padding"],
    ["corr1d", [x, [1], { border: "zeros" }], "border"],
    ["corr1d", [x, [1], { algorithm: "im2col" }], "algorithm"],
    ["corr1d", [x, [1], { accuracy: "best" }], "accuracy"],
    ["corr1d", [x, [1], { out: new Float32Array(3) }], "out"],
    ["corr1d", [x, [1], { out: new Float64Array(4) }], "out"],
    ["corr1d", [x, [1], { out: [0, 0, 0, 0] }], "out"],
    ["corr1d", [x, [1], { out: new Float64Array(4), algorithm: "fft" }], "out"],
    ["convolve1d", [x, [1], { out: new Float32Array(3), algorithm: "fft" }], "out"],
    ["streamCorr1d", [], "kernel"],
    ["streamCorr1d", [{ kernel: [] }], "kernel"],
    ["streamCorr1d", [{ kernel: [1], flip: 1 }], "flip"],
    ["streamCorr1d", [{ kernel: [1], border: "wrap" }], "border"],
    ["streamCorr1d", [{ kernel: [1], padding: "same" }], "padding"],
    ["streamCorr1d", [{ kernel: [1], mode: "same", padding: 1 }], "padding"],
    ["streamCorr1d", [{ kernel: [1], strides: 0 }], "strides"],
    ["streamCorr1d", [{ kernel: [1], algorithm: "auto" }], "algorithm"],
    ["stft", [], "x"],
    ["stft", [[]], "x"],
    ["streamCorr1d", [{ kernel: [1, 1], dilations: 2 ** 30 }], "kernel with its dilations"],
    ["streamCorr1d", [{ kernel: [1], padding: 2 ** 27 }], "padding"],
    ["stft", [x, { windowLength: 2 ** 24 + 1 }], "windowLength"],
    ["stft", [x, { fftLength: 2 ** 31 - 1 }], "fftLength"],
    ["stft", [x, { hop: 0 }], "hop"],
    ["stft", [x, { nperseg: 8 }], "nperseg"],
    ["stft", [x, { windowLength: 0 }], "windowLength"],
    ["stft", [x, { windowLength: 8, fftLength: 7 }], "fftLength"],
    ["stft", [x, { window: "hanning" }], "window"],
    ["stft", [x, { window: [] }], "window"],
    ["stft", [x, { window: [1, -1] }], "window"],
    ["stft", [x, { scaling: "psd", sampleRate: 1e300 }], "sampleRate"],
    ["stft", [x, { window: [1, 1], windowLength: 3 }], "windowLength"],
    ["stft", [x, { window: { kind: "gaussian" } }], "window.sigma"],
    ["stft", [x, { border: "zeros" }], "border"],
    ["stft", [x, { scaling: "density" }], "scaling"],
    ["stft", [x, { sampleRate: 0 }], "sampleRate"],
    ["stft", [x, { padded: 1 }], "padded"],
    ["stft", [x, { detrend: "linear" }], "detrend"],
    ["stft", [x, { windowLength: 8, border: "none", padded: false }], "x"],
    ["istft", [], "spectra"],
    ["istft", [{ real: [[1]], imag: [[1, 2]] }], "spectra.imag"],
    ["istft", [spectra], "spectra.real.shape"],
    ["istft", [spectra, { windowLength: 8, fftLength: 4 }], "fftLength"],
    ["istft", [spectra, { windowLength: 4, fftLength: 7 }], "spectra.real.shape"],
    ["istft", [spectra, { windowLength: 4, hop: 4 }], "hop"],
    ["istft", [spectra, { windowLength: 4, length: 11 }], "length"],
    ["istft", [spectra, { windowLength: 4, padded: 1 }], "padded"],
    ["istft", [spectra, { windowLength: 4, detrend: "constant" }], "detrend"],
    ["stft", [x, { window: [1, Number.NaN] }], "window"],
    ["stft", [x, { window: [1, -1] }], "window"],
    ["stft", [x, { scaling: "psd", sampleRate: 1e300 }], "sampleRate"],
    ["spectrogram", [x, { mode: "psd" }], "mode"],
    ["streamStft", [{ border: "mirror" }], "border"],
    ["streamStft", [{ dtype: "float16" }], "dtype"],
    ["getWindow", ["hann", 0], "length"],
    ["getWindow", ["hann", 4, { sym: true }], "sym"],
    ["getWindow", ["hann", 4, { symmetric: 1 }], "symmetric"],
    ["getWindow", [{ kind: "kaiser", beta: -1 }, 4], "window.beta"],
    ["getWindow", [{ kind: "tukey", alpha: 2 }, 4], "window.alpha"],
    ["getWindow", [null, 4], "window"],
  ];
  it.each(bad)("%s(...%j) names the argument", (name, args, argument) => {
    let error: unknown;
    try {
      untyped[name](...args);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(Corr2dError);
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", message: expect.stringContaining(argument) });
  });

  it("a kernel that reaches too far for fft", () => {
    const far = { padding: 2 ** 22, dilations: 2 ** 22, algorithm: "fft" } as const;
    expect(() => corr1d(x, [1, 1], far)).toThrow(expect.objectContaining({ code: "UNSUPPORTED" }));
  });

  it("an out that overlaps the signal", () => {
    const buffer = new Float32Array(10);
    for (const algorithm of ["direct", "fft"] as const) {
      const overlapping = { out: buffer.subarray(3, 9), algorithm };
      expect(() => corr1d(buffer.subarray(0, 6), [1], overlapping)).toThrow("apart from x");
    }
  });
});
