// SPDX-License-Identifier: MIT
// Every public function refuses options that it does not know, and more arguments than it takes.
import {
  conv2d,
  createEngine,
  planConv1d,
  planConv2d,
  planConv2dGradWeights,
  planConv3d,
  receptiveField,
  streamCorr1d,
  streamStft,
} from "corr2d";
import { describe, expect, it } from "vitest";
import { type PublicCall, publicCalls } from "../helpers/public-calls.ts";

const calls = await publicCalls();

/** What comes out of a call that must fail, at once or later. */
async function failureOf({ call }: Pick<PublicCall, "call">, values: readonly unknown[]): Promise<Error> {
  try {
    await call(...(values as never[]));
  } catch (error) {
    expect(error).toMatchObject({ name: "Corr2dError", code: "INVALID_ARGUMENT" });
    return error as Error;
  }
  return new Error("nothing was thrown");
}

const valuesOf = ({ values }: PublicCall) => values.map(([, value]) => value);

describe.each([...calls])("%s", (name, called) => {
  it("takes its arguments", async () => {
    await called.call(...(valuesOf(called) as never[]));
  });

  it("refuses one argument more", async () => {
    const { message } = await failureOf(called, [...valuesOf(called), 1]);
    expect(message).toMatch(/^Expected (at most \d|no) arguments? for .*\(\) but received \d$/);
    expect(message).toContain(name.replace(/^(engine|kernels|learn)\./, ""));
  });

  const at = called.values.findIndex(([argument]) => argument === "options");
  if (at < 0) return;
  it("refuses options that it does not know, and names what was meant", async () => {
    const values = valuesOf(called);
    const options = values[at] as Record<string, unknown>;
    const given = (more: object) => values.map((value, i) => (i === at ? { ...options, ...more } : value));
    expect((await failureOf(called, given({ zzz: 1 }))).message).toMatch(/"zzz"$/);
    for (const known of Object.keys(options)) {
      const { message } = await failureOf(called, given({ [`${known}s`]: 1 }));
      expect(message).toContain(`"${known}s"; did you mean ${known}?`);
    }
  });
});

describe("methods", async () => {
  const w = { data: new Float32Array(4), shape: [1, 1, 2, 2] };
  const x = { data: new Float32Array(9), shape: [1, 1, 3, 3] };
  const [x1, w1] = [new Float32Array(3), { data: new Float32Array(2), shape: [1, 1, 2] }];
  const [x3, w3] = [new Float32Array(8), { data: new Float32Array(4), shape: [1, 1, 1, 2, 2] }];
  const plans = {
    planConv2d: planConv2d([1, 1, 3, 3], w),
    planConv1d: planConv1d([1, 1, 3], w1),
    planConv3d: planConv3d([1, 1, 2, 2, 2], w3),
    planConv2dGradWeights: planConv2dGradWeights([1, 1, 3, 3], [1, 1, 2, 2]),
  };
  const operands: Record<string, unknown[]> = {
    planConv2d: [x],
    planConv1d: [x1],
    planConv3d: [x3],
    planConv2dGradWeights: [x, new Float32Array(4)],
  };
  it.each(Object.entries(plans))("of %s", async (name, plan) => {
    for (const method of ["run", "runAsync"] as const) {
      const call = (plan[method] as PublicCall["call"]).bind(plan);
      const given = operands[name];
      expect((await failureOf({ call }, [...given, { outt: w }])).message).toContain("did you mean out?");
      expect((await failureOf({ call }, [...given, null])).message).toContain("options");
      expect((await failureOf({ call }, [...given, {}, 1])).message).toContain(`${method}()`);
      await call(...(given as never[]), {} as never);
    }
    const call = plan.run.bind(plan) as PublicCall["call"];
    expect((await failureOf({ call }, [...operands[name], { signal: 1 }])).message).toContain('"signal"');
  });

  it("of streams", async () => {
    for (const stream of [streamCorr1d({ kernel: [1] }), streamStft({ windowLength: 4 })]) {
      expect((await failureOf({ call: stream.push as PublicCall["call"] }, [[1], 2])).message).toContain(
        "push()",
      );
    }
  });

  it("of objects within options", async () => {
    const activation = { kind: "relu", alpha: 1 } as never;
    expect((await failureOf({ call: () => conv2d(x, w, { activation }) }, [])).message).toContain('"alpha"');
    const layer = { kernelSize: 3, stride: 2 } as never;
    expect((await failureOf({ call: () => receptiveField([layer]) }, [])).message).toContain(
      "did you mean strides?",
    );
    const window = { kind: "gaussian", sigma: 1, beta: 2 } as never;
    expect((await failureOf({ call: () => streamStft({ window }) }, [])).message).toContain('"beta"');
  });

  it("of an engine that was named as well", async () => {
    const engine = await createEngine({ backend: "reference", threads: 1 });
    const call = engine.alloc as PublicCall["call"];
    expect((await failureOf({ call }, [[1], "float32", 1])).message).toContain("alloc()");
  });
});
