import { type ChildProcess, type ForkOptions, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The certificates that node reads at its start: of no use to a small process, and some megabytes of its memory. */
const certificates = "NODE_EXTRA_CA_CERTS";
const setAside = "PAWL_SET_ASIDE_CA_CERTS";

/** Without V8's own threads, whose stacks a spawn copies too, and with a young generation that stays small. */
const smallNode = ["--single-threaded", "--max-semi-space-size=1"];

/**
 * Starts a program of Pawl that is to spawn others: a spawn copies the memory map of its process, so all that makes the
 * process smaller makes each spawn cheaper. The program calls {@link takeUpEnvironment} first.
 *
 * It has a session of its own: Ctrl-C in the terminal is for its parent, which knows what to do.
 *
 * @param program the module without its extension, relative to `from`, the URL of the module that asks
 */
export function forkSmall(
  program: string,
  from: string,
  { env = {}, ...options }: Pick<ForkOptions, "env" | "serialization"> = {},
): ChildProcess {
  const isSource = from.endsWith(".ts");
  const { [certificates]: authorities, ...inherited } = process.env;
  const started = fork(fileURLToPath(new URL(`${program}.${isSource ? "ts" : "js"}`, from)), {
    ...options,
    detached: true,
    env: { ...inherited, ...(authorities !== undefined && { [setAside]: authorities }), ...env },
    execArgv: isSource ? ["--import", "tsx"] : smallNode,
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  // It could not be started (see onceOver), or it takes no messages because it has ended.
  started.on("error", () => undefined);
  return started;
}

/** Tells once that a process has ended, and how. One that could not be started has an error and no exit. */
export function onceOver(started: ChildProcess, tell: (how: string) => void): void {
  started.once("exit", (code, signal) => tell(signal ?? `exit code ${code}`));
  started.once("error", (error) => {
    if (started.pid === undefined) {
      tell(error.message);
    }
  });
}

/** In the process that {@link forkSmall} started: what it runs inherits all that its parent had. */
export function takeUpEnvironment(): void {
  const { [setAside]: authorities } = process.env;
  if (authorities !== undefined) {
    delete process.env[setAside];
    process.env[certificates] = authorities;
  }
}
