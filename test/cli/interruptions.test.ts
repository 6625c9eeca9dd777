import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { Database } from "../../src/store/sqlite/driver.ts";
import { isAlive } from "../pipeline/command/setting.fixture.ts";
import { says } from "../printed.fixture.ts";
import { appears } from "../waiting.fixture.ts";
import { placeWith, planOf, program } from "./pawl.fixture.ts";
import { killedAroundCommand, slowPlace } from "./slow.fixture.ts";

/** Gives a program a terminal of its own, which goes away with it. */
const script = "/usr/bin/script";

describe("a run that is interrupted", () => {
  test("Ctrl-C lets what runs finish and starts nothing new, no task, check or gate; resume goes on", async () => {
    const waiting = (mark: string, go: string) => `touch ${mark}; until [ -e ${go} ]; do sleep 0.02; done`;
    const tasks = [
      `{ id: first, run: '${waiting("$MARK", "$GO")}; echo 1 > first.txt' }`,
      `{ id: check, run: '${waiting("$MARK2", "$GO2")}', changes: none }`,
      "{ id: second, run: 'echo 2 > second.txt', depends_on: [first] }",
      "{ id: third, run: 'echo 3 > third.txt', depends_on: [check] }",
    ];
    const gate = `    verify: [g]\ngates: { g: { type: UNIT, run: "echo >> $GATED" } }\n`;
    const place = placeWith(planOf(tasks) + gate);
    const named = (name: string) => join(place.folder, name);
    place.env = {
      MARK: named("mark"),
      MARK2: named("mark2"),
      GO: named("go"),
      GO2: named("go2"),
      GATED: named("gated"),
    };
    const { process: pawl, ended } = place.start("run", "plan.yaml");
    await Promise.all([appears(named("mark")), appears(named("mark2"))]);
    pawl.kill("SIGINT");
    await says(pawl, /Stopping/);
    const hasEnded = says(pawl, /w\.first {2}running → validating/);
    place.write("go", "");
    await hasEnded;
    // Meanwhile its patch could be checked, and the gate be run.
    expect(place.pawl("status").stdout).toContain("w.first  validating");
    place.write("go2", "");
    const { status, stdout } = await ended;
    expect(status).toBe(130);
    expect(stdout).toContain("pawl resume p-1");
    const { shown } = JSON.parse((await place.look("status", "--all", "--json")).stdout).workstreams[0];
    expect(shown.map((task: { task: string; state: string }) => `${task.task} ${task.state}`)).toEqual([
      "w.first validating",
      "w.check completed",
      "w.second blocked",
      "w.third queued",
    ]);
    expect(existsSync(named("gated"))).toBe(false);
    expect(place.pawl("run", "plan.yaml")).toMatchObject({
      status: 75,
      stderr: expect.stringContaining("RUN_UNFINISHED"),
    });
    expect(place.pawl("resume").status).toBe(0);
    expect(place.git("show", "pawl/p-1:second.txt", "pawl/p-1:third.txt")).toBe("2\n3");
    expect(readFileSync(named("gated"), "utf8")).toBe("\n\n\n");
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

  test.runIf(process.platform === "linux" && existsSync(script))(
    "a terminal that goes away stops it, and resume goes on",
    async () => {
      const told = "trap 'touch $GONE; exit 1' TERM; touch $MARK; until [ -e $GO ]; do sleep 0.02; done";
      const place = placeWith(planOf([`{ id: t, run: "${told}", changes: none }`]));
      const named = (name: string) => join(place.folder, name);
      place.env = { MARK: named("mark"), GO: named("go"), GONE: named("gone") };
      const run = `${process.execPath} ${program} run plan.yaml`;
      const env = { ...process.env, ...place.env };
      const terminal = spawn(script, ["-qec", run, "/dev/null"], { cwd: place.folder, env, stdio: "ignore" });
      onTestFinished(() => void terminal.kill("SIGKILL"));
      await appears(named("mark"));
      terminal.kill("SIGKILL");
      await appears(named("gone"));
      place.write("go", "");
      expect(place.pawl("resume")).toMatchObject({ status: 0 });
    },
  );

  test("Ctrl-C does not wait for a workstream that waits until another one is merged", async () => {
    const stream = (id: string) => `  - { id: ${id}, final: [g], tasks: [{ id: t, run: 'echo > ${id}.txt' }] }\n`;
    const gate = "gates: { g: { type: UNIT, run: 'touch $MARK; until [ -e $GO ]; do sleep 0.02; done' } }\n";
    const place = placeWith(`pawl: 1\nname: p\n${gate}workstreams:\n${stream("a")}${stream("b")}`);
    place.env = { MARK: join(place.folder, "mark"), GO: join(place.folder, "go") };
    const { process: pawl, ended } = place.start("run", "plan.yaml");
    const both = ["a", "b"].map((id) => says(pawl, new RegExp(`p-1/${id} {2}executing → validating`)));
    await Promise.all([...both, appears(join(place.folder, "mark"))]);
    pawl.kill("SIGINT");
    await says(pawl, /Stopping/);
    place.write("go", "");
    expect((await ended).status).toBe(130);
    expect(place.git("log", "--format=%s", "main..pawl/p-1")).toBe("");
    expect(place.pawl("resume").status).toBe(0);
    expect(place.git("ls-tree", "--name-only", "pawl/p-1")).toBe("a.txt\nb.txt");
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
    await says(pawl, /Stopping/);
    const db = new Database(join(place.folder, ".state/pipeline.db"));
    db.exec("UPDATE claim SET fence = fence + 1");
    db.close();
    place.write("go", "");
    expect(await ended).toMatchObject({ status: 75, stderr: expect.stringContaining("[STORE_FENCED]") });
  });

  test("feeds an inspector meanwhile, on loopback and behind a token", async () => {
    const place = slowPlace();
    const { process: pawl, ended } = place.start("run", "plan.yaml", "--inspect");
    const [, address = ""] = await says(pawl, /inspector: (\S+)\n/);
    await appears(join(place.folder, "mark"));
    const url = new URL(address);
    expect(url.hostname).toBe("127.0.0.1");
    expect((await fetch(url, { redirect: "manual" })).status).toBeLessThan(400);
    expect((await fetch(url.origin, { redirect: "manual" })).status).toBe(401);
    place.write("go", "");
    expect((await ended).status).toBe(0);
  });

  test("resume stops what a killed process left running, and only then executes its task again", async () => {
    // Whoever read what it prints is gone.
    const left =
      "exec > $LOG.out 2>&1; echo begin >> $LOG; if [ ! -e $MARK ]; then trap 'echo end >> $LOG; exit 1' TERM; " +
      "echo $$ $PPID > $MARK.new; mv $MARK.new $MARK; while :; do sleep 0.02; done; fi";
    const place = placeWith(planOf([`{ id: t, run: "${left}", changes: none }`]));
    place.env = { MARK: join(place.folder, "mark"), LOG: join(place.folder, "log") };
    const command = await killedAroundCommand(place.start("run", "plan.yaml"), join(place.folder, "mark"));
    expect(isAlive(command)).toBe(true);
    expect(place.pawl("resume")).toMatchObject({ status: 0 });
    expect(isAlive(command)).toBe(false);
    expect(readFileSync(join(place.folder, "log"), "utf8")).toBe("begin\nend\nbegin\n");
  });
});
