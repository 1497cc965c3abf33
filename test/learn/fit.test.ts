// SPDX-License-Identifier: MIT
// Training: that it learns, the same each time and on every backend, what it reports and what it refuses.
import { createEngine, type Engine } from "corr2d";
import * as learn from "corr2d/learn";
import { describe, expect, it } from "vitest";
import { backends, dtype } from "../helpers/learn.ts";

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
