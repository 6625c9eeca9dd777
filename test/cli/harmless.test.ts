import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { PawlError } from "../../src/base/errors/index.ts";
import { describeError } from "../../src/cli/failure.ts";
import { stillThere } from "../../src/cli/tidied.ts";
import { Database } from "../../src/store/sqlite/driver.ts";
import { placeWith, planOf } from "./pawl.fixture.ts";

const steering = "\u001b]0;title\u0007\u001b[2J";

describe("nothing that others named steers the terminal", () => {
  test("a file of a task in what is wrong with its patch", async () => {
    const place = placeWith(planOf(['{ id: t, scope: ["src/**"], run: [touch, "a\\e]0;title\\ab"] }']));
    const printed = [
      place.pawl("run", "plan.yaml"),
      await place.look("status", "--all"),
      await place.look("show", "w.t"),
      await place.look("events"),
    ];
    for (const { stdout } of printed) {
      expect(stdout).toContain("a\ufffd]0;title\ufffdb is outside the scope");
      // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not be there
      expect(stdout).not.toMatch(/[\u001b\u0007]/);
    }
    expect((await place.look("events", "--json")).stdout).toContain("a\\u001b]0;title\\u0007b is outside");
  });

  test("the name of somebody whose override is refused", async () => {
    const place = placeWith(planOf(["{ id: t, run: 'true', changes: none }"]));
    expect(place.pawl("run", "plan.yaml").status).toBe(0);
    const operator = "ines\n2026-01-01T00:00:00.000Z  p-1  running → failed\u202e";
    const said = ["--operator", operator, "--reason", "none"];
    expect(place.pawl("override", "complete-task", "w.t", ...said).stderr).toContain("[TERMINAL_STATE]");
    const { stdout } = await place.look("events", "--entity", "w.t");
    expect(stdout.trim().split("\n").at(-1)).toContain("by ines 2026-01-01T00:00:00.000Z p-1 running → failed\ufffd");
  });

  test("what somebody wrote into a store", async () => {
    const place = placeWith(planOf(["{ id: t, run: 'true', changes: none }"]));
    expect(place.pawl("run", "plan.yaml").status).toBe(0);
    const db = new Database(join(place.folder, ".state", "pipeline.db"));
    db.prepare("UPDATE actors SET id = id || ? WHERE machine = 'task'").run(steering);
    db.close();
    const { status, stdout } = await place.look("verify");
    expect([status, stdout]).toEqual([
      1,
      expect.stringContaining("row p-1/w/w.t\ufffd]0;title\ufffd\ufffd[2J, detail"),
    ]);
  });

  test("the subject of a mail", () => {
    const place = placeWith(planOf(["{ id: t, patch: p.patch }"]));
    const diff = "diff --git a/b b/b\nnew file mode 100644\n--- /dev/null\n+++ b/b\n@@ -0,0 +1 @@\n+b\n";
    place.write("p.patch", `From: Zoe <zoe@example.test>\nSubject: Mend${steering} it\n\n---\n${diff}`);
    const { status, stdout } = place.pawl("run", "plan.yaml");
    expect(status).toBe(0);
    expect(stdout).toContain("Mend\ufffd]0;title\ufffd\ufffd[2J it");
  });

  test("what git says in an error, whose lines are kept", () => {
    const values = { command: "apply", folder: "/x", exit: 1, detail: `a${steering}\nb` };
    expect(describeError(new PawlError("GIT_FAILED", values), false)).toContain("a\ufffd]0;title\ufffd\ufffd[2J\nb");
  });

  test("a file that could not be taken away with what a run needs no more", () => {
    expect(stillThere(`EACCES: 'a${steering}\nb'`)).toMatch(/: EACCES: 'a\ufffd\]0;title\ufffd\ufffd\[2J b'$/);
  });

  test("as JSON either, of which the value stays what it was", async () => {
    const file = "\u009b2J\u202e";
    const place = placeWith(planOf([`{ id: t, scope: ["src/**"], run: [touch, "a${file}"] }`]));
    expect(place.pawl("run", "plan.yaml").status).toBe(1);
    const { stdout } = await place.look("show", "w.t", "--json");
    expect(stdout).not.toMatch(/[\u009b\u202e]/);
    expect(JSON.parse(stdout)).toMatchObject({ row: { last_error: expect.stringContaining(`a${file} is outside`) } });
    const { stderr } = await place.look("show", file, "--json");
    expect(stderr).toContain("\\u009b2J\\u202e");
  });
});
