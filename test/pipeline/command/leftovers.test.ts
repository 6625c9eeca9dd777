import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Clock, systemClock } from "../../../src/base/time.ts";
import { killLeftovers, runCommand, stopLeftovers } from "../../../src/pipeline/command/index.ts";
import { systemProcesses } from "../../../src/pipeline/command/processes.ts";
import { psProcesses } from "../../../src/pipeline/command/processes-ps.ts";
import { RunningCommands } from "../../../src/pipeline/command/running-commands.ts";
import { seenIn } from "../../waiting.fixture.ts";
import { commandSpec, held, isAlive, pidIn, temporaryFolder } from "./setting.fixture.ts";

const onLinux = process.platform === "linux";
const silently = "</dev/null >/dev/null 2>&1";
const killedPawl = new URL("killed-pawl.fixture.ts", import.meta.url).pathname;
let stores = 0;

interface Killed {
  readonly state: string;
  readonly store: string;
  readonly remembered: string[];
}

/** Runs a command in a process of its own, and kills that process once the command said that it is ready. */
async function killWhileItRuns(command: string, when: "remembered" | "ready"): Promise<Killed> {
  const state = temporaryFolder();
  stores += 1;
  const store = `store-${process.pid}-${stores}`;
  const args = ["--import", "tsx", killedPawl, state, store, "effect-1", command];
  const pawl = spawn(process.execPath, args, { stdio: ["ignore", "inherit", "inherit"] });
  await pidIn(join(state, "ready"));
  const remembered = (): string[] => readdirSync(join(state, "running"));
  if (when === "remembered") {
    const folder = join(state, "running");
    await seenIn(
      folder,
      () => remembered().length === 1 && readFileSync(join(folder, remembered()[0] ?? "")).length > 0,
    );
  }
  pawl.kill("SIGKILL");
  await once(pawl, "exit");
  return { state, store, remembered: remembered() };
}

/** A process that has nothing to do with any of this. */
function bystander(): ChildProcess & { readonly pid: number } {
  const child = spawn("sleep", ["600"], { detached: true, stdio: "ignore" });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child as ChildProcess & { readonly pid: number };
}

const clock = systemClock;

describe("what a killed Pawl left", () => {
  test("is found by the register and stopped with its children", async () => {
    const command = "sh -c 'sleep 600 & echo $! > grandchild; wait' & echo $! > child; echo $$ > ready; wait";
    const { state, store, remembered } = await killWhileItRuns(command, "remembered");
    const leader = await pidIn(join(state, "ready"));
    const pids = [leader, await pidIn(join(state, "child")), await pidIn(join(state, "grandchild"))];
    expect(remembered).toEqual([`${leader}.json`]);
    expect(pids.map(isAlive)).toEqual([true, true, true]);
    const stopped = await stopLeftovers(state, store, { clock, graceMs: 60_000 });
    expect(stopped.map(({ pid }) => pid).sort()).toEqual([...pids].sort());
    expect(new Set(stopped.map(({ marker }) => marker))).toEqual(new Set([`${store}/effect-1`]));
    expect(pids.map(isAlive)).toEqual([false, false, false]);
    expect(readdirSync(join(state, "running"))).toEqual([]);
  });

  test("is found by the register where environments cannot be seen", async () => {
    const command = "sleep 600 & echo $! > child; echo $$ > ready; wait";
    const { state, store } = await killWhileItRuns(command, "remembered");
    const pids = [await pidIn(join(state, "ready")), await pidIn(join(state, "child"))];
    const file = join(state, "running", `${pids[0]}.json`);
    const entry = JSON.parse(readFileSync(file, "utf8"));
    writeFileSync(file, JSON.stringify({ ...entry, boot: "", start: null }));
    const stopped = await stopLeftovers(state, store, { clock, graceMs: 60_000, processes: psProcesses() });
    expect(stopped.map(({ pid }) => pid).sort()).toEqual([...pids].sort());
    expect(pids.map(isAlive)).toEqual([false, false]);
  });

  test.runIf(onLinux)("is found by its marker before it was remembered, and after it became a daemon", async () => {
    const command = `setsid sh -c 'echo $$ > daemon; exec sleep 600' ${silently} & until [ -s daemon ]; do :; done; echo $$ > ready; sleep 600`;
    const { state, store } = await killWhileItRuns(command, "ready");
    const pids = [await pidIn(join(state, "ready")), await pidIn(join(state, "daemon"))];
    for (const name of readdirSync(join(state, "running"))) {
      writeFileSync(join(state, "running", name), '{"pid":');
    }
    const stopped = await stopLeftovers(state, store, { clock, graceMs: 60_000 });
    expect(stopped.map(({ pid }) => pid)).toEqual(expect.arrayContaining(pids));
    expect(pids.map(isAlive)).toEqual([false, false]);
  });

  test.runIf(onLinux)("is found by its marker when the command itself has gone", async () => {
    const command = `mkfifo life; echo $$ > ready; exec 9> life; sleep 600 ${silently} 9>&- & echo $! > child`;
    const { state, store } = await killWhileItRuns(command, "remembered");
    const { released } = await held(join(state, "life"));
    const child = await pidIn(join(state, "child"));
    await released;
    const stopped = await stopLeftovers(state, store, { clock, graceMs: 60_000 });
    expect(stopped).toEqual([{ pid: child, marker: `${store}/effect-1` }]);
    expect(isAlive(child)).toBe(false);
  });

  test("is killed if it ignores TERM", async () => {
    const command = "trap '' TERM; echo $$ > ready; while :; do sleep 0.05; done";
    const { state, store } = await killWhileItRuns(command, "remembered");
    await stopLeftovers(state, store, { clock, graceMs: 50 });
    expect(isAlive(await pidIn(join(state, "ready")))).toBe(false);
  });

  test.runIf(onLinux)("is killed at once, group and daemon, by a process that is about to end itself", async () => {
    const holdsOn = "trap '' TERM; exec 9> life; sleep 600";
    const command = `mkfifo life; setsid sh -c "${holdsOn}" ${silently} & sh -c "${holdsOn}" & echo $$ > ready; wait`;
    const { state, store, remembered } = await killWhileItRuns(command, "remembered");
    const { released } = await held(join(state, "life"));
    killLeftovers(state, store, { clock });
    // With the last of those that have it.
    await released;
    expect(readdirSync(join(state, "running"))).toEqual(remembered);
  });
});

describe("what is not left by this store", () => {
  test("is nothing in a new state folder", async () => {
    expect(await stopLeftovers(join(temporaryFolder(), ".state"), "store-new", { clock })).toEqual([]);
  });

  test("is left alone when it has a remembered pid but another start or another boot", async () => {
    const state = temporaryFolder();
    const { pid } = bystander();
    const start = systemProcesses.startOf(pid);
    const entry = { pid, boot: systemProcesses.boot, start, startedAtMs: clock.now(), marker: "store-x/effect" };
    mkdirSync(join(state, "running"));
    for (const change of [
      { start: (start ?? 0) - 1 },
      { boot: "another" },
      { start: null, startedAtMs: clock.now() - 3_600_000 },
    ]) {
      writeFileSync(join(state, "running", `${pid}.json`), JSON.stringify({ ...entry, ...change }));
      killLeftovers(state, "store-x", { clock });
      expect(await stopLeftovers(state, "store-x", { clock, graceMs: 0 })).toEqual([]);
      expect(isAlive(pid)).toBe(true);
      expect(readdirSync(join(state, "running"))).toEqual([]);
    }
  });

  test("is left alone when it began at another time than ps tells, where environments cannot be seen", async () => {
    const state = temporaryFolder();
    const { pid } = bystander();
    mkdirSync(join(state, "running"));
    const entry = { pid, boot: "", start: null, startedAtMs: clock.now() - 60_000, marker: "store-x/effect" };
    writeFileSync(join(state, "running", `${pid}.json`), JSON.stringify(entry));
    expect(await stopLeftovers(state, "store-x", { clock, graceMs: 0, processes: psProcesses() })).toEqual([]);
    expect(isAlive(pid)).toBe(true);
  });

  test("is left alone when it belongs to another store whose name starts alike", async () => {
    const spec = commandSpec("echo $$ > child; until [ -e go ]; do sleep 0.01; done", { marker: "store-abc/effect" });
    const running = runCommand(spec);
    const child = await pidIn(join(spec.cwd, "child"));
    expect(await stopLeftovers(temporaryFolder(), "store-ab", { clock, graceMs: 0 })).toEqual([]);
    expect(isAlive(child)).toBe(true);
    writeFileSync(join(spec.cwd, "go"), "");
    expect((await running).exitCode).toBe(0);
  });
});

describe("the register", () => {
  test.each([-1, 0, 1, 1.5, "7"])("is not what has %j for a pid: nobody signals that", (pid) => {
    const state = temporaryFolder();
    const register = new RunningCommands(state, clock);
    writeFileSync(
      join(state, "running", "x.json"),
      JSON.stringify({ pid, boot: "", start: 1, startedAtMs: 1, marker: "" }),
    );
    expect(register.all()).toEqual([]);
  });

  test("is nothing that a pipe could tell", () => {
    const state = temporaryFolder();
    const register = new RunningCommands(state, clock);
    execFileSync("mkfifo", [join(state, "running", "7.json")]);
    expect(register.all()).toEqual([]);
  });

  test("remembers a command while it runs, and forgets it after", async () => {
    const state = temporaryFolder();
    const register = new RunningCommands(state, clock);
    const spec = commandSpec("echo $$ > child; until [ -e go ]; do sleep 0.01; done", { register });
    const running = runCommand(spec);
    const pid = await pidIn(join(spec.cwd, "child"));
    const [entry] = await seenIn(join(state, "running"), () => register.all().length === 1 && register.all());
    expect(entry).toMatchObject({ pid, marker: spec.marker, boot: systemProcesses.boot });
    expect(entry?.start).toBe(systemProcesses.startOf(pid));
    writeFileSync(join(spec.cwd, "go"), "");
    await running;
    expect(register.all()).toEqual([]);
  });

  test("stops a command that it cannot remember", async () => {
    const state = temporaryFolder();
    const register = new RunningCommands(state, clock);
    let remember: (() => void) | undefined;
    // The first timer of a command is the one after which it is remembered.
    const waiting: Clock = {
      ...clock,
      setTimeout(run, delayMs) {
        const isFirst = remember === undefined;
        remember ??= run;
        return isFirst ? undefined : clock.setTimeout(run, delayMs);
      },
    };
    const command = "trap 'exit 0' TERM; echo $$ > child; while :; do sleep 0.01; done";
    const spec = commandSpec(command, { register, clock: waiting });
    const running = runCommand(spec);
    const pid = await pidIn(join(spec.cwd, "child"));
    mkdirSync(join(state, "running", `${pid}.json`));
    remember?.();
    const result = await running;
    expect(result).toMatchObject({ startError: "not_started", exitCode: null, timedOut: false, aborted: false });
    expect(result.startDetail).toMatch(/^it cannot be remembered: EISDIR/);
    expect(isAlive(pid)).toBe(false);
  });
});
