import { execFileSync } from "node:child_process";
import { on } from "node:events";
import { chmodSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { Database } from "../../src/store/sqlite/driver.ts";
import { isAlive } from "../pipeline/command/setting.fixture.ts";
import { appears, seenIn } from "../waiting.fixture.ts";
import { type Place, placeWith, planOf } from "./pawl.fixture.ts";

describe("a run that is interrupted", () => {
  const slow = planOf([
    "{ id: first, run: 'touch $MARK; until [ -e $GO ]; do sleep 0.02; done; echo 1 > first.txt' }",
    "{ id: second, run: 'echo 2 > second.txt', depends_on: [first] }",
  ]);

  function slowPlace(): Place {
    const place = placeWith(slow);
    place.env = { MARK: join(place.folder, "mark"), GO: join(place.folder, "go") };
    return place;
  }

  /** A run in the middle of its first task, whose process was killed. */
  async function abandonedPlace(): Promise<Place> {
    const place = slowPlace();
    const { process: pawl, ended } = place.start("run", "plan.yaml");
    await appears(join(place.folder, "mark"));
    pawl.kill("SIGKILL");
    await ended;
    return place;
  }

  test("Ctrl-C lets what runs finish and starts nothing new; resume goes on", async () => {
    const place = slowPlace();
    const { process: pawl, ended } = place.start("run", "plan.yaml");
    await appears(join(place.folder, "mark"));
    pawl.kill("SIGINT");
    place.write("go", "");
    const { status, stdout } = await ended;
    expect(status).toBe(130);
    expect(stdout).toContain("pawl resume p-1");
    expect((await place.look("events", "--entity", "w.second")).stdout).not.toContain("running");
    expect(place.pawl("run", "plan.yaml")).toMatchObject({
      status: 75,
      stderr: expect.stringContaining("RUN_UNFINISHED"),
    });
    expect(place.pawl("resume").status).toBe(0);
    expect(place.git("show", "pawl/p-1:second.txt")).toBe("2");
  });

  test("whether a process still works on it is told, and how to go on where none does", async () => {
    const place = slowPlace();
    const { process: pawl, ended } = place.start("run", "plan.yaml");
    await appears(join(place.folder, "mark"));
    const process = async () => JSON.parse((await place.look("status", "--json")).stdout).process;
    expect(await process()).toEqual({ pid: pawl.pid, host: hostname() });
    expect((await place.look("status")).stdout).not.toContain("next");
    expect((await place.look("show", "p-1")).stdout).not.toContain("pawl resume");

    pawl.kill("SIGKILL");
    await ended;
    expect(await process()).toBeNull();
    const next = "next\n  pawl resume p-1  goes on with it\n  pawl cancel p-1  ends it\n";
    expect((await place.look("status")).stdout).toContain(`\nno process works on it\n${next}`);
    expect((await place.look("show", "p-1")).stdout).toContain(next);

    place.write("go", "");
    expect(place.pawl("resume").status).toBe(0);
    expect(await process()).toBeNull();
    expect((await place.look("status")).stdout).not.toContain("no process");
  });

  test("Ctrl-C while all is still being opened is heard", async () => {
    const place = slowPlace();
    place.write("go", "");
    const { process: pawl, ended } = place.start("run", "plan.yaml");
    await appears(join(place.folder, ".state/repository"));
    pawl.kill("SIGINT");
    const { status, stdout } = await ended;
    expect([status, stdout]).toEqual([130, expect.stringContaining("pawl resume p-1")]);
    expect(place.pawl("resume").status).toBe(0);
    expect(place.git("show", "pawl/p-1:second.txt")).toBe("2");
  });

  test("Ctrl-C into a run that ends as it begins leaves nothing to go on with", async () => {
    const place = placeWith(planOf(["{ id: never, run: 'true' }"]).replace("- id: w", "- id: w\n    disabled: true"));
    const { process: pawl, ended } = place.start("run", "plan.yaml");
    await appears(join(place.folder, ".state/repository"));
    pawl.kill("SIGINT");
    const { status, stdout } = await ended;
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^p-1 {2}succeeded/m)]);
    expect(stdout).not.toContain("pawl resume");
  });

  test("a second Ctrl-C stops at once, and resume stops what was left and goes on", async () => {
    const place = slowPlace();
    const { process: pawl, ended } = place.start("run", "plan.yaml");
    await appears(join(place.folder, "mark"));
    pawl.kill("SIGINT");
    pawl.kill("SIGINT");
    pawl.kill("SIGTERM");
    expect((await ended).status).toBe(130);
    place.write("go", "");
    expect(place.pawl("resume").status).toBe(0);
    expect(place.git("log", "--format=%s", "--no-merges", "main..pawl/p-1").split("\n")).toHaveLength(2);
  });

  test("a second Ctrl-C asks nothing of what runs: it is killed", async () => {
    const heard = "trap 'echo heard > $HEARD' TERM; echo > $MARK; while :; do sleep 0.02; done";
    const place = placeWith(planOf([`{ id: a, run: "${heard}" }`]));
    place.env = { MARK: join(place.folder, "mark"), HEARD: join(place.folder, "heard") };
    const { process: pawl, ended } = place.start("run", "plan.yaml");
    await appears(join(place.folder, "mark"));
    // Two of one kind may arrive as one.
    pawl.kill("SIGINT");
    pawl.kill("SIGTERM");
    expect((await ended).status).toBe(130);
    // Comes back once nothing is left of it.
    expect(place.pawl("cancel")).toMatchObject({ status: 0 });
    expect(existsSync(join(place.folder, "heard"))).toBe(false);
  });

  test("a second Ctrl-C ends one that hangs before any work has begun", async () => {
    const place = slowPlace();
    const git = execFileSync("which", ["git"], { encoding: "utf8" }).trim();
    const hanging = `#!/bin/sh\ntouch "$MARK"; until [ -e "$GO" ]; do sleep 0.02; done; exec ${git} "$@"\n`;
    place.write("bin/git", hanging);
    chmodSync(join(place.folder, "bin/git"), 0o755);
    place.env["PATH"] = `${join(place.folder, "bin")}:${process.env["PATH"]}`;
    const { process: pawl, ended } = place.start("run", "plan.yaml");
    await appears(join(place.folder, "mark"));
    pawl.kill("SIGINT");
    pawl.kill("SIGTERM");
    expect(await ended).toMatchObject({ status: 130, stdout: "" });
    place.write("go", "");
    expect(existsSync(join(place.folder, ".state"))).toBe(false);
  });

  test("a hang-up does not end one that has no terminal, as under nohup", async () => {
    const place = slowPlace();
    const { process: pawl, ended } = place.start("run", "plan.yaml");
    await appears(join(place.folder, "mark"));
    pawl.kill("SIGHUP");
    place.write("go", "");
    expect((await ended).status).toBe(0);
    expect(place.git("show", "pawl/p-1:second.txt")).toBe("2");
  });

  test("kill -9 between two tasks: resume goes on, and the record is whole", async () => {
    const place = placeWith(
      planOf([
        "{ id: done, run: 'echo 1 > first.txt' }",
        "{ id: wait, run: 'touch $MARK; until [ -e $GO ]; do sleep 0.02; done', changes: none, depends_on: [done] }",
      ]),
    );
    place.env = { MARK: join(place.folder, "mark"), GO: join(place.folder, "go") };
    const { process: pawl, ended } = place.start("run", "plan.yaml");
    await appears(join(place.folder, "mark"));
    pawl.kill("SIGKILL");
    await ended;
    place.write("go", "");
    expect(place.pawl("resume").status).toBe(0);
    expect(await place.look("verify")).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("All is as it was written"),
    });
  });

  test("a store that another process took over while Ctrl-C waits for what runs is said, with its own status", async () => {
    const place = slowPlace();
    const { process: pawl, ended } = place.start("run", "plan.yaml");
    await appears(join(place.folder, "mark"));
    pawl.kill("SIGINT");
    let printed = "";
    for await (const [chunk] of on(pawl.stdout as Readable, "data")) {
      printed += String(chunk);
      if (printed.includes("Stopping")) {
        break;
      }
    }
    const db = new Database(join(place.folder, ".state/pipeline.db"));
    db.exec("UPDATE claim SET fence = fence + 1");
    db.close();
    place.write("go", "");
    expect(await ended).toMatchObject({ status: 75, stderr: expect.stringContaining("[STORE_FENCED]") });
  });

  test("another process is refused meanwhile, and can cancel it", async () => {
    const place = slowPlace();
    const { ended } = place.start("run", "plan.yaml");
    await appears(join(place.folder, "mark"));
    expect(place.pawl("resume")).toMatchObject({ status: 75, stderr: expect.stringContaining("STORE_IN_USE") });
    expect((await place.look("status")).stdout).toContain("w.first  running");
    expect(place.pawl("cancel", "--operator", "ines", "--reason", "enough").stdout).toBe("p-1 is canceled.\n");
    expect((await ended).status).toBe(1);
    expect(
      (await place.look("events", "--json")).stdout.split("\n").find((line) => line.includes('"canceled"')),
    ).toContain('"operator":"ines"');
    expect((await place.look("status")).stdout).toMatch(/^p-1 {2}canceled .* branch pawl\/p-1 {2}enough\n/);
    expect(place.pawl("cancel")).toMatchObject({ status: 2, stderr: expect.stringContaining("RUN_ENDED") });
  });

  test("a cancel that is interrupted before anybody took it up is withdrawn", async () => {
    const place = slowPlace();
    const { process: pawl, ended } = place.start("run", "plan.yaml");
    await appears(join(place.folder, "mark"));
    pawl.kill("SIGSTOP");
    const asking = place.start("cancel");
    const inbox = join(place.folder, ".state/inbox");
    const requests = () => readdirSync(inbox).filter((name) => name.endsWith(".json"));
    await seenIn(inbox, () => requests().length > 0);
    asking.process.kill("SIGINT");
    expect(await asking.ended).toEqual({
      status: 130,
      stdout: "",
      stderr: "note: what was asked is withdrawn, nothing was done\n",
    });
    expect(requests()).toEqual([]);
    pawl.kill("SIGCONT");
    place.write("go", "");
    expect((await ended).status).toBe(0);
  });

  test("feeds an inspector meanwhile, on loopback and behind a token", async () => {
    const place = slowPlace();
    const { process: pawl, ended } = place.start("run", "plan.yaml", "--inspect");
    const address = new Promise<string>((resolve) => {
      let printed = "";
      pawl.stdout?.on("data", (chunk: Buffer) => {
        printed += chunk;
        const [, found] = /inspector: (\S+)\n/.exec(printed) ?? [];
        if (found !== undefined) {
          resolve(found);
        }
      });
    });
    await appears(join(place.folder, "mark"));
    const url = new URL(await address);
    expect(url.hostname).toBe("127.0.0.1");
    expect((await fetch(url, { redirect: "manual" })).status).toBeLessThan(400);
    expect((await fetch(url.origin, { redirect: "manual" })).status).toBe(401);
    place.write("go", "");
    expect((await ended).status).toBe(0);
  });

  test("cancel and override stop what a killed process left running, and need no secret for it", async () => {
    const tasks = [
      "{ id: t, run: 'echo $$ $PPID > $MARK.new; mv $MARK.new $MARK; exec sleep 600', allow_failure: true }",
      "{ id: rest, run: 'true', changes: none }",
    ];
    const place = placeWith(planOf(tasks, "concurrency: 1\nsecrets: [TOKEN]\n"));
    place.env = { MARK: join(place.folder, ".git/mark"), TOKEN: "hunter2-hunter2" };
    const { process: pawl, ended } = place.start("run", "plan.yaml");
    await appears(join(place.folder, ".git/mark"));
    const [command = 0, runner = 0] = readFileSync(join(place.folder, ".git/mark"), "utf8").split(" ").map(Number);
    // Without its parent the process that runs the commands would stop them itself.
    process.kill(runner, "SIGKILL");
    pawl.kill("SIGKILL");
    await ended;
    place.env = {};
    expect(place.pawl("override", "fail-task", "w.t", "--operator", "ines", "--reason", "enough")).toMatchObject({
      status: 0,
      stderr: "",
    });
    expect(isAlive(command)).toBe(false);
    expect(place.pawl("cancel")).toMatchObject({ status: 0, stdout: "p-1 is canceled.\n", stderr: "" });
  });

  test("resume stops what a killed process left running, and only then executes its task again", async () => {
    // Whoever read what it prints is gone.
    const left =
      "exec > $LOG.out 2>&1; echo begin >> $LOG; if [ ! -e $MARK ]; then trap 'echo end >> $LOG; exit 1' TERM; " +
      "echo $$ $PPID > $MARK.new; mv $MARK.new $MARK; while :; do sleep 0.02; done; fi";
    const place = placeWith(planOf([`{ id: t, run: "${left}", changes: none }`]));
    place.env = { MARK: join(place.folder, "mark"), LOG: join(place.folder, "log") };
    const { process: pawl, ended } = place.start("run", "plan.yaml");
    await appears(join(place.folder, "mark"));
    const [command = 0, runner = 0] = readFileSync(join(place.folder, "mark"), "utf8").split(" ").map(Number);
    // Without its parent the process that runs the commands would stop them itself.
    process.kill(runner, "SIGKILL");
    pawl.kill("SIGKILL");
    await ended;
    expect(isAlive(command)).toBe(true);
    expect(place.pawl("resume")).toMatchObject({ status: 0 });
    expect(isAlive(command)).toBe(false);
    expect(readFileSync(join(place.folder, "log"), "utf8")).toBe("begin\nend\nbegin\n");
  });

  test("a run that nobody works on is cancelled without anything of it starting", async () => {
    const place = await abandonedPlace();
    expect(place.pawl("cancel").stdout).toBe("p-1 is canceled.\n");
    expect(JSON.parse((await place.look("status", "--json")).stdout)).toMatchObject({
      run: { state: "canceled" },
      workstreams: [{ state: "cancelled" }],
    });
  });

  test("two who cancel a run that nobody works on are both answered", async () => {
    const place = await abandonedPlace();
    const both = await Promise.all([place.start("cancel").ended, place.start("cancel").ended]);
    expect(both.map(({ status }) => status).sort()).toEqual([0, 2]);
    expect(both.find(({ status }) => status === 2)?.stderr).toContain("[RUN_ENDED]");
  });
});
