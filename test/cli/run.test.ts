import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Database } from "../../src/store/sqlite/driver.ts";
import { makeSampleRepository } from "../demo/sample-repository.ts";
import { isAlive } from "../pipeline/command/setting.fixture.ts";
import { oneRun, Place, placeWith, planOf, planOfEach } from "./pawl.fixture.ts";

describe("pawl run", () => {
  test("runs the sample plan to commits with trailers, and leaves checkout, index and branches alone", async () => {
    const place = new Place();
    makeSampleRepository(place.folder);
    place.env = { DEMO_FOLDER: join(place.folder, ".git") };
    place.git("add", "--chmod=+x", "package.json");
    const before = [
      place.git("status", "--porcelain"),
      place.git("rev-parse", "HEAD"),
      readFileSync(join(place.folder, ".git/index"), "hex"),
    ];
    const { status, stdout } = place.pawl("run", "plan.yaml");
    expect(status).toBe(0);
    expect(stdout).toContain("harden-client-1  succeeded");
    expect(stdout).toContain("experiment  failed     (allowed)");
    const log = place.git(
      "log",
      "--format=%s|%(trailers:key=Pawl-Run,valueonly,separator=,)|%(trailers:key=Pawl-Task,valueonly,separator=,)|%(trailers:key=Pawl-Ledger,valueonly,separator=,)",
      "--no-merges",
      "main..pawl/harden-client-1",
    );
    expect(log.split("\n").sort()).toEqual([
      "client.bump: node scripts/bump.mjs|harden-client-1|client.bump|client.bump~p1",
      "client.fix-timeout: 0001-fix-timeout.patch|harden-client-1|client.fix-timeout|client.fix-timeout~p1",
      "client.refactor: scribe: Use template literals instead of string concat…|harden-client-1|client.refactor|client.refactor~p1",
      "docs.api: node scripts/readme.mjs|harden-client-1|docs.api|docs.api~p1",
      "docs.links: node scripts/flaky.mjs|harden-client-1|docs.links|docs.links~p1",
    ]);
    expect(place.git("show", "pawl/harden-client-1:docs/api.md")).toBe("# API\n\n- fetchText\n- greet");
    expect([
      place.git("status", "--porcelain"),
      place.git("rev-parse", "HEAD"),
      readFileSync(join(place.folder, ".git/index"), "hex"),
    ]).toEqual(before);
    expect(place.git("branch", "--show-current")).toBe("main");

    // The same repository, for what is asked of a run that has ended.
    expect(JSON.parse((await place.look("status", "--json")).stdout)).toMatchObject({
      commits: 5,
      run: { state: "succeeded" },
    });
    const shown = (await place.look("show", "experiment.shout")).stdout;
    expect(shown).toMatch(/gate unit: exit code 1/);
    expect(shown).toContain("gate experiment.shout~p1~unit failed\n  does: node --test\n  exit code: 1");
    expect(shown).toContain("pawl logs experiment.shout~p1~unit");
    expect((await place.look("logs", "docs.links", "--attempt", "1")).stdout).toContain("connection reset by peer");
    const events = (await place.look("events", "--entity", "docs.links", "--json")).stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(events.map(({ to_state }) => to_state)).toEqual(
      ["pending", "queued", "running", "retrying", "queued", "running", "validating", "completed"].slice(1),
    );
    expect(place.pawl("merge")).toMatchObject({ status: 1, stderr: expect.stringContaining("CHECKOUT_IN_THE_WAY") });
    place.git("reset", "--quiet", "--hard");
    expect(place.pawl("merge").stdout).toMatch(/^main is at [0-9a-f]{12} now, by a fast-forward/);
    expect(place.pawl("merge").stdout).toBe("main contains pawl/harden-client-1 already.\n");
    expect(place.pawl("resume")).toMatchObject({ status: 2, stderr: expect.stringContaining("RUN_ENDED") });
    expect((await place.look("verify")).status).toBe(0);
  });

  test("ends when a gate fails that tasks wait for, and says which", async () => {
    const gate = "gates: { dep: { type: UNIT, run: 'echo no; exit 3' } }\n";
    const place = placeWith(planOf(["{ id: t, run: 'echo hi > b.txt', depends_on: [dep] }"], gate));
    expect(place.pawl("run", "plan.yaml").status).toBe(1);
    const shown = (await place.look("show", "w.t")).stdout;
    expect(shown).toContain("w.t: cancelled");
    expect(shown).toContain("last_error: a gate that it needs has failed: w~dep");
    expect(shown).toContain("gate w~dep failed\n  does: echo no; exit 3\n  exit code: 3");
    expect(shown).toContain("pawl logs w~dep");
    expect((await place.look("verify")).status).toBe(0);
  });

  test("with --json prints one object a line, the last one the outcome", () => {
    const place = placeWith(planOf(["{ id: t, run: 'echo hi > b.txt' }"]));
    const { status, stdout } = place.pawl("run", "plan.yaml", "--json");
    expect(status).toBe(0);
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.filter(({ entity_type }) => entity_type === "run").map(({ to_state }) => to_state)).toEqual([
      "running",
      "succeeded",
    ]);
    expect(lines.find(({ note }) => note !== undefined)).toEqual({
      note: expect.stringMatching(/^uncommitted changes/),
    });
    expect(lines.at(-1)).toMatchObject({
      run: { run_id: "p-1", state: "succeeded" },
      branch: "pawl/p-1",
      interrupted: false,
    });
  });

  test("keeps secret values out of screen, logs, events and commits", async () => {
    const plan = planOf(["{ id: t, run: 'echo $TOKEN; echo $TOKEN >&2; exit 3' }"], "secrets: [TOKEN]\n");
    const place = placeWith(plan);
    expect(place.pawl("run", "plan.yaml")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("SECRET_MISSING"),
    });
    place.env = { TOKEN: "hunter2-hunter2" };
    const { status, stdout, stderr } = place.pawl("run", "plan.yaml");
    expect(status).toBe(1);
    const shown = [
      stdout,
      stderr,
      (await place.look("show", "w.t")).stdout,
      (await place.look("logs", "w.t")).stdout,
      (await place.look("events", "--json")).stdout,
    ];
    expect(shown.join("")).not.toContain("hunter2");
    expect((await place.look("logs", "w.t")).stdout).toContain("[secret TOKEN]");
    expect(readFileSync(join(place.folder, ".state/pipeline.db")).includes("hunter2")).toBe(false);
  });

  test.each([
    ["a symlink", 'ln -s "/$TOKEN" linked', "points to"],
    ["a repository inside the tree", 'mkdir "$TOKEN"; cd "$TOKEN"; git init -q; echo 1 > f', "TOKEN"],
    ["a file outside the scope", 'echo 1 > "$TOKEN.txt"', "outside the scope"],
    ["files that two workstreams make", 'for n in 1 2 3 4; do echo $$ > "$n-$TOKEN"; done', "conflict"],
  ])("keeps secret values in the names of %s out of screen, events and database", async (what, command, told) => {
    const scope = what.includes("scope") ? ', scope: ["src/**"]' : "";
    const tasks = `tasks: [{ id: t, run: '${command}'${scope} }]`;
    const place = placeWith(
      `pawl: 1\nname: p\nbase: main\nsecrets: [TOKEN]\nworkstreams:\n  - { id: w, ${tasks} }\n${
        told === "conflict" ? `  - { id: v, ${tasks} }\n` : ""
      }`,
    );
    place.env = { TOKEN: "hunter2-hunter2-which-is-so-long-that-few-of-it-have-room-in-a-message" };
    const { status, stdout, stderr } = place.pawl("run", "plan.yaml");
    const shown = [
      stdout,
      stderr,
      (await place.look("show", "w.t")).stdout,
      (await place.look("status")).stdout,
      (await place.look("events", "--json")).stdout,
      readFileSync(join(place.folder, ".state/transitions.jsonl"), "utf8"),
    ].join("\n");
    expect(status).toBe(1);
    expect(shown).toContain(told);
    expect(shown).toContain("[secret TOKEN]");
    expect(shown).not.toContain("hunter2");
    const db = new Database(join(place.folder, ".state/pipeline.db"), { readonly: true });
    const names = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'patches'").pluck().all();
    for (const name of names) {
      const rows = db.prepare(`SELECT * FROM "${name}"`).raw().all();
      expect(rows.flat().map(String).join("\n"), String(name)).not.toContain("hunter2");
    }
    db.close();
  });

  test("ends a command that takes too long, with its whole process group", async () => {
    const place = placeWith(planOf(["{ id: t, run: 'sleep 600 & echo $! > $PIDFILE; wait', timeout: 1s }"]));
    place.env = { PIDFILE: join(place.folder, "pid") };
    expect(place.pawl("run", "plan.yaml").status).toBe(1);
    expect((await place.look("events", "--entity", "w.t")).stdout).toContain("running → failed  timeout_exceeded");
    expect(isAlive(Number(readFileSync(join(place.folder, "pid"), "utf8")))).toBe(false);
  });

  describe("quarantines a patch", () => {
    const cases = [
      ["outside its scope", `{ id: t, run: 'echo x > b.txt', scope: ["src/**"] }`, /b\.txt is outside the scope/],
      ["over its limits", "{ id: t, run: 'seq 100 > b.txt', limits: { lines: 10 } }", /100 lines, allowed are 10/],
      ["through a symlink", "{ id: t, run: 'ln -s /etc out' }", /symlink/],
    ] as const;
    const run = oneRun(planOfEach(cases.map(([, task]) => task)));

    test.each(cases.map(([name, , reason], n) => [name, n, reason] as const))("%s", async (_, n, reason) => {
      expect(run.printed.status).toBe(1);
      const shown = (await run.place.look("show", `w${n}.t~p1`)).stdout;
      expect(shown).toContain(`patch_ledger p-1/w${n}.t~p1: quarantined`);
      expect(shown).toMatch(reason);
    });

    test("and commits nothing of it", () => {
      expect(run.place.git("rev-list", "--count", "main..pawl/p-1")).toBe("0");
    });
  });

  test("a plan with mistakes is refused with their places, and nothing is made", () => {
    const place = placeWith("pawl: 1\nname: p\nbase: main\nworkstreams:\n  - id: w\n    taks: []\n");
    const { status, stderr } = place.pawl("run", "plan.yaml");
    expect(status).toBe(65);
    expect(stderr).toMatch(/plan\.yaml:6:5: .*taks[\s\S]*tasks/);
    expect(place.git("branch", "--list", "pawl*")).toBe("");
  });
});
