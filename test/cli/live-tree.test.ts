import { join } from "node:path";
import { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { systemClock } from "../../src/base/time.ts";
import type { CliContext } from "../../src/cli/context.ts";
import { liveTree } from "../../src/cli/report/live-tree.ts";
import { inThisProcess } from "./in-process.fixture.ts";
import { placeWith, planOf, planOfEach } from "./pawl.fixture.ts";

/** Runs `pawl` on a terminal of some size, and gathers what it writes there. */
async function onTerminal(
  cwd: string,
  { env = {}, ...terminal }: { columns: number; rows: number; env?: Record<string, string> },
  ...args: string[]
) {
  const { status, stdout } = await inThisProcess({ cwd, env: { TERM: "xterm", ...env }, terminal }, ...args);
  return { status, written: stdout };
}

/** What a terminal would show in the end: what was erased is gone. */
function shownBy(written: string): { lines: string[]; drawings: string[][] } {
  const lines: string[] = [];
  const drawings: string[][] = [];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what erases begins with ESC
  for (const part of written.split(/(\u001b\[\d+A\u001b\[0J)/)) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what erases begins with ESC
    const up = /^\u001b\[(\d+)A/.exec(part)?.[1];
    if (up !== undefined) {
      drawings.push(lines.splice(-Number(up)));
    } else {
      lines.push(...part.split("\n").slice(0, -1).map(stripVTControlCharacters));
    }
  }
  return { lines, drawings };
}

const plan = planOf([
  "{ id: first, run: 'sleep 0.3; echo 1 > first.txt' }",
  "{ id: wide, run: 'exit 3', depends_on: [first] }",
]);

describe("the live tree of a run", () => {
  test.each([
    ["of a usual size", { columns: 100, rows: 30 }, 99, 28],
    ["that says 0 for its size", { columns: 0, rows: 0 }, 79, 22],
    ["that is very small", { columns: 20, rows: 4 }, 19, 2],
  ])(
    "on a terminal %s shows what is at work, never wraps, and leaves the summary alone",
    async (_, size, widest, most) => {
      const place = placeWith(plan);
      const { status, written } = await onTerminal(place.folder, size, "run", "plan.yaml");
      expect(status).toBe(1);
      const { lines, drawings } = shownBy(written);
      expect(drawings.length).toBeGreaterThan(2);
      for (const drawing of drawings) {
        expect(drawing[0]).toMatch(/^p-1 {2}(running|failed)/);
        expect(drawing.length).toBeLessThanOrEqual(most);
        expect(Math.max(...drawing.map(({ length }) => length))).toBeLessThanOrEqual(widest);
      }
      if (most > 2) {
        expect(drawings.flat().some((line) => /^ {4}w\.first {2}running {2}\d\.\d s$/.test(line))).toBe(true);
      }
      // Nothing of the drawings is left between the note and the summary.
      const said = lines.filter((line) => line !== "");
      expect(said[0]).toMatch(/^note: uncommitted changes/);
      expect(said[1]).toMatch(/^p-1 {2}failed {2}.* 0 commits, branch pawl\/p-1$/);
      expect(said).toContain("  git log pawl/p-1..pawl-work/p-1/w  prints the commits that were not merged");
    },
  );
});

test("what is typed meanwhile, and stands where the cursor is, leaves nothing of the tree behind", async () => {
  const place = placeWith(plan);
  const { written } = await onTerminal(place.folder, { columns: 80, rows: 30 }, "run", "plan.yaml");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what erases begins with ESC
  const erasures = [...written.matchAll(/(.)\u001b\[\d+A\u001b\[0J/gs)].map(([, before]) => before);
  expect(erasures.length).toBeGreaterThan(2);
  expect(new Set(erasures)).toEqual(new Set(["\r"]));
});

test("where a terminal is too small for all workstreams, those at work are shown, and how many lines are not", async () => {
  const first = ["a", "b", "c", "d"].map((id) => `{ id: ${id}, run: 'true', changes: none }`);
  const place = placeWith(planOfEach([...first, "{ id: last, run: 'sleep 0.5', changes: none }"], "concurrency: 1\n"));
  const { written } = await onTerminal(place.folder, { columns: 80, rows: 6 }, "run", "plan.yaml");
  const { drawings } = shownBy(written);
  expect(Math.max(...drawings.map(({ length }) => length))).toBe(4);
  const late = drawings.find(([, workstream]) => workstream?.startsWith("  w4  executing"));
  expect(late?.slice(2)).toEqual([expect.stringMatching(/^ {4}w4\.last {2}running/), "  … and 4 lines more"]);
});

test("a line of characters that take two columns is cut before it wraps", async () => {
  const place = placeWith(
    planOf(
      [
        "{ id: t, run: 'echo 長い長い長い長い長い長い長い長い長い長い⏳⏳⏳⏳ >&2; exit 1', allow_failure: true }",
        // As long as this runs, what became of the other one is drawn.
        "{ id: rest, run: 'sleep 0.5', changes: none }",
      ],
      "concurrency: 1\n",
    ),
  );
  const { written } = await onTerminal(place.folder, { columns: 80, rows: 30 }, "run", "plan.yaml");
  const [told] = shownBy(written)
    .drawings.flat()
    .filter((line) => line.includes("長"));
  const columns = [...(told ?? "")].map((char) => (/[長い⏳]/u.test(char) ? 2 : 1)).reduce<number>((a, b) => a + b, 0);
  expect(columns).toBeGreaterThan(70);
  expect(columns).toBeLessThan(80);
});

test("what a terminal wrapped as it became narrower is erased whole", async () => {
  const place = placeWith(plan);
  expect((await inThisProcess({ cwd: place.folder }, "run", "plan.yaml")).status).toBe(1);
  const stdout = Object.assign(new PassThrough(), { isTTY: true, columns: 100, rows: 30 });
  const stands = { setTimeout: () => undefined, clearTimeout: () => undefined };
  const context = { stdout, env: {}, clock: { ...systemClock, ...stands } } as unknown as CliContext;
  const tree = liveTree(context, { run: "p-1", database: join(place.folder, ".state", "pipeline.db") });
  const widths = stripVTControlCharacters(String(stdout.read()))
    .split("\n")
    .slice(0, -1)
    .map(({ length }) => length);
  expect(Math.max(...widths)).toBeGreaterThan(40);
  stdout.columns = 20;
  tree.note("said");
  const rows = widths.reduce((sum, width) => sum + Math.ceil(width / 20), 0);
  expect(String(stdout.read())).toContain(`\r\u001b[${rows}A\u001b[0Jsaid\n`);
  tree.end();
});

describe("colours are left out", () => {
  test.each([{ NO_COLOR: "1" }, { TERM: "dumb" }])("with %j", async (env) => {
    const place = placeWith(planOf(["{ id: t, run: 'true' }"]));
    const size = { columns: 80, rows: 30, env };
    const ran = await onTerminal(place.folder, size, "run", "plan.yaml");
    const looked = await onTerminal(place.folder, size, "status");
    expect(ran.written + looked.written).toContain("succeeded");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes begin with ESC
    expect(ran.written + looked.written).not.toMatch(/\u001b\[\d+m/);
  });
});
