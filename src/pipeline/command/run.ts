import type { Readable } from "node:stream";
import { startTimer } from "../../base/timer.ts";
import { type CommandResult, type CommandSpec, type Ending, noEnding } from "./command.ts";
import { OutputLog } from "./output-log.ts";
import { familyOf, type ProcessInfo } from "./process-info.ts";
import { systemProcesses } from "./processes.ts";
import { send } from "./signal.ts";
import { type StartedCommand, startCommand } from "./start.ts";
import { stopProcesses } from "./stop.ts";

const defaultGraceMs = 5000;

/**
 * Until then only its marker tells of a command. To remember each would cost a tenth of a short one, and what hides its
 * marker within so short a time and survives a crash of Pawl in the same moment is not worth that.
 */
const rememberAfterMs = systemProcesses.seesMarkers ? 50 : 0;

/**
 * Runs a command as a process group of its own, and resolves when all its processes are gone: it ended, ran out of its
 * time or was aborted, and what it left behind was stopped. Its standard input is empty. Does not reject for what the
 * command does; {@link explainCommand} makes an error of a result.
 */
export async function runCommand(spec: CommandSpec): Promise<CommandResult> {
  const { clock } = spec;
  const stdout = new OutputLog({ file: spec.stdoutFile, secrets: spec.secrets?.stream(), clock });
  const stderr = new OutputLog({ file: spec.stderrFile, secrets: spec.secrets?.stream(), clock });
  const ending = await runToItsEnd(spec, stdout, stderr);
  return { ...ending, stdout: await stdout.end(), stderr: await stderr.end() };
}

async function runToItsEnd(spec: CommandSpec, stdout: OutputLog, stderr: OutputLog): Promise<Ending> {
  const { clock, graceMs = defaultGraceMs } = spec;
  if (spec.signal?.aborted === true) {
    return { ...noEnding, aborted: true };
  }
  const startedAt = clock.monotonic();
  const started = await startCommand(spec);
  if ("startError" in started) {
    return { ...noEnding, ...started };
  }
  const exited = exitOf(started);
  const closed = closeOf(started);
  capture(started.stdout, stdout);
  capture(started.stderr, stderr);
  let start: number | null = null;
  let remembered = false;
  let stopping: ReturnType<typeof stopProcesses> | undefined;
  const stop = (): ReturnType<typeof stopProcesses> => {
    start ??= systemProcesses.startOf(started.pid);
    stopping ??= stopProcesses(() => processesOf(spec.marker, started.pid, start), {
      graceMs,
      clock,
      processes: systemProcesses,
    });
    return stopping;
  };
  const remember = (): void => {
    start = systemProcesses.startOf(started.pid);
    remembered = true;
    spec.register?.add({ pid: started.pid, start, marker: spec.marker });
  };
  const watch = watchCommand(spec, remember, () => {
    stop().catch(() => send(-started.pid, "SIGKILL"));
  });
  const { exitCode, signal } = await exited;
  const { reason, detail } = watch.end();
  const durationMs = clock.monotonic() - startedAt;
  let leftBehind = 0;
  if (reason !== undefined) {
    await stopping;
  } else if (systemProcesses.mayHaveLeft(started.pid, spec.marker)) {
    leftBehind = (await stop()).size;
  }
  if (!(await isClosed(closed, spec, graceMs))) {
    // Somebody who could not be found holds the output open, and nothing more of it is awaited.
    leftBehind = Math.max(1, leftBehind);
    started.stdout.destroy();
    started.stderr.destroy();
  }
  if (remembered) {
    spec.register?.remove(started.pid);
  }
  const ended = { ...noEnding, durationMs, leftBehind };
  // How it took being stopped says nothing of it: a program that hears TERM may well end with 0.
  return reason === "lost"
    ? { ...ended, startError: "not_started", startDetail: detail }
    : { ...ended, exitCode, signal, timedOut: reason === "timeout", aborted: reason === "abort" };
}

interface Exit {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

function exitOf(child: StartedCommand): Promise<Exit> {
  return new Promise((resolve) => child.once("exit", (exitCode, signal) => resolve({ exitCode, signal })));
}

function closeOf(child: StartedCommand): Promise<true> {
  return new Promise((resolve) => child.once("close", () => resolve(true)));
}

function capture(stream: Readable, log: OutputLog): void {
  stream.on("data", (chunk: Buffer) => log.write(chunk));
  // A broken pipe ends the output, as its close does.
  stream.on("error", () => undefined);
}

type StopReason = "timeout" | "abort" | "lost";

interface Watch {
  /** Ends the watch and says what made it stop the command, if anything did. */
  end(): { readonly reason: StopReason | undefined; readonly detail: string | null };
}

/** Has a command remembered once it lives long enough, and stopped when its time is over or somebody asks for it. */
function watchCommand(spec: CommandSpec, remember: () => void, stop: () => void): Watch {
  let reason: StopReason | undefined;
  let detail: string | null = null;
  const stopFor = (seen: StopReason): void => {
    if (reason === undefined) {
      reason = seen;
      stop();
    }
  };
  const rememberOrStop = (): void => {
    try {
      remember();
    } catch (error) {
      // What nobody could find again after a crash must not go on.
      detail = `it cannot be remembered: ${(error as Error).message}`;
      stopFor("lost");
    }
  };
  const { clock, timeoutMs, signal } = spec;
  const onAbort = (): void => stopFor("abort");
  const cancelRemember = startTimer(clock, rememberAfterMs, rememberOrStop);
  const cancelTimeout = timeoutMs === undefined ? undefined : startTimer(clock, timeoutMs, () => stopFor("timeout"));
  signal?.addEventListener("abort", onAbort, { once: true });
  return {
    end() {
      cancelRemember();
      cancelTimeout?.();
      signal?.removeEventListener("abort", onAbort);
      return { reason, detail };
    },
  };
}

/** What is of its session, with all groups in it, or carries the marker, and all their descendants. */
function processesOf(marker: string, leader: number, start: number | null): readonly ProcessInfo[] {
  const all = systemProcesses.all();
  // Once everything is gone the pid may be given to somebody else.
  const isReused = start !== null && all.some((info) => info.pid === leader && info.start !== start);
  return familyOf(
    all,
    (info) =>
      (!isReused && info.session === leader) ||
      (info.start >= (start ?? 0) && systemProcesses.markerOf(info.pid) === marker),
  );
}

/** Its outputs end with the last process that has them, which is gone by now: only what it printed is to be read. */
function isClosed(closed: Promise<true>, { clock }: CommandSpec, withinMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = startTimer(clock, withinMs, () => resolve(false));
    void closed.then(() => {
      cancel();
      resolve(true);
    });
  });
}
