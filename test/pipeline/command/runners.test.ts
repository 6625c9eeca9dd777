import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createRedactor } from "../../../src/base/secrets.ts";
import { systemClock } from "../../../src/base/time.ts";
import {
  type CommandRequest,
  type CommandRunner,
  effectMarker,
  explainCommand,
  openRunner,
  openSeparateRunner,
  stopLeftovers,
} from "../../../src/pipeline/command/index.ts";
import { systemProcesses } from "../../../src/pipeline/command/processes.ts";
import { RunningCommands } from "../../../src/pipeline/command/running-commands.ts";
import { seenIn } from "../../waiting.fixture.ts";
import { held, isAlive, pidIn, temporaryFolder } from "./setting.fixture.ts";

const clock = systemClock;
const secrets = new Map([["TOKEN", "s3cr3t-value"]]);
let stores = 0;

interface Opened {
  readonly runner: CommandRunner;
  readonly state: string;
  readonly store: string;
  request(command: CommandRequest["command"], rest?: Partial<CommandRequest>): CommandRequest;
}

function opened(open: (state: string, store: string) => CommandRunner): Opened {
  const state = temporaryFolder();
  stores += 1;
  const store = `runners-${process.pid}-${stores}`;
  const runner = open(state, store);
  onTestFinished(() => runner.close());
  let effects = 0;
  const request: Opened["request"] = (command, rest) => {
    effects += 1;
    const marker = effectMarker(store, `effect-${effects}`);
    return { label: "task t", command, cwd: state, env: {}, marker, graceMs: 5000, ...rest };
  };
  return { runner, state, store, request };
}

const inProcess = (): Opened =>
  opened((state) =>
    openRunner({ secrets: createRedactor(secrets), register: new RunningCommands(state, clock), clock }),
  );
const separate = (): Opened =>
  opened((stateDirectory, store) => openSeparateRunner({ stateDirectory, store, secrets, clock }));

describe.each([
  ["in this process", inProcess],
  ["in a process of its own", separate],
])("a runner %s", (_, open) => {
  test("runs commands side by side and gives each its result", async () => {
    const { runner, request } = open();
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, code) => runner.run(request(`echo ${code}; exit ${code}`))),
    );
    expect(results.map(({ exitCode, stdout }) => [exitCode, stdout.tail])).toEqual(
      Array.from({ length: 8 }, (_, code) => [code, `${code}\n`]),
    );
  });

  test("is made ready before its first command, and may be closed without one", async () => {
    const { runner, request } = open();
    runner.prepare();
    runner.prepare();
    expect(await runner.run(request("echo 1"))).toMatchObject({ exitCode: 0, stdout: { tail: "1\n" } });
    const idle = open().runner;
    idle.prepare();
    await idle.close();
  });

  test("takes secrets out of what it keeps", async () => {
    const { runner, request, state } = open();
    const stdoutFile = join(state, "logs", "out.log");
    const result = await runner.run(request("echo s3cr3t-value", { stdoutFile }));
    expect(result.stdout.file).toBe(stdoutFile);
    expect(readFileSync(stdoutFile, "utf8")).toBe("[secret TOKEN]\n");
  });

  test("aborts one command and leaves the others", async () => {
    const { runner, request, state } = open();
    const abort = new AbortController();
    const aborted = runner.run(request("echo $$ > child; exec sleep 600", { signal: abort.signal }));
    const other = runner.run(request("until [ -e go ]; do sleep 0.01; done; echo done"));
    await pidIn(join(state, "child"));
    abort.abort();
    expect(await aborted).toMatchObject({ aborted: true, signal: "SIGTERM" });
    await runner.run(request("echo > go"));
    expect(await other).toMatchObject({ aborted: false, exitCode: 0, stdout: { tail: "done\n" } });
  });

  test("starts nothing that was aborted before", async () => {
    const { runner, request, state } = open();
    const result = await runner.run(request("echo > started", { signal: AbortSignal.abort() }));
    expect(result).toMatchObject({ aborted: true, exitCode: null });
    expect(existsSync(join(state, "started"))).toBe(false);
  });

  test("aborts what runs when it is closed", async () => {
    const { runner, request, state } = open();
    const running = runner.run(request("sleep 600 & echo $! > child; wait"));
    const child = await pidIn(join(state, "child"));
    await runner.close();
    expect(await running).toMatchObject({ aborted: true });
    expect(isAlive(child)).toBe(false);
  });

  test("says of a command that it cannot start why", async () => {
    const { runner, request } = open();
    expect(await runner.run(request(["no-such-program-here"]))).toMatchObject({
      exitCode: 127,
      startError: "not_found",
    });
  });
});

describe("a runner process", () => {
  const processOf = (store: string): number | undefined =>
    systemProcesses.all().find(({ pid }) => systemProcesses.markerOf(pid) === `${store}/runner`)?.pid;

  test.runIf(systemProcesses.seesMarkers)("that dies takes its commands along, and is replaced", async () => {
    const { runner, request, state, store } = separate();
    const asked = request("sleep 600 & echo $! > child; wait", { graceMs: 60_000 });
    const running = runner.run(asked);
    const child = await pidIn(join(state, "child"));
    process.kill(processOf(store) ?? 0, "SIGKILL");
    const result = await running;
    expect(result).toMatchObject({ exitCode: null, signal: "SIGKILL", aborted: false, timedOut: false });
    expect(explainCommand(result, asked).message).toMatch(/pawl: the process that ran this command ended \(SIGKILL\)$/);
    expect(isAlive(child)).toBe(false);
    expect(await runner.run(request(["true"]))).toMatchObject({ exitCode: 0 });
  });

  test.runIf(systemProcesses.seesMarkers)("reads no certificates itself, and hands their place on", async () => {
    vi.stubEnv("NODE_EXTRA_CA_CERTS", "/etc/ours.pem");
    onTestFinished(() => void vi.unstubAllEnvs());
    const { runner, request, store } = separate();
    const { stdout } = await runner.run(request('echo $NODE_EXTRA_CA_CERTS; echo "[$PAWL_SET_ASIDE_CA_CERTS]"'));
    expect(stdout.tail).toBe("/etc/ours.pem\n[]\n");
    expect(readFileSync(`/proc/${processOf(store)}/environ`, "utf8")).not.toContain("\0NODE_EXTRA_CA_CERTS=");
  });

  test.runIf(systemProcesses.seesMarkers)("ends by itself when it is closed", async () => {
    const { runner, request, store } = separate();
    await runner.run(request(["true"]));
    const pid = processOf(store) ?? 0;
    expect(isAlive(pid)).toBe(true);
    await runner.close();
    expect(isAlive(pid)).toBe(false);
  });

  const userOf = (state: string, store: string, command: string): ReturnType<typeof spawn> => {
    const fixture = new URL("separate-runner.fixture.ts", import.meta.url).pathname;
    const args = ["--import", "tsx", fixture, state, store, command];
    return spawn(process.execPath, args, { stdio: ["ignore", "inherit", "inherit"] });
  };

  test("stops what it runs when its parent is killed", async () => {
    const state = temporaryFolder();
    const pawl = userOf(
      state,
      "orphaned",
      "trap 'echo > told; exit' TERM; mkfifo life; echo $$ > child; exec 9> life; while :; do sleep 0.01; done",
    );
    await pidIn(join(state, "child"));
    const { released } = await held(join(state, "life"));
    pawl.kill("SIGKILL");
    await released;
    expect(existsSync(join(state, "told"))).toBe(true);
  });

  test.runIf(systemProcesses.seesMarkers)("is stopped as a leftover, with what it runs", async () => {
    const state = temporaryFolder();
    const store = `left-${process.pid}`;
    const pawl = userOf(state, store, "trap '' TERM; echo $$ > child; while :; do sleep 0.01; done");
    const child = await pidIn(join(state, "child"));
    const runner = processOf(store) ?? 0;
    // A command is remembered once it lives a while; one that is remembered afterwards leaves its file, which does no harm.
    const running = join(state, "running");
    // A file is there before its content is.
    await seenIn(running, () => readdirSync(running).some((name) => readFileSync(join(running, name)).length > 0));
    pawl.kill("SIGKILL");
    await stopLeftovers(state, store, { clock, graceMs: 50 });
    expect([child, runner].map(isAlive)).toEqual([false, false]);
    expect(readdirSync(join(state, "running"))).toEqual([]);
  });

  test("that cannot be started fails its commands and keeps nobody waiting, and is tried again", async () => {
    const { runner, request } = separate();
    const idle = separate().runner;
    const node = process.execPath;
    onTestFinished(() => void Object.assign(process, { execPath: node }));
    process.execPath = join(temporaryFolder(), "node");
    const asked = request(["true"]);
    const result = await runner.run(asked);
    expect(result).toMatchObject({ exitCode: null, startError: "not_started" });
    expect(explainCommand(result, asked).message).toMatch(/could not be started: spawn .*ENOENT$/);
    idle.prepare();
    await idle.close();
    process.execPath = node;
    expect(await runner.run(asked)).toMatchObject({ exitCode: 0, startError: null });
  });

  test("that is idle does not keep its parent from ending", async () => {
    const pawl = userOf(temporaryFolder(), `idle-${process.pid}`, "true");
    expect((await once(pawl, "exit"))[0]).toBe(0);
  });
});
