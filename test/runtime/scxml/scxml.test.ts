import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { openRuntime } from "../../../src/runtime/index.ts";
import { testFolder } from "../folder.fixture.ts";
import { allCases, asked, type Case } from "./cases.ts";
import { leftOut } from "./left-out.ts";
import { type Seen, underPawl, underXState } from "./run.ts";

const cases = allCases();
const run = cases.filter(({ name }) => !(name in leftOut));
const notRun = cases.filter(({ name }) => name in leftOut);

// To make a store costs many syncs; a copy of an empty one costs none.
const folder = mkdtempSync(join(tmpdir(), "pawl-"));
const emptyStore = join(folder, "empty.db");

beforeAll(async () => {
  // XState warns of each event to a machine that has ended.
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const runtime = await openRuntime({ file: emptyStore, machines: {} });
  await runtime.close();
});

afterAll(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

function newStore(): string {
  const file = join(testFolder(), "case.db");
  copyFileSync(emptyStore, file);
  return file;
}

function expectAsked(one: Case, seen: readonly Seen[]): void {
  expect(seen.map(({ configuration }) => configuration)).toEqual(asked(one));
}

describe("a case of the SCXML test framework, in plain XState and in Pawl with a restart after every cascade", () => {
  test.each(run)("$name", async (one) => {
    const inXState = await underXState(one);
    expectAsked(one, inXState);
    const inPawl = await underPawl(one, newStore());
    expectAsked(one, inPawl);
    expect(inPawl).toStrictEqual(inXState);
  });
});

describe("a case that is left out", () => {
  test("is one of the package, and few are", () => {
    expect(notRun.map(({ name }) => name).sort()).toEqual(Object.keys(leftOut).sort());
    expect([run.length, notRun.length]).toEqual([302, 14]);
  });

  test.each(notRun)("fails in plain XState, so that no fault of Pawl hides there: $name", async (one) => {
    await expect(underXState(one).then((seen) => expectAsked(one, seen))).rejects.toThrow();
  });
});
