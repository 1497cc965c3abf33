// SPDX-License-Identifier: MIT
// Layers against finite differences, losses, optimisers, training: what corr2d/learn promises beside what PyTorch answers
// (test/learn/learn-golden.test.ts).
import { Corr2dError, createEngine, type Engine, Tensor, type TensorLike } from "corr2d";
import * as learn from "corr2d/learn";
import { describe, expect, it } from "vitest";

const backends = ["native", "wasm", "reference"] as const;
const dtype = "float64";

function randomTensor(shape: readonly number[], seed: number): TensorLike<Float64Array> {
  const random = new learn.Random(seed);
  const length = shape.reduce((a, b) => a * b, 1);
  return { data: Float64Array.from({ length }, () => random.normal()), shape };
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
};

/** The gradient of `value()` with respect to `data`, by differences that are exact for polynomials of degree 2. */
function differences(data: Float64Array, value: () => number): number[] {
  const h = 2 ** -17;
  return Array.from(data, (at, i) => {
    data[i] = at + h;
    const above = value();
    data[i] = at - h;
    const below = value();
    data[i] = at;
    return (above - below) / (2 * h);
  });
}

interface LayerCase {
  readonly name: string;
  readonly make: () => learn.Layer;
  readonly shape: readonly number[];
}

const layerCases: LayerCase[] = [
  { name: "Conv2d", make: () => new learn.Conv2d(2, 3, 3, { dtype }), shape: [2, 2, 5, 6] },
  {
    name: "Conv2d with every option",
    make: () =>
      new learn.Conv2d(4, 6, [3, 2], {
        ...{ strides: [2, 1], padding: [1, 0, 2, 1], dilations: [1, 2], groups: 2, border: "mirror", dtype },
      }),
    shape: [2, 4, 6, 5],
  },
  {
    name: "Conv2d same",
    make: () => new learn.Conv2d(1, 2, 4, { padding: "same", bias: false, dtype }),
    shape: [1, 1, 5, 4],
  },
  { name: "ConvTranspose2d", make: () => new learn.ConvTranspose2d(3, 2, 3, { dtype }), shape: [2, 3, 4, 3] },
  {
    name: "ConvTranspose2d with every option",
    make: () =>
      new learn.ConvTranspose2d(4, 6, [3, 2], {
        ...{ strides: [3, 2], padding: [1, 0], dilations: [2, 1], outputPadding: [2, 1], groups: 2, dtype },
      }),
    shape: [2, 4, 3, 4],
  },
  { name: "MaxPool2d", make: () => new learn.Pool2d("max", 2), shape: [2, 3, 6, 5] },
  {
    name: "MaxPool2d, windows that overlap",
    make: () => new learn.Pool2d("max", [3, 2], { strides: 1, padding: 1, dilations: [1, 2] }),
    shape: [1, 2, 6, 5],
  },
  { name: "AvgPool2d", make: () => new learn.Pool2d("avg", 2), shape: [2, 3, 6, 5] },
  {
    name: "AvgPool2d, windows that overlap",
    make: () => new learn.Pool2d("avg", 3, { strides: 2, padding: 1, countIncludePad: true }),
    shape: [1, 2, 6, 5],
  },
  { name: "Relu", make: () => new learn.Relu(), shape: [3, 4, 2] },
  { name: "Flatten", make: () => new learn.Flatten(), shape: [3, 4, 2] },
  { name: "Linear", make: () => new learn.Linear(5, 4, { dtype }), shape: [3, 5] },
  {
    name: "Linear of one example",
    make: () => new learn.Linear(5, 1, { bias: false, dtype }),
    shape: [1, 5],
  },
  {
    name: "Sequential",
    make: () =>
      new learn.Sequential([
        new learn.Conv2d(1, 2, 3, { padding: 1, dtype }),
        new learn.Relu(),
        new learn.Sequential([new learn.Pool2d("max", 2), new learn.Flatten()]),
        new learn.Linear(12, 3, { dtype }),
      ]),
    shape: [2, 1, 4, 6],
  },
];

for (const backend of backends) {
  describe(`gradients by finite differences, ${backend}`, () => {
    it.each(layerCases)("$name", async ({ make, shape }) => {
      const engine = await createEngine({ backend });
      const layer = make();
      layer.useEngine(engine);
      layer.parameters.forEach(({ value }, i) => {
        value.data.set(randomTensor(value.shape, 10 + i).data);
      });
      const x = randomTensor(shape, 1);
      const y = layer.forward(x);
      expect(y.shape).toEqual([...layer.outputShape(shape)]);
      const weights = randomTensor(y.shape, 2);
      const gradInput = layer.backward(weights);
      expect(gradInput.shape).toEqual(shape);
      const gradients = layer.parameters.map(({ gradient }) => [...gradient.data]);
      const loss = () => dot(layer.forward(x).data, weights.data);
      // Both losses of a difference are rounded: to 1e-13 or less, divided by 2^-16.
      const allowed = 1e-8;
      const expectNear = (actual: ArrayLike<number>, expected: readonly number[]) => {
        expect(actual.length).toBe(expected.length);
        for (let i = 0; i < expected.length; i++) {
          expect(Math.abs(actual[i] - expected[i])).toBeLessThan(allowed);
        }
      };
      expectNear(gradInput.data, differences(x.data, loss));
      layer.parameters.forEach(({ value }, i) => {
        expectNear(gradients[i], differences(value.data as Float64Array, loss));
      });
      engine.dispose();
    });
  });
}

describe("layers", () => {
  it("Linear is the product of matrices, on every backend", async () => {
    for (const backend of backends) {
      const engine = await createEngine({ backend });
      const layer = new learn.Linear(7, 5, { dtype });
      layer.useEngine(engine);
      layer.bias?.value.data.set([1, 2, 3, 4, 5]);
      const x = randomTensor([9, 7], 3);
      const y = layer.forward(x);
      for (let n = 0; n < 9; n++) {
        for (let o = 0; o < 5; o++) {
          const row = x.data.subarray(7 * n, 7 * n + 7);
          const weights = layer.weight.value.data.subarray(7 * o, 7 * o + 7);
          expect(y.data[5 * n + o]).toBeCloseTo(o + 1 + dot(row, weights), 12);
        }
      }
      engine.dispose();
    }
  });

  it("Relu is max(0, x), also of what is not finite, and so is its gradient", () => {
    const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
    const relu = new learn.Relu();
    const tensor = (...values: number[]) => ({ data: Float32Array.from(values), shape: [values.length] });
    expect([...relu.forward(tensor(-1, 0, -0, 2, nan, inf, -inf)).data]).toEqual([0, 0, 0, 2, nan, inf, 0]);
    expect([...relu.backward(tensor(5, inf, nan, -6, -7, inf, -inf)).data]).toEqual([
      0,
      0,
      0,
      -6,
      -7,
      inf,
      0,
    ]);
  });

  it.each<[string, () => unknown, RegExp]>([
    ["no channels", () => new learn.Conv2d(0, 1, 3), /inChannels/],
    ["half a channel", () => new learn.Conv2d(1, 0.5, 3), /outChannels/],
    ["a kernel of nothing", () => new learn.Conv2d(1, 1, 0), /kernelSize/],
    ["groups that do not divide", () => new learn.Conv2d(3, 4, 3, { groups: 2 }), /groups/],
    ["another option", () => new learn.Conv2d(1, 1, 3, { stride: 2 } as object), /"stride"/],
    ["another type", () => new learn.Conv2d(1, 1, 3, { dtype: "int8" as never }), /dtype/],
    ["a bias of 1", () => new learn.Linear(1, 1, { bias: 1 as never }), /bias/],
    ["a seed of half", () => new learn.Linear(1, 1, { seed: 0.5 }), /seed/],
    [
      "an initializer by name",
      () => new learn.Linear(1, 1, { initializer: "zeros" as never }),
      /initializer/,
    ],
    ["no features", () => new learn.Linear(1, 0), /outFeatures/],
    [
      "output padding of a stride",
      () => new learn.ConvTranspose2d(1, 1, 3, { strides: 2, outputPadding: 2 }),
      /outputPadding/,
    ],
    ["another pooling", () => new learn.Pool2d("min" as never, 2), /kind/],
    [
      "padding to count in a maximum",
      () => new learn.Pool2d("max", 2, { countIncludePad: true }),
      /countIncludePad/,
    ],
    ["no layers", () => new learn.Sequential(undefined as never), /layers/],
    ["what is no layer", () => new learn.Sequential([{} as never]), /layers\[0\]/],
    [
      "backward before forward",
      () => new learn.Relu().backward(new Tensor(new Float32Array(1), [1])),
      /forward/,
    ],
    [
      "features that are not its own",
      () => new learn.Linear(2, 1).forward(randomTensor([1, 3], 1)),
      /\[batch, 2\]/,
    ],
    ["input of another type", () => new learn.Linear(2, 1).forward(randomTensor([1, 2], 1)), /float32/],
    [
      "channels that are not its own",
      () => new learn.Conv2d(2, 1, 1).forward(randomTensor([1, 3, 2, 2], 1)),
      /channels/,
    ],
    ["a flat tensor", () => new learn.Flatten().forward(randomTensor([3], 1)), /2 dimensions/],
  ])("refuse %s", (_, make, message) => {
    expect(make).toThrow(Corr2dError);
    expect(make).toThrow(message);
  });

  it("refuse a layer that occurs twice", () => {
    const layer = new learn.Relu();
    expect(() => new learn.Sequential([layer, layer])).toThrow(
      /a layer that occurs once for layers\[0\]|layers\[1\]/,
    );
  });
});

it("trains on a tensor in WebAssembly's memory, which moves between forward and backward", async () => {
  for (const [layer, shape] of [
    [new learn.Linear(6, 2), [4, 6]],
    [new learn.Relu(), [4, 6]],
    [new learn.Conv2d(1, 2, 2), [1, 1, 4, 6]],
    [new learn.Pool2d("max", 2), [1, 1, 4, 6]],
  ] as const) {
    const engine = await createEngine({ backend: "wasm", threads: 1 }); // with more threads the memory is shared, and stays
    const model = new learn.Sequential([layer], { engine });
    const { data } = randomTensor([24], 1);
    const ordinary = { data: Float32Array.from(data), shape };
    const gradient = model.backward(model.forward(ordinary));
    const x = engine.alloc(shape);
    x.data.set(data);
    const y = model.forward(x);
    const before = x.data;
    // 80 MB more than there was: all arrays from before are empty now.
    engine.alloc([20_000_000]);
    expect(before.length).toBe(0);
    expect(model.backward(y)).toEqual(gradient);
    engine.dispose();
  }
});

describe("random numbers and initializers", () => {
  it("are xoshiro128**", () => {
    // The definition in BigInt, from the state that the first outputs determine: compared over the following ones.
    const mask = 0xffffffffn;
    const rotate = (x: bigint, by: bigint) => ((x << by) | (x >> (32n - by))) & mask;
    const hash = (seed: number) => {
      let h = BigInt(seed) & mask;
      h = ((h ^ (h >> 16n)) * 0x85ebca6bn) & mask;
      h = ((h ^ (h >> 13n)) * 0xc2b2ae35n) & mask;
      return h ^ (h >> 16n);
    };
    for (const seed of [0, 1, 4294967295]) {
      const s = [1, 2, 3, 4].map((i) => hash(Number((BigInt(seed) + BigInt(i) * 0x9e3779b9n) & mask)));
      const random = new learn.Random(seed);
      for (let i = 0; i < 100; i++) {
        const expected = (rotate((s[1] * 5n) & mask, 7n) * 9n) & mask;
        const t = (s[1] << 9n) & mask;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = rotate(s[3], 11n);
        expect(BigInt(random.bits())).toBe(expected);
      }
    }
  });

  it("permutations hold each number once, each place each number about as often", () => {
    const random = new learn.Random(5);
    const counts = new Array(16).fill(0);
    for (let round = 0; round < 4000; round++) {
      const order = random.permutation(4);
      expect([...order].sort()).toEqual([0, 1, 2, 3]);
      order.forEach((value, place) => {
        counts[4 * place + value]++;
      });
    }
    // Binomial with mean 1000 and standard deviation 27: six of them.
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(165);
  });

  /** Mean and variance of many weights, and the greatest of their absolute values. */
  function moments(initializer: learn.Initializer) {
    const weights = new Float64Array(40_000);
    initializer(weights, { fanIn: 50, fanOut: 100 }, new learn.Random(7));
    const mean = weights.reduce((a, b) => a + b, 0) / weights.length;
    const variance = weights.reduce((a, b) => a + (b - mean) ** 2, 0) / weights.length;
    return { mean, variance, most: weights.reduce((a, b) => Math.max(a, Math.abs(b)), 0) };
  }

  it.each<[string, learn.Initializer, number, number]>([
    ["kaimingUniform", learn.kaimingUniform, 2 / 50, Math.sqrt(6 / 50)],
    ["glorotUniform", learn.glorotUniform, 2 / 150, Math.sqrt(6 / 150)],
    ["normal", learn.normal(0.3), 0.09, 0.3 * 6],
  ])("%s has its variance", (_, initializer, expected, bound) => {
    const { mean, variance, most } = moments(initializer);
    expect(Math.abs(mean)).toBeLessThan(6 * Math.sqrt(expected / 40_000));
    // The variance of a variance is at most 2 / n of its square (of a normal distribution).
    expect(Math.abs(variance / expected - 1)).toBeLessThan(6 * Math.sqrt(2 / 40_000));
    expect(most).toBeLessThanOrEqual(bound);
    expect(most).toBeGreaterThan(bound / 2);
  });

  it("layers know their fans", () => {
    const fans: unknown[] = [];
    const initializer: learn.Initializer = (_, given) => fans.push(given);
    new learn.Conv2d(4, 6, [3, 5], { groups: 2, initializer });
    new learn.Linear(7, 3, { initializer });
    expect(fans).toEqual([
      { fanIn: 2 * 15, fanOut: 3 * 15 },
      { fanIn: 7, fanOut: 3 },
    ]);
  });
});

describe("losses", () => {
  it("softmaxCrossEntropy is stable: huge logits neither overflow nor lose the others", () => {
    const logits = { data: Float64Array.of(1e4, 0, -1e4, 1e300, 0, 0, -1e4, -1e4, -1e4), shape: [3, 3] };
    const { value, gradient } = learn.softmaxCrossEntropy(logits, [1, 0, 2]);
    expect(value).toBeCloseTo((1e4 + 0 + Math.log(3)) / 3, 9);
    const third = 1 / 3;
    const expected = [third, -third, 0, 0, 0, 0, third / 3, third / 3, third / 3 - third];
    gradient.data.forEach((element, i) => {
      expect(element).toBeCloseTo(expected[i], 15);
    });
  });

  it.each<[string, (y: TensorLike) => learn.LossValue]>([
    ["mse", (y) => learn.mse(y, randomTensor([4, 3], 2))],
    ["mse sum", (y) => learn.mse(y, randomTensor([4, 3], 2), { reduction: "sum" })],
    ["softmaxCrossEntropy", (y) => learn.softmaxCrossEntropy(y, Uint8Array.of(0, 2, 1, 2))],
  ])("gradient of %s", (_, loss) => {
    const y = randomTensor([4, 3], 1);
    const { gradient } = loss(y);
    differences(y.data, () => loss(y).value).forEach((expected, i) => {
      expect(Math.abs(gradient.data[i] - expected)).toBeLessThan(1e-8);
    });
  });

  it("accuracy counts", () => {
    const logits = { data: Float32Array.of(1, 2, 3, 1, Number.NaN, Number.NaN), shape: [3, 2] };
    expect(learn.accuracy(logits, [1, 0, 0])).toBe(2 / 3);
    expect(learn.accuracy(logits, [0, 1, 1])).toBe(0);
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      "a label that is no class",
      () => learn.softmaxCrossEntropy(randomTensor([1, 3], 1), [3]),
      /labels\[0\]/,
    ],
    ["a label of half", () => learn.softmaxCrossEntropy(randomTensor([1, 3], 1), [0.5]), /labels\[0\]/],
    ["labels too few", () => learn.softmaxCrossEntropy(randomTensor([2, 3], 1), [0]), /2 of them/],
    ["an image", () => learn.softmaxCrossEntropy(randomTensor([1, 3, 1], 1), [0]), /\[batch, classes\]/],
    ["an empty batch", () => learn.softmaxCrossEntropy(randomTensor([0, 3], 1), []), /one example/],
    ["shapes that differ", () => learn.mse(randomTensor([2, 3], 1), randomTensor([3, 2], 1)), /\[2, 3\]/],
    [
      "another reduction",
      () => learn.mse(randomTensor([1], 1), randomTensor([1], 1), { reduction: "max" as never }),
      /reduction/,
    ],
    ["the mean of nothing", () => learn.mse(randomTensor([0], 1), randomTensor([0], 1)), /one element/],
  ])("refuse %s", (_, compute, message) => {
    expect(compute).toThrow(Corr2dError);
    expect(compute).toThrow(message);
  });
});

describe("optimisers", () => {
  it.each<[string, () => unknown, RegExp]>([
    ["sgd without a rate", () => learn.sgd({} as never), /learningRate/],
    ["a negative rate", () => learn.sgd({ learningRate: -1 }), /learningRate/],
    ["momentum of 1", () => learn.sgd({ learningRate: 1, momentum: 1 }), /momentum/],
    ["negative decay", () => learn.adam({ weightDecay: -1 }), /weightDecay/],
    ["a beta of 1", () => learn.adam({ beta1: 1 }), /beta1/],
    ["another option", () => learn.adam({ momentum: 1 } as object), /"momentum"/],
  ])("refuse %s", (_, make, message) => {
    expect(make).toThrow(Corr2dError);
    expect(make).toThrow(message);
  });

  it("adam's first step is the learning rate, whatever the gradient", () => {
    const layer = new learn.Linear(1, 1, { bias: false, dtype });
    const [{ value, gradient }] = layer.parameters;
    value.data[0] = 1;
    gradient.data[0] = 1e-3;
    learn.adam({ learningRate: 0.1, epsilon: 1e-12 }).step(layer.parameters);
    expect(value.data[0]).toBeCloseTo(0.9, 8);
  });
});

/** Points in a square, of two classes: inside and outside of a circle. As images of two channels and one pixel. */
function circle(count: number): learn.Examples<number[]> {
  const random = new learn.Random(9);
  const data = Float32Array.from({ length: 2 * count }, () => random.uniform(-1, 1));
  const targets = Array.from({ length: count }, (_, i) =>
    data[2 * i] ** 2 + data[2 * i + 1] ** 2 < 0.6 ? 1 : 0,
  );
  return { inputs: { data, shape: [count, 2] }, targets };
}

const network = (engine?: Engine) =>
  new learn.Sequential([new learn.Linear(2, 16), new learn.Relu(), new learn.Linear(16, 2)], {
    ...{ seed: 4, ...(engine !== undefined && { engine }) },
  });

const fitOptions = (options: Partial<learn.FitOptions<number[]>> = {}): learn.FitOptions<number[]> => ({
  epochs: 20,
  batchSize: 16,
  optimiser: learn.adam({ learningRate: 0.02 }),
  loss: learn.softmaxCrossEntropy,
  seed: 3,
  ...options,
});

describe("fit", () => {
  const examples = circle(250);

  it("learns, the same to the last bit each time", async () => {
    const train = async () => {
      const model = network();
      const { losses } = await learn.fit(model, examples, fitOptions());
      return { losses, bits: learn.save(model), model };
    };
    const [first, second] = [await train(), await train()];
    expect(second.losses).toEqual(first.losses);
    expect(second.bits).toEqual(first.bits);
    expect(first.losses).toHaveLength(20);
    expect(first.losses[19]).toBeLessThan(first.losses[0] / 3);
    const logits = learn.predict(first.model, examples.inputs, { batchSize: 33 });
    const whole = learn.predict(first.model, examples.inputs);
    expect(logits.shape).toEqual([250, 2]);
    // Sums of 16 products below 10, in another order for batches of another size: 16 * 16 * 10 * 2^-24 at most.
    logits.data.forEach((value, i) => {
      expect(Math.abs(value - whole.data[i])).toBeLessThan(1.6e-4);
    });
    expect(learn.accuracy(logits, examples.targets)).toBeGreaterThan(0.95);
  });

  it("comes to nearly the same on every backend", async () => {
    const runs = await Promise.all(
      backends.map(async (backend) => {
        const engine = await createEngine({ backend });
        const { losses } = await learn.fit(network(engine), examples, fitOptions());
        engine.dispose();
        return losses;
      }),
    );
    for (const losses of runs) {
      losses.forEach((loss, epoch) => {
        // Float32 rounds to 6e-8; 320 steps that feed on each other carry that to less than 1e-3 of the loss.
        expect(Math.abs(loss / runs[2][epoch] - 1)).toBeLessThan(1e-3);
      });
    }
  });

  it("reports each step, and sees each example once in an epoch", async () => {
    const steps: string[] = [];
    const seen: number[] = [];
    const targets = Array.from({ length: 10 }, (_, i) => i);
    const { losses } = await learn.fit(
      new learn.Linear(1, 10),
      { inputs: { data: Float32Array.from(targets), shape: [10, 1] }, targets },
      fitOptions({
        epochs: 2,
        batchSize: 4,
        loss: (logits, labels) => {
          seen.push(...labels);
          return learn.softmaxCrossEntropy(logits, labels);
        },
        onProgress: async ({ epoch, step, stepsPerEpoch }) => {
          steps.push(`${epoch}:${step}/${stepsPerEpoch}`);
        },
      }),
    );
    expect(steps).toEqual(["1:1/3", "1:2/3", "1:3/3", "2:1/3", "2:2/3", "2:3/3"]);
    expect(seen.slice(0, 10).sort()).toEqual(targets);
    expect(seen.slice(10).sort()).toEqual(targets);
    expect(seen.slice(0, 10)).not.toEqual(seen.slice(10));
    expect(losses).toHaveLength(2);
  });

  it("fits tensors to tensors: a line, by mean squares", async () => {
    const inputs = { data: Float64Array.from({ length: 40 }, (_, i) => i / 20 - 1), shape: [40, 1] };
    const targets = { data: inputs.data.map((x) => 3 * x - 0.5), shape: [40, 1] };
    const model = new learn.Linear(1, 1, { dtype });
    await learn.fit(
      model,
      { inputs, targets },
      {
        ...{ epochs: 200, batchSize: 8, optimiser: learn.sgd({ learningRate: 0.1 }), loss: learn.mse },
      },
    );
    expect(model.weight.value.data[0]).toBeCloseTo(3, 6);
    expect(model.bias?.value.data[0]).toBeCloseTo(-0.5, 6);
  });

  it("ends by a signal", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    let steps = 0;
    const onProgress = () => {
      if (++steps === 5) controller.abort(reason);
    };
    await expect(
      learn.fit(network(), examples, fitOptions({ onProgress, signal: controller.signal })),
    ).rejects.toBe(reason);
    expect(steps).toBe(5);
  });

  it("refuses to go on with a loss that is not finite", async () => {
    const options = fitOptions({ optimiser: learn.sgd({ learningRate: 1e30 }) });
    await expect(learn.fit(network(), examples, options)).rejects.toThrow(
      /a loss that stays finite .* of epoch 1/,
    );
  });

  it.each<[string, object, RegExp]>([
    ["no epochs", { epochs: 0 }, /epochs/],
    ["batches of nothing", { batchSize: 0 }, /batchSize/],
    ["no optimiser", { optimiser: undefined }, /optimiser/],
    ["a loss by name", { loss: "mse" }, /loss/],
    ["progress by name", { onProgress: "bar" }, /onProgress/],
    ["another option", { learningRate: 1 }, /"learningRate"/],
    ["a seed below 0", { seed: -1 }, /seed/],
    ["no signal", { signal: {} }, /signal/],
  ])("refuses %s", async (_, options, message) => {
    await expect(learn.fit(network(), examples, fitOptions(options))).rejects.toThrow(message);
  });

  it("refuses examples that do not fit together", async () => {
    const { inputs, targets } = examples;
    const attempts: [unknown, RegExp][] = [
      [{ inputs, targets: targets.slice(1) }, /250 of them/],
      [{ inputs, targets: undefined }, /targets/],
      [{ inputs: { data: new Float32Array(0), shape: [0, 2] }, targets: [] }, /one example/],
      [{ inputs: { data: new Float32Array(3), shape: [2, 2] }, targets: [0, 0] }, /inputs.data/],
    ];
    for (const [given, message] of attempts) {
      const attempt = learn.fit(network(), given as typeof examples, fitOptions());
      await expect(attempt).rejects.toThrow(message);
    }
  });
});

it("summary is a table of layers", () => {
  const model = new learn.Sequential([
    new learn.Conv2d(1, 6, 5, { padding: 2 }),
    new learn.Relu(),
    new learn.Pool2d("max", 2),
    new learn.Sequential([new learn.ConvTranspose2d(6, 2, 2, { strides: 2 }), new learn.Flatten()]),
    new learn.Linear(1568, 10, { bias: false }),
  ]);
  expect(learn.summary(model, [1, 1, 28, 28]).split("\n")).toEqual([
    "layer            output shape    parameters    FLOPs",
    "Conv2d           [1, 6, 28, 28]         156  235 200",
    "Relu             [1, 6, 28, 28]           0        0",
    "MaxPool2d        [1, 6, 14, 14]           0        0",
    "ConvTranspose2d  [1, 2, 28, 28]          50   18 816",
    "Flatten          [1, 1568]                0        0",
    "Linear           [1, 10]             15 680   31 360",
    "total                                15 886  285 376",
    "",
  ]);
  expect(() => learn.summary(model, [1, 2, 28, 28])).toThrow(Corr2dError);
});
