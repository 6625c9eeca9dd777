import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { systemClock } from "../../../src/base/time.ts";
import { commandSucceeded, explainCommand, runCommand } from "../../../src/pipeline/command/index.ts";
import type { Processes } from "../../../src/pipeline/command/process-info.ts";
import { stopProcesses } from "../../../src/pipeline/command/stop.ts";
import { commandSpec, isAlive, pidIn, runOutOfTime, temporaryFolder } from "./setting.fixture.ts";

const onLinux = process.platform === "linux";
/** Holds no output open, so that only its group or its marker tells of it. */
const silently = "</dev/null >/dev/null 2>&1";

describe("processes that are to be stopped", () => {
  const infoOf = (pid: number) => ({ pid, parent: 1, group: pid, session: pid, start: 1 });

  /** Processes of numbers that nobody has, and what is done with them; those of another user refuse every signal. */
  function pretended(pids: readonly number[], isOfAnotherUser: (pid: number) => boolean) {
    const alive = new Set(pids);
    const sent: string[] = [];
    const kill = vi.spyOn(process, "kill").mockImplementation((target, signal) => {
      const pid = Math.abs(target);
      if (isOfAnotherUser(pid)) {
        throw Object.assign(new Error("kill EPERM"), { code: "EPERM" });
      }
      sent.push(`${target} ${signal}`);
      if (signal === "SIGTERM") {
        alive.delete(pid);
      }
      return true;
    });
    onTestFinished(() => kill.mockRestore());
    const all = () => [...alive].map(infoOf);
    const stillAlive: Processes["stillAlive"] = (known) => known.filter(({ pid }) => alive.has(pid));
    const processes = { stillAlive } as Processes;
    return { sent, stopped: () => stopProcesses(all, { graceMs: 60_000, clock: systemClock, processes }) };
  }

  test("and have changed their user are not waited for, and not said to be stopped", async () => {
    const { sent, stopped } = pretended([5_000_001, 5_000_002], (pid) => pid === 5_000_002);
    expect([...(await stopped()).keys()]).toEqual([5_000_001]);
    expect(sent).toEqual(["-5000001 SIGTERM", "5000001 0", "5000001 SIGCONT"]);
  });

  test("are waited for when one of them alone has changed its user", async () => {
    const { stopped } = pretended([5_000_001], () => true);
    expect((await stopped()).size).toBe(0);
  });
});

describe("a command that runs out of its time", () => {
  test("ends by TERM, at once and with all its group", async () => {
    const { result, spec, child } = await runOutOfTime("sleep 600 & echo $! > child; wait", 60_000);
    expect(result).toMatchObject({ timedOut: true, aborted: false, exitCode: null, signal: "SIGTERM", leftBehind: 0 });
    expect(isAlive(child)).toBe(false);
    const error = explainCommand(result, spec);
    expect(error.code).toBe("COMMAND_TIMED_OUT");
    expect(error.message).toContain("did not end within 3600 s and was stopped");
  });

  test("may use its grace to tidy up", async () => {
    const { result, spec } = await runOutOfTime(
      "trap 'echo tidied; exit 0' TERM; echo $$ > child; while :; do sleep 0.01; done",
      60_000,
    );
    expect(result).toMatchObject({ timedOut: true, exitCode: 0 });
    expect(result.stdout.tail).toBe("tidied\n");
    expect(commandSucceeded(result, spec)).toBe(false);
  });

  test("ends by KILL if it ignores TERM, and so does its child", async () => {
    const { result, child } = await runOutOfTime(
      "trap '' TERM; sleep 600 & echo $! > child; while :; do sleep 600; done",
      100,
    );
    expect(result).toMatchObject({ timedOut: true, signal: "SIGKILL" });
    expect(result.durationMs).toBeGreaterThanOrEqual(100);
    expect(isAlive(child)).toBe(false);
  });

  test("takes along a child that ignores TERM after it has obeyed itself", async () => {
    const ignorant = "trap '' TERM; echo \\$\\$ > child; while :; do sleep 600; done";
    const { result, child } = await runOutOfTime(`sh -c "${ignorant}" ${silently} & wait`, 100);
    expect(result).toMatchObject({ timedOut: true, signal: "SIGTERM" });
    expect(isAlive(child)).toBe(false);
  });

  test("reaches a paused process", async () => {
    const { result } = await runOutOfTime("echo $$ > child; kill -STOP $$", 60_000);
    expect(result).toMatchObject({ timedOut: true, signal: "SIGTERM" });
  });

  test.runIf(onLinux)("takes along what left its group, its session and its parent", async () => {
    const daemon = `setsid sh -c 'echo $$ > child; exec sleep 600' ${silently} &`;
    const { result, child } = await runOutOfTime(`${daemon} sleep 600`, 60_000);
    expect(result.timedOut).toBe(true);
    expect(isAlive(child)).toBe(false);
  });

  test("takes along a child that hides its marker while its parent lives", async () => {
    const hidden = "env -i PATH=\"$PATH\" setsid sh -c 'echo $$ > child; exec sleep 600'";
    const { child } = await runOutOfTime(`${hidden} ${silently} & wait`, 60_000);
    expect(isAlive(child)).toBe(false);
  });

  test("is not stopped early by a limit longer than a timer of Node", async () => {
    expect(await runCommand(commandSpec(["true"], { timeoutMs: 2 ** 40 }))).toMatchObject({
      exitCode: 0,
      timedOut: false,
    });
  });
});

describe("a command that is aborted", () => {
  test("ends with its group", async () => {
    const cwd = temporaryFolder();
    const abort = new AbortController();
    const spec = commandSpec("sleep 600 & echo $! > child; wait", { cwd, signal: abort.signal });
    const running = runCommand(spec);
    const child = await pidIn(join(cwd, "child"));
    abort.abort();
    const result = await running;
    expect(result).toMatchObject({ aborted: true, timedOut: false, signal: "SIGTERM" });
    expect(isAlive(child)).toBe(false);
    expect(explainCommand(result, spec).code).toBe("COMMAND_STOPPED");
  });

  test("is not started if it was aborted before", async () => {
    const cwd = temporaryFolder();
    const spec = commandSpec("echo > started", { cwd, signal: AbortSignal.abort() });
    expect(await runCommand(spec)).toMatchObject({ aborted: true, exitCode: null, durationMs: 0 });
    expect(existsSync(join(cwd, "started"))).toBe(false);
  });
});

describe("what a command leaves behind", () => {
  test("is stopped if it is still in its group", async () => {
    const cwd = temporaryFolder();
    const result = await runCommand(commandSpec("sleep 600 & echo $! > child; echo done", { cwd, graceMs: 60_000 }));
    expect(result).toMatchObject({ exitCode: 0, leftBehind: 1, timedOut: false });
    expect(result.stdout.tail).toBe("done\n");
    expect(isAlive(await pidIn(join(cwd, "child")))).toBe(false);
  });

  test("is stopped if it hides its marker but stays in the session", async () => {
    const cwd = temporaryFolder();
    const spec = commandSpec(`env -i sleep 600 ${silently} & echo $! > child`, { cwd, graceMs: 60_000 });
    expect(await runCommand(spec)).toMatchObject({ exitCode: 0, leftBehind: 1 });
    expect(isAlive(await pidIn(join(cwd, "child")))).toBe(false);
  });

  test("is killed if it ignores TERM", async () => {
    const cwd = temporaryFolder();
    const child = "trap '' TERM; echo $$ > child; while :; do sleep 0.01; done";
    const spec = commandSpec(`sh -c '${child}' ${silently} & until [ -s child ]; do :; done`, { cwd, graceMs: 100 });
    const result = await runCommand(spec);
    expect(result.exitCode).toBe(0);
    expect(result.leftBehind).toBeGreaterThanOrEqual(1);
    expect(isAlive(Number(readFileSync(join(cwd, "child"), "utf8")))).toBe(false);
  });

  test.runIf(onLinux)("is stopped if it made itself a daemon", async () => {
    const cwd = temporaryFolder();
    const daemon = `setsid sh -c 'echo $$ > child; exec sleep 600' ${silently} &`;
    const spec = commandSpec(`${daemon} until [ -s child ]; do :; done`, { cwd, graceMs: 60_000 });
    expect(await runCommand(spec)).toMatchObject({ exitCode: 0, leftBehind: 1 });
    expect(isAlive(await pidIn(join(cwd, "child")))).toBe(false);
  });

  test.runIf(onLinux)("is stopped if its many sisters hide it", async () => {
    const cwd = temporaryFolder();
    const daemon = `setsid sh -c 'echo $$ > child; exec sleep 600' ${silently} &`;
    const sisters = "for i in 1 2 3 4 5 6 7 8 9 10; do for j in 1 2 3 4 5 6 7 8 9 10; do /bin/true; done; done";
    const spec = commandSpec(`${daemon} until [ -s child ]; do :; done; ${sisters}`, { cwd, graceMs: 60_000 });
    expect(await runCommand(spec)).toMatchObject({ exitCode: 0, leftBehind: 1 });
    expect(isAlive(await pidIn(join(cwd, "child")))).toBe(false);
  });

  test.runIf(onLinux)("does not hold up the result if it can be neither found nor stopped", async () => {
    const cwd = temporaryFolder();
    const hidden = "env -i PATH=\"$PATH\" setsid sh -c 'echo $$ > child; exec sleep 600' &";
    const spec = commandSpec(`${hidden} until [ -s child ]; do :; done`, { cwd, graceMs: 100 });
    expect(await runCommand(spec)).toMatchObject({ exitCode: 0, leftBehind: 1 });
    process.kill(await pidIn(join(cwd, "child")), "SIGKILL");
  });

  test("is not confused with the commands beside it", async () => {
    const cwd = temporaryFolder();
    const other = commandSpec("echo $$ > other; until [ -e go ]; do sleep 0.01; done; echo finished", { cwd });
    const beside = runCommand(other);
    await pidIn(join(cwd, "other"));
    const results = await Promise.all(Array.from({ length: 20 }, () => runCommand(commandSpec(["true"]))));
    expect(results.map(({ leftBehind }) => leftBehind)).toEqual(new Array(20).fill(0));
    await runCommand(commandSpec("echo > go", { cwd }));
    expect((await beside).stdout.tail).toBe("finished\n");
  });
});
