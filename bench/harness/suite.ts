// SPDX-License-Identifier: MIT
// What a suite is made of. A contender may be any library: the harness knows no more of it than this.
import type { BackendName } from "corr2d";

/** One question, and the cases that answer it. */
export interface Suite {
  readonly about: string;
  /** What times are shown in. Calls that take microseconds are about overhead, and get no GFLOP/s. */
  readonly unit: "ms" | "µs";
  /**
   * What the last columns compare with, per FLOP: the fastest contender of the case, the one named first (a speed-up),
   * or contenders by name: a column for each, how many times as fast as the row it is.
   */
  readonly ratioTo: "best" | "first" | readonly string[];
  /** The time that GFLOP/s and ratios follow from. Default the median. */
  readonly basis?: "minSeconds" | "medianSeconds";
  /** Rows that are slower than this, compared with the first, are marked. */
  readonly slowBelow?: number;
  /** Threads where the command line names none. */
  readonly threads: number;
  /** A process for each contender: for libraries whose heaps and threads would get into each other's way. */
  readonly isolated?: boolean;
  /** What a reader of the table has to know, contenders that are missing for instance: a line for each. */
  notes?(setting: Setting): string[];
  /** GFLOP/s of multiply-adds in registers alone, by ISA; empty where unknown. */
  peaks?(setting: Setting): Readonly<Record<string, number>>;
  cases(setting: Setting): Case[];
}

/** Contenders that are compared. */
export interface Case {
  readonly name: string;
  /** Floating-point operations of one call, two for each multiply-add of the definition. */
  readonly flop: number;
  /** The relative RMS by which results may differ from the first contender's. Undefined: they compute other things. */
  readonly tolerance?: number;
  /** Cases of one kind: each has means of its own. */
  readonly group?: string;
  readonly contenders: readonly Contender[];
}

export interface Contender {
  readonly name: string;
  /** Of its own problem, where that is not the case's. */
  readonly flop?: number;
  /** False where it computes something else, and only its speed is of interest. */
  readonly comparable?: boolean;
  /** Whose peak it is held against; "best" for a library that chooses by itself. */
  readonly isa?: string;
  /** Everything that is not to be timed: operands, engines, packed weights. */
  prepare(): Promise<Runner>;
}

export interface Runner {
  /** What exactly runs, for the record. */
  readonly what: string;
  /** The call that is timed; a promise is awaited. */
  run(): unknown;
  /** Seconds for so many calls, from a program that times itself because `run` would time the way to it as well. */
  time?(calls: number): Promise<number>;
  /** The numbers that `run` computes, for comparison with the other contenders. */
  result(): ArrayLike<number> | Promise<ArrayLike<number>>;
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
