// SPDX-License-Identifier: MIT
// What a suite is made of. A contender may be any library: the harness knows no more of it than this.
import type { BackendName } from "corr2d";

/** One question, and the cases that answer it. */
export interface Suite {
  readonly about: string;
  /** What times are shown in. Calls that take microseconds are about overhead, and get no GFLOP/s. */
  readonly unit: "ms" | "µs";
  /** What the last column compares with: the fastest contender of the case, or the one named first (a speed-up). */
  readonly ratioTo: "best" | "first";
  /** Threads where the command line names none. */
  readonly threads: number;
  cases(setting: Setting): Case[];
}

/** Contenders that compute the same, and so may be compared. */
export interface Case {
  readonly name: string;
  /** Floating-point operations of one call, two for each multiply-add of the definition. */
  readonly flop: number;
  readonly contenders: readonly Contender[];
}

export interface Contender {
  readonly name: string;
  /** Everything that is not to be timed: operands, engines, packed weights. */
  prepare(): Promise<Runner>;
}

export interface Runner {
  /** What exactly runs, for the record. */
  readonly what: string;
  /** The call that is timed. */
  run(): unknown;
  /** The numbers that `run` computes, for comparison with the other contenders. */
  result(): ArrayLike<number>;
}

/** What all contenders share unless their suite varies it. */
export interface Setting {
  readonly backend: BackendName;
  readonly isa: string;
  readonly threads: number;
  /** Whether the command line named the ISA: then no other takes part. */
  readonly isaNamed: boolean;
  readonly quick: boolean;
}
