import type { AnyStateMachine, StateValue } from "xstate";
import { canonicalJson } from "../base/canonical-json.ts";
import { PawlError } from "../base/errors/index.ts";
import { bareMachine } from "./bare-machine.ts";
import { type MachinePath, type PathSet, type PathsOptions, pathsFor } from "./paths.ts";
import type { PathSubject, SubjectFactory } from "./subject.ts";
import { valueText } from "./value-text.ts";

/** The two functions of a test runner that are needed; vitest's, Jest's and node:test's fit. */
export interface PathRunner {
  describe(name: string, define: () => void): unknown;
  test(name: string, run: () => Promise<void>): unknown;
}

export interface DescribePathsOptions extends Omit<PathsOptions, "cover"> {
  /** `transitions` unless given. */
  readonly cover?: PathsOptions["cover"] | undefined;
  /** What is tested; the bare machine unless given. */
  readonly subject?: SubjectFactory | undefined;
  /** Heading of the cases; the machine's id unless given. */
  readonly title?: string | undefined;
  /** Where to register the cases; vitest unless given. */
  readonly runner?: PathRunner | undefined;
}

/**
 * Registers a test case for each of a small set of paths that cover the machine: the subject takes the events one by
 * one, and after each must be in the state the machine is in. With vitest: `await describePaths(machine, …)` at the top
 * of a test file; with a `runner` there is nothing to wait for.
 * @returns the paths, for a test that none is uncovered
 * @throws PawlError TESTING_RUNNER_MISSING, and those of `pathsFor`
 */
export async function describePaths(machine: AnyStateMachine, options: DescribePathsOptions = {}): Promise<PathSet> {
  const set = pathsFor(machine, { ...options, cover: options.cover ?? "transitions" });
  const subject = options.subject ?? bareMachine(machine);
  const runner = options.runner ?? (await vitestRunner());
  const { describe, test } = runner;
  describe(options.title ?? machine.id, () => {
    for (const path of set.paths) {
      test(path.title, () => replayPath(path, subject));
    }
  });
  return set;
}

/**
 * Takes one subject along a path and compares after each event.
 * @throws PawlError TESTING_SUBJECT_DIVERGED at the first difference
 */
export async function replayPath(path: MachinePath, subject: SubjectFactory): Promise<void> {
  const live = await subject(path);
  const done: string[] = [];
  try {
    await live.start();
    await expectState(live, path.start, done);
    for (const step of path.steps) {
      await live.send(step.event);
      done.push(step.label);
      await expectState(live, step.value, done);
    }
  } catch (error) {
    try {
      await live.stop();
    } catch {
      // A subject that failed often cannot be stopped either: what went wrong first is the news.
    }
    throw error;
  }
  await live.stop();
}

async function expectState(live: PathSubject, expected: StateValue, done: readonly string[]): Promise<void> {
  const found = await live.state();
  if (canonicalJson(found) !== canonicalJson(expected)) {
    throw new PawlError("TESTING_SUBJECT_DIVERGED", {
      after: done.length === 0 ? "its start" : done.join(", "),
      found: valueText(found),
      expected: valueText(expected),
    });
  }
}

/** Loaded only here, so that whoever brings another runner needs no vitest. */
async function vitestRunner(): Promise<PathRunner> {
  try {
    return await import("vitest");
  } catch (cause) {
    throw new PawlError("TESTING_RUNNER_MISSING", {}, { cause });
  }
}
