import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { holdsControlsBesidesLayout } from "../../src/base/control-characters.ts";
import { isAlive } from "../pipeline/command/setting.fixture.ts";
import { appears, seenIn } from "../waiting.fixture.ts";
import { oneRun, type Place, placeWith, planOf, planOfEach } from "./pawl.fixture.ts";

const kept = 64 * 1024;
const log = (place: Place, name: string): Buffer => readFileSync(join(place.folder, ".state/logs/p-1", name));

/** A task of the plan, whose shell finds a file for its children's pids in $PIDS. */
function placeFor(command: string, more = ""): Place {
  const place = placeWith(planOf([`{ id: t, run: ${JSON.stringify(command)}${more} }`]));
  place.env = { PIDS: join(place.folder, ".git/pids") };
  return place;
}

const pids = (place: Place): number[] =>
  readFileSync(join(place.folder, ".git/pids"), "utf8").trim().split("\n").map(Number);

/** Ids of a process and its children, as far as the system tells. */
function familyOf(pid: number | undefined): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
    return [Number(pid), ...children.filter((child) => child !== "").map(Number)];
  } catch {
    return [];
  }
}

/** The most memory that a process of Node has had, in KiB. */
function peakOf(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return /^Name:\s+(node|MainThread)/.test(status) ? Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) : 0;
  } catch {
    return 0;
  }
}

describe("a command that", () => {
  test("prints 1 GB is kept to its first and last 64 KiB, and no process of Pawl's grows", async () => {
    const place = placeFor("echo first; head -c 1000000000 /dev/zero | tr '\\0' x; echo; echo last");
    const { process: pawl, ended } = place.start("run", "plan.yaml");
    let peakKb = 0;
    const watch = setInterval(() => {
      peakKb = Math.max(peakKb, ...familyOf(pawl.pid).map(peakOf));
    }, 50);
    const { status } = await ended.finally(() => clearInterval(watch));
    expect(status).toBe(0);
    expect(peakKb > 0).toBe(process.platform === "linux");
    expect(peakKb / 1024).toBeLessThan(200);
    const text = log(place, "w.t.1.out").toString();
    expect(text.length).toBeLessThan(2 * kept + 100);
    expect(text.slice(0, 10)).toBe("first\nxxxx");
    expect(text).toContain(`[pawl: ${1_000_000_000 + 12 - 2 * kept} bytes left out]`);
    expect(text.slice(-8)).toBe("xx\nlast\n");
    expect((await place.look("show", "w.t")).stdout.length).toBeLessThan(10_000);
  });

  test("prints binary is kept byte by byte, and shown without what steers a terminal", async () => {
    const place = placeFor("printf '\\000\\001\\377\\033[31mred\\033]0;title\\007\\n'; exit 3");
    const { status, stdout } = place.pawl("run", "plan.yaml");
    expect(status).toBe(1);
    expect(log(place, "w.t.1.out")).toEqual(Buffer.from("\x00\x01\xff\x1b[31mred\x1b]0;title\x07\n", "latin1"));
    for (const shown of [stdout, (await place.look("show", "w.t")).stdout, (await place.look("logs", "w.t")).stdout]) {
      expect(holdsControlsBesidesLayout(shown)).toBe(false);
    }
    expect((await place.look("logs", "w.t")).stdout).toContain("red");
  });

  test("leaves children behind has them stopped, and its work is taken", () => {
    const place = placeFor("sleep 600 & echo $! > $PIDS; setsid sleep 601 & echo $! >> $PIDS; echo hi > b.txt");
    expect(place.pawl("run", "plan.yaml").status).toBe(0);
    expect(place.git("show", "pawl/p-1:b.txt")).toBe("hi");
    expect(pids(place).map(isAlive)).toEqual([false, false]);
  });

  test("cannot be remembered is stopped, and has failed though it ends with 0", async () => {
    const hearing = "trap 'exit 0' TERM; while :; do sleep 0.02; done";
    const lines = [
      "pawl: 1",
      "name: p",
      "base: main",
      "gates:",
      `  good: { type: UNIT, run: ${JSON.stringify(hearing)} }`,
      "workstreams:",
      "  - id: w",
      "    tasks:",
      "      - { id: first, run: 'until [ -e $GO ]; do sleep 0.02; done', changes: none }",
      `      - { id: half, run: ${JSON.stringify(`echo half > half.txt; ${hearing}`)}, depends_on: [first] }`,
      "  - id: v",
      "    verify: [good]",
      "    tasks:",
      "      - { id: whole, run: 'until [ -e $GO ]; do sleep 0.02; done; echo whole > whole.txt' }",
    ];
    const place = placeWith(lines.join("\n"));
    const running = join(place.folder, ".state/running");
    place.env = { GO: join(place.folder, ".git/go") };
    const { ended } = place.start("run", "plan.yaml");
    await appears(running);
    await seenIn(running, () => readdirSync(running).length === 2);
    rmSync(running, { recursive: true });
    writeFileSync(running, "");
    place.write(".git/go", "");
    expect((await ended).status).toBe(1);
    expect((await place.look("show", "w.half")).stdout).toMatch(/could not be started: it cannot be remembered/);
    expect((await place.look("show", "v.whole~p1~good")).stdout).toContain("RUNNING → FAILED");
    expect(place.git("rev-list", "--count", "main..pawl/p-1")).toBe("0");
  });

  test("takes too long and does not hear TERM is killed with its group after five seconds", async () => {
    const place = placeFor(
      "trap '' TERM; sleep 600 & echo $! > $PIDS; echo $$ >> $PIDS; while :; do sleep 1; done",
      ", timeout: 1s",
    );
    const startedAt = performance.now();
    expect(place.pawl("run", "plan.yaml").status).toBe(1);
    expect(performance.now() - startedAt).toBeGreaterThan(6_000);
    expect(pids(place).map(isAlive)).toEqual([false, false]);
    const { stdout } = await place.look("show", "w.t");
    expect(stdout).toMatch(/^ {2}last_error: task w\.t: .* did not end within [\d.]+ s and was stopped: /m);
    expect(stdout).toMatch(/^ {2}fix: Raise its timeout, or read its output \(/m);
  });

  test("leaves a repository of its own is refused by its path", async () => {
    const place = placeFor("git init -q sub && echo x > sub/x");
    expect(place.pawl("run", "plan.yaml").status).toBe(1);
    expect((await place.look("show", "w.t")).stdout).toContain(
      "last_error: sub is a git repository of its own inside the tree",
    );
    expect((await place.look("show", "w.t")).stdout).toMatch(/^ {2}fix: .+sub/m);
  });
});

describe("a command that", () => {
  const cases = [
    [
      "is not found, as a list",
      "[no-such-command-here]",
      /no-such-command-here.*command not found/s,
      "Install it, correct its name",
    ],
    ["is not found, as text", "no-such-command-here", /not found/, "Install it, correct its name"],
    ["is not executable", "[./a.txt]", /cannot be executed.*/, "Make the file executable (chmod +x)"],
    ["is killed by a signal", "'kill -SEGV $$'", /killed by SIGSEGV/, "Read its output (it printed nothing)"],
    [
      "fails",
      "'echo before; echo broken >&2; exit 9'",
      /ended with exit code 9, not 0: broken/,
      "w4.t.1.err), mend what it reports",
    ],
    ["is killed for good", "'kill -9 $$'", /killed by SIGKILL/, "Read its output (it printed nothing)"],
  ] as const;
  const run = oneRun(planOfEach(cases.map(([, command]) => `{ id: t, run: ${command} }`)));

  test.each(cases.map(([name, , message, fix], n) => [name, n, message, fix] as const))(
    "%s fails its task, and says why, what to do and where to look",
    async (_, n, message, fix) => {
      const { place, printed } = run;
      const task = `w${n}.t`;
      expect(printed.status).toBe(1);
      const shown = (await place.look("show", task)).stdout;
      expect(shown).toMatch(message);
      expect(shown).toMatch(/^ {2}fix: /m);
      expect(shown).toMatch(/next\n( {2}.+\n)*? {2}.*start a new run: pawl run PLAN/);
      expect(JSON.parse((await place.look("show", task, "--json")).stdout)).toMatchObject({
        fix: expect.stringContaining(fix),
      });
    },
  );

  test("fails is named by the run, with the way on", () => {
    expect(run.printed.stdout).toContain("pawl show w0.t  says what went wrong");
  });

  test("fails is shown with its exit code and the end of its output", async () => {
    const shown = (await run.place.look("show", "w4.t")).stdout;
    expect(shown).toContain("does: echo before; echo broken >&2; exit 9");
    expect(shown).toContain("exit code: 9");
    expect(shown).toContain("  | before");
    expect(shown).toContain("  | broken");
    expect(shown).toContain("pawl logs w4.t");
  });
});
